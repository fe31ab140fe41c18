"""What a network of flow matching was trained for, as its scheduler's config tells.

precond_of(config) -> Flow
"""

import math
from collections.abc import Mapping
from typing import ClassVar

import torch
from torch import Tensor

from ..errors import UserError
from ..settings import param, setting

SCHEDULERS = ("FlowMatchEulerDiscreteScheduler", "FlowMatchHeunDiscreteScheduler")
PREDICTION = "flow_prediction"
MOST_STEPS = 10_000


@setting
class Flow:
    """Preconditioning of a network that predicts the velocity ε − y of x_t = (1 − t) y + t ε.

        σ = t/(1 − t)      D = x/(1 + σ) − σ/(1 + σ) F      c_in = 1/(1 + σ)      c_noise = T t

    x is unscaled, x_t/(1 − t) = y + σε.  At t = 1 nothing of y is left and σ is infinite: there
    x is the unit noise and D = ε − F.  The table of T times is written without it:
    t_k = s k/(T + (s − 1) k), k = 1 … T − 1, with the shift s.
    Liu et al. 2022, arXiv:2209.03003; Esser et al. 2024, arXiv:2403.03206, Sec. 5.3.2 for s.
    """

    name: ClassVar[str] = "flow"
    label: ClassVar[str] = "flow matching"
    steps: int = param(1000, 3, MOST_STEPS, 1, label="T", help="what c_noise counts times t")
    shift: float = param(
        1.0, 0.01, 100, label="shift", log=True, help="of the times that it was trained on"
    )
    sigma_data: ClassVar[float] = 0.5  # what sampling may assume of the data
    ends_in_noise: ClassVar[bool] = True  # its table has a level of pure noise, which is left out

    @property
    def levels(self) -> Tensor:
        """σ of the scheduler's table without its last, (T − 1,) float64 rising; σ = s k/(T − k)."""
        k = torch.arange(1, self.steps, dtype=torch.float64)
        return self.shift * k / (self.steps - k)

    @property
    def sigma_min(self) -> float:
        return self.shift / (self.steps - 1)

    @property
    def sigma_max(self) -> float:
        return self.shift * (self.steps - 1)

    def c_skip(self, sigma: Tensor) -> Tensor:
        return 1 / (1 + sigma)

    def c_out(self, sigma: Tensor) -> Tensor:
        return -sigma / (1 + sigma)

    def c_in(self, sigma: Tensor) -> Tensor:
        return 1 / (1 + sigma)

    def c_noise(self, sigma: Tensor) -> Tensor:
        return self.steps * sigma / (1 + sigma)

    def at_infinity(self) -> tuple[float, float, float, float]:
        """c_skip σ, c_out, c_in σ and c_noise where σ is ∞."""
        return 1.0, -1.0, 1.0, float(self.steps)

    def round_sigma(self, sigma: Tensor) -> Tensor:
        """Any level: it was trained on all times."""
        return torch.as_tensor(sigma)


def is_flow(scheduler: Mapping) -> bool:
    """Whether a config is of flow matching."""
    return (
        str(scheduler.get("_class_name")) in SCHEDULERS
        or scheduler.get("prediction_type") == PREDICTION
    )


def precond_of(scheduler: Mapping) -> Flow:
    """The preconditioning that a config of flow matching implies.  Raises UserError."""
    if scheduler.get("invert_sigmas"):
        raise UserError("invert_sigmas = true is not read: data stand at σ = 0 here.")
    if (kind := scheduler.get("time_shift_type", "exponential")) not in ("exponential", "linear"):
        raise UserError(f"time_shift_type {str(kind)[:60]!r} is not read. Known: exponential.")
    steps = scheduler.get("num_train_timesteps", 1000)
    if type(steps) is not int or not 3 <= steps <= MOST_STEPS:
        raise UserError(
            f"num_train_timesteps must be from 3 to {MOST_STEPS}; got {str(steps)[:40]}."
        )
    # a shift that hangs on the image's size moves only the grid; the table is that of no shift
    dynamic = bool(scheduler.get("use_dynamic_shifting"))
    key = "shift" if str(scheduler.get("_class_name")) in SCHEDULERS else "flow_shift"
    shift = 1.0 if dynamic else scheduler.get(key, 1.0)
    if (
        not isinstance(shift, int | float)
        or isinstance(shift, bool)
        or not math.isfinite(shift)
        or not 0.01 <= shift <= 100
    ):
        raise UserError(f"{key} must be from 0.01 to 100; got {str(shift)[:40]}.")
    return Flow(steps, float(shift))
