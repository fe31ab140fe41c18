"""True paths: the probability-flow ODE from the same starts, in closed form or followed finely."""

import dataclasses
from collections.abc import Callable

import torch
from torch import Tensor

from ..core.denoisers import Gaussian, Mixture
from .error import rms
from .followed import followed, given_ahead

LEVELS = 8  # asked for together on a CPU: of more the exponents outgrow its caches
AT_ONCE = 2**20  # numbers of paths that are worked on together: 8 MB for each of some ten copies


@dataclasses.dataclass(frozen=True, eq=False)
class Reference:
    """True paths from the same starts: sigma (T,), x and denoised (T, B, *shape), unscaled.

    floor (T,): what is known of its own error, RMS per coordinate, mean over samples.  method: in
    words.  closed: for a closed form, the function sigmas -> states that `at` asks.
    """

    sigma: Tensor
    x: Tensor
    denoised: Tensor
    floor: Tensor
    method: str
    closed: Callable[[Tensor], Tensor] | None = None

    @torch.no_grad()
    def at(self, sigmas: Tensor, count: int | None = None) -> Tensor:
        """The states at any levels in range, (N, count, *shape).

        Between nodes by cubic Hermite in σ: the slopes (x − D)/σ are known, so nothing is
        evaluated, and the error stays at that of the nodes.
        """
        count = self.x.shape[1] if count is None else min(count, self.x.shape[1])
        sigmas = sigmas.clamp(self.sigma[-1], self.sigma[0])
        if self.closed is not None:
            return self.closed(sigmas)[:, :count]
        node = torch.searchsorted(-self.sigma, -sigmas, right=True) - 1
        node = node.clamp(0, len(self.sigma) - 2)
        a, b = self.sigma[node], self.sigma[node + 1]
        u, h = _column((sigmas - a) / (b - a), self.x), _column(b - a, self.x)
        a, b = _column(a, self.x), _column(b, self.x)

        def part(k: slice) -> Tensor:
            start, end = self.x[node[k], :count], self.x[node[k] + 1, :count]
            slope = (start - self.denoised[node[k], :count]) / a[k]
            slope_end = (end - self.denoised[node[k] + 1, :count]) / b[k]
            v, far = u[k], h[k]
            return ((1 + 2 * v) * start + v * far * slope) * (1 - v) ** 2 + (
                (3 - 2 * v) * end - (1 - v) * far * slope_end
            ) * v**2

        rows = max(1, AT_ONCE // max(1, count * self.x[0, 0].numel()))
        if rows >= len(node):
            return part(slice(None))
        out = self.x.new_empty(len(node), count, *self.x.shape[2:])
        for i in range(0, len(node), rows):
            out[i : i + rows] = part(slice(i, i + rows))
        return out


def _column(sigma: Tensor, x: Tensor) -> Tensor:
    return sigma.to(x).reshape(-1, *[1] * (x.ndim - 1))


def nodes(sigma_max: float, sigma_min: float, points: int) -> Tensor:
    """Levels that fall evenly in ln σ."""
    ends = torch.tensor([sigma_max, sigma_min], dtype=torch.float64).log()
    return torch.linspace(float(ends[0]), float(ends[1]), points, dtype=torch.float64).exp()


@torch.no_grad()
def reference(
    denoiser,
    start: Tensor,
    sigma_max: float,
    sigma_min: float,
    points: int = 65,
    watch: Callable[[], None] | None = None,
) -> Reference:
    """Follow the probability-flow ODE from `start` (B, *shape) at σ_max by RK4, uniform in ln σ.

    The quick reference, for while a slider moves: with 65 points over EDM's range its end agrees
    with an adaptive method to 1e-6 in the median, 1e-3 at worst, near a watershed.
    """
    sigma = nodes(sigma_max, sigma_min, points)
    found = given_ahead(denoiser, start, sigma, watch) if start.is_cuda else None
    xs, answers = found or followed(denoiser, start, sigma, watch)
    return Reference(
        sigma,
        xs,
        answers,
        torch.zeros_like(sigma),
        f"Runge–Kutta of order 4, {points - 1} steps",
    )


@torch.no_grad()
def shortened(denoiser, deeper: Reference, sigma_min: float) -> Reference:
    """The same paths down to a higher level, for one evaluation at each node instead of four."""
    sigma = nodes(float(deeper.sigma[0]), sigma_min, len(deeper.sigma))
    x = deeper.at(sigma)
    rows = max(1, AT_ONCE // max(1, x[0].numel()))
    if rows >= len(x):
        few = len(x) if x.is_cuda else LEVELS
        answers = torch.cat(
            [
                denoiser(some.flatten(0, 1), each.repeat_interleave(x.shape[1])).view_as(some)
                for some, each in zip(x.split(few), sigma.to(x).split(few))
            ]
        )
    else:
        answers = _answers(denoiser, x, sigma)
    return dataclasses.replace(deeper, sigma=sigma, x=x, denoised=answers)


def _answers(denoiser, x: Tensor, sigma: Tensor) -> Tensor:
    """D at each of the levels, (T, B, *shape), a level at a time."""
    out = torch.empty_like(x)
    for i, level in enumerate(sigma):
        out[i] = denoiser(x[i], level)
    return out


@torch.no_grad()
def refined_reference(
    denoiser, coarse: Reference, watch: Callable[[], None] | None = None
) -> Reference:
    """A quick reference followed again in steps of half the size, for networks.

    Those answer in float32 and bend where they like, so that an adaptive method would chase their
    rounding; the difference of the two runs stands as the floor.
    """
    points = 2 * len(coarse.sigma) - 1
    fine = reference(
        denoiser, coarse.x[0], float(coarse.sigma[0]), float(coarse.sigma[-1]), points, watch
    )
    return dataclasses.replace(
        fine,
        floor=difference(fine.x, coarse.x),
        method=f"Runge–Kutta of order 4, {points - 1} steps against {points // 2}",
    )


TOLERANCES = (1e-6, 1e-9)  # of the looser run and of the reference


@torch.no_grad()
def adaptive_reference(
    denoiser,
    start: Tensor,
    sigma_max: float,
    sigma_min: float,
    points: int = 193,
    watch: Callable[[], None] | None = None,
) -> Reference:
    """The same paths by an adaptive Dormand–Prince method in ln σ (torchdiffeq), steps ending at
    every node.

    A looser run takes steps up to twice as long, ending at every other node; the difference of the
    two, which is its error and some 30 times that of the reference, stands as the floor below which
    nothing is known.  (On the same nodes two tolerances make the same steps where those are short
    enough for both, and agree to the last digits.)
    """
    from torchdiffeq import odeint

    sigma = nodes(sigma_max, sigma_min, points)
    u = sigma.log().to(start)

    def slope(v: Tensor, x: Tensor) -> Tensor:
        if watch is not None:
            watch()
        return x - denoiser(x, v.exp())

    def follow(tolerance: float, at: Tensor) -> Tensor:
        options = {"step_t": at, "dtype": start.dtype}
        method = {"method": "dopri5", "options": options}
        return odeint(slope, start, at, rtol=tolerance, atol=tolerance, **method)

    loose = follow(TOLERANCES[0], u[::2])
    path = follow(TOLERANCES[1], u)
    floor = difference(path, loose)
    del loose  # before the answers, which take as much again
    return Reference(
        sigma,
        path,
        _answers(denoiser, path, sigma),
        floor,
        f"adaptive Dormand–Prince, tolerance {TOLERANCES[1]:g}",
    )


def difference(fine: Tensor, coarse: Tensor) -> Tensor:
    """(T,): RMS per coordinate, median over samples, of paths at all nodes and at every other.

    A node that only the fine paths have takes the larger of the two beside it.
    """
    each = torch.stack([rms(a - b) for a, b in zip(fine[::2], coarse)])
    known = each.quantile(0.5, 1).cpu().double().repeat_interleave(2)[:-1]
    known[1::2] = torch.maximum(known[:-1:2], known[2::2])
    return known


def closes(denoiser) -> bool:
    """Whether the paths have a closed form."""
    line = isinstance(denoiser, Mixture) and denoiser.shape == (1,) and not denoiser.stds.ndim
    return line or isinstance(denoiser, Gaussian)


@torch.no_grad()
def closed_reference(
    denoiser, start: Tensor, sigma_max: float, sigma_min: float, points: int = 193
) -> Reference | None:
    """The paths where they have a closed form, else None.

    A Gaussian: each coefficient goes with √(σ² + l).  A mixture in 1-D: the flow keeps the CDF, so
    a path is a level set of Σ w Φ((x − m)/√(σ² + τ²)) = const (EDM, Fig. 3), found by bisection.
    """
    if not closes(denoiser):
        return None
    if isinstance(denoiser, Gaussian):
        method = "closed form of a Gaussian"
        closed = lambda sigmas: _flown(denoiser, start, sigma_max, sigmas)
    else:
        method = "closed form: level sets of the CDF"
        closed = lambda sigmas: _level_sets(denoiser, start, sigma_max, sigmas)
    sigma = nodes(sigma_max, sigma_min, points)
    x = closed(sigma)
    answers = _answers(denoiser, x, sigma)
    floor = torch.full_like(sigma, 16 * torch.finfo(start.dtype).eps)
    return Reference(sigma, x, answers, floor, method, closed)


def _flown(law: Gaussian, start: Tensor, sigma_max: float, sigmas: Tensor) -> Tensor:
    """(N, B, *shape): where the flow takes the starts."""
    out = start.new_empty(len(sigmas), *start.shape)
    for i, sigma in enumerate(sigmas):
        out[i] = law.flow(start, sigma_max, float(sigma))
    return out


def _level_sets(law: Mixture, start: Tensor, sigma_max: float, sigmas: Tensor) -> Tensor:
    """(N, B, 1): the x at each level whose CDF is that of the start."""
    weights = (
        law.weights
        if law.weights is not None
        else torch.full_like(law.means[:, 0], 1 / len(law.means))
    )
    sigmas = sigmas.to(start)

    def tail(x: Tensor, spread: Tensor, side: Tensor) -> Tensor:
        """(…): the mass above x where `side` is 1, below it where it is −1."""
        z = (x[..., None] - law.means[:, 0]) / spread[..., None] / 2**0.5
        return (weights * torch.erfc(side[..., None] * z)).sum(-1) / 2

    begin, one = start[:, 0], torch.ones_like(start[:, 0])
    spread = (torch.full_like(begin, sigma_max) ** 2 + law.stds**2).sqrt()
    below, above = tail(begin, spread, -one), tail(begin, spread, one)
    # each compares its own small tail, so that no digits are lost near 0 and 1
    side, mass = torch.where(below < above, -one, one), torch.minimum(below, above)
    spread = (sigmas[:, None].expand(-1, len(start)) ** 2 + law.stds**2).sqrt()
    reach = float(law.means.abs().max()) + 12 * spread
    reach = torch.maximum(reach, begin.abs().max() + 1)
    low, high = -reach, reach.clone()
    for _ in range(90):  # halving 1e3 down to the last bit of float64 takes some 63
        middle = (low + high) / 2
        less = side * (tail(middle, spread, side) - mass) > 0
        low, high = torch.where(less, middle, low), torch.where(less, high, middle)
    return ((low + high) / 2)[..., None]
