"""Solvers that work in (x̂, σ) and ignore the schedule: Adams–Bashforth on ε, and DPM-Solver-2.

x̂ = x/s(t) is the unscaled state, ε = (x̂ − D)/σ.  Coefficients are arithmetic on the
noise levels of the past, so they broadcast where each sample has its own.
"""

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, ClassVar, Protocol

import numpy as np
import torch
from torch import Tensor

from ...errors import UserError
from ...settings import param, setting
from ..levels import is_zero, moved, number
from ..ode import Ode, Point, State

VARIABLES = (("tab", "VP time (tAB)"), ("rhoab", "σ (ρAB)"), ("log", "ln σ (as in diffusers)"))


def _order(default, high):
    return param(
        default,
        1,
        high,
        1,
        label="Order",
        help="past evaluations used, reached after a warm-up of lower orders",
    )


def lagrange_integrals(nodes: Sequence, end) -> list:
    """∫_0^end ℓ_j(u) du of the Lagrange basis on `nodes`, exactly; numbers or tensors."""
    numbers = isinstance(end, float) and all(isinstance(n, float) for n in nodes)
    return (_known_integrals if numbers else _integrals)(tuple(nodes), end)


def lagrange(nodes: Sequence) -> list[list]:
    """The coefficients of each ℓ_j(u) = Π_{k≠j} (u − n_k)/(n_j − n_k), lowest power first."""
    out = []
    for j, nj in enumerate(nodes):
        coefficients: list = [1.0]
        for k, nk in enumerate(nodes):
            if k != j:
                d = nj - nk
                shifted = [0.0, *coefficients]
                coefficients = [(a - nk * b) / d for a, b in zip(shifted, [*coefficients, 0.0])]
        out.append(coefficients)
    return out


def _integrals(nodes: tuple, end) -> list:
    whole = lambda powers: sum(c * end ** (p + 1) / (p + 1) for p, c in enumerate(powers))
    return [whole(powers) for powers in lagrange(nodes)]


_known_integrals = lru_cache(maxsize=4096)(
    _integrals
)  # the steps of a grid come again in the next run


class InFrame(Protocol):
    """A solver of the (x̂, σ) frame."""

    @property
    def order(self) -> int: ...
    def update(self, ode: Ode, state: State, sigma_next) -> Tensor:
        """The unscaled state at σ' > 0."""
        ...


class _SigmaFrame:
    """Shared by solvers of the (x̂, σ) frame, each an `InFrame`."""

    needs_schedule: ClassVar[bool] = False
    family: ClassVar[str] = "multistep"
    evaluations: ClassVar[int] = 1

    @property
    def memory(self: InFrame) -> int:
        """As many points as its order: a polynomial through them."""
        return self.order

    def step(self: InFrame, ode: Ode, state: State, t_next: Tensor) -> tuple[Tensor, Any]:
        sigma_next = number(ode.schedule.sigma(t_next))
        if is_zero(sigma_next):  # nothing can be extrapolated to λ = ∞
            return ode.scaled(state.here.denoised, t_next), None
        return ode.scaled(self.update(ode, state, sigma_next), t_next), None


def added(x: Tensor, weights, directions) -> Tensor:
    """x + Σ_j w_j d_j."""
    for weight, direction in zip(weights, directions):
        x = moved(x, weight, direction)
    return x


@setting
class DPM2(_SigmaFrame):
    """x̂' = x̂ + (σ' − σ)[ε_m/2r + (1 − 1/2r) ε], ε_m after an Euler step to σ_m = σ'^r σ^{1−r}.

    r = 1/2 is DPM-Solver-2, r = 1 Heun without the tail.  Lu et al. 2022, arXiv:2206.00927.
    """

    name: ClassVar[str] = "dpm2"
    label: ClassVar[str] = "DPM-Solver-2(r)"
    family: ClassVar[str] = "one-step"
    order: ClassVar[int] = 2
    evaluations: ClassVar[int] = 2
    memory: ClassVar[int] = 1
    card: ClassVar[str] = "Order 2, two evaluations a step, the second at a geometric midpoint."
    source: ClassVar[str] = "Lu et al. 2022, arXiv:2206.00927"
    aliases: ClassVar[tuple[str, ...]] = ("sample_dpm_2", "KDPM2DiscreteScheduler", "DPM2", "dpm_2")
    full_label: ClassVar[str] = "DPM-Solver-2 r = {r:g}"
    r: float = param(
        0.5,
        0.1,
        1.0,
        0.01,
        label="r",
        help="where the second evaluation lies in log σ: ½ the middle, 1 the end",
    )

    def update(self, ode: Ode, state: State, sigma_next) -> Tensor:
        here = state.here
        x, slope, sigma = here.plain, here.noise, number(here.sigma)
        middle = sigma_next**self.r * sigma ** (1 - self.r)
        there = _evaluate(ode, moved(x, middle - sigma, slope), middle)
        mean = torch.lerp(slope, there.noise, 1 / (2 * self.r))
        return moved(x, sigma_next - sigma, mean)


def _evaluate(ode: Ode, x: Tensor, sigma) -> Point:
    """Evaluate at an unscaled state and noise level."""
    if isinstance(sigma, float):
        sigma = torch.full((), sigma, dtype=torch.float64)
    t = ode.schedule.time(sigma)
    return ode.evaluate(ode.scaled(x, t), t)


@setting
class IPNDM(_SigmaFrame):
    """Adams–Bashforth on ε with the weights of even steps: (3, −1)/2, (23, −16, 5)/12, …

    On uneven steps the order is lost, on images it is strong all the same.  Zhang & Chen 2023,
    arXiv:2204.13902 (iPNDM); Liu et al. 2022, arXiv:2202.09778.
    """

    name: ClassVar[str] = "ipndm"
    label: ClassVar[str] = "iPNDM"
    card: ClassVar[str] = (
        "Adams–Bashforth with fixed weights, one evaluation a step. Strong on "
        "images at few evaluations; loses its order on uneven steps."
    )
    source: ClassVar[str] = "Zhang & Chen 2023, arXiv:2204.13902"
    aliases: ClassVar[tuple[str, ...]] = ("sample_ipndm", "IPNDMScheduler", "PNDM, PLMS", "ipndm")
    order: int = _order(4, 4)

    WEIGHTS: ClassVar[tuple] = (
        (1.0,),
        (3 / 2, -1 / 2),
        (23 / 12, -16 / 12, 5 / 12),
        (55 / 24, -59 / 24, 37 / 24, -9 / 24),
    )

    def update(self, ode: Ode, state: State, sigma_next) -> Tensor:
        used = state.past[-self.order :][::-1]
        h = sigma_next - number(used[0].sigma)
        weights = [h * w for w in self.WEIGHTS[len(used) - 1]]
        return added(used[0].plain, weights, [p.noise for p in used])


class _AdamsBashforth(_SigmaFrame):
    """x̂' = x̂ + Σ_j ε_j ∫ ℓ_j dσ: the polynomial in σ through the past ε, integrated exactly."""

    order: int

    def update(self, ode: Ode, state: State, sigma_next) -> Tensor:
        used = state.past[-self.order :][::-1]
        here, *before = [number(p.sigma) for p in used]
        weights = lagrange_integrals([0.0, *(s - here for s in before)], sigma_next - here)
        return added(used[0].plain, weights, [p.noise for p in used])


@setting
class IPNDMV(_AdamsBashforth):
    """iPNDM with the weights of the steps as they are: variable-step Adams–Bashforth on ε in σ.

    The published code misplaces a bracket from order 3 on; these are the exact integrals.
    """

    name: ClassVar[str] = "ipndm_v"
    label: ClassVar[str] = "iPNDM_v"
    card: ClassVar[str] = "iPNDM with exact weights for uneven steps (the same formula as LMS)."
    source: ClassVar[str] = "Zhang & Chen 2023; exact weights"
    aliases: ClassVar[tuple[str, ...]] = ("sample_ipndm_v", "ipndm_v")
    order: int = _order(4, 4)


@setting
class LMS(_AdamsBashforth):
    """The linear multistep sampler of k-diffusion: Adams–Bashforth in σ, also DEIS ρAB.

    Crowson 2022 (k-diffusion, sample_lms); Zhang & Chen 2023, arXiv:2204.13902.
    """

    name: ClassVar[str] = "lms"
    label: ClassVar[str] = "LMS"
    card: ClassVar[str] = "Linear multistep in σ, one evaluation a step. k-diffusion's LMS."
    source: ClassVar[str] = "Crowson 2022, k-diffusion"
    aliases: ClassVar[tuple[str, ...]] = ("sample_lms", "LMSDiscreteScheduler", "LMS", "lms")
    order: int = _order(4, 4)


@setting
class DEIS(_AdamsBashforth):
    """x̂' = x̂ + Σ_j ε_j ∫ (dσ/dτ) ℓ_j(τ) dτ, the polynomial in VP time τ (tAB), σ (ρAB) or ln σ.

    τ belongs to the VP schedule whose β give τ = 10⁻³ at σ_min and 1 at σ_max.  Zhang & Chen 2023,
    arXiv:2204.13902; ln σ is the choice of diffusers.  Integrals ∫ ℓ_j(τ(σ)) dσ by Gauss–Legendre
    in ln σ, 32 nodes, to 1e-12.
    """

    name: ClassVar[str] = "deis"
    label: ClassVar[str] = "DEIS"
    card: ClassVar[str] = "Exponential integrator on ε in VP time, one evaluation a step."
    source: ClassVar[str] = "Zhang & Chen 2023, arXiv:2204.13902"
    aliases: ClassVar[tuple[str, ...]] = ("sample_deis", "DEISMultistepScheduler", "deis")
    order: int = _order(3, 4)
    variable: str = param(
        "tab",
        label="Polynomial",
        choices=VARIABLES,
        help="the variable in which the past ε are a polynomial",
    )

    NODES: ClassVar[tuple] = tuple(np.polynomial.legendre.leggauss(32))

    def update(self, ode: Ode, state: State, sigma_next) -> Tensor:
        used = state.past[-self.order :][::-1]
        if self.variable == "rhoab" or len(used) == 1:
            return super().update(ode, state, sigma_next)
        weights = self._weights(tuple(float(p.sigma) for p in used), float(sigma_next), state.span)
        return added(used[0].plain, weights, [p.noise for p in used])

    def _vp_time(self, span: tuple[float, float]) -> Callable:
        low, high = math.log1p(span[1] ** 2), math.log1p(span[0] ** 2)
        beta_d = 2 * (low / 1e-3 - high) / (1e-3 - 1)
        beta_min = high - beta_d / 2
        if beta_d <= 0:
            raise UserError(
                f"DEIS in VP time needs a wider range than σ = {span[0]:g} to "
                f"{span[1]:g}; use a smaller σ_min or the polynomial in σ."
            )
        return lambda s: (np.sqrt(beta_min**2 + 2 * beta_d * np.log1p(s * s)) - beta_min) / beta_d

    @lru_cache(maxsize=4096)  # noqa: B019  a frozen dataclass is its own key
    def _weights(
        self, levels: tuple[float, ...], end: float, span: tuple[float, float]
    ) -> list[float]:
        tau = np.log if self.variable == "log" else self._vp_time(span)
        a, b, nodes = math.log(levels[0]), math.log(end), [tau(s) for s in levels]
        points, weights = self.NODES
        sigma = np.exp((a + b) / 2 + (b - a) / 2 * points)  # smooth in ln σ; in τ a root, at 0
        u, rate = tau(sigma), sigma * weights * (b - a) / 2
        out = []
        for j, nj in enumerate(nodes):
            basis = rate
            for k, nk in enumerate(nodes):
                if k != j:
                    basis = basis * ((u - nk) / (nj - nk))
            out.append(float(basis.sum()))
        return out
