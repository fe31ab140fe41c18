"""Solvers of the reverse SDE in λ: SA-Solver and SEEDS, in the (x̂, σ) frame.

One family of SDEs has the marginals p(x; σ), whatever its τ(σ) ≥ 0, in λ = −ln σ:

    dx̂ = −(1 + τ²)(x̂ − D) dλ + √2 τ σ dω

and what does not depend on D is known over a step h from σ to σ':

    x̂' = e^{−(1+τ²)h} x̂ + (1 + τ²) ∫ e^{−(1+τ²)(λ'−u)} D du + σ' √(1 − e^{−2τ²h}) n

With τ = 0 each is a solver of the ODE, whose order is what `order` says.  Paths of the SDE are
rough, and D bends along the noise within a step: with noise single paths are of order 1, whatever
the stages and past points, and distributions of order 2 at most (measured on Gaussian data).
"""

import dataclasses
import math
from collections.abc import Sequence
from functools import lru_cache
from typing import ClassVar

import torch
from torch import Tensor

from ...settings import param, setting
from ..levels import exp, expm1, moved, number
from ..ode import Ode, Point, State
from ..phi import phi
from ..tableau import tableau
from .exponential import _gap, _prediction
from .multistep import _evaluate, _order, _SigmaFrame, added, lagrange
from .stochastic import _eta, _noise


def exponential_weights(nodes: Sequence, end) -> list:
    """∫_0^end e^{−(end−u)} ℓ_j(u) du of the Lagrange basis on `nodes`, numbers or tensors:
    ∫ e^{−(end−u)} u^p du = p! end^{p+1} φ_{p+1}(−end)."""
    numbers = isinstance(end, float) and all(isinstance(n, float) for n in nodes)
    return (_known_weights if numbers else _weights)(tuple(nodes), end)


def _weights(nodes: tuple, end) -> list:
    moments = [math.factorial(p) * end ** (p + 1) * phi(p + 1, -end) for p in range(len(nodes))]
    return [sum(c * m for c, m in zip(powers, moments)) for powers in lagrange(nodes)]


_known_weights = lru_cache(maxsize=4096)(_weights)


@setting
class SASolver(_SigmaFrame):
    """Stochastic Adams: predict with the past D, then correct by the D that was found there.

        x̂' = e^{−H} x̂ + Σ_j w_j D_j + σ' √(1 − e^{−2τ²h}) n,   H = (1 + τ²) h
        w_j = ∫_0^H e^{−(H−u)} ℓ_j(u) du,   nodes (1 + τ²)(λ_j − λ), the corrector's last one H

    Predictor and corrector share the noise n of the step, and the evaluation at the predicted
    point serves the next step too.  Xue et al. 2023, arXiv:2309.05019; τ(σ) is τ
    between two levels, as they have it for EDM’s networks, and constant in a step.
    """

    name: ClassVar[str] = "sa_solver"
    label: ClassVar[str] = "SA-Solver"
    family: ClassVar[str] = "stochastic"
    card: ClassVar[str] = (
        "Stochastic Adams with a corrector, one evaluation a step; noise only between two levels. "
        "With noise its distribution nears the data’s with order 2, single paths with 1."
    )
    source: ClassVar[str] = "Xue et al. 2023, arXiv:2309.05019"
    aliases: ClassVar[tuple[str, ...]] = (
        "SASolverScheduler",
        "sa_solver",
        "sa_solver_pece",
        "sample_sa_solver",
    )
    order: int = _order(3, 3)
    corrector: int = param(
        2, 0, 3, 1, label="Corrector", help="past evaluations that correct an arrival; 0: none"
    )
    tau: float = param(1.0, 0, 2, 0.01, label="τ", help="how much noise is renewed: 0 the ODE")
    low: float = param(0.05, 0, 100, label="τ from", log=True, help="no new noise below this σ")
    high: float = param(1.0, 0, 1e9, label="τ to", log=True, help="no new noise above this σ")

    @property
    def makes_noise(self) -> bool:
        """Whether it leaves the paths of the ODE."""
        return self.tau > 0

    @property
    def nominal_order(self) -> int:
        """Without noise: the corrector adds one to its own order or the predictor's."""
        return min(self.order, self.corrector) + 1 if self.corrector else self.order

    @property
    def memory(self) -> int:
        """The corrector looks at one point more than it has past ones: where it arrived."""
        return max(self.order, self.corrector + 1)

    def rate(self, sigma: float | Tensor):
        """τ²(σ): a number, or one for each sample."""
        if isinstance(sigma, Tensor):
            return torch.where((sigma >= self.low) & (sigma <= self.high), self.tau**2, 0.0)
        return self.tau**2 if self.low <= sigma <= self.high else 0.0

    def step(self, ode: Ode, state: State, t_next: Tensor) -> tuple[Tensor, tuple | None]:
        """It hands on its new noise, which the corrector adds too."""
        sigma_next = number(ode.schedule.sigma(t_next))
        if isinstance(sigma_next, float) and sigma_next == 0:
            return ode.scaled(state.here.denoised, t_next), None
        square = self.rate(number(state.here.sigma))
        new = None
        if not (isinstance(square, float) and square == 0):
            h = _gap(state.here, sigma_next)
            new = sigma_next * (-expm1(-2 * square * h)) ** 0.5 * state.fresh_noise()
        x = self._adams(state.past[-self.order :], state.here, sigma_next, square)
        return ode.scaled(x if new is None else x + new, t_next), (new,)

    def correct(self, ode: Ode, state: State) -> Point:
        """Here with a state improved by the evaluation made here; D stays.

        Without a carry here was given and not predicted, so there is nothing to correct.
        """
        here, start = state.here, state.past[-2]
        if state.carry is None or self.corrector == 0:
            return here
        (new,) = state.carry
        known = (*state.past[:-1][-self.corrector :], here)
        x = self._adams(known, start, number(here.sigma), self.rate(number(start.sigma)))
        return dataclasses.replace(here, x=ode.scaled(x if new is None else x + new, here.t))

    def _adams(self, known: tuple[Point, ...], start: Point, sigma_next, square) -> Tensor:
        """From `start` to σ' with the polynomial through the D of `known`, without the noise."""
        stretch = 1 + square
        nodes = [-stretch * _gap(p, number(start.sigma)) for p in known]
        whole = stretch * _gap(start, sigma_next)
        weights = exponential_weights(nodes, whole)
        return added(exp(-whole) * start.plain, weights, [p.denoised for p in known])


SEEDS_TABLES = {
    1: "phi1",
    2: "1/2: c2*phi1(c2); 0, phi1",
    3: "1/3: c2*phi1(c2); 2/3: c3*phi1(c3) - 4/3*phi2(c3), 4/3*phi2(c3);"
    "phi1 - 3/2*phi2, 0, 3/2*phi2",
}


@setting
class SEEDS(_SigmaFrame):
    """Exponential Runge–Kutta of the SDE with τ² = η: each stage stands on the same path of noise.

        D:  x̂_i = e^{−c_i H} x̂ + H Σ a_ij(−H) D_j + n_i,         H = (1 + η) h
        ε:  x̂_i = x̂ − (1 + η) σ_i h Σ a_ij(h) ε_j + n_i

    The tables are those of DPM-Solver-1, 2 and 3; n_i are the values of one Gaussian process, new
    in each piece of the step, so that a step asks for as many noises as it has stages.
    Gonzalez et al. 2023, arXiv:2305.14267 (ε, η = 1); image tools use D.
    """

    name: ClassVar[str] = "seeds"
    label: ClassVar[str] = "SEEDS"
    family: ClassVar[str] = "stochastic"
    memory: ClassVar[int] = 1
    card: ClassVar[str] = (
        "Stochastic exponential Runge–Kutta, one evaluation a stage. Its distribution nears the "
        "data’s with order 2 from two stages on, single paths with 1."
    )
    source: ClassVar[str] = "Gonzalez et al. 2023, arXiv:2305.14267"
    aliases: ClassVar[tuple[str, ...]] = ("seeds_2", "seeds_3", "SEEDS-1", "SEEDS-2", "SEEDS-3")
    full_label: ClassVar[str] = "SEEDS-{order}"
    order: int = param(2, 1, 3, 1, label="Stages", help="evaluations in a step; its order at η = 0")
    eta: float = _eta()
    prediction: str = _prediction()
    noise: float = _noise()

    @property
    def makes_noise(self) -> bool:
        """At η = 0 its steps are those of an ODE."""
        return self.eta > 0

    @property
    def evaluations(self) -> int:  # type: ignore[override]  # elsewhere one, of the class
        return self.order

    @property
    def draws(self) -> int:
        """One for each piece of the step."""
        return self.order

    def update(self, ode: Ode, state: State, sigma_next) -> Tensor:
        here, table = state.here, tableau(SEEDS_TABLES[self.order])
        x, sigma, h = here.plain, number(here.sigma), _gap(here, sigma_next)
        data, stretch = self.prediction == "x0", 1 + self.eta
        weights = table.weights(stretch * h) if data else table.weights(h, 1.0)
        answers, path, before = [here.denoised if data else here.noise], None, 0.0
        for k, (c, (keep, row)) in enumerate(
            zip((*table.c[1:], 1.0), (*weights.stages, weights.end))
        ):
            level = sigma * exp(-c * h)
            x_i = (
                added(keep * x, row, answers)
                if data
                else added(x, [-stretch * level * w for w in row], answers)
            )
            if self.eta > 0:
                path = self._further(path, state.fresh_noise(k), level, (c - before) * h)
                x_i, before = x_i + path, c
            if k == table.stages - 1:
                return x_i
            there = _evaluate(ode, x_i, level)
            answers.append(there.denoised if data else there.noise)
        raise AssertionError("a table has a last row")

    def _further(self, path: Tensor | None, new: Tensor, level, h) -> Tensor:
        """The process of noise a piece of length h further, at this level."""
        if self.prediction == "x0":
            size, kept = level * (-expm1(-2 * self.eta * h)) ** 0.5, exp(-(1 + self.eta) * h)
        else:
            size, kept = level * (self.eta * expm1(2 * h)) ** 0.5, 1.0
        new = size * self.noise * new
        return new if path is None else moved(new, kept, path)
