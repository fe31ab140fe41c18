"""EDM's Fig. 5a of every network that ships, from its own record: what training learned where.

Nothing is measured here: each training wrote down the loss at every noise level before its first
step and after its last, on the same images and noise.
"""

import dataclasses
import math
from collections.abc import Iterator

import torch

from ..analysis.intervals import Estimate
from ..lab.source import Watch
from ..store import weights
from ..training.where import where

FINE = 121  # places of p_train


@dataclasses.dataclass(frozen=True)
class Learned:
    """A network: at each level the loss now over that before training, and of the ideal denoiser
    over the same; both unweighted, as a weight of the level drops out.  density: p_train at fine,
    per unit of ln σ; images: how many it saw.
    """

    name: str
    label: str
    images: int
    sigma: tuple[float, ...]
    ratio: tuple[Estimate, ...]
    floor: tuple[float, ...]
    fine: tuple[float, ...]
    density: tuple[float, ...]
    told: str
    digest: str = ""

    @property
    def most(self) -> int:
        """Where training helped most."""
        return min(range(len(self.sigma)), key=lambda i: self.ratio[i].value)

    @property
    def looked(self) -> float:
        """Where it trained most often."""
        return self.fine[max(range(len(self.fine)), key=lambda i: self.density[i])]

    def helped(self, part: float = 0.9) -> tuple[float, float] | None:
        """The lowest and the highest level at which the loss is surely below that part of its
        first value; None where it nowhere is.
        """
        levels = [s for s, e in zip(self.sigma, self.ratio) if e.high < part]
        return (min(levels), max(levels)) if levels else None


def learned(watch: Watch | None = None) -> Iterator[Learned]:
    """Each network that ships and has a record of its losses."""
    every = weights.shipped()
    for c in every:
        if watch is not None:
            watch()
        if (record := weights.losses(c)).get("per_sigma_first"):
            twin = sum(o.label == c.label for o in every) > 1
            yield _of(c, record, f"{c.label} ({c.name})" if twin else c.label)


def _of(c: weights.Checkpoint, record: dict, label: str) -> Learned:
    now, first = record["per_sigma"], record["per_sigma_first"]
    sigma = [float(s) for s in now["sigma"]]
    half = lambda rows, i: (rows["high"][i] - rows["low"][i]) / 2 / rows["mean"][i]
    ratio = []
    for i in range(len(sigma)):
        value = now["mean"][i] / first["mean"][i]
        both = math.hypot(half(now, i), half(first, i))  # as if independent: the same images are
        ratio.append(Estimate(value, value * (1 - both), value * (1 + both), int(now["count"])))
    floor = [float(v) / w for v, w in zip(now["floor"], first["mean"])]
    fine = torch.logspace(math.log10(min(sigma)), math.log10(max(sigma)), FINE, dtype=torch.float64)
    of = where(c.config)
    return Learned(
        c.name,
        label,
        int(c.config.get("images", 0)),
        tuple(sigma),
        tuple(ratio),
        tuple(floor),
        tuple(fine.tolist()),
        tuple(of.density(fine).tolist()),
        of.told,
        str(c.config.get("digest", "")),
    )
