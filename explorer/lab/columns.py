"""EDM Table 1 as objects: what each of its four columns samples with and trains with.

Nothing is written down twice: the sampler's cells are those of `designs`, the network's are the
project's preconditionings, the training's its losses.  Karras et al. 2022, Table 1 and Eq. 8.
"""

import dataclasses
from typing import Any

import torch
from torch import Tensor

from ..core.schedules import Schedule
from ..core.timesteps import TimeSteps
from ..models.precond import EDM, IDDPM, VE, VP
from ..settings import flatten
from ..training.loss import EDMLoss, IDDPMLoss, VELoss, VPLoss
from .designs import PARTS, apply
from .experiment import Experiment

LOW, HIGH = 0.002, 80.0  # σ of every curve: EDM's own range


@dataclasses.dataclass(frozen=True)
class Column:
    """One column: sampling (schedule, timesteps, solver), network (precond), training (loss).

    flat: the settings of a view that samples so; name: of the design, preconditioning and loss.
    """

    name: str
    label: str
    schedule: Schedule
    timesteps: TimeSteps
    solver: Any
    precond: Any
    loss: Any
    flat: dict[str, Any]

    def weight(self, sigma: Tensor) -> Tensor:
        """λ c_out²: what an error of F at σ counts, Eq. 8."""
        return effective_weight(self.precond, self.loss, sigma)

    def target(self, y: Tensor, noise: Tensor, sigma: Tensor) -> Tensor:
        """What F must say of y + σ noise, Eq. 8."""
        return effective_target(self.precond, y, noise, sigma)


def columns(sigma_data: float) -> list[Column]:
    """VP, VE, iDDPM + DDIM and EDM; sigma_data: of the data, for the last."""
    trained = {
        "vp": (VP(), VPLoss()),
        "ve": (VE(), VELoss()),
        "iddpm": (IDDPM(), IDDPMLoss()),
        "edm": (EDM(sigma_data), EDMLoss(sigma_data)),
    }
    labels = {"vp": "VP", "ve": "VE", "iddpm": "iDDPM + DDIM", "edm": "EDM (“ours”)"}
    return [_column(name, labels[name], *trained[name]) for name in labels]


def _column(name: str, label: str, precond, loss) -> Column:
    e = apply(name, Experiment())
    flat = {k: v for k, v in flatten(e).items() if k.split(".")[0] in PARTS}
    return Column(name, label, e.schedule, e.timesteps, e.solver, precond, loss, flat)


def levels(count: int = 97) -> Tensor:
    """σ from HIGH down to LOW, evenly in ln σ, (count,) float64."""
    ends = torch.tensor([HIGH, LOW], dtype=torch.float64).log()
    return torch.linspace(float(ends[0]), float(ends[1]), count, dtype=torch.float64).exp()


def effective_weight(precond, loss, sigma: Tensor) -> Tensor:
    """λ(σ) c_out(σ)², in the shape of sigma: how much an error of F counts.  EDM, Eq. 8."""
    return loss.weight(sigma) * precond.c_out(sigma) ** 2


def effective_target(precond, y: Tensor, noise: Tensor, sigma: Tensor) -> Tensor:
    """(y − c_skip (y + σ noise)) / c_out: what F must say.  EDM, Eq. 8.

    y and unit noise (*shape), sigma (S,); returns (S, *shape).
    """
    wide = sigma.reshape(-1, *[1] * y.ndim)
    return (y - precond.c_skip(wide) * (y + wide * noise)) / precond.c_out(wide)


def parts(precond, sigma: Tensor) -> tuple[Tensor, Tensor]:
    """(a, b) of the target a y + b noise, each in the shape of sigma."""
    skip, out = precond.c_skip(sigma), precond.c_out(sigma)
    return (1 - skip) / out, -skip * sigma / out
