"""How far the samples end from the data for each amount of churn, beside where churn acts."""

from collections.abc import Mapping, Sequence

from ..numerals import interval, number
from . import charts
from .style import GRID, INK2, INK3, REFERENCE, STOCHASTIC, axis_title, faded, rounded

AXIS = {"gridcolor": GRID, "zeroline": False, "tickfont": {"size": 11, "color": INK3}}


def dots(amounts: Mapping, own: float) -> list[dict]:
    """A distance with its interval for each amount; the one in use stands out."""
    out = []
    for value in sorted(amounts):
        e, colour = (
            amounts[value],
            STOCHASTIC if value == own else INK2 if value == 0 else REFERENCE,
        )
        out.append(
            {
                "type": "scatter",
                "mode": "markers",
                "xaxis": "x2",
                "yaxis": "y3",
                "x": [_name(value)],
                "y": rounded([e.value]),
                "hovertemplate": f"S_churn = {number(value)}: "
                f"{interval(e.value, e.low, e.high)}<extra></extra>",
                "marker": {
                    "size": 11 if value == own else 8,
                    "color": colour,
                    "symbol": "circle" if value in (0, own) else "circle-open",
                },
                "error_y": charts.whiskers([e], colour, 2 if value == own else 1.5, 4),
            }
        )
    return out


def bands(none, floor) -> list[dict]:
    """Bands of no churn and of two draws of the data."""
    out = []
    if none is not None:
        out.append(
            {
                "type": "line",
                "xref": "x2 domain",
                "x0": 0,
                "x1": 1,
                "yref": "y3",
                "y0": none.value,
                "y1": none.value,
                "line": {"color": faded(INK2, 0.6), "width": 1, "dash": "dash"},
            }
        )
    if floor is not None:
        out.append(
            {
                "type": "rect",
                "layer": "below",
                "xref": "x2 domain",
                "x0": 0,
                "x1": 1,
                "yref": "y3",
                "y0": floor.low,
                "y1": floor.high,
                "line": {"width": 0},
                "fillcolor": faded(REFERENCE, 0.18),
            }
        )
    return out


def _name(amount: float) -> str:
    return "none" if amount == 0 else number(amount)


def axes(ends: Sequence, amounts: Mapping, domain: list[float]) -> dict:
    """The axes of this part; ends: each Estimate that must fit."""
    most = 1.2 * max([e.high for e in ends], default=1.0)
    names = [_name(v) for v in sorted(amounts)]
    return {
        "xaxis2": {
            **AXIS,
            "domain": domain,
            "anchor": "y3",
            "type": "category",
            "categoryorder": "array",
            "categoryarray": names,
            "range": [-0.6, len(names) - 0.4],
            "title": axis_title("S<sub>churn</sub>"),
        },
        "yaxis3": {
            **AXIS,
            "domain": [0, 0.9],
            "anchor": "x2",
            "range": [0, most],
            "title": axis_title("sliced Wasserstein distance"),
        },
    }
