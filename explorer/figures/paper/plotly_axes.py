"""The axes of a Plotly figure: their place, their range and how their values are read."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

from ...errors import UserError
from .sheet import Scale

MARGIN = 0.04  # of the span of the data, where a figure says no range


@dataclasses.dataclass
class Axis:
    """scale; domain: its part of the width or height; names: of a category axis."""

    scale: Scale
    domain: tuple[float, float]
    names: dict[Any, int] | None

    def values(self, found: Sequence) -> list:
        """Numbers, or the place of each category; None for a gap."""
        return [self.value(v) for v in found]

    def value(self, v: Any) -> float | None:
        """One of them."""
        if v is None:
            return None
        if self.names is not None:
            at = self.names.get(v)
            return float(v) if at is None and isinstance(v, int | float) else at
        v = float(v)
        return v if math.isfinite(v) and not (self.scale.log and v <= 0) else None

    def noted(self, v: Any) -> float | None:
        """The place of a note, which on a log axis says its exponent."""
        if self.scale.log and isinstance(v, int | float):
            return 10.0 ** min(max(float(v), -300.0), 300.0)
        return self.value(v)


def axes_of(layout: Mapping, traces: Sequence[Mapping]) -> dict[str, Axis]:
    """x, y and all others that the traces use."""
    named = {"x", "y"}
    named |= {str(t.get(f"{way}axis") or way) for t in traces for way in "xy"}
    named |= {k.replace("axis", "") for k in layout if k[1:5] == "axis" and k[0] in "xy"}
    return {name: _axis(name, layout, traces) for name in sorted(named)}


def _axis(name: str, layout: Mapping, traces: Sequence[Mapping]) -> Axis:
    said = layout.get(f"{name[0]}axis{name[1:]}") or {}
    values: list = []
    for t in traces:
        if str(t.get(f"{name[0]}axis") or name[0]) == name:
            found = t.get(name[0])
            values += [] if found is None else list(found)
    names = _categories(said, values)
    log = said.get("type") == "log"
    ends = _range(said, values, names, log, traces, name)
    title = said.get("title") or ""
    title = title.get("text", "") if isinstance(title, Mapping) else title
    domain = said.get("domain") or (0.0, 1.0)
    seen = said.get("visible") is not False
    scale = Scale(ends[0], ends[1], str(title or ""), log, _ticks(said, names), seen, seen)
    if said.get("showticklabels") is False:
        scale.ticks = []
    if said.get("showgrid") is False:
        scale.grid = False
    return Axis(scale, (float(domain[0]), float(domain[1])), names)


def _categories(said: Mapping, values: Sequence) -> dict[Any, int] | None:
    kind = said.get("type")
    worded = any(isinstance(v, str) for v in values)
    if kind not in (None, "category", "-") or not (kind == "category" or worded):
        return None
    order = list(said.get("categoryarray") or ())
    order += [v for v in dict.fromkeys(values) if v is not None and v not in order]
    return {v: i for i, v in enumerate(order)}


def _ticks(said: Mapping, names: Mapping | None) -> list[tuple[float, str]] | None:
    if (found := said.get("tickvals")) is not None:
        told = said.get("ticktext") or [f"{v:g}" for v in found]
        at = lambda v: names.get(v, v) if names is not None else v
        return [(float(at(v)), str(t)) for v, t in zip(found, told)]
    if names is not None:
        return [(float(i), str(v)) for v, i in names.items()]
    return None


def _range(said, values, names, log: bool, traces, name: str) -> tuple[float, float]:
    turned = said.get("autorange") == "reversed"
    if (found := said.get("range")) is not None and not said.get("autorange"):
        a, b = (float(v) for v in found)
        if log:
            if max(abs(a), abs(b)) > 300:
                raise UserError(f"An axis cannot go from 10^{a:g} to 10^{b:g}.")
            a, b = 10.0**a, 10.0**b
        return a, b
    if names is not None:
        ends = (-0.5, max(len(names), 1) - 0.5)
    else:
        known = [float(v) for v in values if isinstance(v, int | float) and math.isfinite(v)]
        known = [v for v in known if v > 0] if log else known
        ends = _around(known, log)
        if not log and said.get("rangemode") == "tozero":
            ends = (min(0.0, ends[0]), ends[1])
    return (ends[1], ends[0]) if turned else ends


def _around(known: Sequence[float], log: bool) -> tuple[float, float]:
    if not known:
        return (0.1, 10.0) if log else (0.0, 1.0)
    low, high = min(known), max(known)
    if log:
        more = max((high / low) ** MARGIN, 1.02)
        return low / more, high * more
    more = MARGIN * (high - low) or 0.5 * abs(high) or 0.5
    return low - more, high + more
