"""The Jacobian of a denoiser: its trace, and how far it is from symmetric.

J = ∂D/∂x = I + σ² ∇∇ᵀ log p for the posterior mean (EDM, Eq. 3), so the Jacobian of an exact
denoiser is symmetric, and the score is the gradient of something.  A network's need not be: then
no density belongs to its score, and Langevin diffusion has nowhere to lead.  Karras et al. 2022,
Sec. 4, take that as a reason why much churn loses detail.
"""

import torch
from torch import Tensor

EXACT = 64  # coordinates up to which J is made whole


def _graph(denoiser, x: Tensor, sigma) -> tuple[Tensor, Tensor]:
    """(x that remembers, D(x; σ))."""
    x = x.detach().requires_grad_(True)
    return x, denoiser(x, sigma)


def trace(
    denoiser, x: Tensor, sigma: Tensor, probes: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """(D(x; σ) (B, *shape), tr J (B,) or (P, B)).

    x (B, *shape), sigma (): unscaled.  probes (P, B, *shape): random signs; then the trace is
    Hutchinson's estimate vᵀJv, one for each probe, at one backward pass each.  Without them it is
    exact, at as many passes as coordinates.
    """
    with torch.enable_grad():
        x, denoised = _graph(denoiser, x, sigma)
        if probes is not None:
            rows = [_back(denoised, x, v, True) for v in probes]
            found = torch.stack([(v * r).flatten(1).sum(1) for v, r in zip(probes, rows)])
        else:
            flat = denoised.flatten(1)
            each = (_back(y.sum(), x, None, True).flatten(1) for y in flat.T)
            found = torch.stack([row[:, k] for k, row in enumerate(each)]).sum(0)
    return denoised.detach(), found.detach()


def _back(y: Tensor, x: Tensor, v: Tensor | None, keep: bool, create: bool = False) -> Tensor:
    return torch.autograd.grad(y, x, v, retain_graph=keep, create_graph=create)[0]


def whole(denoiser, x: Tensor, sigma: Tensor) -> Tensor:
    """J (B, d, d) of each sample: row k is the gradient of coordinate k of D."""
    with torch.enable_grad():
        x, denoised = _graph(denoiser, x, sigma)
        rows = [_back(y.sum(), x, None, True).flatten(1) for y in denoised.flatten(1).T]
    return torch.stack(rows, 1).detach()


def asymmetry(
    denoiser, x: Tensor, sigma: Tensor, generator: torch.Generator | None = None, probes: int = 8
) -> Tensor:
    """‖(J − Jᵀ)/2‖²/‖J‖² of each sample, (B,): the part of J that belongs to no density, 0 to 1.

    Up to `EXACT` coordinates from J itself; beyond from E‖Av‖² = ‖A‖² over random signs v, whose
    number is `probes`, with Jv found by differentiating vᵀ(Jᵀu) by u.  generator: on the CPU.
    """
    if x[0].numel() <= EXACT:
        j = whole(denoiser, x, sigma)
        odd = (j - j.transpose(1, 2)) / 2
        return odd.square().sum((1, 2)) / j.square().sum((1, 2))
    odd = x.new_zeros(len(x))
    size = x.new_zeros(len(x))
    for _ in range(probes):
        v = signs(x.shape, generator).to(x)
        with torch.enable_grad():
            at, denoised = _graph(denoiser, x, sigma)
            u = torch.zeros_like(denoised, requires_grad=True)
            back = _back(denoised, at, u, True, create=True)  # Jᵀu, linear in u
            forward = _back((back * v).sum(), u, None, True)  # Jv
            behind = _back(denoised, at, v, False)  # Jᵀv
        odd += ((forward - behind) / 2).detach().flatten(1).square().sum(1)
        size += forward.detach().flatten(1).square().sum(1)
    return odd / size


def signs(shape, generator: torch.Generator | None = None) -> Tensor:
    """Random signs, ±1 in float64: the probes of least variance for a trace (Hutchinson 1990)."""
    return torch.randint(0, 2, tuple(shape), generator=generator).double().mul_(2).sub_(1)
