"""Which steps make the error, by their shares of it, and how sure that is.

step_errors -> shares (N, B) of each path -> blame -> Blame
"""

import dataclasses
import math
from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from .intervals import FEWEST, LEVEL, Estimate, bounds, weights

HALF = 0.5
SPREAD = 8  # more steps than these that make half: the error is spread over all


def hottest(share: Sequence[float], part: float = HALF) -> list[int]:
    """The fewest steps that make this part of the error."""
    order, total, out = sorted(range(len(share)), key=lambda i: -share[i]), 0.0, []
    for i in order:
        out.append(i)
        total += share[i]
        if total >= part:
            break
    return sorted(out)


def runs_of(steps: Iterable[int]) -> list[list[int]]:
    """Neighbours together: [9, 10, 14] -> [[9, 10], [14]]."""
    out: list[list[int]] = []
    for i in sorted(steps):
        if out and out[-1][-1] == i - 1:
            out[-1].append(i)
        else:
            out.append([i])
    return out


@dataclasses.dataclass(frozen=True)
class Blame:
    """Which steps make half of the error, steps counted from 0.

    steps: the fewest that make half of the mean share; share: what they make, with its interval.
    decided: whether LEVEL of the bootstrap draws over paths name this very set.  sure, maybe: the
    steps that nearly all draws name, and those that some of them name.  largest: the share of the
    first step.  cancels: how many times the end error the moves of a path add up to, its median;
    1 where all push the same way.  each: the mean share of every step, summing to 1.
    """

    steps: tuple[int, ...]
    share: Estimate
    decided: bool
    sure: tuple[int, ...]
    maybe: tuple[int, ...]
    largest: Estimate
    cancels: float
    each: tuple[float, ...] = ()

    @property
    def spread(self) -> bool:
        """Whether the error is spread over so many steps that none stands out."""
        return len(self.steps) > SPREAD

    @property
    def paths(self) -> int:
        """How many paths say so."""
        return self.share.count


NO_BLAME = Estimate(math.nan, math.nan, math.nan, 0)


def blame(shares: Tensor, cancels: float = 1.0) -> Blame:
    """The steps to blame from (N, B), the share of each step in the error of each path.

    Each path counts once, whatever its error, so that one that strays decides nothing; paths
    without error do not count.
    """
    shares = shares.detach().double().cpu()
    shares = shares[:, shares.sum(0) > 0]
    count = shares.shape[1]
    if not count:
        nothing = (0.0,) * len(shares)
        return Blame((), NO_BLAME, False, (), (), NO_BLAME, cancels, nothing)
    own = shares.mean(1)
    own = own / own.sum()
    each = tuple(own.tolist())
    hot = hottest(each)
    first = int(own.argmax())
    value = lambda steps: float(own[steps].sum())
    if count < FEWEST:
        unsure = lambda steps: Estimate(value(steps), math.nan, math.nan, count)
        every = tuple(range(len(own)))
        return Blame(tuple(hot), unsure(hot), False, (), every, unsure([first]), cancels, each)
    drawn = weights(count) @ shares.T  # (draws, N)
    named = _hottest(drawn)
    often = named.double().mean(0)
    this = torch.zeros(len(own), dtype=torch.bool)
    this[hot] = True
    decided = float((named == this).all(1).double().mean()) >= LEVEL
    found = lambda steps: Estimate(value(steps), *bounds(drawn[:, steps].sum(1)), count)
    sure = tuple(i for i, p in enumerate(often.tolist()) if p >= LEVEL)
    maybe = tuple(i for i, p in enumerate(often.tolist()) if 1 - LEVEL < p < LEVEL)
    return Blame(tuple(hot), found(hot), decided, sure, maybe, found([first]), cancels, each)


def _hottest(drawn: Tensor) -> Tensor:
    """(draws, N) bool: the fewest steps that make half, in every draw."""
    order = drawn.argsort(1, descending=True)
    before = drawn.gather(1, order).cumsum(1) - drawn.gather(1, order)
    return torch.zeros_like(drawn, dtype=torch.bool).scatter_(1, order, before < HALF)
