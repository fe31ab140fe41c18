"""RES4LYF, a node pack for ComfyUI: the schedulers that it adds to the tool's list."""

from collections.abc import Mapping

import numpy as np

from ..errors import UserError
from . import comfy, comfy_schedules
from .asked import count, given
from .comfy_inputs import MOST_MADE
from .comfy_models import Sampling
from .refused import Refused

# The pack's own settings of bong_tangent: where the two halves turn, and how steeply.
PIVOT, SLOPE, START, MIDDLE, END = 0.6, 0.2, 1.0, 0.5, 0.0


def bong_tangent(steps: int) -> list[float]:
    """Two arctangents joined in the middle, from 1 to 0 whatever the model.

    With n = steps + 2, m = int(0.6 n) and a slope of 0.2·40/n: each half is
    atan(slope (pivot − i)), moved and stretched to its two ends (sigmas.py).
    Raises Refused for 1 step, where a half has no length.
    """
    n = steps + 2
    pivot = int(n * PIVOT)
    middle = int((n * PIVOT + n * PIVOT) / 2)
    slope = SLOPE / (n / 40)
    first = _arc(middle, slope, pivot, START, MIDDLE)
    return [*first[:-1], *_arc(n - middle, slope, pivot - middle, MIDDLE, END)]


def _arc(count: int, slope: float, pivot: int, start: float, end: float) -> list[float]:
    """atan(slope (pivot − i)), i = 0 … count − 1, linearly from start to end."""
    arc = np.arctan(slope * (pivot - np.arange(count)))
    if count < 2 or arc[0] == arc[-1]:
        raise Refused("ZeroDivisionError", "bong_tangent needs 2 steps; with 1 it divides by 0.")
    return ((arc - arc[-1]) / (arc[0] - arc[-1]) * (start - end) + end).tolist()


def beta57(model: Sampling, steps: int) -> list[float]:
    """ComfyUI's beta with 0.5 and 0.7."""
    return comfy_schedules.beta(model, steps, 0.5, 0.7)


SCHEDULERS = ("bong_tangent", "beta57")


def schedule(model: Sampling, scheduler: str, steps: int) -> list[float]:
    """A list by its name, ComfyUI's own among them.  Raises UserError."""
    if scheduler not in SCHEDULERS:
        return comfy.schedule(model, scheduler, steps)
    steps = count(steps, "steps", 1, MOST_MADE)
    return bong_tangent(steps) if scheduler == "bong_tangent" else beta57(model, steps)


def run(group: str, inputs: Mapping, models: Mapping | None = None) -> dict:
    """A record's answer; see `dialects.run`.  Raises UserError."""
    if group != "res4lyf.scheduler":
        raise UserError(f"RES4LYF has no {group!r} here; known is res4lyf.scheduler.")
    model = comfy.model(given(inputs, "model"), models=models)
    try:
        return {"sigmas": schedule(model, given(inputs, "scheduler"), given(inputs, "steps"))}
    except Refused as error:
        return {"error": error.name}
