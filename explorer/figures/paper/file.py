"""A figure as bytes: PDF and PNG with their letters, SVG with its text; the same every time.

matplotlib keeps its settings for the whole process and its letters are not safe among threads, so
one figure is made at a time.
"""

import io
import threading
from typing import Any

import matplotlib
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from ...errors import UserError
from .look import FORMATS

ONE = threading.Lock()
DOTS = 300  # an inch
MAKER = "Diffusion Sampler Explorer"
SETTINGS: dict[Any, Any] = {
    "pdf.fonttype": 42,  # whole outlines, as journals ask for
    "svg.fonttype": "none",  # text that can be edited and found
    "svg.hashsalt": "explorer",
    "path.simplify": True,
    "axes.unicode_minus": True,
    "text.usetex": False,
    "figure.dpi": 72,
}


def as_bytes(
    figure: Figure,
    kind: str,
    title: str,
    caption: str,
    keywords: str = "",
    dots: int | None = None,
) -> bytes:
    """The file; its words about itself are those of the caption, and no date."""
    if kind not in FORMATS:
        raise UserError(f"A figure is written as {', '.join(FORMATS)}; got {kind!r:.20}.")
    out = io.BytesIO()
    told: dict[str, Any]
    if kind == "pdf":
        told = {"Title": title, "Subject": caption, "Keywords": keywords, "Creator": MAKER}
        told |= {"CreationDate": None, "ModDate": None, "Producer": None}
        FigureCanvasPdf(figure).print_pdf(out, metadata=told)
    elif kind == "svg":
        told = {"Title": title, "Description": caption, "Keywords": [keywords], "Date": None}
        FigureCanvasSVG(figure).print_svg(out, metadata=told | {"Creator": MAKER})
    else:
        told = {"Title": title, "Description": caption, "Comment": keywords, "Software": MAKER}
        figure.set_dpi(dots or DOTS)
        FigureCanvasAgg(figure).print_png(out, metadata={k: v for k, v in told.items() if v})
    return out.getvalue()


def settings():
    """A context in which figures are made and written."""
    return matplotlib.rc_context(SETTINGS)
