"""What writes a recording: one line a step, of what the step was and what can be kept of it."""

import base64
import math
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor

from .. import __version__
from ..errors import UserError
from ..store import recordings
from .gram import Gram
from .sketch import BUCKETS, SEED, Sketch
from .thumbnail import thumbnail

LIMIT = 5_000_000  # bytes of a file
SAMPLES = 4  # of a batch that are recorded
STEPS = 10_000  # lines of a file
SHARES = {"thumbnail": 0.5, "gram": 0.7, "sketch": 0.85}  # of the limit, up to which each is kept


class Box:
    """A recording in the making, also a context.  samples: how many of the batch are recorded;
    thumbnails: whether D is kept as small pictures; about: plain values that are kept with it.

    The state is handed over as the tool has it, x = s x̂ with x̂ at noise level σ: scale is s (1 for
    k-diffusion and Euler of diffusers, √ᾱ for DDIM, 1 − t for flow matching).  D is at scale 1.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        samples: int = SAMPLES,
        thumbnails: bool = False,
        about: Mapping[str, Any] | None = None,
        limit: int = LIMIT,
    ):
        if not 1 <= samples <= 64:
            raise UserError(f"samples must be from 1 to 64; got {samples!r:.40}.")
        self._file = recordings.Growing(path)
        self._samples, self._thumbnails, self._limit = samples, thumbnails, limit
        self._about = dict(about or {})
        self._gram = Gram()
        self._sketch: Sketch | None = None
        self._lines = 0
        self._last: tuple[Tensor, Tensor] | None = None  # x̂ and the slope there
        self._left_out: set[str] = set()
        self.seconds = 0.0  # that recording took

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Nothing more comes; what is written stays."""
        self._file.__exit__(None, None, None)

    def step(
        self,
        x: Tensor,
        sigma: float | Tensor,
        denoised: Tensor,
        *,
        scale: float | Tensor = 1.0,
        timestep: float | Tensor | None = None,
        guidance: float | None = None,
        inner: bool = False,
    ) -> None:
        """One evaluation.  x, denoised (B, ...): the state and D there; inner: within a step, as
        the second of Heun's.  Raises UserError where shapes do not fit; numbers that are not finite
        are recorded as such.
        """
        started = time.perf_counter()
        with torch.no_grad():
            self._step(x, sigma, denoised, scale, timestep, guidance, inner)
        self.seconds += time.perf_counter() - started

    def end(self, x: Tensor, sigma: float = 0.0, scale: float = 1.0) -> None:
        """The state after the last step, and the level where it stands."""
        if self._sketch is None:
            raise UserError("Nothing was recorded before the end; call step first.")
        state = x.detach()[: self._samples].flatten(1)
        line = {"end": True, "sigma": plain(sigma), "scale": plain(scale), "norm": norms(state)}
        self._write({**line, "sketch": packed(self._sketch(state))})

    def kdiffusion(self, told: Mapping[str, Any]) -> None:
        """callback= of a k-diffusion sampler: x, i, sigma, sigma_hat, denoised."""
        level = told.get("sigma_hat", told["sigma"])
        self.step(told["x"], level, told["denoised"])

    def comfyui(self, sigmas: Sequence[float] | Tensor, flow: bool = False) -> Callable[..., None]:
        """callback= of a ComfyUI sampler: (step, denoised, x, total).  flow: sigmas are times t."""
        levels = [float(s) for s in sigmas]

        def callback(step: int, denoised: Tensor, x: Tensor, total: int = 0) -> None:
            t = levels[step]
            if not flow:
                return self.step(x, t, denoised)
            return self.step(x, t / (1 - t) if t < 1 else math.inf, denoised, scale=1 - t)

        return callback

    def _step(self, x, sigma, denoised, scale, timestep, guidance, inner) -> None:
        if x.shape != denoised.shape or x.dim() < 2:
            raise UserError(
                f"x and denoised must both be (B, ...); got {tuple(x.shape)} and "
                f"{tuple(denoised.shape)}."
            )
        state, answer = (v.detach()[: self._samples].flatten(1) for v in (x, denoised))
        if self._sketch is None:
            self._begin(x.shape)
            self._sketch = Sketch(state.shape[1])
        elif state.shape[1] != self._size or len(state) != self._batch:
            raise UserError(
                f"Step {self._lines} has a state of {tuple(x.shape)}; it began with another shape."
            )
        line: dict[str, Any] = {
            "sigma": plain(sigma),
            "scale": plain(scale),
            "timestep": None if timestep is None else plain(timestep),
            "guidance": guidance,
            "inner": inner,
            "norm": norms(state),
            "answer": norms(answer),
            **self._moved(state, answer, float(sigma), float(scale)),
            "sketch": packed(torch.stack([self._sketch(state), self._sketch(answer)])),
            "gram": [packed(row) for row in self._gram.add(state, answer)],
        }
        if self._thumbnails:
            line["thumbnail"] = thumbnail(denoised[0])
        self._write(line)

    def _begin(self, shape: torch.Size) -> None:
        self._batch, self._size = min(shape[0], self._samples), math.prod(shape[1:])
        header = {
            "format": recordings.FORMAT,
            "version": 1,
            "by": __version__,
            "shape": list(shape[1:]),
            "samples": self._batch,
            "buckets": BUCKETS,
            "seed": SEED,
            "about": self._about,
        }
        if len(recordings.text(header)) > self._limit // 10:
            raise UserError("What is kept about the run is too long; keep less in about=.")
        self._file.add(header)

    def _moved(self, state: Tensor, answer: Tensor, sigma: float, scale: float) -> dict[str, Any]:
        """How far x̂ went since the last evaluation, and by how many degrees the slope turned."""
        if not (scale > 0 and math.isfinite(sigma) and sigma > 0):
            return {}
        x = state.float() / scale
        slope = (x - answer) / sigma
        last, self._last = self._last, (x, slope)
        if last is None:
            return {}
        along = (slope * last[1]).sum(1, dtype=torch.float64)
        size = torch.linalg.vector_norm(torch.stack([slope, last[1]]), dim=2, dtype=torch.float64)
        degrees = (along / size.prod(0).clamp(min=1e-300)).clamp(-1, 1).acos().rad2deg()
        return {"moved": norms(x - last[0]), "turn": [plain(v) for v in degrees.tolist()]}

    def _write(self, line: dict[str, Any]) -> None:
        """Within the limit: what is large is left out first, and the line says so."""
        if self._lines >= STEPS:
            return
        data = recordings.text(line)
        for part, share in SHARES.items():
            fits = self._file.size + len(data) <= share * self._limit
            if fits and part not in self._left_out:
                continue
            if line.pop(part, None):
                self._left_out.add(part)
                line["left_out"] = sorted(self._left_out)
                data = recordings.text(line)
        if self._file.size + len(data) <= self._limit:
            self._file.add(line)
            self._lines += 1


def plain(value: float | Tensor) -> float | str:
    """A number as JSON can hold it: "inf", "-inf" and "nan" are words."""
    number = float(value)
    return number if math.isfinite(number) else str(number)


def norms(x: Tensor) -> list[float | str]:
    """Of each sample."""
    wide = x.to(torch.promote_types(x.dtype, torch.float32))
    found = torch.linalg.vector_norm(wide, dim=1, dtype=torch.float64)
    return [plain(v) for v in found.tolist()]


def packed(x: Tensor) -> dict[str, Any]:
    """Numbers as base64 of their bytes, little-endian; float64 stays so, others are float32."""
    kind = "<f8" if x.dtype == torch.float64 else "<f4"
    array = x.detach().cpu().numpy().astype(kind)
    body = base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()
    return {"kind": kind, "shape": list(x.shape), "data": body}
