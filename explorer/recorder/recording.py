"""A recording that is read: levels, states in as many axes as there are vectors, the end."""

import base64
import binascii
import dataclasses
import itertools
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..errors import UserError
from ..store import recordings
from .sketch import relative_error

MOST = 200_000  # numbers of one array
STEPS = 2_000  # evaluations of which the geometry is worked out


@dataclasses.dataclass(frozen=True, eq=False)
class Recording:
    """One run elsewhere.  sigma, scale, timestep, inner: of each of T evaluations; σ may be inf.

    x, denoised (T, B, m): the states at scale `scale` and the answers, in axes in which all their
    inner products are what they were in the `dimension` numbers of the run; None where the file
    holds no such table.  sketch (T, 2, K, k): of both in fixed random directions, of all K samples;
    end (K, k): of the state after the last step, which is at end_sigma and end_scale.  answers: the
    length of the first sample's answer at each evaluation.
    """

    header: Mapping[str, Any]
    sigma: Tensor
    scale: Tensor
    timestep: tuple[float | None, ...]
    guidance: tuple[float | None, ...]
    inner: Tensor
    x: Tensor | None
    denoised: Tensor | None
    sketch: Tensor | None
    end: Tensor | None
    thumbnails: tuple[tuple[int, int, bytes] | None, ...] = ()
    left_out: tuple[str, ...] = ()
    answers: tuple[float, ...] = ()
    ended: bool = False
    end_sigma: float = 0.0
    end_scale: float = 1.0

    @property
    def dimension(self) -> int:
        """Numbers of a state."""
        return math.prod(self.header["shape"])

    @property
    def error(self) -> float:
        """Standard deviation of a distance between sketches, as a part of it."""
        return relative_error(self.header["buckets"])

    def path(self) -> tuple[Tensor, Tensor, Tensor]:
        """sigma (T',), x̂ (T', B, m), D: of the steps themselves, at finite levels above 0, at scale
        1, falling or rising throughout.  Raises UserError where no table of inner products is."""
        if self.x is None or self.denoised is None:
            raise UserError("This recording holds no inner products: it was too long for its file.")
        known = self.sigma.isfinite() & (self.sigma > 0) & (self.scale > 0)
        keep = [i for i in self.steps() if bool(known[i]) and i < len(self.x)]
        scale = self.scale[keep].reshape(-1, 1, 1)
        return self.sigma[keep], self.x[keep] / scale, self.denoised[keep]

    def steps(self) -> list[int]:
        """Which evaluations begin a step at a level that is left behind for good: not those within
        a step, and of a level that is asked twice, the first."""
        out: list[int] = []
        levels = self.sigma.tolist()
        rises = len(levels) > 1 and levels[-1] > levels[0]
        for i, level in enumerate(levels):
            before = levels[out[-1]] if out else None
            passed = before is None or (level > before if rises else level < before)
            if passed and not bool(self.inner[i]):
                out.append(i)
        return out


def read(source: str | Path | bytes) -> Recording:
    """A recording from a file or its bytes.  Raises UserError for what is none, or is damaged."""
    data = source if isinstance(source, bytes) else _bytes(Path(source))
    header, *lines = recordings.read(data)
    try:
        return _recording(_checked(header), lines)
    except UserError:
        raise
    except (KeyError, TypeError, ValueError, IndexError, OverflowError, RuntimeError):
        raise UserError("The recording is damaged: a line lacks what a step has.") from None


def _bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > recordings.LARGEST:
            raise UserError(f"A recording has at most {recordings.LARGEST // 2**20} MB.")
        return path.read_bytes()
    except OSError as error:
        raise UserError(f"{path.name} could not be read: {error.strerror}.") from None


def _checked(header: Mapping[str, Any]) -> Mapping[str, Any]:
    shape, samples, buckets = (header[k] for k in ("shape", "samples", "buckets"))
    whole = [*shape, samples, buckets]
    if not all(type(n) is int and 1 <= n <= 2**31 for n in whole) or samples > 64:
        raise ValueError
    if not isinstance(header.get("about", {}), dict):
        raise ValueError
    return header


def _recording(header: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> Recording:
    steps = [line for line in lines if not line.get("end")]
    if len(steps) > STEPS:
        raise UserError(f"At most {STEPS:,} evaluations are opened; these are {len(steps):,}.")
    ends = [line for line in lines if line.get("end")]
    last = ends[-1] if ends else {}
    rows = [[_array(r) for r in line.get("gram", [])] for line in steps]
    x, denoised = _embedded(rows)
    kept = (2, header["samples"], header["buckets"])
    sketches = [_array(line["sketch"], kept) for line in steps if line.get("sketch")]
    return Recording(
        header=header,
        sigma=torch.tensor([float(line["sigma"]) for line in steps], dtype=torch.float64),
        scale=torch.tensor([float(line["scale"]) for line in steps], dtype=torch.float64),
        timestep=tuple(_maybe(line.get("timestep")) for line in steps),
        guidance=tuple(_maybe(line.get("guidance")) for line in steps),
        inner=torch.tensor([bool(line.get("inner")) for line in steps]),
        x=x,
        denoised=denoised,
        sketch=torch.stack(sketches) if steps and len(sketches) == len(steps) else None,
        end=_array(last["sketch"], kept[1:]) if last.get("sketch") else None,
        ended=bool(ends),
        thumbnails=tuple(_picture(line.get("thumbnail")) for line in steps),
        left_out=tuple(sorted({str(w)[:40] for line in lines for w in line.get("left_out", [])})),
        answers=tuple(float((line.get("answer") or [math.nan])[0]) for line in steps),
        end_sigma=float(last.get("sigma", 0.0)),
        end_scale=float(last.get("scale", 1.0)),
    )


def _embedded(rows: list[list[Tensor]]) -> tuple[Tensor | None, Tensor | None]:
    """States and answers (T, B, m) whose inner products are those of the table, of the samples that
    were followed as far as there is a table: to the last step, or to the one before it was left."""
    rows = list(itertools.takewhile(bool, rows))
    followed = min((len(r) for r in rows), default=0)
    if not followed:
        return None, None
    samples = []
    for k in range(followed):
        n = 2 * len(rows)
        table = torch.zeros(n, n, dtype=torch.float64)
        for i, row in enumerate(rows):
            if row[k].shape != (2, 2 * i + 2):
                raise ValueError
            table[2 * i : 2 * i + 2, : 2 * i + 2] = row[k]
            table[: 2 * i + 2, 2 * i : 2 * i + 2] = row[k].T
        if not table.isfinite().all():
            raise UserError("The run left the numbers: a state was not finite.")
        values, axes = torch.linalg.eigh(table)
        samples.append((axes * values.clamp(min=0).sqrt()).flip(1))
    both = torch.stack(samples, dim=1)  # (2 T, B, m)
    return both[0::2], both[1::2]


def _array(packed: Mapping[str, Any], expected: tuple[int, ...] | None = None) -> Tensor:
    kind, shape = packed["kind"], packed["shape"]
    if expected is not None and tuple(shape) != expected:
        raise ValueError
    if kind not in ("<f4", "<f8") or not all(type(n) is int and n >= 0 for n in shape):
        raise ValueError
    if math.prod(shape) > MOST:
        raise ValueError
    try:
        data = base64.b64decode(packed["data"], validate=True)
    except binascii.Error:
        raise ValueError from None
    return torch.from_numpy(np.frombuffer(data, dtype=kind).copy()).reshape(shape)


def _maybe(value: Any) -> float | None:
    return None if value is None else float(value)


def _picture(kept: Mapping[str, Any] | None) -> tuple[int, int, bytes] | None:
    if not kept:
        return None
    width, height = kept["size"]
    data = base64.b64decode(kept["data"], validate=True)
    whole = type(width) is int and type(height) is int and min(width, height) > 0
    if not whole or len(data) != 3 * width * height:
        raise ValueError
    return width, height, data
