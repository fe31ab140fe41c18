"""The start at σ = ∞: pure noise, as flow matching has it at t = 1 and tables of zero terminal SNR.

There x̂ is infinite and only its direction is left, the unit noise n.  A denoiser is asked D(n; ∞)
and answers with the mean of the data, or with what its network makes of x_t = n.  The first step
goes along a straight line,

    x̂(σ) = D(n; ∞) + σ n,

which is DDIM's step, and the limit of every other.  The line has a finite point at `place`: there
the record of a run begins, so that nothing that is drawn or measured is infinite.
"""

import dataclasses
import math
from collections.abc import Sequence

import torch
from torch import Tensor

from ..errors import UserError
from .ode import Ode, Point, State, Stepper

PLACE = 1000.0  # the level that stands for ∞, where the next one lies below


def place(levels: Sequence[float]) -> float:
    """The finite level that stands for a first level of ∞: PLACE, or the first power of ten above
    the second level.  levels: of the run, the first of them ∞."""
    second = next((s for s in levels if math.isfinite(s)), 0.0)
    return PLACE if second < PLACE else 10.0 ** (math.floor(math.log10(second)) + 1)


def placed(sigmas: Tensor) -> tuple[Tensor, bool]:
    """The levels with a finite one in the place of a first ∞, and whether there was one."""
    if not len(sigmas) or not math.isinf(float(sigmas[0])):
        return sigmas, False
    sigmas = sigmas.clone()
    sigmas[0] = place(sigmas.tolist())
    return sigmas, True


@dataclasses.dataclass(frozen=True, eq=False, slots=True)
class Pure(Point):
    """The point at σ = ∞ in a schedule whose time is finite there; x is the unit noise."""

    @property
    def plain(self) -> Tensor:
        """The unit noise, in place of what is infinite."""
        return self.x

    @property
    def noise(self) -> Tensor:
        """The unit noise."""
        return self.x


def answer(denoiser, noise: Tensor) -> Tensor:
    """D(n; ∞).  Raises UserError of a denoiser that has none."""
    found = denoiser(noise, torch.tensor(math.inf, dtype=torch.float64)).to(noise.dtype)
    if not bool(torch.isfinite(found).all()):
        raise UserError(
            "This denoiser has no answer to pure noise, σ = ∞. Begin at a finite level such as 80."
        )
    return found


def first_point(ode: Ode, noise: Tensor, t: Tensor, analytic: bool) -> Point:
    """The point of the line at the time t of `place`, after one evaluation at ∞.

    analytic: D = 0, the limit of the analytic first step, without an evaluation.
    """
    sigma, scale = ode.schedule.sigma(t), ode.schedule.scale(t) if ode.schedule.scaled else None
    if analytic:
        denoised = torch.zeros_like(noise)
    else:
        ode.evaluated.append(sigma)
        denoised = answer(ode.denoiser, noise)
    x = ode.scaled(denoised + sigma * noise, t)
    return Point(t, sigma, scale, x, denoised)


def own_step(schedule, solver: Stepper) -> bool:
    """Whether the solver takes the first step in its own way: in the time of a schedule that is
    finite at ∞, one without memory.  All others take DDIM's, of order 1."""
    own = getattr(solver, "needs_schedule", False) and solver.memory == 1
    return own and getattr(schedule, "end", None) is not None


def first_step(ode: Ode, solver: Stepper, state: State, noise: Tensor, t_next: Tensor) -> Tensor:
    """Where the first step leads; state.here is the point of `first_point`."""
    denoised = state.here.denoised
    if own_step(ode.schedule, solver):
        end = torch.full_like(state.here.t, ode.schedule.end)
        infinite, nothing = torch.full_like(end, math.inf), torch.zeros_like(end)
        here = Pure(end, infinite, nothing, noise, denoised)
        return solver.step(ode, state._replace(past=(here,)), t_next)[0]
    sigma_next = ode.schedule.sigma(t_next)
    return ode.scaled(denoised + sigma_next * noise, t_next)


@torch.no_grad()
def true_state(denoiser, noise: Tensor, sigma: float) -> Tensor:
    """Where the probability-flow ODE that begins at ∞ with this noise is at `sigma`, a `place`.

    One step of RK4 from t = 1 in flow matching's frame, where the way is 1/(1 + σ) long and dx/dt =
    (x − D)/t smooth: off by (S/σ)⁵ for data of size S, in the unit of x_t.
    """
    t = torch.tensor(sigma / (1 + sigma), dtype=torch.float64)
    h = float(t) - 1

    def slope(x: Tensor, at: Tensor) -> Tensor:
        return (x - denoiser(x / (1 - at), at / (1 - at))) / at

    k1 = noise - answer(denoiser, noise)
    k2 = slope(noise + h / 2 * k1, (1 + t) / 2)
    k3 = slope(noise + h / 2 * k2, (1 + t) / 2)
    k4 = slope(noise + h * k3, t)
    return (noise + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)) * (1 + sigma)
