"""Claims of EDM on time steps, solvers and schedules: Sec. 3, App. D.1 and D.2."""

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
from ..end_error import EndError
from ..local_error import LocalError
from .contract import Claim, above, below, within
from .paths import on, times, view

SEEDS = 6
TOP, BOTTOM = 80.0, 0.02  # of the paper's App. D.1, whose network ends at 0.02
THREE = ("data=spiral", "data=moons", "data=rings")  # data sets of the plane, in 16 dimensions


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


def _uneven(solver: str, rho: float, seed: int, watch: Watch | None) -> float:
    """How many times the smallest error the largest is, over all levels but the 5 % at either end
    of the order; on the spiral."""
    mean = _local("data=spiral", solver, rho, seed, watch)[1]
    low, high = torch.quantile(mean, mean.new_tensor([0.05, 0.95])).tolist()
    return high / low


def _most_even(solver: str, rho: float, others: tuple[float, ...]):
    """A measure: log₁₀ of the unevenness at ρ less the least of some others, over seeds."""

    def tried(watch: Watch | None) -> Estimate:
        found = []
        for seed in range(SEEDS):
            own, *its = (_uneven(solver, r, seed, watch) for r in (rho, *others))
            found.append(torch.tensor(own / min(its)).log10().item())
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


def _spread(watch: Watch | None) -> Estimate:
    """Standard deviation over samples against their mean, at each level."""
    _, mean, std = _local("data=digits", "heun", 7.0, 0, watch, n=33, count=32)
    return intervals.median(std / mean)


def _paired(pairs):
    return lambda watch: times(pairs, watch)


def _alpha(value: float):
    common = "nfe=35&samples=64"
    return _paired(on(THREE, f"solver=rk2&solver.alpha={value}", "solver=heun", common))


COMMON = "samples=64&nfe=35"
SAID = "seed 0, 64 samples"
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
        why="Exact data of few points bend later and more sharply than photographs do: the error "
        "sits at low σ, and larger ρ takes shorter steps there.",
        uses=(LocalError,),
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
        why="Exact data of few points bend later and more sharply than photographs do: the error "
        "sits at low σ, and larger ρ takes shorter steps there.",
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
        _spread,
        seeds="32 states at each of 33 levels",
        view="data=digits",
        why="With the exact denoiser of a finite set each sample is decided at a σ of its own, and "
        "only there it errs.",
        uses=(LocalError,),
    ),
    Claim(
        "rho-7-beats-rho-3",
        "EDM",
        "Samples are better with ρ between 5 and 10 than with the ρ that equalises the error.",
        "App. D.1, Fig. 13c",
        "end error of Heun at ρ = 7 over ρ = 3, path by path; spiral, moons and rings",
        below(1),
        _paired(on(THREE, "timesteps.rho=7", "timesteps.rho=3", COMMON)),
        seeds=SAID,
        view="data=spiral&timesteps.rho=7",
        uses=(EndError,),
    ),
    Claim(
        "heun-beats-euler-at-35",
        "EDM",
        "Heun's method is the better trade between error and NFE.",
        "Sec. 3, Fig. 2",
        "end error of Heun over Euler, both with 35 evaluations, path by path; spiral, moons and "
        "rings",
        below(1),
        _paired(on(THREE, "solver=heun", "solver=euler", COMMON)),
        seeds=SAID,
        view="data=spiral&nfe=35",
        uses=(EndError,),
    ),
    Claim(
        "heun-beats-euler-at-13",
        "EDM",
        "Heun's method is the better trade between error and NFE.",
        "Sec. 3, Fig. 2",
        "end error of Heun over Euler, both with 13 evaluations, path by path; spiral, moons and "
        "rings",
        below(1),
        _paired(on(THREE, "solver=heun", "solver=euler", "samples=64&nfe=13")),
        seeds=SAID,
        view="data=spiral&nfe=13",
        why="Seven steps of Heun are too long where a path is decided; 13 short ones of Euler pass "
        "there with less error, and order tells only from some 20 evaluations on.",
        uses=(EndError,),
    ),
    Claim(
        "alpha-1-near-the-best",
        "EDM",
        "In the family of second order α = 1, Heun, is close to the best.",
        "App. D.2, Fig. 14",
        "end error of α = 2/3 over α = 1, path by path, 35 evaluations; spiral, moons and rings",
        above(0.9),  # “close to”: within a tenth of the best
        _alpha(0.67),
        seeds=SAID,
        view="data=spiral&solver=rk2&solver.alpha=0.67",
        why="α = 2/3, Ralston's, has the least error bound of order 2, and on these exact data it "
        "has half the error of Heun; the paper judges by FID of one network.",
        uses=(EndError,),
    ),
    Claim(
        "alpha-1.1-a-little-better",
        "EDM",
        "α = 1.1 is better than α = 1 by a little, which theory does not explain.",
        "App. D.2, Fig. 14",
        "end error of α = 1.1 over α = 1, path by path, 35 evaluations; spiral, moons and rings",
        below(1),
        _alpha(1.1),
        seeds=SAID,
        view="data=spiral&solver=rk2&solver.alpha=1.1",
        why="On exact data the error grows with α beyond 2/3, also past 1; the paper judges by FID "
        "of one network.",
        uses=(EndError,),
    ),
]
