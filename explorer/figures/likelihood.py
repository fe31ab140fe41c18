"""Log-densities of the same samples by the model and by their own law, point by point."""

from collections.abc import Sequence

from . import charts
from .style import INK3, ONE_STEP, rounded


def likelihood_figure(
    exact: Sequence[float], found: Sequence[float], spread: Sequence[float]
) -> dict:
    """A dot for each sample, nats: across by the data's own law, up by the model; whiskers are the
    standard error where the trace is estimated.  Where the two agree dots lie on the line.
    """
    both = [*exact, *found]
    low, high = min(both), max(both)
    room = 0.06 * (high - low) or 1.0
    ends = [low - room, high + room]
    dots = {
        "type": "scatter",
        "mode": "markers",
        "x": rounded(exact),
        "y": rounded(found),
        "error_y": {
            "type": "data",
            "array": rounded(spread),
            "color": ONE_STEP,
            "thickness": 1,
            "visible": any(spread),
        },
        "marker": {"color": ONE_STEP, "size": 6, "opacity": 0.75},
        "hovertemplate": "law %{x:.3f}, model %{y:.3f} nats<extra></extra>",
        "showlegend": False,
    }
    same = charts.line(ends, ends, INK3, 1.25, "dot", name="same")
    layout = charts.layout(
        "log p by the data’s own law, nats", "log p by the model", (0, 1), right=40
    )
    for name in ("xaxis", "yaxis"):
        axis = layout[name] | {"type": "linear", "range": ends}
        layout[name] = {k: v for k, v in axis.items() if k not in ("tickvals", "ticktext")}
    layout["annotations"] = [charts.words("equal", 1, 0.97, INK3, "right", "top")]
    return {"data": [same, dots], "layout": layout}
