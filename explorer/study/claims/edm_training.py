"""Claims of EDM on preconditioning and training: Sec. 5, App. B.6, Table 2."""

import torch
from torch import Tensor

from ...analysis.intervals import Estimate
from ...analysis.loss import WEIGHTS, edm_density, loss_per_sigma, vp_density
from ...data import Digits
from ...lab.source import Watch, prepared
from ...models.precond import EDM, VE
from ...training.configs import build, config, sigma_data
from .contract import Claim, above, below, sure, within
from .paths import difference, noisy, precision, view

NEW = "data=digits&model=network&model.checkpoint=digits-f"
OLD = "data=digits&model=network&model.checkpoint=digits-old"
LEVELS = torch.logspace(-2.7, 1.9, 24, dtype=torch.float64)
MIDDLE = (0.1, 2.0)  # levels at which digits are decided


def _edm() -> EDM:
    return EDM(sigma_data(config("F")))


def _unit(what: str):
    """A measure: mean square per coordinate of the network's input or target, worst over σ."""

    def tried(watch: Watch | None) -> Estimate:
        p, worst, e = _edm(), 1.0, view("data=digits&samples=1024")
        for sigma in LEVELS:
            clean, x = noisy(e, float(sigma))
            values = (
                p.c_in(sigma) * x
                if what == "input"
                else (clean - p.c_skip(sigma) * x) / p.c_out(sigma)
            )
            found = float(values.square().mean())
            worst = max(worst, found, key=lambda v: abs(v - 1))
        return sure(worst, 1024)

    return tried


def _least_c_out(watch: Watch | None) -> Estimate:
    p, skips = _edm(), torch.linspace(0, 1, 100001, dtype=torch.float64)
    worst = 0.0
    for sigma in LEVELS:
        squared = (1 - skips) ** 2 * p.sigma_data**2 + skips**2 * sigma**2
        worst = max(worst, abs(float(skips[squared.argmin()]) - float(p.c_skip(sigma))))
    return sure(worst, len(LEVELS))


def _effective_weight(watch: Watch | None) -> Estimate:
    p = _edm()
    weight = (
        WEIGHTS["edm"](LEVELS, torch.tensor(p.sigma_data, dtype=torch.float64))
        * p.c_out(LEVELS) ** 2
    )
    return sure(float((weight - 1).abs().max()), len(LEVELS))


def _amplified(watch: Watch | None) -> Estimate:
    p = _edm()
    return sure(float((p.c_out(LEVELS) / VE().c_out(LEVELS)).max()), len(LEVELS))


def _loss(query: str, sigmas: Tensor, watch: Watch | None, count: int = 512, denoiser=None):
    """Weighted loss λ E‖D − y‖² per coordinate, with its interval, at each level."""
    source = prepared(view(query).data, view(query).model)
    clean, g = source.clean(count, seed=9), torch.Generator().manual_seed(10)
    found = loss_per_sigma(denoiser or source.denoiser, clean, sigmas, g, watch)
    weight = WEIGHTS["edm"](sigmas, torch.tensor(_edm().sigma_data))
    return found.mean * weight, found.low * weight, found.high * weight


@torch.no_grad()
def _begins_at_one(watch: Watch | None) -> Estimate:
    mean, low, high = _loss("data=digits", LEVELS[::6], watch, 512, build(config("F", Digits())))
    worst = int((mean - 1).abs().argmax())
    return Estimate(float(mean[worst]), float(low[worst]), float(high[worst]), 512)


def _weighted(sigma: float):
    """A measure: the weighted loss of digits-f at a level."""

    def tried(watch: Watch | None) -> Estimate:
        found = _loss(NEW, torch.tensor([sigma], dtype=torch.float64), watch)
        mean, low, high = (float(v) for v in found)
        return Estimate(mean, low, high, 512)

    return tried


def _at_the_floor(watch: Watch | None) -> Estimate:
    """Loss of digits-f at σ = 80 over the variance of the data, which nothing can lower."""
    sigma = torch.tensor([80.0], dtype=torch.float64)
    mean, low, high = (float(v) for v in _loss(NEW, sigma, watch, 1024))
    ideal = float(_loss("data=digits", sigma, watch, 1024)[0])
    return Estimate(mean / ideal, low / ideal, high / ideal, 1024)


def _where_it_learns(watch: Watch | None) -> Estimate:
    """EDM's share of training at the levels of MIDDLE over VP's share there."""
    sigma = torch.logspace(-1, 0.30103, 400, dtype=torch.float64)
    shares = [torch.trapezoid(p(sigma), sigma.log()) for p in (edm_density, vp_density)]
    return sure(float(shares[0] / shares[1]), 400)


def _better(low: float, high: float):
    """A measure: what F errs beyond the ideal denoiser over what A does, on the same noise."""

    def tried(watch: Watch | None) -> Estimate:
        from ...analysis import intervals

        e = view("data=digits&samples=256")
        ideal, old, new = (
            prepared(view(q).data, view(q).model).denoiser for q in ("data=digits", OLD, NEW)
        )
        total = [torch.zeros(256, dtype=torch.float64) for _ in range(2)]
        for sigma in torch.logspace(low, high, 7, dtype=torch.float64):
            x = noisy(e, float(sigma))[1]
            for into, d in zip(total, (new, old), strict=True):
                into += (d(x, sigma) - ideal(x, sigma)).flatten(1).square().mean(1).double()
            if watch is not None:
                watch()
        return intervals.ratio(*total)

    return tried


def _quality(watch: Watch | None) -> Estimate:
    new, old = (precision(view(f"{q}&samples=384&nfe=35"), watch) for q in (NEW, OLD))
    return difference(new, old)


def _reasonable(watch: Watch | None) -> Estimate:
    few, many = (precision(view(f"{NEW}&samples=384&nfe={n}"), watch) for n in (13, 35))
    return difference(few, many)


CLAIMS = [
    Claim(
        "network-input-has-unit-variance",
        "EDM",
        "c_in is chosen so that the network's input has unit variance at every σ.",
        "App. B.6, i; Table 1",
        "mean square of c_in (y + n) per coordinate, at the worst of 24 levels; digits",
        within(0.97, 1.03),  # 1024 images know their mean square to 1 %, σ_data has 3 digits
        _unit("input"),
        seeds="1024 images",
        view=NEW,
    ),
    Claim(
        "training-target-has-unit-variance",
        "EDM",
        "c_out is chosen so that the effective training target has unit variance at every σ.",
        "App. B.6, ii; Eq. 8",
        "mean square of (y − c_skip (y + n))/c_out per coordinate, at the worst of 24 levels",
        within(0.97, 1.03),  # as above
        _unit("target"),
        seeds="1024 images",
        view=NEW,
    ),
    Claim(
        "c-skip-makes-c-out-least",
        "EDM",
        "c_skip is chosen to make c_out as small as possible, so that errors of the network are "
        "amplified as little as possible.",
        "App. B.6, iii",
        "largest distance of Table 1's c_skip from the minimum found on a fine grid",
        below(1e-5),  # the spacing of the grid
        _least_c_out,
        view=NEW,
    ),
    Claim(
        "effective-weight-is-one",
        "EDM",
        "λ(σ) c_out(σ)² = 1",
        "App. B.6, iv; Eq. 8",
        "largest |λ c_out² − 1| over 24 levels",
        below(1e-9),
        _effective_weight,
        quoted=True,
        view=NEW,
    ),
    Claim(
        "never-amplifies-more-than-ve",
        "EDM",
        "c_out is at most σ: no column of Table 1 amplifies the network's error less.",
        "Sec. 5, Table 1",
        "largest c_out over VE's, which is σ, at 24 levels",
        below(1),
        _amplified,
        view=NEW,
    ),
    Claim(
        "loss-begins-at-one",
        "EDM",
        "With this preconditioning the loss of a fresh network is 1 at every noise level.",
        "Fig. 5a, Sec. 5",
        "weighted loss of config F before its training, at the worst of 4 levels; digits",
        within(0.95, 1.05),  # 512 images know it to 2 %
        _begins_at_one,
        seeds="512 images",
        view=NEW,
    ),
    Claim(
        "nothing-to-learn-at-low-noise",
        "EDM",
        "At very low noise the loss can hardly be lowered: to tell so little noise is hard, and "
        "does not matter.",
        "Sec. 5, Fig. 5a",
        "weighted loss of the trained digits-f at σ = 0.003, where a fresh network has 1",
        above(0.8),
        _weighted(0.003),
        seeds="512 images",
        view=NEW,
    ),
    Claim(
        "much-to-learn-in-the-middle",
        "EDM",
        "The loss falls well below its beginning only at intermediate noise levels.",
        "Sec. 5, Fig. 5a",
        "weighted loss of the trained digits-f at σ = 0.3, where a fresh network has 1",
        below(0.5),
        _weighted(0.3),
        seeds="512 images",
        view=NEW,
    ),
    Claim(
        "nothing-to-learn-at-high-noise",
        "EDM",
        "At high noise the target is the mean of the data, and the loss cannot be lowered further.",
        "Sec. 5, Fig. 5a",
        "loss of digits-f at σ = 80 over that of the ideal denoiser",
        within(0.95, 1.05),  # set before the first measurement
        _at_the_floor,
        seeds="1024 images",
        view=NEW,
        why="This small network’s loss there is 6 % above the ideal’s: little is left to learn, "
        "but not nothing.",
    ),
    Claim(
        "p-train-aims-at-the-middle",
        "EDM",
        "ln σ ~ N(P_mean, P_std²) aims training at the levels where the loss can be lowered.",
        "Sec. 5, Table 1",
        "share of training between σ = 0.1 and 2 under EDM's p_train over the share under VP's",
        above(1),
        _where_it_learns,
        view=NEW,
    ),
    Claim(
        "config-f-denoises-better-than-a",
        "EDM",
        "Configuration F is the best of A to F on every data set.",
        "Table 2",
        "squared distance of the network from the ideal denoiser over 7 levels from 0.1 to 30, F "
        "over A, sample by sample; digits-f and digits-old",
        below(1),
        _better(-1, 1.4771),
        seeds="256 images with the same noise",
        beside=(OLD,),
        view=NEW,
    ),
    Claim(
        "config-f-samples-better-than-a",
        "EDM",
        "CIFAR-10, conditional, VP: FID 2.48 with configuration A and 1.79 with F",
        "Table 2",
        "precision of digits-f less that of digits-old, in the classifier's features, 35 "
        "evaluations",
        above(0),
        _quality,
        quoted=True,
        seeds="seed 0, 384 samples each",
        beside=(OLD,),
        judged=True,
        view=NEW,
        cost="slow",
    ),
    Claim(
        "reasonable-from-13-evaluations",
        "EDM",
        "Samples of 32 pixels are reasonable from NFE = 13 on, and better up to 35.",
        "Fig. 12",
        "precision of digits-f at 13 evaluations less that at 35, in the classifier's features",
        above(-0.15),  # “reasonable”: at most one in seven more that is no digit
        _reasonable,
        seeds="seed 0, 384 samples each",
        judged=True,
        view=f"{NEW}&nfe=13",
        cost="slow",
    ),
]
