"""A diffusers pipeline with any scheduler, recorded by what its scheduler is asked.

Every scheduler's `step` gets the network's answer, the timestep and the state; the state's scale
and noise level follow from the scheduler's kind: noise added to data as it is (Euler, Heun, LMS,
KDPM2, EDM), variance preserving (DDIM, DPM++, UniPC, ...), or flow matching.  The same for latents.
"""

import json
import math
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

import torch
from torch import Tensor

from ..errors import UserError
from .box import Box, plain

MOST = 10_000  # characters of a configuration


def record(path: str | Path, pipe: Any = None, **options: Any) -> Box:
    """A recording at this path.  pipe: a diffusers pipeline, of which the next run is recorded.

    options: samples, thumbnails, about (see `Box`).  Raises UserError where the file is there
    already, or where the pipeline has no scheduler that steps.
    """
    if pipe is None:
        return Box(path, **options)
    if not callable(getattr(getattr(pipe, "scheduler", None), "step", None)):
        raise UserError(
            f"{type(pipe).__name__} has no scheduler with a step; give a diffusers pipeline, or "
            "call step of the recording in your own loop."
        )
    return Watched(path, pipe, **options)


class Watched(Box):
    """While the context lasts, the pipeline's scheduler tells of each of its steps."""

    def __init__(self, path: str | Path, pipe: Any, **options: Any):
        super().__init__(path, **options)
        self._pipe, self._scheduler = pipe, pipe.scheduler
        self._newest: Tensor | None = None
        self._first = -1  # place of the first step
        self._done = False
        self._whole = False  # whether the last step was done, whatever came after it

    def __enter__(self) -> Self:
        self._plain_step = self._scheduler.step
        self._scheduler.step = self._told
        return self

    def __exit__(
        self, kind: type | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        del self._scheduler.step  # the class has it still
        if self._newest is not None and (kind is None or self._whole):
            self.end(self._newest, *ended(self._scheduler))
        super().__exit__(kind, error, trace)

    def _told(self, model_output: Tensor, timestep: Any, sample: Tensor, *rest, **more) -> Any:
        where = at(self._scheduler, timestep)
        if self._newest is not None and where.place == self._first:
            self._done = True  # the next run of the pipeline: one recording is of one run
        if not self._done:
            if self._newest is None:
                self._first = where.place
                self._about |= _about(self._pipe, self._scheduler)
            answer = denoised(self._scheduler, model_output, sample, where)
            self.step(
                sample,
                where.sigma,
                answer,
                scale=where.scale,
                timestep=timestep,
                guidance=_guidance(self._pipe),
                inner=where.inner,
            )
        made = self._plain_step(model_output, timestep, sample, *rest, **more)
        if not self._done:
            self._newest = (made[0] if isinstance(made, tuple) else made.prev_sample).detach()
            self._whole = where.place >= len(self._scheduler.timesteps) - 1
        return made


class Where(NamedTuple):
    """A step of a scheduler: x = scale · (x0 + sigma · noise).  frame: "ve", "vp" or "flow"."""

    place: int
    sigma: float
    scale: float
    frame: str
    inner: bool


def at(scheduler: Any, timestep: Any) -> Where:
    """Where the scheduler stands when it is asked at this timestep."""
    inner = not getattr(scheduler, "state_in_first_order", True)
    if getattr(scheduler, "sigmas", None) is None:
        t = int(timestep)
        alpha = float(scheduler.alphas_cumprod[t])
        sigma = math.sqrt((1 - alpha) / alpha) if alpha > 0 else math.inf
        return Where(_place(scheduler, timestep), sigma, math.sqrt(alpha), "vp", inner)
    index = _index(scheduler, timestep)
    between = getattr(scheduler, "sigmas_interpol", None)
    levels = between if inner and between is not None else scheduler.sigmas
    sigma = float(levels[index])
    if is_flow(scheduler):
        return Where(
            index, sigma / (1 - sigma) if sigma < 1 else math.inf, 1 - sigma, "flow", inner
        )
    if float(scheduler.init_noise_sigma) != 1.0:
        return Where(index, sigma, 1.0, "ve", inner)
    return Where(index, sigma, 1 / math.sqrt(1 + sigma**2), "vp", inner)


def ended(scheduler: Any) -> tuple[float, float]:
    """σ and scale after its last step: of some, such as DDIM, the lowest level of the table."""
    sigmas = getattr(scheduler, "sigmas", None)
    if sigmas is None:
        alpha = float(getattr(scheduler, "final_alpha_cumprod", 1.0))
        return math.sqrt((1 - alpha) / alpha), math.sqrt(alpha)
    sigma = float(sigmas[-1])
    if is_flow(scheduler):
        return sigma / (1 - sigma), 1 - sigma
    kept = float(scheduler.init_noise_sigma) != 1.0
    return sigma, 1.0 if kept else 1 / math.sqrt(1 + sigma**2)


def is_flow(scheduler: Any) -> bool:
    """Whether its states are (1 − t) x0 + t noise."""
    kind = scheduler.config.get("prediction_type")
    flow = scheduler.config.get("use_flow_sigmas") or kind == "flow_prediction"
    return bool(flow) or "FlowMatch" in type(scheduler).__name__


def denoised(scheduler: Any, output: Tensor, sample: Tensor, where: Where) -> Tensor:
    """D, of what the network said there.  Salimans and Ho 2022, App. D, for v."""
    if output.shape != sample.shape and output.dim() > 1:  # a learned variance comes behind
        output = output[:, : sample.shape[1]]
    x, out = sample.float(), output.float()
    if hasattr(scheduler, "precondition_outputs"):  # EDM's own
        return scheduler.precondition_outputs(x, out, torch.tensor(where.sigma).to(x))
    kind = scheduler.config.get("prediction_type", "epsilon")
    if where.frame == "flow":
        return x - (1 - where.scale) * out
    if kind == "sample":
        return out
    if kind == "v_prediction":
        alpha = 1 / math.sqrt(1 + where.sigma**2) if math.isfinite(where.sigma) else 0.0
        preserved = x if where.frame == "vp" else x * alpha
        return alpha * preserved - math.sqrt(1 - alpha**2) * out
    if kind != "epsilon":
        raise UserError(f"A network that predicts {kind!r:.40} is not read.")
    if where.frame == "ve":
        return x - where.sigma * out
    return (x - math.sqrt(max(0.0, 1 - where.scale**2)) * out) / where.scale


def _index(scheduler: Any, timestep: Any) -> int:
    for found in (scheduler.step_index, getattr(scheduler, "begin_index", None)):
        if found is not None:
            return int(found)
    return int(scheduler.index_for_timestep(timestep))


def _place(scheduler: Any, timestep: Any) -> int:
    """Of a scheduler that knows timesteps only."""
    return int((torch.as_tensor(scheduler.timesteps) == int(timestep)).nonzero()[0, 0])


def _guidance(pipe: Any) -> float | None:
    try:
        return float(pipe.guidance_scale)
    except (AttributeError, TypeError):
        return None


def _about(pipe: Any, scheduler: Any) -> dict[str, Any]:
    """What the scheduler is and would run, as plain values."""
    config = {k: v for k, v in dict(scheduler.config).items() if _is_plain(v)}
    config["_class_name"] = type(scheduler).__name__
    listed = lambda values: None if values is None else [plain(v) for v in torch.as_tensor(values)]
    return {
        "tool": "diffusers",
        "pipeline": type(pipe).__name__,
        "scheduler": config,
        "sigmas": listed(getattr(scheduler, "sigmas", None)),
        "timesteps": listed(scheduler.timesteps),
    }


def _is_plain(value: Any) -> bool:
    try:
        return len(json.dumps(value, allow_nan=False)) <= MOST
    except (TypeError, ValueError):
        return False
