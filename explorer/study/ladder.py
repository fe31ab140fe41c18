"""EDM's Table 2 on small data: configurations A to F, each a trained network that ships.

Every network is asked the same (`configuration`), its samples drawn by Heun's method (NFE 35,
ρ = 7).  So two rungs make pairs, and the interval of a difference is that of the pairs.  Each rung
is one training: what another seed of the training would change is in no interval.
Karras et al. 2022, Table 2.
"""

import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..analysis import intervals
from ..analysis.distance import share
from ..analysis.intervals import Estimate
from ..analysis.quality import Quality
from ..core.solvers import Heun
from ..core.timesteps import Rho
from ..data import DATASETS
from ..errors import UserError
from ..lab.experiment import Experiment
from ..lab.source import Watch
from ..models import Network
from ..store import weights
from . import engine
from .configuration import IMAGES, LEVELS, SAMPLES, Configuration
from .plan import Cell

LETTERS = "ABCDEF"
NFE = 35  # EDM's for 32 × 32
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


def ladder_plan(
    sets: Sequence[str], images: int = IMAGES, samples: int = SAMPLES
) -> list[tuple[str, str, Cell]]:
    """(data, letter, cell) of A to F of each data set.  images: of the loss; samples: drawn.

    Raises UserError for data without a ladder, and for a count out of range.
    """
    asked = Configuration(images, samples)
    return [
        (data, letter, Cell(_view(data, letter), asked))
        for data in checked(sets)
        for letter in LETTERS
    ]


def _view(data: str, letter: str) -> Experiment:
    own = Network(checkpoint=network(data, letter))
    return Experiment(
        data=DATASETS[data](), model=own, solver=Heun(), timesteps=Rho(), nfe=NFE, last="zero"
    )


def rungs(
    sets: Sequence[str] = (),
    images: int = IMAGES,
    samples: int = SAMPLES,
    watch: Watch | None = None,
    folder: Path | None = None,
    workers: int = 0,
) -> Iterator[Rung]:
    """A to F of each data set, each as soon as it and all before it are measured; for folder,
    workers and watch see `engine.run`.  Raises UserError for one that cannot be measured.
    """
    plan = ladder_plan(sets, images, samples)
    done = engine.run([cell for *_, cell in plan], folder, workers, watch)
    for (data, letter, _), (_, value) in zip(plan, engine.values(done), strict=True):
        yield _rung(data, letter, value)


def _rung(data: str, letter: str, value: dict[str, Any]) -> Rung:
    of = {k: Estimate(**value[k]) for k in ("frechet", "precision", "recall")}
    checkpoint = weights.find(network(data, letter))
    return Rung(
        data,
        letter,
        torch.tensor(value["errors"], dtype=torch.float64),
        torch.tensor(value["good"], dtype=torch.bool),
        Quality(**of, accuracy=None),
        Estimate(**value["wasserstein"]),
        int(checkpoint.config["images"]),
        checkpoint.digest,
    )


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
