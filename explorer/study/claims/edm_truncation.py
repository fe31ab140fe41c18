"""Claims of EDM on the local truncation error: App. D.1 and Fig. 13."""

import math

import torch
from torch import Tensor

from ...analysis import intervals
from ...analysis.churn import mean_over_seeds
from ...analysis.intervals import Estimate
from ...analysis.truncation import local_truncation
from ...core.schedules import EDM as Frame
from ...core.solvers import SOLVERS
from ...core.timesteps import Rho
from ...lab.source import Watch, prepared
from ..local_error import LocalError
from .contract import Claim, above, below, within
from .paths import view

NETWORK = "data=digits&model=network&model.checkpoint=digits-f"
SEEDS = 6
TOP, BOTTOM = 80.0, 0.02  # of the paper's App. D.1, whose network ends at 0.02


def _local(
    data: str, solver: str, rho: float, seed: int, watch: Watch | None, n: int = 64, count: int = 8
) -> tuple[Tensor, Tensor, Tensor]:
    """(σ, mean, std) of the local error on n levels, as App. D.1 measures it."""
    e = view(data)
    source = prepared(e.data, e.model)
    g = torch.Generator().manual_seed(100 + seed)
    clean, sigmas = source.clean(count, seed=seed), Rho(rho, TOP, BOTTOM).sigmas(n)
    solver_ = SOLVERS[solver]()
    return local_truncation(source.denoiser, solver_, clean, sigmas, Frame(), g, watch=watch)


def uneven(solver: str, rho: float, seed: int, watch: Watch | None) -> float:
    """How many times the smallest error the largest is, over all levels but the 5 % at either end
    of the order; on the spiral."""
    return _range(_local("data=spiral", solver, rho, seed, watch)[1])


def _range(mean: Tensor) -> float:
    """How many times the 5 % quantile the 95 % quantile is."""
    low, high = torch.quantile(mean, mean.new_tensor([0.05, 0.95])).tolist()
    return high / low


def _most_even(solver: str, rho: float, others: tuple[float, ...]):
    """A measure: log₁₀ of the unevenness at ρ less the least of some others, over seeds."""

    def tried(watch: Watch | None) -> Estimate:
        found = []
        for seed in range(SEEDS):
            own, *its = (uneven(solver, r, seed, watch) for r in (rho, *others))
            found.append(math.log10(own / min(its)))
        return mean_over_seeds(found)

    return tried


def _against(solver: str, high: bool):
    """A measure: error at ρ = 7 over ρ = 2 at the same σ, above or below σ = 10."""

    def tried(watch: Watch | None) -> Estimate:
        found = []
        at = torch.logspace(1.05, 1.6, 9) if high else torch.logspace(-1, 0.9, 9)
        for seed in range(SEEDS):
            both = [_local("data=spiral", solver, r, seed, watch) for r in (7.0, 2.0)]
            mine, other = (_at(at.double(), s, m) for s, m, _ in both)
            found.append(float((mine - other).exp().median()))
        return mean_over_seeds(found)

    return tried


def _at(level: Tensor, sigma: Tensor, mean: Tensor) -> Tensor:
    """ln of the error at given levels, between those that were measured."""
    x, y = sigma.log().flip(0), mean.log().flip(0)
    i = torch.searchsorted(x, level.log()).clamp(1, len(x) - 1)
    part = (level.log() - x[i - 1]) / (x[i] - x[i - 1])
    return torch.lerp(y[i - 1], y[i], part)


def _local_order(solver: str):
    """A measure: log₂ of the local error on 64 levels over that on 127, at the same σ."""

    def tried(watch: Watch | None) -> Estimate:
        at = torch.logspace(-1.2, 1.2, 12).double()
        rates = []
        for seed in range(SEEDS):
            few, many = (_local("data=spiral", solver, 7.0, seed, watch, n) for n in (128, 255))
            rates.append(float((_at(at, *few[:2]) - _at(at, *many[:2])).median()) / 0.6931)
        return mean_over_seeds(rates)

    return tried


def _spread(data: str, n: int, count: int):
    """A measure: deviation over samples of Heun's local error over its mean, at each level."""

    def tried(watch: Watch | None) -> Estimate:
        _, mean, std = _local(data, "heun", 7.0, 0, watch, n, count)
        return intervals.median(std / mean)

    return tried


def _on_a_network(watch: Watch | None) -> Estimate:
    """log₁₀ of the unevenness of Heun's local error at ρ = 3 over that at ρ = 7, over seeds."""
    found = []
    for seed in range(4):
        own, its = (_range(_local(NETWORK, "heun", r, seed, watch, 24)[1]) for r in (3.0, 7.0))
        found.append(math.log10(own / its))
    return mean_over_seeds(found)


FLAT = (
    "Near σ = 80 these paths are straight, and the error is hundreds of times smaller than near "
    "σ = 1, where they bend. Larger ρ lengthens the first steps and shortens the others, and evens "
    "the error out up to ρ = 10, the largest tried."
)
CLAIMS = [
    Claim(
        "rho-3-equalises-heun",
        "EDM",
        "ρ = 3 nearly equalises the truncation error of Heun's steps over σ.",
        "App. D.1, Fig. 13b",
        "log₁₀ of (largest over smallest local error at ρ = 3, over the least of that at ρ = 5, 7 "
        "and 10); 64 levels from 80 to 0.02, the spiral",
        below(0),
        _most_even("heun", 3, (5.0, 7.0, 10.0)),
        seeds=f"{SEEDS} seeds of 8 states at every level",
        view="data=spiral&timesteps.rho=3&timesteps.sigma_min=0.02",
        why=FLAT,
        uses=(LocalError,),
    ),
    Claim(
        "rho-3-equalises-heun-on-a-network",
        "EDM",
        "ρ = 3 nearly equalises the truncation error of Heun's steps over σ.",
        "App. D.1, Fig. 13b",
        "log₁₀ of (largest over smallest local error at ρ = 3, over that at ρ = 7); 24 levels from "
        "80 to 0.02, the network digits-f",
        below(0),
        _on_a_network,
        seeds="4 seeds of 8 states at every level",
        view=f"{NETWORK}&timesteps.rho=3&timesteps.sigma_min=0.02",
        why=FLAT,
        uses=(LocalError,),
        cost="slow",
    ),
    Claim(
        "rho-2-equalises-euler",
        "EDM",
        "For Euler ρ = 2 gives about the same truncation error at every σ.",
        "App. D.1, Fig. 13a",
        "log₁₀ of (largest over smallest local error at ρ = 2, over the least of that at ρ = 3, 5 "
        "and 7); 64 levels from 80 to 0.02, the spiral",
        below(0),
        _most_even("euler", 2, (3.0, 5.0, 7.0)),
        seeds=f"{SEEDS} seeds of 8 states at every level",
        view="data=spiral&solver=euler&timesteps.rho=2&timesteps.sigma_min=0.02",
        why=FLAT,
        uses=(LocalError,),
    ),
    Claim(
        "larger-rho-lowers-error-below-10",
        "EDM",
        "Raising ρ lowers the truncation error for σ < 10.",
        "App. D.1",
        "Heun's local error at ρ = 7 over that at ρ = 2, median over 9 levels from 0.1 to 8",
        below(1),
        _against("heun", high=False),
        seeds=f"{SEEDS} seeds of 8 states at every level",
        view="data=spiral&timesteps.rho=7",
        uses=(LocalError,),
    ),
    Claim(
        "larger-rho-raises-error-above-10",
        "EDM",
        "Raising ρ raises the truncation error for σ > 10.",
        "App. D.1",
        "Heun's local error at ρ = 7 over that at ρ = 2, median over 9 levels from 11 to 40",
        above(1),
        _against("heun", high=True),
        seeds=f"{SEEDS} seeds of 8 states at every level",
        view="data=spiral&timesteps.rho=7",
        uses=(LocalError,),
    ),
    Claim(
        "euler-local-order-2",
        "EDM",
        "Euler's local error is O(h²).",
        "App. D.1; Sec. 3",
        "log₂ of how much the local error falls when steps are halved",
        within(1.8, 2.2),  # steps of 128 levels are not yet short enough for the limit itself
        _local_order("euler"),
        seeds=f"{SEEDS} seeds of 8 states at every level",
        view="data=spiral&solver=euler",
        uses=(LocalError,),
    ),
    Claim(
        "heun-local-order-3",
        "EDM",
        "Heun's local error is O(h³).",
        "App. D.1; Sec. 3",
        "log₂ of how much the local error falls when steps are halved",
        within(2.7, 3.3),  # as above, and one order more
        _local_order("heun"),
        seeds=f"{SEEDS} seeds of 8 states at every level",
        view="data=spiral",
        uses=(LocalError,),
    ),
    Claim(
        "no-schedule-for-each-sample",
        "EDM",
        "The truncation error hardly differs between samples, so a schedule for each sample would "
        "gain nothing.",
        "App. D.1",
        "standard deviation over samples of Heun's local error, over its mean; digits, exact",
        below(0.25),  # a quarter: what a step shorter by 8 % makes up for
        _spread("data=digits", 33, 32),
        seeds="32 states at each of 33 levels",
        view="data=digits",
        why="With the exact denoiser of a finite set each sample is decided at a σ of its own; on "
        "a network, which smooths that, the spread is about a tenth.",
        uses=(LocalError,),
    ),
    Claim(
        "no-schedule-for-each-sample-of-a-network",
        "EDM",
        "The truncation error hardly differs between samples, so a schedule for each sample would "
        "gain nothing.",
        "App. D.1",
        "standard deviation over samples of Heun's local error, over its mean; the network "
        "digits-f",
        below(0.25),
        _spread(NETWORK, 24, 16),
        seeds="16 states at each of 24 levels",
        view=NETWORK,
        uses=(LocalError,),
        cost="slow",
    ),
]
