"""Claims of this lab's own that lessons on training, guidance and latents stand on.

On small views: the moons in the plane, whose classes have a known density, the 8 × 8 digits, and
the record of the spiral's network.
"""

from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from ...analysis import intervals
from ...analysis.intervals import Estimate
from ...core.encoding import encode
from ...lab.experiment import levels
from ...lab.source import Watch, prepared
from ..fit import fit
from ..guidance import Guiding
from ..learned import learned
from ..likelihood import LogLikelihood
from ..round_trip import RoundTrip, images
from .contract import Claim, above, below, sure, within
from .lessons import LAB
from .paths import seeded, view

SEEDS = 8
GUIDED = (
    "data=moons&data.dimension=2&samples=512&nfe=35&model=guided&model.condition=0"
    "&model.against=any&model.guidance="
)
BETWEEN = "4&model.sigma_lo=0.1&model.sigma_hi=1"
THERE = "data=digits&samples=48&last=sigma_min"
SPIRAL_NET = "data=spiral&model=network&model.checkpoint=spiral-16d"


def _tensor(values) -> Tensor:
    return torch.tensor(list(values), dtype=torch.float64)


@lru_cache(maxsize=4)
def _measured(weight: str) -> tuple[dict[str, Any], ...]:
    """What there is to say of guided samples of each seed: several claims stand on it."""
    return tuple(Guiding()(e) for e in seeded(view(GUIDED + weight), SEEDS))


def _guided(weight: str, measure: str, watch: Watch | None) -> Tensor:
    """(SEEDS,) one measure of guided samples."""
    if watch is not None:
        watch()
    return _tensor(one[measure] for one in _measured(weight))


def _covered(weight: str):
    return lambda watch: intervals.mean(_guided(weight, "covered", watch))


def _guided_ratio(mine: str, other: str, measure: str):
    def tried(watch: Watch | None) -> Estimate:
        return intervals.mean(_guided(mine, measure, watch) / _guided(other, measure, watch))

    return tried


def _asked(watch: Watch | None) -> Estimate:
    """Passes of a network that the interval saves of 70."""
    return sure(70 - float(Guiding()(view(GUIDED + BETWEEN), watch)["passes"]))


def _fitted(watch: Watch | None) -> Estimate:
    *_, last = fit(view("data=spiral"), watch)
    return last.estimate("p_mean")


def _halved(end: int):
    """The lowest (0) or highest (1) level at which training halved the spiral's loss."""

    def tried(watch: Watch | None) -> Estimate:
        one = next(found for found in learned(watch) if found.name == "spiral-16d")
        return sure((one.helped(0.5) or (0.0, 0.0))[end])

    return tried


def _latents(watch: Watch | None) -> Estimate:
    """Mean square of each latent's numbers, in units of σ_max²."""
    e = view("data=digits&samples=256&last=sigma_min&nfe=65")
    sigmas, d = levels(e), prepared(e.data, e.model).watched(watch)
    up = encode(d, images(e), sigmas, e.solver, e.schedule, watch) / float(sigmas[0])
    return intervals.mean(up.flatten(1).square().mean(1))


def _missed(query: str, watch: Watch | None) -> Tensor:
    return _tensor(RoundTrip()(view(f"{THERE}&{query}"), watch)["each"])


def _back(query: str):
    return lambda watch: intervals.median(_missed(query, watch))


def _back_over(mine: str, other: str):
    return lambda watch: intervals.median(_missed(mine, watch) / _missed(other, watch))


def _likely(watch: Watch | None) -> Estimate:
    """log p along the path less that of the law, in nats for each number of an image."""
    found = LogLikelihood()(view("data=digits&samples=16"), watch)
    return intervals.mean((_tensor(found["found"]) - _tensor(found["exact"])) / found["dimension"])


def _claim(name: str, quote: str, measure: str, relation, try_, view_: str, **more) -> Claim:
    return Claim(name, LAB, quote, "lessons", measure, relation, try_, view=view_, **more)


def _guiding(name: str, quote: str, measure: str, relation, try_, weight: str, **more) -> Claim:
    more = {"seeds": f"{SEEDS} seeds of 512 samples", "uses": (Guiding,), **more}
    return _claim(name, quote, measure, relation, try_, GUIDED + weight, **more)


CLAIMS = [
    _guiding(
        "unguided-covers-the-class",
        "Without guidance the samples cover their class as draws of it do.",
        "share of draws of the class with a sample as near as 95 % have among other draws; w = 1",
        within(0.93, 0.97),
        _covered("1"),
        "1",
    ),
    _guiding(
        "guidance-leaves-parts-out",
        "Much guidance leaves parts of the class without samples.",
        "share of draws of the class with a sample as near as 95 % have among other draws; w = 4",
        below(0.8),
        _covered("4"),
        "4",
    ),
    _guiding(
        "guidance-leaves-the-class",
        "Guided samples no longer follow the law of their class.",
        "sliced Wasserstein distance to the class at w = 4 over that at w = 1, seed by seed",
        above(2),
        _guided_ratio("4", "1", "distance"),
        "4",
    ),
    _guiding(
        "guidance-misses-what-is-meant",
        "Nor do they follow the law that the formula seems to name, p(x | c)ʷ p(x)¹⁻ʷ.",
        "sliced Wasserstein distance to that law at w = 4 over that at w = 1, seed by seed",
        above(2),
        _guided_ratio("4", "1", "meant"),
        "4",
    ),
    _guiding(
        "an-interval-stays-nearer",
        "Guidance in an interval of σ leaves the samples nearer to their class.",
        "distance to the class at w = 4 for 0.1 < σ ≤ 1 over that at w = 4 everywhere",
        below(0.8),
        _guided_ratio(BETWEEN, "4", "distance"),
        BETWEEN,
    ),
    _guiding(
        "an-interval-saves-passes",
        "Outside the interval the second denoiser is not asked.",
        "passes that w = 4 for 0.1 < σ ≤ 1 saves of the 70 of 35 evaluations",
        within(1, 34),
        _asked,
        BETWEEN,
        seeds="none: a count",
    ),
    _claim(
        "spiral-learned-from",
        "On the spiral training lowers the loss to less than half only at middle noise.",
        "lowest level at which spiral-16d has surely halved its loss, by its own record",
        within(0.03, 0.2),
        _halved(0),
        SPIRAL_NET,
        seeds="the images of its record",
    ),
    _claim(
        "spiral-learned-up-to",
        "Above middle noise training no longer halves the loss of the spiral.",
        "highest level at which spiral-16d has surely halved its loss, by its own record",
        within(0.3, 2),
        _halved(1),
        SPIRAL_NET,
        seeds="the images of its record",
    ),
    _claim(
        "spiral-wants-less-noise",
        "The spiral is thinner than photographs: its own P_mean is below EDM's −1.2.",
        "P_mean fitted to the spiral, jackknife over 8 parts of its points",
        below(-1.2),
        _fitted,
        "data=spiral",
        seeds="the points of the spiral",
    ),
    _claim(
        "latents-look-like-noise",
        "The latents of pictures are as wide as the noise that sampling begins with.",
        "mean square of a latent's numbers over σ_max²; Heun, 65 evaluations upwards",
        within(0.97, 1.03),
        _latents,
        "data=digits&samples=256&last=sigma_min&nfe=65",
        seeds="256 images",
    ),
    _claim(
        "there-and-back-at-65",
        "A picture comes back from its latent almost unchanged.",
        "RMS for each number between image and what comes back; Heun, 65 evaluations each way",
        below(1e-3),
        _back("nfe=65"),
        f"{THERE}&nfe=65",
        seeds="48 images",
        uses=(RoundTrip,),
    ),
    _claim(
        "there-and-back-at-17",
        "With too few evaluations it does not come back.",
        "RMS for each number between image and what comes back; Heun, 17 evaluations each way",
        above(0.1),
        _back("nfe=17"),
        f"{THERE}&nfe=17",
        seeds="48 images",
        uses=(RoundTrip,),
    ),
    _claim(
        "heun-comes-back-nearer",
        "With 65 evaluations each way Heun comes back nearer than Euler.",
        "RMS of what Heun misses over what Euler does, 65 evaluations each way, image by image",
        below(0.2),
        _back_over("nfe=65", "nfe=65&solver=euler"),
        f"{THERE}&nfe=65",
        seeds="48 images",
        uses=(RoundTrip,),
    ),
    _claim(
        "likelihood-along-the-path",
        "How likely a picture is can be counted up along its path to the latent.",
        "log-density along the path less that of the known law, nats for each number",
        within(-0.05, 0.05),
        _likely,
        "data=digits&samples=16",
        seeds="16 images",
        uses=(LogLikelihood,),
    ),
]
