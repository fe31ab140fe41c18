"""Where in a step the path runs along its own chord: what AMED's predictor has to find.

    x_{n+1} − x_n = ∫ ε dσ = (σ_{n+1} − σ_n) ε̄,     ε(x_s, s) ∥ ε̄ for some s, were the path plane

Zhou et al. 2024, arXiv:2312.00094, Eqs. 7-9.
"""

import dataclasses

import torch
from torch import Tensor

from ..core.ode import Ode
from ..core.solvers.learned import inner_point


@dataclasses.dataclass(frozen=True, eq=False)
class Step:
    """One step of true paths, (B,) each unless said otherwise.

    r, c: of the point whose tangent is nearest to parallel to the chord, and of the length that
    fits best there; angle: what is left between them, in radians.  sigma (T,), x (T, B, D): the
    path inside the step.  tangent (T, B, D): ε there.
    """

    sigma: Tensor
    x: Tensor
    tangent: Tensor
    r: Tensor
    c: Tensor
    angle: Tensor


@torch.no_grad()
def along(reference, start: float, end: float, points: int = 49, count: int | None = None) -> Step:
    """A step of the reference paths, from one level to another."""
    top, bottom = torch.tensor([start, end], dtype=torch.float64).log().tolist()
    sigma = torch.linspace(top, bottom, points, dtype=torch.float64).exp()
    x = reference.at(sigma, count).flatten(2)
    # dx/dσ by the path itself: three points, exact to second order, and nothing is evaluated
    level = sigma.to(x)
    tangent = torch.gradient(x, spacing=(level,), dim=0, edge_order=2)[0]
    chord = (x[-1] - x[0]) / (end - start)
    cosine = torch.nn.functional.cosine_similarity(tangent, chord[None], dim=2).clamp(-1, 1)
    best = cosine.argmax(0)
    pick = tangent.gather(0, best[None, :, None].expand(1, -1, x.shape[2]))[0]
    r = best.double() / (points - 1)
    c = (chord * pick).sum(1) / pick.square().sum(1)
    angle = cosine.gather(0, best[None])[0].arccos()
    return Step(sigma, x, tangent, r, c, angle)


@dataclasses.dataclass(frozen=True, eq=False)
class Family:
    """Where every r leads from the same start, as numbers that give any c without another call.

    r (R,).  points (R, B, D): x_m;  moves (R, B, D): (σ' − σ) ε(x_m, σ_m).  start, slope (B, D):
    x and ε at the start.  The single-step solvers of the paper's Table 1 are all in here:
    DDIM r = 0, Heun ½(slope + moves at 1), DPM-Solver-2(r) w moves + (1 − w) slope, AMED c moves.
    """

    r: Tensor
    points: Tensor
    moves: Tensor
    start: Tensor
    slope: Tensor
    width: float

    def amed(self, i: int, c) -> Tensor:
        """x' for r = self.r[i] and any c."""
        return self.start + c * self.moves[i]

    def dpm2(self, i: int) -> Tensor:
        """x' of DPM-Solver-2 with r = self.r[i] > 0; Heun at r = 1."""
        w = 1 / (2 * float(self.r[i]))
        return self.start + w * self.moves[i] + (1 - w) * self.width * self.slope

    @property
    def ddim(self) -> Tensor:
        return self.start + self.width * self.slope


@torch.no_grad()
def family(
    denoiser, x: Tensor, start: float, end: float, points: int = 41, analytic: bool = False
) -> Family:
    """Every place in a step where two evaluations may look.  x (B, *shape) at `start`."""
    ode = Ode(denoiser)
    here = torch.tensor(start, dtype=torch.float64)
    first = ode.analytic(x, here) if analytic else ode.evaluate(x, here)
    r = torch.linspace(0, 1, points, dtype=torch.float64)
    states, moves = [], []
    for v in r.tolist():
        middle = end**v * start ** (1 - v)
        point = inner_point(ode, x + (middle - start) * first.noise, middle, 1.0)
        states.append(point.x.flatten(1))
        moves.append((end - start) * point.noise.flatten(1))
    return Family(
        r,
        torch.stack(states),
        torch.stack(moves),
        x.flatten(1),
        first.noise.flatten(1),
        end - start,
    )
