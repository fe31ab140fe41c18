"""What a network of the diffusers library was trained for, as its scheduler's config tells.

precond_of(config) -> Discrete | EDM | MinusEDM | Flow
"""

import dataclasses
import math
from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from ..core import tables
from ..errors import UserError
from . import flow
from .precond import EDM

DISCRETE = (
    "DDPMScheduler",
    "DDIMScheduler",
    "PNDMScheduler",
    "LMSDiscreteScheduler",
    "EulerDiscreteScheduler",
    "EulerAncestralDiscreteScheduler",
    "HeunDiscreteScheduler",
    "KDPM2DiscreteScheduler",
    "KDPM2AncestralDiscreteScheduler",
    "DPMSolverSinglestepScheduler",
    "DPMSolverMultistepScheduler",
    "UniPCMultistepScheduler",
    "DEISMultistepScheduler",
)
CONTINUOUS = ("EDMEulerScheduler", "EDMDPMSolverMultistepScheduler")
PREDICTIONS = ("epsilon", "v_prediction", "sample")


@dataclasses.dataclass(frozen=True, eq=False)
class Discrete:
    """Preconditioning of a network that was trained on T discrete steps of variance-preserving
    noise; x_k = √ᾱ_k y + √(1 − ᾱ_k) ε, which is x/√(1 + σ²) at σ_k = √((1 − ᾱ_k)/ᾱ_k).

        ε:  D = x − σ F        v:  D = x/(1 + σ²) − σ/√(1 + σ²) F        y:  D = F

    c_noise is the step k, between steps by its place in ln σ.  Salimans & Ho 2022,
    arXiv:2202.00512, for v.  levels (T,) float64 rising.  ends_in_noise: step T − 1 of the table is
    pure noise, σ = ∞ (zero terminal SNR), and was left out; towards it c_noise goes with 1/σ.
    """

    levels: Tensor
    prediction: str
    sigma_data: float = 0.5
    ends_in_noise: bool = False

    @property
    def sigma_min(self) -> float:
        return float(self.levels[0])

    @property
    def sigma_max(self) -> float:
        return float(self.levels[-1])

    def c_skip(self, sigma: Tensor) -> Tensor:
        one = torch.ones_like(sigma)
        return {"epsilon": one, "v_prediction": 1 / (1 + sigma**2), "sample": 0 * one}[
            self.prediction
        ]

    def c_out(self, sigma: Tensor) -> Tensor:
        return {
            "epsilon": -sigma,
            "v_prediction": -sigma * (1 + sigma**2).rsqrt(),
            "sample": torch.ones_like(sigma),
        }[self.prediction]

    def c_in(self, sigma: Tensor) -> Tensor:
        return (1 + sigma**2).rsqrt()

    def c_noise(self, sigma: Tensor) -> Tensor:
        logs, here = (
            self.levels.log().to(sigma),
            sigma.log().clamp(math.log(self.sigma_min), math.log(self.sigma_max)),
        )
        k = torch.searchsorted(logs, here.detach().reshape(-1)).reshape(sigma.shape)
        k = k.clamp(1, len(logs) - 1)
        found = k - 1 + (here - logs[k - 1]) / (logs[k] - logs[k - 1])
        if self.ends_in_noise:
            found = found + (1 - self.sigma_max / sigma).clamp(0, 1)
        return found

    def at_infinity(self) -> tuple[float, float, float, float] | None:
        """c_skip σ, c_out, c_in σ and c_noise where σ is ∞; None where the table does not end so,
        and of ε, which says nothing of the data there."""
        if not self.ends_in_noise or self.prediction == "epsilon":
            return None
        return 0.0, 1.0 if self.prediction == "sample" else -1.0, 1.0, float(len(self.levels))

    def round_sigma(self, sigma: Tensor) -> Tensor:
        """The nearest level in ln σ."""
        sigma = torch.as_tensor(sigma)
        k = self.c_noise(sigma.double()).round().long().clamp(max=len(self.levels) - 1)
        return self.levels.to(sigma)[k]


@dataclasses.dataclass(frozen=True)
class MinusEDM(EDM):
    """EDM with F of the other sign: what diffusers calls v for EDM's schedulers."""

    def c_out(self, sigma: Tensor) -> Tensor:
        return -super().c_out(sigma)


def precond_of(scheduler: Mapping):
    """The preconditioning that a scheduler's config implies.  Raises UserError."""
    if flow.is_flow(scheduler):
        return flow.precond_of(scheduler)
    name, prediction = (
        str(scheduler.get("_class_name")),
        scheduler.get("prediction_type", "epsilon"),
    )
    if prediction not in PREDICTIONS:
        raise UserError(
            f"prediction_type {str(prediction)[:60]!r} is not read. Known: "
            f"{', '.join((*PREDICTIONS, flow.PREDICTION))}."
        )
    if name in CONTINUOUS:
        if prediction == "sample":
            raise UserError(
                f"{name} with prediction_type 'sample' is not read; epsilon and v_prediction are."
            )
        return (EDM if prediction == "epsilon" else MinusEDM)(_number(scheduler, "sigma_data", 0.5))
    if name in DISCRETE:
        zero = bool(scheduler.get("rescale_betas_zero_snr"))
        return Discrete(_levels(scheduler, zero), prediction, ends_in_noise=zero)
    known = (*DISCRETE, *CONTINUOUS, *flow.SCHEDULERS)
    raise UserError(f"Scheduler {name[:60]!r} is not read. Known: {', '.join(known)}.")


def _levels(scheduler: Mapping, zero: bool) -> Tensor:
    """σ_k = √((1 − ᾱ_k)/ᾱ_k), (T,) float64; zero: of betas rescaled to zero terminal SNR, without
    the last, (T − 1,)."""
    betas = _betas(scheduler)
    if not bool(((betas > 0) & (betas < 1)).all()):
        raise UserError("The scheduler's betas must lie between 0 and 1.")
    bar = tables.alphas_cumprod(betas)
    if zero:
        bar = tables.zero_terminal_snr(bar)[:-1]
        if len(bar) < 2:
            raise UserError("rescale_betas_zero_snr leaves one step of this table; 3 are needed.")
    levels = torch.from_numpy(tables.sigmas(bar))
    if not bool(levels.isfinite().all()):
        raise UserError("The scheduler's betas leave nothing of the data at its last step.")
    return levels


def _betas(scheduler: Mapping) -> tables.Floats:
    if (given := scheduler.get("trained_betas")) is not None:
        if (
            not isinstance(given, list)
            or not 2 <= len(given) <= tables.MOST_STEPS
            or not all(isinstance(b, int | float) for b in given)
        ):
            raise UserError("trained_betas must be a list of numbers.")
        return np.asarray(given, np.float64)
    return tables.betas(
        str(scheduler.get("beta_schedule", "linear")),
        _number(scheduler, "beta_start", 1e-4),
        _number(scheduler, "beta_end", 0.02),
        scheduler.get("num_train_timesteps", 1000),
    )


def _number(config: Mapping, key: str, default: float) -> float:
    value = config.get(key, default)
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value < 1e3:
        raise UserError(f"{key} = {str(value)[:40]} in the scheduler's config is out of range.")
    return float(value)
