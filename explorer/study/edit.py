"""An image becomes another class's: up the ODE as what it is, down again as what it shall be.

    image of class a  →  latent, under class a  →  image, under each class b

What the latent holds beside the class stays: the way down under a itself leads back to the image.
Song, Meng & Ermon 2021, Sec. 4.3 and App. D.5, on the samplers of Karras et al. 2022.
"""

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor

from ..analysis import intervals
from ..analysis.distance import share
from ..analysis.error import rms
from ..analysis.intervals import Estimate
from ..core.denoisers import Conditioned
from ..core.encoding import decode, encode
from ..core.noise import Noise
from ..errors import UserError
from ..lab.experiment import Experiment, levels, work
from ..lab.source import Watch, prepared
from ..lab.watched import watched
from ..models import classifier
from ..models.contract import Stored
from ..settings import flatten, param, setting
from ..store import weights
from . import engine
from .affordable import within_work
from .encoded import check_image, check_upwards, upwards
from .plan import Cell
from .round_trip import SEED

MOST = 10  # classes that are tried on one another
BLOCK, IMAGES, FEWEST = 6, 48, 4  # images of a cell, of all cells, and what a cell must have
DIGITS = 3  # of a pixel that is kept
ORIGINS = (("data", "images of the data"), ("samples", "samples of the run"))


@setting
class Edited:
    """Images of the view's class, and what they become under each target.

    targets: classes, with commas.  origin: whose images: of the data, or samples made here.
    """

    name: ClassVar[str] = "edited"
    version: ClassVar[int] = 1
    targets: str = param("", label="Classes", longest=80)
    origin: str = param("data", label="Start from", choices=ORIGINS)

    def __call__(self, e: Experiment, watch: Watch | None = None) -> dict[str, Any]:
        """missed (n,): RMS between an image and what comes back.  own, other (targets, n): RMS
        between an edit and its image, and between the edit of another image and that image.  seen
        (targets, n): the class that the classifier takes it for, none where there is none.
        pictures (n, 2 + targets, *shape): image, what comes back, edits.
        """
        sigmas, targets = levels(as_class(e, 0)), classes_of(self.targets)
        start = images(e, self.origin, watch)
        own = e.model.condition
        latent = encode(under(e, own, watch), start, sigmas, e.solver, e.schedule, watch)
        down = lambda c: decode(under(e, c, watch), latent, sigmas, e.solver, e.schedule, watch)
        back, edits = down(own), [down(c) for c in targets]
        judge = classifier.find(e.data)
        seen = [] if judge is None else [judge.classes(x.clamp(-1, 1)).tolist() for x in edits]
        shown = torch.stack([start, back, *edits], 1).clamp(-1.2, 1.2).double().cpu()
        return {
            "nfe": (len(sigmas) - 1) * e.solver.evaluations,
            "ends": [float(sigmas[0]), float(sigmas[-1])],
            "missed": rms(back - start).tolist(),
            "own": [rms(x - start).tolist() for x in edits],
            "other": [rms(x.roll(1, 0) - start).tolist() for x in edits],
            "seen": seen,
            "pictures": (shown * 10**DIGITS).round().div(10**DIGITS).tolist(),
        }

    def weights(self, e: Experiment) -> tuple[str, ...]:
        """The classifier's, where one judges."""
        return (classifier.digest(e.data),) if classifier.find(e.data) else ()


def classes_of(text: str) -> list[int]:
    """“3, 8” as numbers, each once.  Raises UserError for what is none."""
    words = [w.strip() for w in text.split(",") if w.strip()]
    if bad := next((w for w in words if not (w.isascii() and w.isdigit() and len(w) < 6)), None):
        raise UserError(f"Classes are whole numbers with commas, as in “3, 8”; got {bad!r:.40}.")
    return list(dict.fromkeys(map(int, words)))


def under(e: Experiment, condition: int, watch: Watch | None = None):
    """The view's denoiser as it is asked for one class; networks are loaded once for all."""
    source = prepared(e.data, as_class(e, 0).model)
    if isinstance(source.denoiser, Conditioned):
        return watched(source.denoiser.conditioned(torch.tensor(condition)), source.pace, watch)
    return prepared(e.data, as_class(e, condition).model).watched(watch)


def as_class(e: Experiment, condition: int) -> Experiment:
    """The view that makes one class."""
    return dataclasses.replace(e, model=dataclasses.replace(e.model, condition=condition))


def images(e: Experiment, origin: str, watch: Watch | None = None) -> Tensor:
    """(samples, *shape) images of the view's class with the noise of σ_min on them: its data, or
    what the view itself makes of its noise.
    """
    source, sigmas = prepared(e.data, as_class(e, 0).model), levels(as_class(e, 0))
    noise = Noise(e.seed, e.samples, source.shape).start.to(source.view)
    if origin == "samples":
        top = noise * float(sigmas[0])
        denoiser = under(e, e.model.condition, watch)
        return decode(denoiser, top, sigmas, e.solver, e.schedule, watch)
    held = source.data.points()[_labels(e.data) == e.model.condition]
    if not len(held):
        raise UserError(f"{e.data.label} has no image of class {e.model.condition}.")
    g = torch.Generator().manual_seed(SEED + e.seed)
    picked = held[torch.randperm(len(held), generator=g)[: e.samples]]
    return picked.to(noise) + float(sigmas[-1]) * noise[: len(picked)]


def _labels(data) -> Tensor:
    if (labels := data.labels()) is None:
        raise UserError(f"{data.label} has no classes of its own; start from samples of the run.")
    return labels


@dataclasses.dataclass(frozen=True)
class Edits:
    """One class's images so far: what `Edited` found of all of its cells, joined."""

    condition: int
    targets: tuple[int, ...]
    nfe: int
    ends: tuple[float, float]
    missed: tuple[float, ...]
    seen: tuple[tuple[int, ...], ...]
    own: tuple[tuple[float, ...], ...]
    other: tuple[tuple[float, ...], ...]
    pictures: tuple[Any, ...]

    @property
    def others(self) -> list[int]:
        """Places of the targets that are another class."""
        return [k for k, c in enumerate(self.targets) if c != self.condition]

    @property
    def taken(self) -> list[float]:
        """Of each image, the share of its edits that is seen as what it should be."""
        if not self.seen or not self.others:
            return []
        hits = [[s == self.targets[k] for s in self.seen[k]] for k in self.others]
        return torch.tensor(hits, dtype=torch.float64).mean(0).tolist()


def edits(
    base: Experiment,
    classes: Sequence[int] = (),
    origin: str = "data",
    watch: Watch | None = None,
    folder: Path | None = None,
    workers: int = 0,
) -> Iterator[list[Edits]]:
    """All classes so far, after each cell of `edit_plan`."""
    rows: dict[int, Edits] = {}
    plan = edit_plan(base, classes, origin)
    for cell, value in engine.values(engine.run(plan, folder, workers, watch)):
        own = cell.experiment.model.condition
        found = _of(own, flatten(cell.measure)["targets"], value)
        rows[own] = found if own not in rows else _joined(rows[own], found)
        yield list(rows.values())


def _of(own: int, targets: str, value: dict[str, Any]) -> Edits:
    top, bottom = value["ends"]
    seen, near, other = (tuple(map(tuple, value[k])) for k in ("seen", "own", "other"))
    back, shown = tuple(value["missed"]), tuple(value["pictures"])
    ends = top, bottom
    return Edits(
        own, tuple(classes_of(targets)), value["nfe"], ends, back, seen, near, other, shown
    )


def _joined(a: Edits, b: Edits) -> Edits:
    beside = lambda one, two: tuple(x + y for x, y in zip(one, two, strict=True))
    return dataclasses.replace(
        a,
        missed=a.missed + b.missed,
        pictures=a.pictures + b.pictures,
        seen=beside(a.seen, b.seen),
        own=beside(a.own, b.own),
        other=beside(a.other, b.other),
    )


def missed(rows: Iterable[Edits]) -> Estimate:
    """Median RMS between an image and what comes back of it."""
    return intervals.median(torch.tensor([v for r in rows for v in r.missed]))


def taken(rows: Iterable[Edits]) -> Estimate | None:
    """Share of the edits that the classifier sees as what they should be, its interval over
    images, for edits of one image share a latent; None where nothing was judged.
    """
    each = torch.tensor([v for r in rows for v in r.taken])
    if not len(each):
        return None
    if bool((each == each[0]).all()) and each[0] in (0, 1):  # alike, so no draw of them differs
        return share(each)
    return intervals.mean(each)


def kept(rows: Iterable[Edits]) -> Estimate | None:
    """How many times as far an edit is from its own image as the same edit of another image is:
    below 1 something of the image has stayed.  Of each image the mean over its edits.
    """
    own, other = [], []
    for r in rows:
        if r.others and len(r.missed) > 1:
            mean = lambda v, r=r: torch.tensor([v[k] for k in r.others]).mean(0)
            own.append(mean(r.own))
            other.append(mean(r.other))
    return intervals.ratio(torch.cat(own), torch.cat(other)) if own else None


def edit_plan(base: Experiment, classes: Sequence[int] = (), origin: str = "data") -> list[Cell]:
    """Blocks of images of each class, so that all grow together, and every class as a target.

    classes: those that are tried on one another, at most MOST; none: the first of the network.  A
    view that makes one class starts from that alone.  Raises UserError for what is no image, a
    network without classes or without these, a solver that cannot go up, steps beyond what the
    network knows, and where the cap on work allows too few images.
    """
    known = check_editable(base)
    targets = list(classes) or list(range(min(MOST, known)))
    if strange := next((c for c in targets if not 0 <= c < known), None):
        raise UserError(f"The network has no class {strange}; its classes are 0 to {known - 1}.")
    if len(targets) > MOST:
        raise UserError(f"{len(targets)} classes are too many to see; give at most {MOST}.")
    own = [base.model.condition] if base.model.condition >= 0 else targets
    if len(targets) == 1 and own == targets:
        raise UserError(
            f"The images are of class {own[0]} already; give other classes, as in “3, 8”."
        )
    if origin == "data":
        _labels(base.data)
    one = upwards(base)
    check_upwards(as_class(one, 0))
    walks = 2 + len(targets)
    count = within_work(
        base, walks * len(own) * work(as_class(one, 0)), max(BLOCK, IMAGES // len(own)), FEWEST
    )
    size = min(BLOCK, count)
    measure = Edited(", ".join(map(str, targets)), origin)
    return [
        Cell(dataclasses.replace(as_class(one, c), samples=size, seed=base.seed + k), measure)
        for k in range(max(1, count // size))
        for c in own
    ]


def check_editable(base: Experiment) -> int:
    """How many classes the view's network knows.  Raises UserError, with what would work."""
    check_image(base)
    one = getattr(base.model, "condition", None)
    found = base.model.found(base.data) if isinstance(base.model, Stored) else None
    if found is not None and found.label_dim and one is not None:
        return found.label_dim
    shape = base.data.points().shape[1:]
    able = [c.name for c in weights.shipped() if c.label_dim and c.shape == tuple(shape)]
    which = found.label if found else base.model.label
    works = f"choose the network {' or '.join(able)}" if able else "train a network with classes"
    raise UserError(f"{which} knows no classes, so none can be changed; {works}.")
