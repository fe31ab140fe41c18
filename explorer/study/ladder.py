"""EDM's Table 2 on small data: configurations A to F, each a trained network that ships.

Every network is asked the same: the loss at each σ on the same images and noise, and how good its
samples are, from the same starting noise by Heun's method (NFE 35, ρ = 7).  So two rungs make
pairs, and the interval of a difference is that of the pairs.  Each rung is one training: what
another seed of the training would change is in no interval.  Karras et al. 2022, Table 2.
"""

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

from ..analysis import intervals
from ..analysis.distance import share, sliced_wasserstein
from ..analysis.intervals import Estimate
from ..analysis.loss import errors_per_sigma
from ..analysis.quality import Quality
from ..core import known
from ..core.device import Device, pick
from ..core.sampling import Noise, sample
from ..core.solvers import Heun
from ..core.timesteps import Rho
from ..data import DATASETS
from ..errors import UserError
from ..models import files
from ..store import weights
from ..training.configs import draw
from .judge import Judge

LETTERS = "ABCDEF"
LEVELS = (0.02, 0.1, 0.3, 1.0, 3.0, 10.0, 40.0)  # σ of the loss
NFE = 35  # EDM's for 32 × 32
IMAGES, SAMPLES, BLOCK = 1024, 1024, 128
CHANGES = {  # EDM, Table 2
    "A": "Baseline: VP as before EDM",
    "B": "+ Adjust hyperparameters",
    "C": "+ Redistribute capacity",
    "D": "+ Our preconditioning",
    "E": "+ Our loss function",
    "F": "+ Non-leaky augmentation",
}


def network(data: str, letter: str) -> str:
    """The name of the network that ships."""
    return f"{data}-ladder-{letter.lower()}"


@dataclasses.dataclass(frozen=True, eq=False)
class Rung:
    """One network measured.  errors (S, n): ‖D − y‖² per number at LEVELS; good (m,): whether each
    sample lies in the data's manifold, in the order of its noise; wasserstein: sliced, to the data.
    """

    data: str
    letter: str
    errors: Tensor
    good: Tensor
    quality: Quality
    wasserstein: Estimate
    images: int
    digest: str

    @property
    def losses(self) -> list[Estimate]:
        """At each of LEVELS."""
        return [intervals.mean(row) for row in self.errors]

    @property
    def share(self) -> Estimate:
        """Of good samples: precision, with Wilson's interval."""
        return share(self.good)


def sets() -> list[str]:
    """Data sets whose ladder ships."""
    return sorted({c.name.split("-ladder-")[0] for c in weights.ladder()})


def checked(names: Sequence[str]) -> list[str]:
    """These, or all data sets that have a ladder.  Raises UserError for one that has none."""
    ship = sets()
    for name in names:
        if name not in ship:
            raise UserError(
                f"No configurations A to F ship for {name!r:.40}. Known: {', '.join(ship)}."
            )
    return list(names) or ship


def rungs(
    data: str,
    images: int = IMAGES,
    samples: int = SAMPLES,
    device: Device | None = None,
    watch: Callable[[], None] | None = None,
) -> Iterator[Rung]:
    """A to F of a data set, each as soon as it is measured.  images: of the loss; samples: drawn.

    Raises UserError for data without a ladder.
    """
    (data,) = checked([data])
    own = DATASETS[data]()
    judge = Judge.of(own, 2048)
    assert judge is not None  # both sets have a classifier
    g = torch.Generator().manual_seed(31)
    clean = draw(own, images, g)[0].double()
    noise = torch.randn(clean.shape, generator=g, dtype=torch.float64)
    fresh = draw(own, samples, g)[0].double()
    device = device or pick("cpu")
    for letter in LETTERS:
        checkpoint = weights.find(network(data, letter))
        denoiser = files.load(checkpoint).to(device.device, device.dtype)
        at = torch.tensor(LEVELS, dtype=torch.float64)
        here = clean.to(device.device, device.dtype)
        errors = errors_per_sigma(denoiser, here, at, noise, watch).cpu().double()
        x = drawn(denoiser, samples, device, watch)
        yield Rung(
            data,
            letter,
            errors,
            judge.good(x.float()),
            judge(x.float()),
            sliced_wasserstein(x, fresh, torch.Generator().manual_seed(32)),
            int(checkpoint.config["images"]),
            checkpoint.digest,
        )


def drawn(denoiser, count: int, device: Device, watch=None) -> Tensor:
    """Samples (count, *shape) float64 by Heun's method, from noise that belongs to their number."""
    levels = known.nearest(denoiser, known.within(Rho(), denoiser).sigmas((NFE + 1) // 2))
    sigmas = torch.cat([levels, torch.zeros(1).double()])
    parts = []
    for k, start in enumerate(range(0, count, BLOCK)):
        if watch is not None:
            watch()
        noise = Noise(k, min(BLOCK, count - start), denoiser.shape, device.device, device.dtype)
        made = sample(denoiser, noise.start, sigmas, Heun(), noises=noise, keep=1)
        parts.append(made.samples.cpu().double())
    return torch.cat(parts)


# ---- what the rungs say of each other -----------------------------------------------------------


def gain(rung: Rung, before: Rung) -> Estimate:
    """By how much more samples are good, pair by pair."""
    return intervals.mean(rung.good.double() - before.good.double())


def loss_ratio(rung: Rung, before: Rung) -> list[Estimate]:
    """Loss over the loss of `before` at each of LEVELS, less 1, with the interval of the pairs, so
    wide that all levels together are covered in 95 of 100 cases (Bonferroni).
    """
    wider = _quantile(1 - 0.025 / len(LEVELS)) / _quantile(0.975)
    out = []
    for mine, other in zip(rung.errors, before.errors):
        # of the ratio of two means, to first order
        ratio = float(mine.mean() / other.mean())
        pairs = intervals.mean((mine - ratio * other) / other.mean())
        half = wider * (pairs.high - pairs.value)
        out.append(Estimate(ratio - 1, ratio - 1 - half, ratio - 1 + half, len(mine)))
    return out


def _quantile(p: float) -> float:
    """Of a unit normal."""
    return float(torch.special.ndtri(torch.tensor(p, dtype=torch.float64)))


def plain(rows: Sequence[Rung]) -> list[dict[str, Any]]:
    """The rungs as plain values, each with what it changed of the one before."""
    told = lambda e: {k: getattr(e, k) for k in ("value", "low", "high", "count")}
    out = []
    for i, r in enumerate(rows):
        before = rows[i - 1] if i else None
        out.append(
            {
                "letter": r.letter,
                "network": network(r.data, r.letter),
                "changed": CHANGES[r.letter],
                "images": r.images,
                "digest": r.digest,
                "losses": [told(e) for e in r.losses],
                "good": told(r.share),
                "recall": told(r.quality.recall),
                "frechet": told(r.quality.frechet),
                "wasserstein": told(r.wasserstein),
                "gain": before and told(gain(r, before)),
                "loss_change": before and [told(e) for e in loss_ratio(r, before)],
            }
        )
    return out
