"""Claims of this lab's own on planes, churn, steps and AMED, on which lessons stand.

Measured, judged and recorded as those in lessons.py.
"""

import torch
from torch import Tensor

from ...analysis import intervals
from ...analysis.churn import mean_over_seeds
from ...analysis.geometry import residuals, walk_like
from ...analysis.intervals import Estimate
from ...lab.source import Watch
from ..churn import Sliced
from ..end_error import EndError
from ..held_out import HeldOutError
from ..local_error import LocalError
from .amed_geometry import fine_path
from .amed_solvers import OURS, OURS_VIEW, learned, ratio
from .contract import Claim, above, below, within
from .edm_truncation import SEEDS, uneven
from .lessons import LAB, PATHS, SPIRAL
from .paths import UNSEEN, seeded, times, view

DIGITS = "data=digits"
FINE = "seed 0, 64 paths of Heun, 79 evaluations"
PLUGIN = "digits-plugin-5"
LATE = f"{SPIRAL}&timesteps.sigma_max=0.5&nfe=79&s_tmax=50"


def _worst(rest: Tensor) -> Estimate:
    """(T, B) -> the mean over paths at the level where it is largest."""
    return intervals.mean(rest[int(rest.mean(1).argmax())])


def _left_by(axes: int):
    """A measure: what so many axes of the path itself leave out of it."""
    return lambda watch: _worst(residuals(fine_path(DIGITS, watch), ks=(axes,))[0])


def _walk(watch: Watch | None) -> Estimate:
    path = fine_path(DIGITS, watch)
    walk = walk_like(path, torch.Generator().manual_seed(4))
    return _worst(residuals(walk, scale=path.flatten(2).norm(dim=2), ks=(2,))[0])


def _above(watch: Watch | None) -> Estimate:
    """The share of paths that leave their plane by more than the 8 % of AMED's Fig. 4."""
    most = residuals(fine_path(DIGITS, watch), ks=(2,))[0].amax(0)
    return intervals.mean((most > 0.08).double())


def _evener(watch: Watch | None) -> Estimate:
    found = [
        uneven("heun", 7.0, seed, watch) / uneven("heun", 3.0, seed, watch) for seed in range(SEEDS)
    ]
    return mean_over_seeds(found)


def _far_rho(watch: Watch | None) -> Estimate:
    return times([(f"{SPIRAL}&timesteps.rho=20", f"{SPIRAL}&timesteps.rho=7")], watch)


def _corrected(watch: Watch | None) -> Estimate:
    """Distance to the data with churn over that without, from a start that is too late."""
    with_, without = (
        [
            Sliced(100 + k)(e, watch)["distance"]
            for k, e in enumerate(seeded(view(f"{LATE}&s_churn={churn}"), 6))
        ]
        for churn in (40, 0)
    )
    return mean_over_seeds([a / b for a, b in zip(with_, without, strict=True)])


def _plane(name: str, quote: str, measure: str, relation, try_) -> Claim:
    return Claim(
        name,
        LAB,
        quote,
        "lessons",
        measure,
        relation,
        try_,
        seeds=FINE,
        view=f"{DIGITS}&nfe=79",
    )


def _learning(name: str, quote: str, file: str, view_: str) -> Claim:
    return Claim(
        name,
        LAB,
        quote,
        "lessons",
        "end error of the learned predictor over that with its searched stops alone, 5 "
        "evaluations; median over seeds, path by path, the network digits-f",
        within(0.5, 1),
        ratio(learned(file), learned(file), "", "searched"),
        seeds=f"{UNSEEN} seeds that no training saw",
        view=view_,
        uses=(HeldOutError,),
        predictors=(file,),
        cost="slow",
    )


OFF = "‖x − x̃‖/‖x‖ with {} of the path itself, mean over paths, at the worst level; digits, exact"
CLAIMS = [
    _plane(
        "one-axis-is-not-enough",
        "One line does not hold a path: it leaves out more than a tenth.",
        OFF.format("one axis"),
        above(0.1),
        _left_by(1),
    ),
    _plane(
        "three-axes-leave-little",
        "Three axes leave out less than a twentieth of a path.",
        OFF.format("three axes"),
        below(0.05),
        _left_by(3),
    ),
    _plane(
        "a-walk-lies-in-no-plane",
        "A random walk with the same steps lies in no plane.",
        "what two axes of a random walk with the steps of the path leave out of it, over the size "
        "of the path, mean over paths, at the worst level; digits, exact",
        above(0.3),
        _walk,
    ),
    _plane(
        "some-paths-leave-their-plane",
        "Single paths leave their plane by more than 8 %.",
        "share of paths that two axes of their own leave out by more than 8 % at some level; "
        "digits, exact",
        above(0),
        _above,
    ),
    Claim(
        "rho-7-evener-than-3",
        LAB,
        "At ρ = 7 the steps of Heun are far evener than at ρ = 3.",
        "lessons",
        "largest over smallest local error of 64 levels from 80 to 0.02 (95 % over 5 % quantile) "
        "at ρ = 7, over that at ρ = 3; the spiral",
        below(0.5),
        _evener,
        seeds=f"{SEEDS} seeds of 8 samples",
        view="timesteps.rho=7&timesteps.sigma_min=0.02",
        uses=(LocalError,),
    ),
    Claim(
        "rho-20-no-worse-than-7",
        LAB,
        "Far past 7 the end error is no larger again, with 35 evaluations.",
        "lessons",
        "end error at ρ = 20 over ρ = 7, path by path; Heun, 35 evaluations",
        below(1),
        _far_rho,
        seeds=PATHS,
        view="timesteps.rho=20",
        uses=(EndError,),
    ),
    Claim(
        "churn-mends-a-late-start",
        LAB,
        "New noise corrects an error that was made: samples that begin too late end nearer to the "
        "data with churn.",
        "lessons",
        "sliced Wasserstein distance to the data with S_churn = 40 over that without, from "
        "σ_max = 0.5, the same 79 evaluations; exact denoiser of the spiral",
        below(1),
        _corrected,
        seeds="6 seeds of 192 samples",
        view="timesteps.sigma_max=0.5&nfe=79&s_churn=40&s_tmax=50",
        uses=(Sliced,),
    ),
    _learning(
        "learning-adds-to-the-search",
        "Learning gains something on top of searched stops, and less than half.",
        OURS,
        OURS_VIEW,
    ),
    _learning(
        "learning-adds-to-the-search-of-the-plugin",
        "The plugin, too, gains by learning on top of searched stops, and less than half.",
        PLUGIN,
        "data=digits&model=network&model.checkpoint=digits-f&nfe=5&last=sigma_min",
    ),
]
