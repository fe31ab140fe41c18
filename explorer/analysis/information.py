"""How much about the data is decided at each noise level, and steps that share it.

    dH[x_0 | x_σ] / d ln σ = E‖x_0 − D(x_σ; σ)‖² / σ²         Guo et al. 2005 (I-MMSE)
    KLUB = Σ_i ∫ t⁻³ E‖D(x_t; t) − D(x_i; σ_i)‖² dt           Sabour et al. 2024 (AYS)

The first makes entropic steps (Stancevic et al. 2025): as many nats decided in each.  The second
bounds what is missed by keeping D as it was at the start of a step; AYS makes it least.
Of an exact D, a martingale along noising paths, E‖D_t − D_s‖² is the loss at s less that at t; then
both are read off one curve, and for a Gaussian both give the same steps.  Levels are descending,
above 0, float64.
"""

from collections.abc import Callable

import torch
from torch import Tensor


def nats(sigma: Tensor, mmse: Tensor, size: int) -> Tensor:
    """dH/d ln σ in nats, (S,).  mmse: E‖x_0 − D‖² per coordinate, (S,); size: coordinates."""
    return size * mmse / sigma.square()


def entropic(sigma: Tensor, mmse: Tensor, n: int, power: float = 0.0) -> Tensor:
    """n levels from sigma[0] to sigma[-1], as much decided between any two neighbours, (n,).

    sigma (S,), mmse (S,): the curve of the loss, at any spacing.  power: each nat counts σ^power;
    with 1 those at the data, of which a continuous law has no end, take no steps from the rest.
    """
    u, rate = sigma.log(), (mmse * sigma ** (power - 2)).clamp(min=0)
    piece = 0.5 * (rate[1:] + rate[:-1]) * (u[:-1] - u[1:])
    decided = torch.cat([piece.new_zeros(1), piece.cumsum(0)])
    total = decided[-1]
    if not total > 0:  # nothing is decided anywhere: all spacings are alike
        decided, total = u[0] - u, u[0] - u[-1]
    wanted = torch.linspace(0, 1, n, dtype=torch.float64) * total
    right = torch.searchsorted(decided, wanted).clamp(1, len(u) - 1)
    left = right - 1
    width = (decided[right] - decided[left]).clamp(min=1e-300)
    part = ((wanted - decided[left]) / width).clamp(0, 1)
    found = (u[left] + part * (u[right] - u[left])).exp()
    found[0], found[-1] = sigma[0], sigma[-1]
    return found


@torch.no_grad()
def answers(
    denoiser,
    clean: Tensor,
    sigma: Tensor,
    generator: torch.Generator,
    watch: Callable[[], None] | None = None,
) -> Tensor:
    """D along noising paths of the same data: x_t + noise = x_s for t < s.  (M, n, d), float64.

    clean (n, *shape); generator: of the CPU.  watch() is called at each level and may raise.
    """
    found = []
    x = clean
    spread = torch.cat([sigma, sigma.new_zeros(1)]).square()
    for level, step in zip(reversed(sigma.tolist()), reversed((spread[:-1] - spread[1:]).tolist())):
        if watch is not None:
            watch()
        noise = torch.randn(clean.shape, generator=generator, dtype=torch.float64)
        x = x + step**0.5 * noise.to(x)
        found.append(
            denoiser(x, torch.tensor(level, dtype=torch.float64)).flatten(1).cpu().double()
        )
    return torch.stack(found[::-1])


def bound(sigma: Tensor, answers: Tensor) -> Tensor:
    """AYS's bound of one step from each level to each lower one, (M, M); 0 below the diagonal.

    The integral is the trapezoid's over the levels between, in ln t: d t / t³ = d ln t / t².
    """
    flat = answers.transpose(0, 1)  # (n, M, d)
    apart = torch.cdist(flat, flat).square().mean(0)
    u = sigma.log()
    rate = apart / sigma.square()  # row: the start of the step; column: t
    piece = 0.5 * (rate[:, 1:] + rate[:, :-1]) * (u[:-1] - u[1:])
    total = torch.cat([piece.new_zeros(len(u), 1), piece.cumsum(1)], dim=1)
    return (total - total.diagonal()[:, None]).triu()


def of_steps(cost: Tensor, places: Tensor) -> Tensor:
    """The bound of each step of a list, (n − 1,).  places (n,): of its levels among all."""
    return cost[places[:-1], places[1:]]


def least(cost: Tensor, n: int) -> Tensor:
    """Places of the n levels, the first and the last among them, whose bound is smallest, (n,).

    By dynamic programming: the best way in k steps to a level goes over the best in k − 1 to one
    before.  Exact on the levels that there are.
    """
    count = len(cost)
    steps = cost.masked_fill(~torch.ones_like(cost, dtype=torch.bool).triu(1), torch.inf)
    best, before = steps[0].clone(), []
    for _ in range(n - 2):
        best, came = (best[:, None] + steps).min(0)
        before.append(came)
    place, found = count - 1, [count - 1]
    for came in reversed(before):
        place = int(came[place])
        found.append(place)
    return torch.tensor([0, *reversed(found)])
