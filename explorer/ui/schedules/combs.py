"""Lists of flow matching as combs: even in time, then shifted by α, which multiplies σ by α.

σ_i = α u_i/(1 − u_i)      u_i even from 1 (σ = ∞) to 0
"""

import itertools
import math
from collections.abc import Sequence

from ...core.tables import flow_time

CLOSE = 2e-4  # of u, from evenness: what lists printed with four digits keep
FEWEST = 4  # levels that say whether a list is even


def time_of(sigma: float) -> float:
    """t = σ/(1 + σ); NaN stays."""
    return float(flow_time(sigma)) if sigma >= 0 else math.nan


def even(n: int, alpha: float = 1.0) -> list[float]:
    """σ of n steps that are even in time before the shift, from ∞ to 0."""
    inner = [alpha * u / (1 - u) for u in ((n - i) / n for i in range(1, n))]
    return [math.inf, *inner, 0.0]


def fit(levels: Sequence[float]) -> float | None:
    """The α that makes a list even in time; None where none does, or where it is no flow list."""
    if len(levels) < FEWEST or not all(a > b for a, b in itertools.pairwise(levels)):
        return None
    inside = [(i, s) for i, s in enumerate(levels) if 0 < s < math.inf]
    if len(inside) < FEWEST - 2:
        return None
    (i, a), (k, c) = inside[0], inside[-1]
    if math.isinf(levels[0]):
        i, a = 0, math.inf
    j, b = inside[len(inside) // 2]
    if len({i, j, k}) < 3:
        return None
    u = lambda s, alpha: 1.0 if math.isinf(s) else s / (s + alpha)
    bend = lambda alpha: (
        (u(b, alpha) - u(a, alpha)) * (k - i) - (u(c, alpha) - u(a, alpha)) * (j - i)
    )
    low, high = math.log(1e-4), math.log(1e4)
    first = bend(math.exp(low))
    if first * bend(math.exp(high)) > 0:
        return None
    for _ in range(60):
        middle = (low + high) / 2
        if first * bend(math.exp(middle)) > 0:
            low = middle
        else:
            high = middle
    alpha = math.exp((low + high) / 2)
    at = [u(s, alpha) for s in levels if s > 0]
    gap = (at[-1] - at[0]) / (len(at) - 1)
    off = max(abs(v - at[0] - n * gap) for n, v in enumerate(at))
    return alpha if off < CLOSE else None
