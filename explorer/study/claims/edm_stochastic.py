"""Claims of EDM on stochastic sampling: Sec. 4, Eq. 6, Fig. 5b, App. B.5."""

import dataclasses

import torch

from ...analysis.churn import paired_difference
from ...analysis.intervals import Estimate
from ...core.sampling import Noise, sample
from ...core.solvers import EulerMaruyama
from ...core.timesteps import Rho
from ...errors import UserError
from ...lab.experiment import Experiment, run
from ...lab.source import Watch, prepared
from ..churn import Sliced
from .contract import Claim, above, below, within
from .paths import difference, precision, seeded, view

ONE = "data=mixture&data.modes=1&data.dimension=1&data.spread=0.5"
NEW = "data=digits&model=network&model.checkpoint=digits-f"
OLD = "data=digits&model=network&model.checkpoint=digits-old"
STRONG = "s_churn=80&s_tmin=0.05&s_tmax=50&s_noise=1.003"  # of Table 5
PLAIN = "s_churn=0"


def _variance(beta: float, half: str = "both", steps: int = 400):
    """A measure: variance of Euler–Maruyama's ends over that of the data, one Gaussian."""

    def tried(watch: Watch | None) -> Estimate:
        e, n = view(ONE), 4096
        source = prepared(e.data, e.model)
        noise = Noise(0, n, source.shape)
        tick = None if watch is None else lambda i, point: watch()
        how, grid = EulerMaruyama(beta, half=half), Rho(7.0, 80.0, 0.002).sigmas(steps)
        end = sample(source.denoiser, noise.start, grid, how, noises=noise, keep=0, watch=tick)
        ratio = float(end.samples.var()) / (0.5**2 + 0.002**2)
        width = 1.96 * (2 / (n - 1)) ** 0.5  # of a variance of n normals, relative
        return Estimate(ratio, ratio * (1 - width), ratio * (1 + width), n)

    return tried


def _nearer(query: str, churn: str):
    """A measure: sliced distance to the data with churn less that without, over seeds."""

    def tried(watch: Watch | None) -> Estimate:
        found = [
            [Sliced(100 + k)(e, watch)["distance"] for k, e in enumerate(seeded(view(q), 6))]
            for q in (f"{query}&{churn}", f"{query}&{PLAIN}")
        ]
        return paired_difference(*found)

    return tried


def _precision(network: str):
    """A measure: precision with strong churn less that without."""

    def tried(watch: Watch | None) -> Estimate:
        with_, without = (
            precision(view(f"{network}&samples=384&nfe=79&{c}"), watch) for c in (STRONG, PLAIN)
        )
        return difference(with_, without)

    return tried


def _detail(watch: Watch | None) -> Estimate:
    """RMS over samples of digits-f with S_noise 1 less that with 1.007, over seeds."""
    base = view(f"{NEW}&samples=64&nfe=39&s_churn=40&s_tmin=0.05&s_tmax=50")
    found: list[list[float]] = [[], []]
    for e in seeded(base, 4):
        for into, much in zip(found, (1.0, 1.007), strict=True):
            into.append(
                _rms(
                    dataclasses.replace(e, churn=dataclasses.replace(e.churn, s_noise=much)), watch
                )
            )
    return paired_difference(*found)


def _lost(watch: Watch | None) -> Estimate:
    """Deviation of samples about their mean with strong churn at S_noise 1 less that without."""
    found: list[list[float]] = [[], []]
    for into, churn in zip(found, ("s_churn=40&s_tmin=0.05&s_tmax=50&s_noise=1", PLAIN)):
        for e in seeded(view(f"{NEW}&samples=64&nfe=39&{churn}"), 4):
            into.append(_rms(e, watch))
    return paired_difference(*found)


def _rms(e: Experiment, watch: Watch | None) -> float:
    x = run(e, watch, kept=False).samples
    return float((x - x.mean(0)).square().mean().sqrt())


def _one_half_alone(watch: Watch | None) -> Estimate:
    try:
        return _variance(1.0, "noise")(watch)
    except UserError:  # it blew up: the distribution is lost altogether
        return Estimate(torch.inf, torch.inf, torch.inf, 4096)


CLAIMS = [
    Claim(
        "sde-keeps-the-marginals",
        "EDM",
        "The SDE has the marginals p(x; σ) for every β(t): Langevin's decay and new noise balance.",
        "Eq. 6, App. B.5",
        "variance of Euler–Maruyama's ends over that of the data, 400 steps, β = 1/σ; one Gaussian",
        within(0.9, 1.1),  # 4096 samples know a variance to 4 %, and the steps have an error
        _variance(1.0),
        seeds="seed 0, 4096 samples",
        view=f"{ONE}&solver=em&nfe=400",
    ),
    Claim(
        "half-the-langevin-term-does-not",
        "EDM",
        "Langevin's term has two parts, a decay and new noise, whose effects cancel out.",
        "Sec. 4, Eq. 6",
        "the same variance ratio with the new noise alone",
        above(1.1),
        _one_half_alone,
        seeds="seed 0, 4096 samples",
        view=f"{ONE}&solver=em&solver.half=noise&nfe=400",
    ),
    Claim(
        "small-beta-is-the-ode",
        "EDM",
        "β(t) says how fast old noise is replaced; with 0 the SDE is the ODE.",
        "Sec. 4, Eq. 6",
        "variance ratio with β = 0",
        within(0.9, 1.1),
        _variance(0.0),
        seeds="seed 0, 4096 samples",
        view=f"{ONE}&solver=em&solver.beta=0&nfe=400",
    ),
    Claim(
        "churn-corrects-errors",
        "EDM",
        "New noise corrects the errors that earlier steps made.",
        "Sec. 4",
        "sliced Wasserstein distance to the data with S_churn = 30 less that without, the same 19 "
        "evaluations; exact denoiser of the spiral",
        below(0),
        _nearer("data=spiral&samples=512&nfe=19", "s_churn=30&s_tmin=0.05&s_tmax=50"),
        seeds="6 seeds of 512 samples",
        view="data=spiral&nfe=19&s_churn=30&s_tmax=50",
        why="Langevin steps of few evaluations add an error of their own, and with an exact "
        "denoiser there is little to correct.",
        uses=(Sliced,),
    ),
    Claim(
        "churn-hurts-the-new-training",
        "EDM",
        "With EDM's training on CIFAR-10 any S_churn above 0 makes the result worse.",
        "Sec. 5, Fig. 5b",
        "precision of digits-f with S_churn = 80 less that without, in the classifier's features, "
        "79 evaluations",
        below(0),
        _precision(NEW),
        seeds="seed 0, 384 samples each",
        judged=True,
        view=f"{NEW}&nfe=79&{STRONG}",
        why="A network of 0.6 million parameters leaves errors that new noise can still correct.",
        cost="slow",
    ),
    Claim(
        "churn-helps-the-old-training",
        "EDM",
        "With the original training stochastic sampling makes the result better.",
        "Sec. 5, Fig. 5b",
        "precision of digits-old with S_churn = 80 less that without, in the classifier's "
        "features, 79 evaluations",
        above(0),
        _precision(OLD),
        seeds="seed 0, 384 samples each",
        judged=True,
        view=f"{OLD}&nfe=79&{STRONG}",
        cost="slow",
    ),
    Claim(
        "churn-loses-detail",
        "EDM",
        "Much new noise with S_noise = 1 loses detail: networks remove slightly too much noise.",
        "Sec. 4",
        "deviation of samples about their mean with S_churn = 40, S_noise = 1 less that without; "
        "digits-f, 39 evaluations",
        below(0),
        _lost,
        seeds="4 seeds of 64 samples",
        view=f"{NEW}&nfe=39&s_churn=40&s_tmax=50&s_noise=1",
        cost="slow",
    ),
    Claim(
        "s-noise-makes-up-for-it",
        "EDM",
        "S_noise slightly above 1 makes up for the detail that is lost.",
        "Sec. 4, Table 5",
        "deviation of samples about their mean with S_noise = 1 less that with 1.007; digits-f, "
        "S_churn = 40, 39 evaluations",
        below(0),
        _detail,
        seeds="4 seeds of 64 samples",
        view=f"{NEW}&nfe=39&s_churn=40&s_tmax=50&s_noise=1.007",
        cost="slow",
    ),
]
