"""New noise on the way, whatever the solver: `Churn` before a step, `Restart` in rounds."""

import math
from collections.abc import Callable
from typing import ClassVar

import torch
from torch import Tensor

from ..errors import UserError
from ..settings import param, setting
from .schedules import Schedule


@setting
class Churn:
    """New noise before a step: raise σ to σ̂ = σ(1 + γ), γ = min(S_churn/N, √2 − 1) where
    S_tmin ≤ σ ≤ S_tmax, by adding √(σ̂² − σ²) S_noise times unit noise.

    The cap keeps the added variance below what is there.  Karras et al. 2022, Algorithm 2.
    """

    s_churn: float = param(
        0.0,
        0,
        200,
        0.5,
        label="S_churn",
        help="how much old noise is replaced, summed over the steps",
    )
    s_tmin: float = param(
        0.05, 0, 100, label="S_tmin", log=True, help="no new noise below this level"
    )
    s_tmax: float = param(
        1.0, 0, 1e9, label="S_tmax", log=True, help="no new noise above this level"
    )
    s_noise: float = param(
        1.007,
        0.9,
        1.1,
        0.001,
        label="S_noise",
        help="size of the new noise; a little over 1 makes up for lost detail",
    )

    CAP: ClassVar[float] = math.sqrt(2) - 1

    def check(self):
        if self.s_tmin > self.s_tmax:
            raise UserError(
                f"S_tmin = {self.s_tmin:g} lies above S_tmax = {self.s_tmax:g}, so no "
                "step would get noise; swap them."
            )

    def gamma(self, sigma: float, steps: int) -> float:
        """γ at noise level σ when the run has this many steps."""
        if not (self.s_churn > 0 and self.s_tmin <= sigma <= self.s_tmax):
            return 0.0
        return min(self.s_churn / steps, self.CAP)

    def __call__(
        self,
        schedule: Schedule,
        x: Tensor,
        t: Tensor,
        steps: int,
        noise: Callable[[], Tensor] | None,
        nearest: Callable[[Tensor], Tensor] | None = None,
    ) -> tuple[Tensor, Tensor]:
        """(x̂, t̂): the state with new noise and its time.  `noise` is asked only if γ > 0.

        nearest: the level that a network of discrete levels knows for σ̂, as in EDM's code; where
        that is σ itself, nothing is added.
        """
        if self.s_churn == 0:
            return x, t
        sigma = schedule.sigma(t)
        gamma = self.gamma(float(sigma), steps)
        if gamma == 0:
            return x, t
        assert noise is not None
        raised = sigma * (1 + gamma)
        if nearest is not None and not bool((raised := nearest(raised)) > sigma):
            return x, t
        t_hat = schedule.time(raised)
        ratio = schedule.scale(t_hat) / schedule.scale(t)
        size = (raised**2 - sigma**2).sqrt() * schedule.scale(t_hat) * self.s_noise
        return ratio * x + size * noise(), t_hat


@setting
class Restart:
    """Once the run has come down to S_low, K times: noise back up to S_high and down again.

    The first level at or below S_low is the place; each of the K rounds adds
    √(S_high² − σ²) unit noise and takes `inner` steps of a ρ = 7 grid back to σ.
    Xu et al. 2023, arXiv:2306.14878, Algorithm 1.
    """

    repeats: int = param(
        0, 0, 20, 1, label="Restarts", help="rounds of noise and denoising; 0: off"
    )
    inner: int = param(4, 2, 40, 1, label="Steps each", help="solver steps in each round")
    low: float = param(0.1, 0.005, 10, label="From σ", log=True, help="where the rounds begin")
    high: float = param(1.0, 0.01, 80, label="Up to σ", log=True, help="how much noise comes back")

    def check(self):
        if self.repeats and self.low >= self.high:
            raise UserError(
                f"A restart goes up: from σ = {self.low:g} to {self.high:g} it would "
                "not; swap them."
            )

    def place(self, sigmas: Tensor) -> int | None:
        """Index of the level at which the rounds take place, or None."""
        below = [i for i, s in enumerate(sigmas.tolist()) if 0 < s <= self.low]
        return below[0] if self.repeats and below else None

    def levels(self, sigma: float) -> Tensor:
        """The levels of one round, from S_high down to σ."""
        ramp = torch.arange(self.inner + 1, dtype=torch.float64) / self.inner
        return (self.high ** (1 / 7) + ramp * (sigma ** (1 / 7) - self.high ** (1 / 7))) ** 7

    def draws(self, each: int = 1) -> int:
        """How many noises the rounds may ask for, of a solver that asks for so many in a step: −1,
        −2, … of `noise`."""
        return self.repeats * (self.inner * max(1, each) + 1)
