"""Schedules σ(t) and scalings s(t): how fast the noise goes and how the state is scaled.

x = s(t) x̂, with x̂ at noise level σ(t).  Both only choose coordinates: every schedule traces the
same curves and differs in what a step of finite size misses (EDM, Sec. 3 and App. C).
Times are float64 tensors of shape () or (B, 1, ...), all functions are elementwise.
"""

import math
from typing import ClassVar, Protocol

import torch
from torch import Tensor

from ..settings import named, param, setting

SCALINGS = (("none", "s = 1"), ("vp", "s = 1/√(1+σ²)"), ("flow", "s = 1/(1+σ)"))


def _scaling(default):
    return param(
        default,
        label="s(t)",
        choices=SCALINGS,
        help="none keeps x at its true size; vp divides it by √(1+σ²), so that its "
        "variance stays near 1; flow by 1 + σ, between data and noise",
    )


class Schedule(Protocol):
    """σ(t) with its inverse, and s(t)."""

    @property
    def scaled(self) -> bool: ...
    def sigma(self, t: Tensor) -> Tensor: ...
    def sigma_dot(self, t: Tensor) -> Tensor: ...
    def time(self, sigma: Tensor) -> Tensor: ...
    def scale(self, t: Tensor) -> Tensor: ...
    def scale_dot(self, t: Tensor) -> Tensor: ...


class _Scaled:
    """s(t) and its derivative by the `scaling` switch: EDM's ablation joins it to any σ(t)."""

    scaling: str

    @property
    def scaled(self) -> bool:
        """Whether s(t) is anything but 1; where it is not, the loop saves the arithmetic."""
        return self.scaling != "none"

    def sigma(self, t: Tensor) -> Tensor:
        raise NotImplementedError

    def sigma_dot(self, t: Tensor) -> Tensor:
        raise NotImplementedError

    def scale(self, t: Tensor) -> Tensor:
        """s(t)."""
        if not self.scaled:
            return torch.ones_like(t)
        if self.scaling == "flow":
            return 1 / (1 + self.sigma(t))
        return torch.rsqrt(1 + self.sigma(t) ** 2)

    def scale_dot(self, t: Tensor) -> Tensor:
        """s'(t) = −σ σ' s³ for VP scaling, −σ' s² for flow's, 0 for none."""
        if not self.scaled:
            return torch.zeros_like(t)
        if self.scaling == "flow":
            return -self.sigma_dot(t) * self.scale(t) ** 2
        return -self.sigma(t) * self.sigma_dot(t) * self.scale(t) ** 3


@setting
class EDM(_Scaled):
    """σ(t) = t.  Karras et al. 2022, Table 1, last column."""

    name: ClassVar[str] = "edm"
    label: ClassVar[str] = "EDM"
    formula: ClassVar[str] = "σ = t"
    scaling: str = _scaling("none")

    def sigma(self, t: Tensor) -> Tensor:
        return t

    def sigma_dot(self, t: Tensor) -> Tensor:
        return torch.ones_like(t)

    def time(self, sigma: Tensor) -> Tensor:
        """σ⁻¹."""
        return sigma


@setting
class VE(_Scaled):
    """σ(t) = √t, variance exploding.  Karras et al. 2022, Table 1; Song et al. 2021."""

    name: ClassVar[str] = "ve"
    label: ClassVar[str] = "VE"
    formula: ClassVar[str] = "σ = √t"
    scaling: str = _scaling("none")

    def sigma(self, t: Tensor) -> Tensor:
        return t.sqrt()

    def sigma_dot(self, t: Tensor) -> Tensor:
        return 0.5 / t.sqrt()

    def time(self, sigma: Tensor) -> Tensor:
        """σ⁻¹."""
        return sigma**2


@setting
class VP(_Scaled):
    """σ(t) = √(exp(β_d t²/2 + β_min t) − 1), variance preserving with s(t) = 1/√(1+σ²).

    Karras et al. 2022, Table 1 and App. C.1; Song et al. 2021, whose β_max is β_min + β_d.
    """

    name: ClassVar[str] = "vp"
    label: ClassVar[str] = "VP"
    formula: ClassVar[str] = "σ = √(exp(½β_d t² + β_min t) − 1)"
    beta_d: float = param(19.9, 1, 40, label="β_d", help="growth of the noise rate")
    beta_min: float = param(0.1, -0.1, 1, label="β_min", help="noise rate at t = 0")
    scaling: str = _scaling("vp")

    @classmethod
    def fitted(cls, sigma_min: float, sigma_max: float, t_min: float = 1e-3) -> "VP":
        """The β that give σ(t_min) = sigma_min and σ(1) = sigma_max, as EDM's ablation does.

        For wide ranges β_min comes out slightly negative; σ(t) is then undefined below t_min.
        """
        low, high = math.log1p(sigma_min**2), math.log1p(sigma_max**2)
        beta_d = 2 * (low / t_min - high) / (t_min - 1)
        return cls(beta_d=beta_d, beta_min=high - beta_d / 2)

    def sigma(self, t: Tensor) -> Tensor:
        return torch.expm1(0.5 * self.beta_d * t**2 + self.beta_min * t).sqrt()

    def sigma_dot(self, t: Tensor) -> Tensor:
        sigma = self.sigma(t)
        return 0.5 * (self.beta_min + self.beta_d * t) * (sigma + 1 / sigma)

    def time(self, sigma: Tensor) -> Tensor:
        """σ⁻¹."""
        root = (self.beta_min**2 + 2 * self.beta_d * torch.log1p(sigma**2)).sqrt()
        # beta_min may be slightly negative (`fitted`); σ = 0 belongs to t = 0 all the same
        return torch.where(sigma == 0, 0.0, (root - self.beta_min) / self.beta_d)


@setting
class Flow(_Scaled):
    """σ(t) = t/(1 − t), s(t) = 1/(1 + σ) = 1 − t: flow matching's x_t = (1 − t) y + t n, from data
    at 0 to pure noise at 1, where σ is ∞ and x_t finite.

    Its slope is n − D wherever the noise is known, so paths are straight where D stands still.
    Liu et al. 2022, arXiv:2209.03003; Lipman et al. 2022, arXiv:2210.02747.
    """

    name: ClassVar[str] = "flow"
    label: ClassVar[str] = "flow matching"
    formula: ClassVar[str] = "σ = t/(1 − t)"
    scaling: str = _scaling("flow")

    @property
    def end(self) -> float | None:
        """Its time at σ = ∞, in the scaling that keeps the state finite there; else None."""
        return 1.0 if self.scaling == "flow" else None

    def sigma(self, t: Tensor) -> Tensor:
        return t / (1 - t)

    def sigma_dot(self, t: Tensor) -> Tensor:
        return (1 - t) ** -2

    def time(self, sigma: Tensor) -> Tensor:
        """σ⁻¹, finite at ∞."""
        return 1 / (1 + 1 / sigma)

    def scale(self, t: Tensor) -> Tensor:
        """1 − t in its own scaling."""
        return 1 - t if self.scaling == "flow" else super().scale(t)

    def scale_dot(self, t: Tensor) -> Tensor:
        return -torch.ones_like(t) if self.scaling == "flow" else super().scale_dot(t)

    def rate(self, t: Tensor) -> Tensor | None:
        """The r of dx/dt = r (x − D), where both terms of the general form are 1/t; else None."""
        return 1 / t if self.scaling == "flow" else None


SCHEDULES = named(EDM, VE, VP, Flow)
