"""One-step solvers: each step starts afresh from the state."""

from typing import ClassVar

import torch
from torch import Tensor

from ...settings import param, setting
from ..levels import is_zero, moved, number
from ..ode import Ode, Point, State


@setting
class Euler:
    """x' = x + (t' − t) dx/dt, in the time and scaling of the schedule.

    In VP or VE coordinates this is the original sampler of Song et al. 2021; with σ = t, s = 1 it
    is DDIM.  Karras et al. 2022, Algorithm 1 without lines 6-8.
    """

    name: ClassVar[str] = "euler"
    label: ClassVar[str] = "Euler"
    family: ClassVar[str] = "one-step"
    order: ClassVar[int] = 1
    evaluations: ClassVar[int] = 1
    memory: ClassVar[int] = 1
    needs_schedule: ClassVar[bool] = True
    card: ClassVar[str] = "Order 1, one evaluation a step. In t, so σ(t) and s(t) matter."
    source: ClassVar[str] = "Karras et al. 2022, Algorithm 1; Song et al. 2021"
    aliases: ClassVar[tuple[str, ...]] = (
        "sample_euler (k-diffusion)",
        "EulerDiscreteScheduler",
        "Euler",
    )

    def step(self, ode: Ode, state: State, t_next: Tensor) -> tuple[Tensor, None]:
        here = state.here
        return moved(here.x, number(t_next - here.t), ode.velocity(here)), None


@setting
class DDIM:
    """x̂' = x̂ + (σ' − σ) ε: Euler in σ, whatever the schedule.

    Song, Meng & Ermon 2021, arXiv:2010.02502; Karras et al. 2022, App. C.4.
    """

    name: ClassVar[str] = "ddim"
    renoises: ClassVar[bool] = True
    label: ClassVar[str] = "DDIM"
    family: ClassVar[str] = "one-step"
    order: ClassVar[int] = 1
    evaluations: ClassVar[int] = 1
    memory: ClassVar[int] = 1
    needs_schedule: ClassVar[bool] = False
    card: ClassVar[str] = "Order 1, one evaluation a step. Works in σ: ignores σ(t) and s(t)."
    source: ClassVar[str] = "Song, Meng & Ermon 2021"
    aliases: ClassVar[tuple[str, ...]] = (
        "sample_euler (k-diffusion)",
        "DDIMScheduler",
        "DDIM",
        "ddim",
    )

    def step(self, ode: Ode, state: State, t_next: Tensor) -> tuple[Tensor, None]:
        here = state.here
        sigma_next = number(ode.schedule.sigma(t_next))
        return ode.scaled(moved(here.denoised, sigma_next, here.noise), t_next), None


def two_stage(ode: Ode, here: Point, t_next: Tensor, alpha: float) -> Tensor:
    """x + h [(1 − 1/2α) d + 1/2α d'], d' at t + αh after an Euler step.  The step to σ = 0 is
    Euler, since d is 0/0 there.  α > 1 looks beyond the end of the step, but never below half its
    level: a long step would look at σ < 0.  Karras et al. 2022, Algorithm 3.
    """
    h, d = number(t_next - here.t), ode.velocity(here)
    if is_zero(number(ode.schedule.sigma(t_next))):
        return moved(here.x, h, d)
    if alpha > 1 and h < 0:
        lowest = number(ode.schedule.time(ode.schedule.sigma(t_next) / 2) - here.t)
        alpha = min(alpha, lowest / h)  # learned steps, a level for each sample, have α ≤ 1
    there = ode.evaluate(moved(here.x, alpha * h, d), torch.lerp(here.t, t_next, alpha))
    return moved(here.x, h, torch.lerp(d, ode.velocity(there), 1 / (2 * alpha)))


@setting
class Heun:
    """The trapezoid rule: Euler, then the mean of the slopes at both ends.

    Karras et al. 2022, Algorithm 1.  The step to σ = 0 is Euler, so N steps cost 2N − 1.
    """

    name: ClassVar[str] = "heun"
    label: ClassVar[str] = "Heun"
    family: ClassVar[str] = "one-step"
    order: ClassVar[int] = 2
    evaluations: ClassVar[int] = 2
    memory: ClassVar[int] = 1
    needs_schedule: ClassVar[bool] = True
    card: ClassVar[str] = "Order 2, two evaluations a step. One-step, so σ(t) and s(t) matter."
    source: ClassVar[str] = "Karras et al. 2022, Algorithm 1"
    aliases: ClassVar[tuple[str, ...]] = ("sample_heun", "HeunDiscreteScheduler", "Heun", "heun")
    recommended: ClassVar[bool] = True

    def step(self, ode: Ode, state: State, t_next: Tensor) -> tuple[Tensor, None]:
        return two_stage(ode, state.here, t_next, 1.0), None


@setting
class RK2:
    """The two-stage family of order 2: α = 1 Heun, 1/2 midpoint, 2/3 Ralston, and beyond: the paper
    finds 1.1 best by a little.

    Karras et al. 2022, App. D.2, Algorithm 3, with the published code's Euler tail for every α.
    """

    name: ClassVar[str] = "rk2"
    label: ClassVar[str] = "RK2(α)"
    family: ClassVar[str] = "one-step"
    order: ClassVar[int] = 2
    evaluations: ClassVar[int] = 2
    memory: ClassVar[int] = 1
    needs_schedule: ClassVar[bool] = True
    card: ClassVar[str] = "Order 2, two evaluations a step. α = 1 Heun, ½ midpoint, ⅔ Ralston."
    source: ClassVar[str] = "Karras et al. 2022, App. D.2, Algorithm 3"
    aliases: ClassVar[tuple[str, ...]] = ("EDM Algorithm 3",)
    full_label: ClassVar[str] = "RK2 α = {alpha:g}"
    alpha: float = param(
        0.5,
        0.1,
        1.5,
        0.01,
        label="α",
        help="where the second evaluation lies: 1 Heun, ½ midpoint, ⅔ Ralston; above 1 beyond the "
        "end of the step, though never below half its level",
    )

    def step(self, ode: Ode, state: State, t_next: Tensor) -> tuple[Tensor, None]:
        return two_stage(ode, state.here, t_next, self.alpha), None
