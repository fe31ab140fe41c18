"""At how many evaluations one sampler is as near to the truth as another: a crossing of curves."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from functools import lru_cache

import torch
from torch import Tensor

from .intervals import DRAWS, LEVEL, SEED


@dataclasses.dataclass(frozen=True)
class Times:
    """How many times as many evaluations, with its 95 % interval.  ∞ where no budget that was
    measured is enough, and `most` is the largest of them; 0 where the smallest, `least`, already
    is: both as multiples.
    """

    value: float
    low: float
    high: float
    least: float
    most: float


def times_as_many(curve: Mapping[int, Sequence[float]], own: Sequence[float], nfe: int) -> Times:
    """Evaluations at which the median of a curve falls to that of `own`, over `nfe`.

    curve: evaluations -> errors of n paths; own: of the same paths, in the same order.  Between two
    budgets log error is linear in log NFE, as a method of one order makes it.  The interval is that
    of 1000 bootstrap draws of the paths, the same for all budgets and for `own`.
    """
    at = sorted(curve)
    count = min(len(own), *(len(curve[n]) for n in at))
    every = [tuple(own[:count]), *(tuple(curve[n][:count]) for n in at)]
    medians = torch.stack([_medians(e) for e in every], 1)  # (1 + draws, 1 + budgets)
    x = torch.tensor([math.log(n / nfe) for n in at], dtype=torch.float64)
    found = _crossing(x, medians[:, 1:], medians[:, 0])
    ends = found[1:].sort().values
    tail = (1 - LEVEL) / 2
    low, high = (float(ends[round(q * (DRAWS - 1))]) for q in (tail, 1 - tail))
    return Times(float(found[0]), low, high, at[0] / nfe, at[-1] / nfe)


@lru_cache(512)
def _medians(errors: tuple[float, ...]) -> Tensor:
    """The median and those of the bootstrap draws, (1 + draws,)."""
    e = torch.tensor(errors, dtype=torch.float64)
    g = torch.Generator().manual_seed(SEED)
    drawn = e[torch.randint(len(e), (DRAWS, len(e)), generator=g)]
    return torch.cat([e[None].quantile(0.5, dim=1), drawn.quantile(0.5, dim=1)])


def _crossing(x: Tensor, y: Tensor, target: Tensor) -> Tensor:
    """e^x where each row of y (R, n) falls below its target (R,) for good; x (n,) rises."""
    above = y > target[:, None]
    n = y.shape[1]
    last = torch.where(above, torch.arange(n), -1).amax(1)  # the last budget that is not enough
    i = last.clamp(0, n - 2)
    pick = lambda k: y.gather(1, k[:, None])[:, 0].clamp(min=1e-300).log()
    a, b = pick(i), pick(i + 1)
    part = (a - target.clamp(min=1e-300).log()) / (a - b)
    found = (x[i] + part * (x[i + 1] - x[i])).exp()
    found = torch.where(last < 0, torch.zeros_like(found), found)
    return torch.where(last >= n - 1, torch.full_like(found, math.inf), found)
