"""What the samples of a run look like, and how far each is from where its exact path ends.

    Samples()(experiment) -> plain numbers -> shown_of -> Shown

The same cell serves A beside B and the grid of images.
"""

import dataclasses
import math
from collections.abc import Sequence
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from ..core.guided import Guided, passes
from ..core.sampling import Noise
from ..lab.error import strays
from ..lab.experiment import Experiment, is_random, levels, run
from ..lab.source import Source, Watch, prepared
from ..lab.watched import asking
from ..settings import param, setting
from .end_error import ended

SIDE = 32  # pixels of a picture that is kept, at most
NUMBERS = 2**16  # of all pictures of a cell, at most
DECODED = 4  # of latents, for a decoder is slow
CLIP = 1.2  # what a pixel is kept within; the data lie in [−1, 1]
EDGE = 1e3  # of a point, in spreads: further away it has blown up
DIGITS = 4


@setting
class Samples:
    """The first samples of a run as they are shown, and the error of every one."""

    name: ClassVar[str] = "samples"
    version: ClassVar[int] = 2
    shown: int = param(60, 1, 256, 1, label="Samples kept", help="those that are shown")

    def __call__(self, e: Experiment, watch: Watch | None = None) -> dict[str, Any]:
        """The fields of `Shown`, as plain values.

        each (m,): RMS per coordinate to the end of the exact path, none where there is no path
        error, and note says why.  astray (m,): whether it ends in another place.  lost: which of
        those shown are not finite.  x, true (k, ...): pixels (C, H, W) of images, coordinates on
        show in spreads of points; of data in one dimension the noise and the end.  passes: where a
        model is guided, which asks two denoisers in some evaluations.
        """
        row, states, truth = ended(e, watch)
        seconds, steps = row.seconds, row.steps
        source, nfe = prepared(e.data, e.model), row.nfe
        if states is None and (is_random(e) or len(levels(e)) < 2):
            made = run(e, watch, kept=False)
            states, nfe, seconds, steps = made.samples, made.nfe, made.seconds, made.steps
        if states is None:
            return dataclasses.asdict(Shown(nfe, note=row.note, kind=source.kind))
        each = list(row.each)
        astray = strays(e, states[: len(truth)], truth) if truth is not None and each else None
        pick = min(self.shown, _most(source), len(states))
        lost = ~states[:pick].flatten(1).isfinite().all(1)
        draw = lambda x: [] if x is None else _drawn(e, source, x[:pick], watch)
        return dataclasses.asdict(
            Shown(
                nfe,
                steps,
                seconds,
                row.note,
                each,
                [] if astray is None else astray.int().tolist(),
                [float(s) for s in (levels(e)[0], levels(e)[-1])],
                source.kind,
                draw(states),
                draw(truth),
                lost.nonzero().flatten().tolist(),
                _passes(e, source, watch),
            )
        )

    def weights(self, e: Experiment) -> tuple[str, ...]:
        """Nothing is read beside the experiment."""
        return ()


@dataclasses.dataclass(frozen=True)
class Shown:
    """What a cell found; see `Samples`."""

    nfe: int
    steps: int | None = None
    seconds: float | None = None
    note: str = ""
    each: Sequence[float] = ()
    astray: Sequence[int] = ()
    ends: Sequence[float] = ()
    kind: str = ""
    x: Sequence[Any] = ()
    true: Sequence[Any] = ()
    lost: Sequence[int] = ()
    passes: int | None = None

    @property
    def cost(self) -> int:
        """How often a denoiser was asked: passes where it is guided, or evaluations."""
        return self.nfe if self.passes is None else self.passes

    @property
    def errors(self) -> Tensor:
        """(m,) float64."""
        return torch.tensor(list(self.each), dtype=torch.float64)

    def joined(self, other: "Shown") -> "Shown":
        """With the samples of another seed behind its own."""
        lost = [*self.lost, *(len(self.x) + i for i in other.lost)]
        rows = ("each", "astray", "x", "true")
        both: dict[str, Any] = {
            name: [*getattr(self, name), *getattr(other, name)] for name in rows
        }
        seconds = (self.seconds or 0) + (other.seconds or 0)
        known = self.note == other.note or not other.note
        note = self.note if known else other.note
        return dataclasses.replace(self, **both, lost=lost, seconds=seconds, note=note)


def shown_of(value: dict[str, Any]) -> Shown:
    """A cell's answer as it was measured, or as it was kept."""
    return Shown(**value)


def _passes(e: Experiment, source: Source, watch: Watch | None) -> int | None:
    """How many denoisers a run asks, seen on one sample; None where each evaluation asks one."""
    if not isinstance(source.denoiser, Guided):
        return None
    made = run(dataclasses.replace(e, samples=1), watch, kept=False)
    return passes(source.denoiser, made.trajectory.evaluated)


def _most(source: Source) -> int:
    """How many samples are shown: fewer of large images."""
    if source.kind != "image":
        return 256
    if getattr(source.denoiser, "decoder", None):
        return DECODED
    channels, *sides = source.shape
    return max(1, NUMBERS // (channels * math.prod(min(s, SIDE) for s in sides)))


def _drawn(e: Experiment, source: Source, x: Tensor, watch: Watch | None) -> list:
    """(k, *shape) as it is shown, rounded."""
    x = torch.nan_to_num(x.detach(), 0.0, EDGE, -EDGE)
    if source.kind == "image":
        x = _pixels(source, x, watch).clamp(-CLIP, CLIP)
    elif source.kind == "plane":
        x = x @ source.view.T / _spread(source)
    else:
        noise = Noise(e.seed, len(x), source.shape, source.device.device, source.device.dtype)
        start = noise.start[: len(x)]
        x = torch.cat([start.flatten(1), x.flatten(1) / source.sigma_data], 1)
    plain = x.double().cpu().clamp(-EDGE, EDGE)
    return ((plain * 10**DIGITS).round() / 10**DIGITS).tolist()


def _pixels(source: Source, x: Tensor, watch: Watch | None) -> Tensor:
    """Images no larger than SIDE, of latents those that they decode to."""
    if decoder := getattr(source.denoiser, "decoder", None):
        x = decoder.images(x, asking(watch))
    side = max(x.shape[-2:])
    if side <= SIDE:
        return x
    size = [max(1, s * SIDE // side) for s in x.shape[-2:]]
    return F.interpolate(x.float(), size, mode="area")


def _spread(source: Source) -> float:
    """As the stage divides by: the spread of the two coordinates on show."""
    if hasattr(source.data, "law"):
        return source.sigma_data
    shown = source.mixture.means @ source.view.T
    return float((shown.var(0, correction=0).mean() + source.data.thickness**2).sqrt())
