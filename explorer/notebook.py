"""`explorer.show(experiment)`: a view of the live page within Jupyter, marimo or Colab.

One server, in this process and for this machine alone, starts with the first view and stops with
the kernel.  Where a notebook's browser cannot reach it, a picture and a sentence stand instead.
"""

import base64
import os
import sys
from html import escape
from importlib import import_module
from threading import Lock
from typing import Any

from .errors import UserError
from .lab.experiment import Experiment
from .settings import from_query, to_query

HEIGHT = 760  # pixels
COLAB = ("*.googleusercontent.com", "https://colab.research.google.com")
ELSEWHERE = {  # variables of kernels whose machine is not the browser's
    "JUPYTERHUB_SERVICE_PREFIX": "JupyterHub",
    "KAGGLE_KERNEL_RUN_TYPE": "Kaggle",
    "BINDER_LAUNCH_HOST": "Binder",
}
_lock = Lock()
_address: list[str] = []  # of the server, once it is there


class Frame:
    """A view as a notebook shows it."""

    def __init__(self, experiment: Experiment, height: int, base: str, why: str = ""):
        self.experiment, self.height, self.why = experiment, height, why
        query = to_query(experiment)
        self.url = f"{base}/?{query}" if base and query else base and f"{base}/"

    def _repr_html_(self) -> str:
        if not self.url:
            return f"{_picture(self.experiment)}<p>{escape(self.why)}</p>"
        url = escape(self.url, quote=True)
        return (
            f'<iframe src="{url}" width="100%" height="{self.height}" style="border:0" '
            f'title="Diffusion Sampler Explorer"></iframe>'
            f'<p><a href="{url}" target="_blank" rel="noopener">Open it in a tab</a></p>'
        )

    def __repr__(self) -> str:
        return f"View at {self.url}" if self.url else self.why


def show(experiment: Experiment | str | None = None, height: int = HEIGHT) -> Frame:
    """The live page of a view: an Experiment, a query such as "data=moons&nfe=9", or the first
    view.  height: in pixels.  Raises UserError for what is no view and no height."""
    if isinstance(experiment, str):
        experiment = from_query(Experiment, experiment)
    e = Experiment() if experiment is None else experiment
    if not isinstance(e, Experiment):
        raise UserError(f"show takes an Experiment or a query; got {e!r:.60}.")
    if isinstance(height, bool) or not isinstance(height, int) or not 200 <= height <= 4000:
        raise UserError(f"height = {height!r:.40} is out of range; 200 to 4000 pixels work.")
    if why := _elsewhere():
        return Frame(e, height, "", why)
    try:
        return Frame(e, height, _server())
    except (OSError, UserError) as error:
        told = str(error) if isinstance(error, UserError) else "No port of this machine is free."
        return Frame(e, height, "", f"The live page could not be started: {told}")


def _elsewhere() -> str:
    """Why a browser cannot reach this machine, or nothing."""
    for name, place in ELSEWHERE.items():
        if os.environ.get(name):
            return (
                f"On {place} a browser does not reach this kernel’s machine, so this is a picture. "
                "The live page is there where the lab runs: python app.py."
            )
    return ""


def _colab() -> bool:
    return "google.colab" in sys.modules


def _server() -> str:
    """The address of the server, which the first call starts."""
    with _lock:
        if not _address:
            _address.append(_started())
    return _address[0]


def _started() -> str:
    from .commands.listen import framers, free_port
    from .commands.serve import prepare

    prepare()
    from .server import app

    names, page = COLAB
    more = {"embed": [page, f"https://{names}"], "allowed_hosts": [names]} if _colab() else {}
    port = free_port("127.0.0.1", 7870)
    options: dict[str, Any] = {"embed": framers([]), "share": False, **more}
    app.launch(
        "127.0.0.1", port, prevent_thread_lock=True, inbrowser=False, inline=False, **options
    )
    if _colab():
        output = import_module("google.colab.output")
        return str(output.eval_js(f"google.colab.kernel.proxyPort({port})")).rstrip("/")
    return f"http://127.0.0.1:{port}"


def _picture(e: Experiment) -> str:
    """The steps of a view, drawn here."""
    from .figures import paper
    from .lab.view import View
    from .strips import STRIPS
    from .strips.figure import figure

    strip, view = STRIPS["steps"], View(e)
    try:
        numbers = strip.measure(view)
    except UserError as error:
        return f"<p>{escape(str(error))}</p>"
    made = figure(strip, next(iter(strip.drawn(numbers).values())))
    text = base64.b64encode(paper.render(made, "png")).decode()
    return f'<img alt="The time steps of the view" src="data:image/png;base64,{text}">'
