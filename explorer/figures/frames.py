"""A schedule as a table for the page: t and s of a noise level, on an even grid of ln σ.

The page reads both off between the rows, so that it knows no schedule's formula.
"""

import math
from functools import lru_cache

import torch

from . import pack

LOW, HIGH, ROWS = 5e-5, 2000.0, 257  # a little beyond the levels that a list may hold


@lru_cache(maxsize=64)
def table(schedule) -> dict:
    """`t`, `s`: their logarithms float32, from LOW to HIGH; `zero`: t at σ = 0; no s if it is 1."""
    sigma = torch.logspace(math.log10(LOW), math.log10(HIGH), ROWS, dtype=torch.float64)
    t = schedule.time(sigma)
    zero = float(schedule.time(torch.zeros((), dtype=torch.float64)))
    out = {"low": LOW, "high": HIGH, "t": pack.floats(t.log()), "zero": zero}
    return out | ({"s": pack.floats(schedule.scale(t).log())} if schedule.scaled else {})


def opens(schedule) -> bool:
    """Whether time itself opens the end near the data: the levels below 1 take more than a tenth of
    the time to 25, as they do for VP (a third) and not where t = σ (a 25th) or σ² (a 625th).
    """
    low, high = schedule.time(torch.tensor([1.0, 25.0], dtype=torch.float64)).tolist()
    return low > 0.1 * high
