"""Claims of this lab's own, on which lessons stand where no paper says the same number.

They are measured, judged and recorded as a paper's are.  Path by path, on the default view: the
spiral in 16 dimensions, Heun with 35 evaluations.
"""

import torch

from ...analysis import intervals
from ...analysis.intervals import Estimate
from ...lab.error import steps_of
from ...lab.experiment import levels
from ..end_error import EndError
from .contract import Claim, above, below, sure, within
from .paths import row, times, view

LAB = "Lab"
SPIRAL = "data=spiral&samples=192"
PATHS = "seed 0, 192 samples"
RHOS = (3, 4, 5, 6, 8, 9, 10, 12, 14, 16, 20)


def _against(mine: str, other: str, common: str = SPIRAL):
    """The median of mine/other, path by path."""
    return lambda watch: times([(f"{common}&{mine}", f"{common}&{other}")], watch)


def _shares(query: str, watch) -> torch.Tensor:
    """(N, B): the part of each step in the moves of each path's end."""
    return steps_of(view(f"{SPIRAL}&{query}"), watch).shares


def _last_two(watch) -> Estimate:
    return intervals.mean(_shares("timesteps.rho=3", watch)[-2:].sum(0))


def _largest(watch) -> Estimate:
    shares = _shares("timesteps.rho=7", watch)
    return intervals.mean(shares[int(shares.mean(1).argmax())])


def _near_the_best(watch) -> Estimate:
    each = {
        rho: torch.tensor(row(f"{SPIRAL}&timesteps.rho={rho}", watch).each) for rho in (7, *RHOS)
    }
    best = min(each, key=lambda rho: float(each[rho].median()))
    return intervals.median(each[7] / each[best])


def _steps(watch) -> Estimate:
    """Steps of Euler less those of Heun, both with 35 evaluations."""
    euler, heun = (view(f"{SPIRAL}&nfe=35&solver={s}") for s in ("euler", "heun"))
    counts = [len(levels(e)) - 1 for e in (euler, heun)]
    return sure(float(counts[0] - counts[1]))


def _claim(name: str, quote: str, measure: str, relation, try_, view_: str, **more) -> Claim:
    uses = more.pop("uses", (EndError,))
    seeds = more.pop("seeds", PATHS)
    return Claim(
        name, LAB, quote, "lessons", measure, relation, try_,
        seeds=seeds, view=view_, uses=uses, **more,
    )  # fmt: skip


CLAIMS = [
    _claim(
        "rho-3-two-steps-make-half",
        "At ρ = 3 the last two steps above 0 make more than half of the end error.",
        "part of both in the moves of a path's end, averaged over paths; Heun, 35 evaluations",
        above(0.5),
        _last_two,
        "timesteps.rho=3",
    ),
    _claim(
        "rho-7-largest-step",
        "At ρ = 7 no step makes more than a quarter of the end error.",
        "part of the largest step in the moves of a path's end, averaged over paths",
        below(0.25),
        _largest,
        "timesteps.rho=7",
    ),
    _claim(
        "rho-7-near-the-best",
        "With 35 evaluations ρ = 7 is within half as much again of the best ρ.",
        "end error at ρ = 7 over that at the ρ of least median among 3 to 20, path by path",
        below(1.5),
        _near_the_best,
        "timesteps.rho=7",
    ),
    _claim(
        "rho-12-beats-7-at-9",
        "Few steps want a larger ρ: with 9 evaluations 12 is ahead of 7.",
        "end error of Heun at ρ = 12 over ρ = 7, path by path, 9 evaluations",
        below(1),
        _against("timesteps.rho=12&nfe=9", "timesteps.rho=7&nfe=9"),
        "timesteps.rho=12&nfe=9",
    ),
    _claim(
        "heun-beats-euler-step-for-step",
        "With as many steps Heun is far ahead of Euler, at twice the evaluations.",
        "end error of Heun with 35 evaluations over Euler with 18, path by path: 18 steps each",
        below(0.5),
        _against("solver=heun&nfe=35", "solver=euler&nfe=18"),
        "solver=euler&nfe=18",
    ),
    _claim(
        "euler-ahead-at-15",
        "With 15 evaluations Euler is ahead of Heun.",
        "end error of Heun over Euler, both with 15 evaluations, path by path",
        above(1),
        _against("solver=heun&nfe=15", "solver=euler&nfe=15"),
        "solver=euler&nfe=15",
    ),
    _claim(
        "heun-ahead-at-79",
        "With 79 evaluations Heun is ahead of Euler.",
        "end error of Heun over Euler, both with 79 evaluations, path by path",
        below(1),
        _against("solver=heun&nfe=79", "solver=euler&nfe=79"),
        "solver=heun&nfe=79",
    ),
    _claim(
        "euler-takes-17-steps-more",
        "With 35 evaluations Euler takes 35 steps and Heun 18.",
        "steps of Euler less steps of Heun, both with 35 evaluations",
        within(17, 17),
        _steps,
        "solver=euler&nfe=35",
        seeds="none: a count",
        uses=(),
    ),
    _claim(
        "ddim-ahead-of-dpmpp-at-5",
        "With 5 evaluations DDIM, of order 1, is ahead of DPM-Solver++, of order 2 and more.",
        "end error of DDIM over DPM-Solver++, path by path, 5 evaluations",
        below(1),
        _against("solver=ddim&nfe=5", "solver=dpmpp&nfe=5"),
        "solver=ddim&nfe=5",
    ),
    _claim(
        "dpmpp-ahead-of-ddim-at-17",
        "With 17 evaluations DPM-Solver++ is ahead of DDIM.",
        "end error of DDIM over DPM-Solver++, path by path, 17 evaluations",
        above(1),
        _against("solver=ddim&nfe=17", "solver=dpmpp&nfe=17"),
        "solver=dpmpp&nfe=17",
    ),
]
