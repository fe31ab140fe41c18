"""From one image to another: on the great circle between their latents, and in two other ways.

    circle    latents turn from one to the other, and come down the ODE
    line      latents are averaged: half way they are shorter than any noise
    pixels    the images themselves are averaged, and nothing is run

Shoemake 1985; Song, Meng & Ermon 2021, App. D.5.
"""

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor

from ..analysis import intervals
from ..analysis.distance import share
from ..analysis.error import rms
from ..analysis.intervals import Estimate
from ..analysis.nearest import nearest_training
from ..core.encoding import decode, encode, interpolated
from ..lab.experiment import Experiment, levels, work
from ..lab.source import Watch, prepared
from ..lab.watched import asking
from ..models import classifier
from ..settings import param, setting
from . import engine
from .affordable import within_work
from .edit import DIGITS
from .encoded import check_image, check_upwards, upwards
from .judge import Judge
from .plan import Cell
from .round_trip import images

WAYS = ("circle", "line", "pixels")
COUNT = 9  # images from one end to the other, both counted
BLOCK, PAIRS, FEWEST = 8, 64, 4  # pairs of a cell, of all cells, and what a cell must have
SHOWN = 2  # pairs of each cell whose images are kept
HELD = 2048  # data that a judge knows


@setting
class Between:
    """Pairs of images and what lies between them, by the three WAYS."""

    name: ClassVar[str] = "between"
    version: ClassVar[int] = 1
    count: int = param(COUNT, 3, 17, 2, label="Images", help="odd, so that one is half way")

    def __call__(self, e: Experiment, watch: Watch | None = None) -> dict[str, Any]:
        """missed (pairs,): RMS between the ends and what comes back of them, the mean of both.
        nearest (ways, pairs): RMS from the image half way to the nearest of the data.  good (ways,
        pairs): whether that image lies in the data's manifold, none without a classifier.
        length (ways, pairs): of the latent half way, of that of noise; of pixels none.
        pictures (shown, ways, count, *shape).
        """
        sigmas, start = levels(e), images(e)
        denoiser = prepared(e.data, e.model).watched(watch)
        latent = encode(denoiser, start, sigmas, e.solver, e.schedule, watch)
        pairs = len(start) // 2
        way = {
            "circle": lambda k: interpolated(latent[2 * k], latent[2 * k + 1], self.count),
            "line": lambda k: _straight(latent[2 * k], latent[2 * k + 1], self.count),
            "pixels": lambda k: _straight(start[2 * k], start[2 * k + 1], self.count),
        }
        half, made, length = self.count // 2, {}, []
        for name, along in way.items():
            path = torch.cat([along(k) for k in range(pairs)])
            if name != "pixels":
                length.append((rms(path[half :: self.count]) / float(sigmas[0])).tolist())
                path = decode(denoiser, path, sigmas, e.solver, e.schedule, watch)
            made[name] = path.unflatten(0, (pairs, self.count))
        middle = {name: x[:, half] for name, x in made.items()}
        points = e.data.points()
        shown = torch.stack([made[name][:SHOWN] for name in WAYS], 1).clamp(-1.2, 1.2)
        off = rms(made["circle"][:, 0] - start[::2]) + rms(made["circle"][:, -1] - start[1::2])
        return {
            "nfe": (len(sigmas) - 1) * e.solver.evaluations,
            "ends": [float(sigmas[0]), float(sigmas[-1])],
            "missed": (off / 2).tolist(),
            "nearest": [nearest_training(middle[n], points)[0].tolist() for n in WAYS],
            "good": _good(e, middle, watch),
            "length": length,
            "pictures": (shown.double().cpu() * 10**DIGITS).round().div(10**DIGITS).tolist(),
        }

    def weights(self, e: Experiment) -> tuple[str, ...]:
        """The classifier's, where one judges."""
        return (classifier.digest(e.data),) if classifier.find(e.data) else ()


def _straight(one: Tensor, other: Tensor, count: int) -> Tensor:
    part = torch.linspace(0, 1, count).to(one).reshape(-1, *[1] * one.ndim)
    return torch.lerp(one[None], other[None], part)


def _good(e: Experiment, middle: dict[str, Tensor], watch: Watch | None) -> list[list[int]]:
    check = asking(watch)
    check()
    judge = Judge.of(e.data, HELD)
    if judge is None:
        return []
    check()
    good = judge.good(torch.cat([middle[n] for n in WAYS]).float())
    return good.int().unflatten(0, (len(WAYS), -1)).tolist()


@dataclasses.dataclass(frozen=True)
class Paths:
    """All pairs so far: what `Between` found, joined over its cells."""

    nfe: int
    ends: tuple[float, float]
    missed: tuple[float, ...]
    nearest: tuple[tuple[float, ...], ...]
    good: tuple[tuple[int, ...], ...]
    length: tuple[tuple[float, ...], ...]
    pictures: tuple[Any, ...]

    @property
    def off(self) -> Estimate:
        """Median RMS between an end and what comes back of it."""
        return intervals.median(torch.tensor(self.missed))

    def away(self, way: str) -> Estimate:
        """Median RMS from the image half way to the nearest of the data."""
        return intervals.median(torch.tensor(self.nearest[WAYS.index(way)]))

    def share(self, way: str) -> Estimate | None:
        """Share of the images half way that lie in the data's manifold; None without a judge."""
        return share(torch.tensor(self.good[WAYS.index(way)])) if self.good else None

    def gain(self, way: str, other: str) -> Estimate | None:
        """By how much one's share is above another's, pair by pair; None without a judge."""
        if not self.good:
            return None
        one, two = (torch.tensor(self.good[WAYS.index(w)]) for w in (way, other))
        return intervals.gain(one, two)


def between(
    base: Experiment, watch: Watch | None = None, folder: Path | None = None, workers: int = 0
) -> Iterator[Paths]:
    """What is known after each block of pairs."""
    found: Paths | None = None
    for _, value in engine.values(engine.run(between_plan(base), folder, workers, watch)):
        found = _joined(found, value)
        yield found


def _joined(before: Paths | None, value: dict[str, Any]) -> Paths:
    top, bottom = value["ends"]
    near, good, length = (tuple(map(tuple, value[k])) for k in ("nearest", "good", "length"))
    missed, shown = tuple(value["missed"]), tuple(value["pictures"])
    new = Paths(value["nfe"], (top, bottom), missed, near, good, length, shown)
    if before is None:
        return new
    beside = lambda a, b: tuple(x + y for x, y in zip(a, b, strict=True))
    return dataclasses.replace(
        new,
        missed=before.missed + missed,
        pictures=before.pictures + shown,
        nearest=beside(before.nearest, near),
        good=beside(before.good, good),
        length=beside(before.length, length),
    )


def between_plan(base: Experiment) -> list[Cell]:
    """Blocks of pairs.  A view that makes one class goes between images of all, as that class.

    Raises UserError for what is no image, a solver that cannot go up, steps beyond what the network
    knows, and where the cap on work allows too few pairs.
    """
    check_image(base)
    one = upwards(base)
    check_upwards(one)
    count = within_work(base, (2 + 2 * COUNT) * work(one), PAIRS, FEWEST)
    size = min(BLOCK, count)
    return [
        Cell(dataclasses.replace(one, samples=2 * size, seed=base.seed + k), Between())
        for k in range(max(1, count // size))
    ]
