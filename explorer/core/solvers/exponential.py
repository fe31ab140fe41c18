"""Exponential integrators in λ = −ln σ: DPM-Solver++ and UniPC, in the (x̂, σ) frame.

h = λ' − λ > 0 is a step, m the output whose past is extrapolated: D, or ε.
"""

import dataclasses
from typing import ClassVar

import torch
from torch import Tensor

from ...settings import param, setting
from ..levels import between, exp, expm1, log, moved, number
from ..ode import Ode, Point, State
from .multistep import _evaluate, _order, _SigmaFrame, added

VARIANTS = (("bh1", "B = h"), ("bh2", "B = eʰ − 1"))
PREDICTIONS = (("x0", "D, the clean data"), ("eps", "ε, the noise"))


def _prediction():
    return param(
        "x0", label="Predicts", choices=PREDICTIONS, help="the quantity whose past is extrapolated"
    )


def _thresholding():
    return param(
        False,
        label="Threshold",
        choices=((False, "off"), (True, "dynamic")),
        help="clip D at the 99.5 % quantile of its size, at least 1, as Imagen does",
    )


def threshold(denoised: Tensor) -> Tensor:
    """Dynamic thresholding: D clipped to ±q and divided by q, q = max(1, 99.5 % quantile of |D|).

    Saharia et al. 2022 (Imagen), Sec. 2.3.
    """
    flat = denoised.flatten(1)
    q = torch.quantile(flat.abs(), 0.995, dim=1, keepdim=True).clamp(min=1)
    return (flat.clamp(-q, q) / q).view_as(denoised)


class _Exponential(_SigmaFrame):
    """Shared by DPM-Solver++ and UniPC: what is predicted, and which order a step takes."""

    order: int
    prediction: str
    thresholding: bool
    lower_order_final: bool

    def output(self, point: Point) -> Tensor:
        """The model output whose past is extrapolated."""
        if self.prediction == "eps":
            return point.noise
        return threshold(point.denoised) if self.thresholding else point.denoised

    def order_now(self, state: State) -> int:
        """Warm up, and fall to lower orders at the end if asked."""
        have = min(len(state.past), self.order)
        return min(have, state.left) if self.lower_order_final and have == self.order else have

    def base(self, here: Point, sigma_next, h: Tensor, output: Tensor) -> Tensor:
        """The first-order step, DDIM, in either prediction."""
        if self.prediction == "eps":
            return moved(here.plain, -sigma_next * expm1(h), output)
        return between(output, here.plain, exp(-h))


def _gap(start: Point, end_sigma):
    """λ' − λ > 0."""
    return log(number(start.sigma) / number(end_sigma))


@setting
class DPMpp(_Exponential):
    """DPM-Solver++ multistep: exponential integrator in λ through the past outputs.

        order 2 (2M):  x̂' = (σ'/σ) x̂ − (e^{−h} − 1)[m_0 + (m_0 − m_1)/(2r)],   r = h_0/h

    Lu et al. 2022, arXiv:2211.01095, Algorithm 2; order 3 as in the published multistep code, whose
    second difference lacks a factor of 2: it converges at order 2.
    """

    name: ClassVar[str] = "dpmpp"
    label: ClassVar[str] = "DPM-Solver++"
    card: ClassVar[str] = (
        "Exponential multistep on D, one evaluation a step. Order 2 is 2M, the "
        "usual choice of image tools."
    )
    source: ClassVar[str] = "Lu et al. 2022, arXiv:2211.01095"
    aliases: ClassVar[tuple[str, ...]] = (
        "sample_dpmpp_2m",
        "DPMSolverMultistepScheduler",
        "DPM++ 2M",
        "dpmpp_2m",
    )
    recommended: ClassVar[bool] = True
    full_label: ClassVar[str] = "DPM-Solver++({order}M)"
    order: int = _order(2, 3)
    prediction: str = _prediction()
    lower_order_final: bool = param(
        True,
        label="Last steps",
        choices=((True, "lower order"), (False, "full order")),
        help="fall to order 1 at the end, which steadies few steps",
    )
    thresholding: bool = _thresholding()

    @property
    def nominal_order(self) -> int:
        """The published third order drops a factor of 2 and stays at order 2."""
        return min(self.order, 2)

    def update(self, ode: Ode, state: State, sigma_next) -> Tensor:
        past, here, order = state.past, state.here, self.order_now(state)
        h, m0 = _gap(here, sigma_next), self.output(here)
        x = self.base(here, sigma_next, h, m0)
        if order == 1:
            return x
        # in ε the terms have the factor −σ' and run in h, in D −1 and −h
        size, hh = (-sigma_next, h) if self.prediction == "eps" else (-1.0, -h)
        r0, m1 = _gap(past[-2], number(here.sigma)) / h, self.output(past[-2])
        if order == 2:
            return moved(x, 0.5 * size * expm1(hh) / r0, m0 - m1)
        r1, m2 = _gap(past[-3], past[-2].sigma) / h, self.output(past[-3])
        d10 = (m0 - m1) / r0
        bend = moved(d10, -1 / r1, m1 - m2)
        # φ D_1 + (φ/hh − ½) D_2 with D_1 = d10 + r0/(r0 + r1) bend, D_2 = bend/(r0 + r1)
        phi = expm1(hh) / hh - 1
        weight = (phi * r0 + phi / hh - 0.5) / (r0 + r1)
        return added(x, (size * phi, size * weight), (d10, bend))


@setting
class DPMpp2S(_SigmaFrame):
    """DPM-Solver++ single-step of order 2: a second D at the middle of the step in λ.

        x̂' = (σ'/σ) x̂ − (e^{−h} − 1)[(1 − 1/2r) D + D_m/2r],   λ_m = λ + rh

    Lu et al. 2022, arXiv:2211.01095, Algorithm 1.
    """

    name: ClassVar[str] = "dpmpp_2s"
    label: ClassVar[str] = "DPM-Solver++(2S)"
    family: ClassVar[str] = "one-step"
    order: ClassVar[int] = 2
    evaluations: ClassVar[int] = 2
    memory: ClassVar[int] = 1
    card: ClassVar[str] = "Order 2, two evaluations a step, no memory; exponential in λ."
    source: ClassVar[str] = "Lu et al. 2022, arXiv:2211.01095"
    aliases: ClassVar[tuple[str, ...]] = (
        "sample_dpmpp_2s_ancestral with eta=0",
        "DPMSolverSinglestepScheduler",
        "DPM++ 2S",
    )
    r: float = param(0.5, 0.1, 1.0, 0.01, label="r", help="where the second evaluation lies in λ")
    thresholding: bool = _thresholding()

    def update(self, ode: Ode, state: State, sigma_next) -> Tensor:
        here = state.here
        clean = threshold if self.thresholding else (lambda d: d)
        x, h, d0 = here.plain, _gap(here, sigma_next), clean(here.denoised)
        left = exp(-self.r * h)
        there = _evaluate(ode, between(d0, x, left), left * number(here.sigma))
        mean = torch.lerp(d0, clean(there.denoised), 1 / (2 * self.r))
        return between(mean, x, exp(-h))


@setting
class UniPC(_Exponential):
    """Predict with the past, then correct the arrival by what was evaluated there: order + 1.

    The corrector costs nothing, since the evaluation at the predicted point serves the next step
    too; the last step has none.  Zhao et al. 2023, arXiv:2302.04867, Algorithms 1 and 2.
    """

    name: ClassVar[str] = "unipc"
    label: ClassVar[str] = "UniPC"
    card: ClassVar[str] = (
        "Predictor and corrector at one evaluation a step; order is one more "
        "than named. Among the best below 10 evaluations."
    )
    source: ClassVar[str] = "Zhao et al. 2023, arXiv:2302.04867"
    aliases: ClassVar[tuple[str, ...]] = (
        "UniPCMultistepScheduler",
        "UniPC",
        "uni_pc",
        "uni_pc_bh2",
    )
    recommended: ClassVar[bool] = True
    order: int = _order(3, 3)
    variant: str = param("bh2", label="B(h)", choices=VARIANTS, help="the paper's free function")
    prediction: str = _prediction()
    lower_order_final: bool = param(
        True,
        label="Last steps",
        choices=((True, "lower order"), (False, "full order")),
        help="fall to order 1 at the end, which steadies few steps",
    )
    thresholding: bool = _thresholding()

    @property
    def nominal_order(self) -> int:
        """The corrector adds one."""
        return self.order + 1

    @property
    def memory(self) -> int:
        """The corrector looks at one point more than the predictor: where it arrived."""
        return self.order + 1

    def step(self, ode: Ode, state: State, t_next: Tensor) -> tuple[Tensor, int]:
        """It hands on the order that it took, which the corrector takes too."""
        return super().step(ode, state, t_next)[0], self.order_now(state)

    def update(self, ode: Ode, state: State, sigma_next) -> Tensor:
        order = self.order_now(state)
        x, scale, ratios, differences, system, right = self._parts(state.past, sigma_next, order)
        if order == 1:
            return x
        rho = [0.5] if order == 2 else _solve2(system, right)
        return added(x, [-scale * w / r for w, r in zip(rho, ratios)], differences)

    def correct(self, ode: Ode, state: State) -> Point:
        """Here with a state improved by the evaluation made here; the output stays.

        Without a carry here was given and not predicted, so there is nothing to correct.
        """
        here, before, order = state.here, state.past[:-1], state.carry
        if order is None:
            return here
        x, scale, ratios, differences, system, right = self._parts(
            before, number(here.sigma), order
        )
        differences.append(self.output(here) - self.output(before[-1]))
        if order == 1:
            rho = [0.5]
        elif order == 2:
            rho = _solve2(system, right)
        else:
            rho = _solve3(system, right)
        x = added(x, [-scale * w / r for w, r in zip(rho, ratios)], differences)
        denoised = (
            here.denoised if self.prediction == "x0" else moved(x, -number(here.sigma), here.noise)
        )
        return dataclasses.replace(here, x=ode.scaled(x, here.t), denoised=denoised)

    def _parts(self, past: tuple[Point, ...], sigma_next, order: int):
        """Base step, the factor of the sum, r_k with a last 1, m_k − m_0 = r_k D_k, and the system
        R ρ = b of Algorithm 1."""
        here = past[-1]
        h, m0 = _gap(here, sigma_next), self.output(here)
        eps = self.prediction == "eps"
        hh = h if eps else -h
        growth = expm1(hh)
        b_h = hh if self.variant == "bh1" else growth
        scale = sigma_next * b_h if eps else b_h
        ratios, differences = [], []
        for k in range(1, order):
            r = -_gap(past[-1 - k], number(here.sigma)) / h
            ratios.append(r)
            differences.append(self.output(past[-1 - k]) - m0)
        ratios.append(1.0)
        system, right, phi, factorial = [], [], growth / hh - 1, 1
        for a in range(1, order + 1):
            factorial *= a
            system.append([r ** (a - 1) for r in ratios])
            right.append(phi * factorial / b_h)
            phi = phi / hh - 1 / (factorial * (a + 1))
        return self.base(here, sigma_next, h, m0), scale, ratios, differences, system, right


def _solve2(m, b) -> list:
    (a11, a12), (a21, a22) = m[0][:2], m[1][:2]
    det = a11 * a22 - a12 * a21
    return [(b[0] * a22 - a12 * b[1]) / det, (a11 * b[1] - b[0] * a21) / det]


def _solve3(m, b) -> list:
    """Cramer's rule: its 3 x 3 systems are small, and entries may be numbers or tensors."""

    def determinant(a):
        (p, q, r), (s, t, u), (v, w, x) = a
        return p * (t * x - u * w) - q * (s * x - u * v) + r * (s * w - t * v)

    whole = determinant(m)
    swapped = [[[*row[:k], b[i], *row[k + 1 :]] for i, row in enumerate(m)] for k in range(3)]
    return [determinant(a) / whole for a in swapped]
