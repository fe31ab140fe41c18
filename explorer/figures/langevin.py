"""How far samples are from the law against evaluations, with the gap that chance makes."""

from collections.abc import Sequence
from typing import Any

from ..numerals import number, short
from . import charts
from .style import INK3, REFERENCE, rounded


def langevin_figure(rows: Sequence[Any], chance: float) -> dict:
    """rows: with name, family, nfe and gap.  Below the dotted line, at `chance`, samples cannot be
    told from draws of the law.
    """
    curves: dict[str, list] = {}
    for row in rows:
        curves.setdefault(row.name, []).append(row)
    looks = charts.looks({name: own[0].family for name, own in curves.items()})
    traces, labels = [], []
    for name, own in curves.items():
        own.sort(key=lambda r: r.nfe)
        colour, dash, (symbol, glyph) = looks[name]
        x, y = [r.nfe for r in own], rounded(r.gap for r in own)
        traces.append(
            charts.curve(x, y, name, colour, dash, symbol, False, "%{x} NFE: %{text}")
            | {"text": [short(v) for v in y]}
        )
        labels.append((y[-1], f"{glyph} {name}", colour, False))
    budgets = sorted({r.nfe for r in rows})
    traces.append(
        charts.line([budgets[0], budgets[-1]], [chance] * 2, REFERENCE, 1.25, "dot", name="chance")
    )
    labels.append((chance, "chance: once in 20 studies", INK3, False))
    reach = charts.decades([chance, *(r.gap for r in rows)])
    layout = charts.layout("NFE", "largest gap to the law", reach, right=230)
    ticks = [b for a, b in zip([0.0, *budgets], budgets) if b > 1.3 * a]
    layout["xaxis"] |= {"tickvals": ticks, "ticktext": [number(v) for v in ticks]}
    layout["annotations"] = charts.end_names(labels, reach)
    layout["meta"] = charts.narrow(labels, [])
    return {"data": traces, "layout": layout}
