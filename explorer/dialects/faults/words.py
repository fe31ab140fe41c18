"""Numbers and names as the sentences on faults say them."""

import math

from ...numerals import number
from .case import endless


def level(value: float) -> str:
    """A level with three digits; ∞ for what stands for it."""
    return "∞" if endless(value) or math.isinf(value) else number(value)


def span(sigmas) -> str:
    """ "14.6, 11.7, …, 0" of a list."""
    return ", ".join([*(level(s) for s in sigmas[:2]), "…", level(sigmas[-1])])


def place(i: int) -> str:
    """An index as people count."""
    return f"Level {i + 1}"
