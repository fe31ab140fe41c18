"""A table that a page or a card sends: columns by name, and lines of texts and numbers."""

import math
from typing import Any

COLUMNS, LINES = 64, 20_000  # the most of a table


def is_table(columns: Any, lines: Any) -> bool:
    """Whether each line has a text, a number or nothing for each column, whose names differ."""
    if not isinstance(columns, list) or not isinstance(lines, list):
        return False
    if len(columns) > COLUMNS or len(lines) > LINES or len(set(map(str, columns))) < len(columns):
        return False
    plain = lambda v: v is None or (isinstance(v, str | int | float) and _writable(v))
    return all(isinstance(c, str) and _writable(c) for c in columns) and all(
        isinstance(row, list) and len(row) == len(columns) and all(map(plain, row)) for row in lines
    )


def _writable(v: str | int | float) -> bool:
    """Whether it is text in UTF-8, or fits a column of numbers."""
    if isinstance(v, str):
        return v.isascii() or v.encode("utf-8", "replace").decode() == v
    return math.isfinite(v) if isinstance(v, float) else abs(v) < 2**63
