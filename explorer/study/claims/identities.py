"""Claims of EDM that arithmetic decides: its equations, its constants, its counts."""

import torch

from ...analysis.intervals import Estimate
from ...core.churn import Churn
from ...core.sampling import sample
from ...core.schedules import VP
from ...core.solvers import Euler
from ...core.timesteps import IDDPM, Rho
from ...lab.experiment import evaluations, run
from ...lab.source import prepared
from .contract import Claim, below, sure, within
from .paths import view

EXACT = 1e-9  # double precision over a few dozen steps
SMALL = "data=spiral&samples=32"


def _lands_on_denoised(watch) -> Estimate:
    denoiser = prepared(view(SMALL).data, view(SMALL).model).denoiser
    noise = torch.randn(32, *denoiser.shape, generator=torch.Generator().manual_seed(0)).double()
    worst = 0.0
    for level in torch.logspace(-2, 2, 25, dtype=torch.float64):
        made = sample(denoiser, noise, torch.stack([level, level * 0]), Euler()).samples
        worst = max(worst, float((made - denoiser(noise * level, level)).abs().max()))
    return sure(worst, 25 * 32)


def _ddim_is_euler(watch) -> Estimate:
    a, b = (run(view(f"{SMALL}&nfe=20&solver={s}"), watch, False) for s in ("ddim", "euler"))
    return sure(float((a.samples - b.samples).abs().max()), 32)


def _same_curves(watch) -> Estimate:
    fine = "data=spiral&samples=16&nfe=1001"
    ours, vp = (run(view(f"{fine}&schedule={s}"), watch, False) for s in ("edm", "vp"))
    return sure(float((ours.samples - vp.samples).square().mean().sqrt()), 16)


def _score(watch) -> Estimate:
    source = prepared(view(SMALL).data, view(SMALL).model)
    worst = 0.0
    for level in (0.05, 0.3, 2.0, 20.0):
        sigma = torch.tensor(level, dtype=torch.float64)
        x = (source.clean(32) + level).requires_grad_()
        (score,) = torch.autograd.grad(source.mixture.log_density(x, sigma).sum(), x)
        said = (source.denoiser(x.detach(), sigma) - x.detach()) / sigma**2
        worst = max(worst, float((score - said).norm() / said.norm()))
    return sure(worst, 4 * 32)


def _counted(watch) -> Estimate:
    counts = []
    for nfe in (35, 79, 511):
        e = view(f"{SMALL}&samples=1&nfe={nfe}")
        assert evaluations(e) == nfe
        counts.append(run(e, watch, kept=False).nfe - (2 * ((nfe + 1) // 2) - 1))
    return sure(float(max(map(abs, counts))), 3)


def _variance_preserving(watch) -> Estimate:
    vp, t = VP(), torch.linspace(1e-5, 1, 1000, dtype=torch.float64)
    return sure(float((vp.scale(t) ** 2 * (1 + vp.sigma(t) ** 2) - 1).abs().max()), 1000)


def _vp_range(watch) -> Estimate:
    return sure(float(VP().sigma(torch.tensor(1.0, dtype=torch.float64))))


def _iddpm_first(watch) -> Estimate:
    return sure(float(IDDPM().levels()[0]))


def _iddpm_last(watch) -> Estimate:
    levels = IDDPM().levels()
    return sure(float(levels[levels > 0][-1]))


def _no_churn(watch) -> Estimate:
    still = run(view(f"{SMALL}&nfe=35&s_churn=0"), watch, kept=False)
    plain = run(view(f"{SMALL}&nfe=35"), watch, kept=False)
    return sure(float((still.samples - plain.samples).abs().max()), 32)


def _cap(watch) -> Estimate:
    most = max(
        (1 + Churn(float(s), 0, 1e9).gamma(float(level), n)) ** 2
        for s in (1, 30, 80, 200)
        for n in (4, 18, 40)
        for level in Rho().sigmas(18)
    )
    return sure(most, 4 * 3 * 18)


def _geometric(watch) -> Estimate:
    steep, flat = (Rho(rho).sigmas(40).log().diff() for rho in (7.0, 20.0))
    return sure(float((flat.std() / flat.mean().abs()) / (steep.std() / steep.mean().abs())))


CLAIMS = [
    Claim(
        "tangent-at-denoised",
        "EDM",
        "With σ(t) = t and s = 1 the tangent of a trajectory points at the denoiser's output: one "
        "Euler step to t = 0 returns D(x; t).",
        "Sec. 3, Fig. 3c",
        "largest distance between an Euler step to 0 and D, over 25 levels",
        below(EXACT),
        _lands_on_denoised,
        seeds="32 states at each of 25 levels",
        view="data=spiral",
    ),
    Claim(
        "ddim-is-euler-in-sigma",
        "EDM",
        "σ(t) = t and s(t) = 1 are the choices of DDIM, which is Euler in σ.",
        "Sec. 3; App. C",
        "largest difference between a run of DDIM and one of Euler in EDM's frame",
        below(EXACT),
        _ddim_is_euler,
        seeds="seed 0, 32 samples",
        view="data=spiral&solver=ddim&nfe=20",
    ),
    Claim(
        "schedules-share-their-curves",
        "EDM",
        "σ(t) only changes the time and s(t) only the coordinates: every schedule traces the same "
        "curves, and what differs is the error of the steps.",
        "Sec. 2, Eq. 4",
        "RMS between where VP's frame and EDM's end after 501 steps of Heun",
        below(1e-3),  # 501 steps of order 2 leave some 1e-4 on the spiral
        _same_curves,
        seeds="seed 0, 16 samples",
        view="data=spiral&schedule=vp",
    ),
    Claim(
        "score-from-denoiser",
        "EDM",
        "∇ log p(x; σ) = (D(x; σ) − x)/σ²",
        "Eq. 3",
        "relative difference between the gradient of the exact log density and that formula",
        below(EXACT),
        _score,
        quoted=True,
        seeds="32 states at each of 4 levels",
        view="data=spiral",
    ),
    Claim(
        "heun-costs-2n-less-1",
        "EDM",
        "NFE = 2N − 1: the last step, to σ = 0, is Euler",
        "Algorithm 1; Sec. 3",
        "evaluations counted, less 2N − 1, for N = 18, 40 and 256",
        within(0, 0),
        _counted,
        quoted=True,
        seeds="one run each",
        view="nfe=35",
    ),
    Claim(
        "vp-keeps-the-variance",
        "EDM",
        "s(t) = 1/√(1 + σ(t)²) in the VP column",
        "Table 1, Sec. 2",
        "largest |s² (1 + σ²) − 1| over 1000 times",
        below(EXACT),
        _variance_preserving,
        quoted=True,
        view="schedule=vp",
    ),
    Claim(
        "vp-reaches-152",
        "EDM",
        "VP networks know σ in [0.001, 152]",
        "App. C.1",
        "σ(1) of the VP schedule with β_d = 19.9, β_min = 0.1",
        within(151.5, 152.5),
        _vp_range,
        quoted=True,
        view="schedule=vp&timesteps=vp",
    ),
    Claim(
        "iddpm-begins-at-20291",
        "EDM",
        "The levels of iDDPM are {20291, 642, 321, …, 0.0064}",
        "App. C.3",
        "the first of 1000 levels by the recurrence",
        within(20290.5, 20291.5),
        _iddpm_first,
        quoted=True,
        view="timesteps=iddpm",
    ),
    Claim(
        "iddpm-ends-at-0.0064",
        "EDM",
        "The levels of iDDPM are {20291, 642, 321, …, 0.0064}",
        "App. C.3",
        "the last level above 0 by the recurrence",
        within(0.00635, 0.00645),
        _iddpm_last,
        quoted=True,
        view="timesteps=iddpm",
    ),
    Claim(
        "no-churn-is-algorithm-1",
        "EDM",
        "With S_churn = 0 the stochastic sampler is the deterministic one.",
        "Algorithm 2",
        "largest difference between the two runs",
        within(0, 0),
        _no_churn,
        seeds="seed 0, 32 samples",
        view="nfe=35",
    ),
    Claim(
        "churn-never-doubles-the-noise",
        "EDM",
        "γ is clamped so that a step never adds more noise than the image already has.",
        "Sec. 4, Algorithm 2",
        "largest (σ̂/σ)² over S_churn 1 to 200, N 4 to 40 and 18 levels; more than twice the "
        "variance is too much",
        below(2 + EXACT),
        _cap,
        view="s_churn=80&s_tmax=80",
    ),
    Claim(
        "large-rho-is-geometric",
        "EDM",
        "As ρ goes to infinity the time steps become a geometric sequence.",
        "App. D.1",
        "unevenness of Δ ln σ at ρ = 20 over that at ρ = 7, which is 0.35 if it falls as 1/ρ",
        within(0.3, 0.4),
        _geometric,
        view="timesteps.rho=20",
    ),
]
