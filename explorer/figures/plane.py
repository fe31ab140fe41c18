"""How far paths leave their own plane, over σ: a curve for each set beside the paper's 8 %."""

from typing import Any

from ..numerals import percent1
from . import charts
from .style import LEARNED, ONE_STEP, REFERENCE, SIGMA_TICKS

LOWEST = 1e-4  # of ‖x‖; below it a path is its plane
ROOM = 28  # letters beside the plot


def plane_figure(rows: Any, within: float) -> dict:
    """rows: with name, network, sigma (T,) and off (3, T, B); within: what the paper says.

    Exact denoisers in one colour, networks in another; means over paths, two axes.
    """
    looks = charts.looks({r.name: "learned" if r.network else "one-step" for r in rows})
    traces, ends = [], []
    top = max(float(r.sigma[0]) for r in rows)
    bottom = min(float(r.sigma[-1]) for r in rows)
    traces.append(charts.line([top, bottom], [within] * 2, REFERENCE, 1.25, "dot"))
    for r in rows:
        mean = r.off[1].mean(1).clamp(min=LOWEST)
        colour = LEARNED if r.network else ONE_STEP
        _, dash, _ = looks[r.name]
        said = [percent1(v) for v in mean.tolist()]
        more = {"name": r.name, "hoverinfo": "all", "text": said}
        more["hovertemplate"] = f"{r.name}<br>σ %{{x:.3g}}: %{{text}} of ‖x‖ off<extra></extra>"
        traces.append(charts.line(r.sigma.tolist(), mean.tolist(), colour, 1.75, dash, **more))
        short = r.name if len(r.name) <= ROOM else r.name[: ROOM - 1] + "…"
        ends.append((float(mean[-1]), short, colour, False))
    span = charts.decades([v for t in traces for v in t["y"]], LOWEST)
    layout = charts.layout("noise level σ", "off the path’s own plane, ÷ ‖x‖", span, 190)
    layout["xaxis"] |= {
        "autorange": "reversed",
        "tickvals": list(SIGMA_TICKS),
        "ticktext": [f"{t:g}" for t in SIGMA_TICKS],
    }
    layout["annotations"] = charts.end_names(ends, span)
    layout["meta"] = charts.narrow(ends, [])
    return {"data": traces, "layout": layout}
