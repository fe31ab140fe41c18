"""What was measured as columns of text, for people; JSON has all digits."""

import math
from typing import Any

from ..numerals import interval, number

ESTIMATE = ("value", "low", "high")


def told(found: dict) -> str:
    """Rows as columns of text; what is in no row of its own comes below."""
    rows = found["rows"]
    columns = [
        k for k in dict.fromkeys(k for r in rows for k in r) if any(said(r.get(k)) for r in rows)
    ]
    lines = [columns, *([said(r.get(k)) for k in columns] for r in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(columns))]
    out = ["  ".join(v.ljust(w) for v, w in zip(line, widths)).rstrip() for line in lines]
    beside = (f"{k}: {said(v)}" for k, v in found.items() if k != "rows" and said(v))
    return "\n".join([*out, *beside])


def said(value: Any) -> str:
    """A value in a few digits; an estimate with its interval; nothing for None."""
    if isinstance(value, dict) and set(ESTIMATE) <= value.keys():
        middle, low, high = (math.nan if value[k] is None else value[k] for k in ESTIMATE)
        return interval(middle, low, high, number)
    if isinstance(value, dict):
        return ", ".join(f"{k} {said(v)}" for k, v in value.items() if said(v))
    if isinstance(value, list):
        return " ".join(map(said, value)) if len(value) <= 16 else f"{len(value)} numbers"
    if isinstance(value, float):
        return number(value)
    return "" if value is None else str(value)
