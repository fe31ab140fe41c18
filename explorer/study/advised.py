"""What a search for the best settings at a budget may say, once they are judged on other noise.

    found = advice(budget, tried)        found.sentence, found.even, found.plain()

The lowest median of the search is the chosen one, whatever the judgement says of it, so its error
there is not low because it was the lowest of many.  Pairs are of the same noise; each is held
against the chosen one by a sign test, with Holm's correction for all of them together.
"""

import dataclasses
import json
from collections.abc import Sequence
from typing import Any

import torch

from .. import __version__
from ..analysis import intervals
from ..analysis.intervals import Estimate
from ..core.timesteps import Rho
from ..lab.experiment import Experiment
from ..lab.source import current_device
from ..numerals import short
from ..settings import to_query
from .adviser import JUDGED, Tried, ranked
from .end_error import Row
from .names import solver_name


@dataclasses.dataclass(frozen=True)
class Standing:
    """One that was judged.  times: its errors over those of the chosen one, path by path; below and
    above: paths on which it was nearer and farther, the others are level; chance: of the sign test;
    even: whether the two cannot be told apart with all comparisons counted."""

    name: str
    experiment: Experiment
    nfe: int
    error: Estimate
    times: Estimate
    below: int
    above: int
    chance: float
    even: bool


@dataclasses.dataclass(frozen=True)
class Advice:
    """What may be said.  chosen: lowest median of the search, of those with an error on both
    noises; others: judged beside it, in the order of the search; tried: settings searched; paths:
    of the search and of the judgement.
    """

    budget: int
    chosen: Standing
    others: tuple[Standing, ...]
    tried: int
    paths: tuple[int, int]
    seeds: tuple[int, int]

    @property
    def even(self) -> list[Standing]:
        """Those that cannot be told from the chosen one."""
        return [s for s in self.others if s.even]

    @property
    def better(self) -> list[Standing]:
        """Those that were surely better on the held-out noise, although the search had another.

        By the pairs that the sign test counts: where most are level the median ratio is 1."""
        return [s for s in self.others if not s.even and s.below > s.above]

    @property
    def sentence(self) -> str:
        """“At 9 evaluations: …, median end error … (…–…) on held-out noise; not told apart …”"""
        c = self.chosen
        said = f"At {self.budget} evaluations: {c.name}, median end error {spread(c.error)}"
        said += " on held-out noise"
        if self.better:
            said += f"; better there: {_list(self.better)}"
        if self.even:
            said += f"; not told apart from {_list(self.even)}"
        elif not self.better and self.others:
            said += f"; better than the {len(self.others)} next best of {self.tried}"
        return said

    def plain(self) -> dict[str, Any]:
        """All of it, as JSON keeps it: links, Python, numbers with intervals, seeds, version."""
        return {
            "said": self.sentence,
            "budget": self.budget,
            **_plain(self.chosen),
            "not_told_apart": [_plain(s) for s in self.even],
            "better_on_held_out_noise": [_plain(s) for s in self.better],
            "worse": [_plain(s) for s in self.others if not s.even and s not in self.better],
            "tried": self.tried,
            "search": {"seed": self.seeds[0], "samples": self.paths[0]},
            "judged": {"seed": self.seeds[1], "samples": self.paths[1]},
            "version": __version__,
            "device": current_device().label,
        }


def spread(e: Estimate) -> str:
    """“0.012 (0.011–0.014)”"""
    return f"{short(e.value)} ({short(e.low)}–{short(e.high)})"


def _list(standings: Sequence[Standing]) -> str:
    return ", ".join(f"{s.name}" for s in standings)


def _plain(s: Standing) -> dict[str, Any]:
    told = lambda e: {"value": e.value, "low": e.low, "high": e.high}
    return {
        "name": s.name,
        "query": to_query(s.experiment),
        "python": python(s.experiment),
        "nfe": s.nfe,
        "error": told(s.error),
        "times": told(s.times),
        "paths_below": s.below,
        "paths_above": s.above,
    }


def python(e: Experiment) -> str:
    """A line that makes the view again, ready to paste."""
    return (
        "from explorer import Experiment, run; from explorer.settings import from_query; "
        f"run(from_query(Experiment, {json.dumps(to_query(e))}))"
    )


def advice(budget: int, found: Sequence[Tried]) -> Advice | None:
    """What may be said once all are judged; None before, and where nothing could be measured."""
    order, judged = ranked(found)[:JUDGED], [t for t in found if t.round == "judged"]
    if not judged or len(judged) < len(order):
        return None
    known = [t for t in judged if t.row.median is not None]
    if not known:
        return None
    first, *others = known
    pairs = [sides(t.row, first.row) for t in others]
    limit = intervals.allowed([chance(*p) for p in pairs], len(others))
    stands = [_standing(t, first, p, limit) for t, p in zip(others, pairs, strict=True)]
    searched = [t for t in found if t.round != "judged"]
    return Advice(
        budget,
        _standing(first, first, (0, 0), 0.0),
        tuple(stands),
        len(searched),
        (order[0].experiment.samples, len(first.row.each)),
        (order[0].experiment.seed, first.experiment.seed),
    )


def _standing(t: Tried, first: Tried, pairs: tuple[int, int], limit: float) -> Standing:
    base, p = dataclasses.replace(t.experiment, seed=0), chance(*pairs)
    times = t.row.over(first.row)
    name = called(t.experiment)
    return Standing(name, base, t.row.nfe, t.row.middle, times, *pairs, p, p > limit)


def sides(mine: Row, other: Row) -> tuple[int, int]:
    """On how many paths mine is below the other, and above."""
    a, b = (torch.tensor(r.each, dtype=torch.float64) for r in (mine, other))
    return int((a < b).sum()), int((a > b).sum())


def chance(below: int, above: int) -> float:
    """How often so many pairs would lie on one side by chance: the sign test, two-sided."""
    from scipy.special import bdtr

    if not below + above:
        return 1.0
    return min(1.0, 2 * float(bdtr(min(below, above), below + above, 0.5)))


def called(e: Experiment) -> str:
    """“UniPC-3 on ρ = 5.2, analytic first step”."""
    grid = f"ρ = {short(e.timesteps.rho)}" if isinstance(e.timesteps, Rho) else e.timesteps.short
    return f"{solver_name(e.solver)} on {grid}{', analytic first step' if e.afs else ''}"
