"""The ODE upwards: from an image to the noise that it would come from, and back.

    latent = encode(denoiser, x, sigmas, Heun())     x = decode(denoiser, latent, sigmas, Heun())

The probability-flow ODE has one solution through each point, so with small steps the way up and
the way down are one.  Song, Meng & Ermon 2021, Sec. 4.3; Karras et al. 2022, Sec. 3.
"""

from collections.abc import Callable
from itertools import pairwise

import torch
from torch import Tensor

from ..errors import UserError
from .loop import steps
from .ode import Ode, Solver, makes_noise
from .schedules import EDM


def goes_up(solver: Solver | type[Solver]) -> bool:
    """Whether a solver can be run upwards: one step at a time, without new noise."""
    return solver.family == "one-step"


@torch.no_grad()
def encode(
    denoiser,
    x: Tensor,
    sigmas: Tensor,
    solver: Solver,
    schedule=EDM(),
    watch: Callable[[], None] | None = None,
) -> Tensor:
    """The state at σ_max on the path through x (B, *shape), an unscaled state at σ_min.

    sigmas (N + 1,): the grid of sampling, falling, from σ_max to σ_min > 0; it is walked from its
    end.  Divided by σ_max the answer is the noise that `sample` starts from.
    Raises UserError for a solver that cannot go up, and for a grid that ends at 0.
    """
    up = _checked(sigmas, solver).flip(0)
    return _run(denoiser, x, up, solver, schedule, watch)


@torch.no_grad()
def decode(
    denoiser,
    latent: Tensor,
    sigmas: Tensor,
    solver: Solver,
    schedule=EDM(),
    watch: Callable[[], None] | None = None,
) -> Tensor:
    """The state at σ_min on the path through a latent (B, *shape), an unscaled state at σ_max."""
    return _run(denoiser, latent, _checked(sigmas, solver), solver, schedule, watch)


def interpolated(one: Tensor, other: Tensor, count: int) -> Tensor:
    """count latents (count, *shape) from one to the other, both (*shape), along the great circle
    between their directions: in many dimensions a straight line would leave the shell where noise
    lies.  Shoemake 1985; Song, Meng & Ermon 2021, App. D.5.
    """
    a, b = one.flatten(), other.flatten()
    cosine = (a @ b / (a.norm() * b.norm())).clamp(-1, 1)
    angle = torch.arccos(cosine)
    part = torch.linspace(0, 1, count, dtype=one.dtype, device=one.device)[:, None]
    if float(angle) < 1e-6:
        mixed = torch.lerp(a[None], b[None], part)
    else:
        mixed = (((1 - part) * angle).sin() * a + (part * angle).sin() * b) / angle.sin()
    return mixed.reshape(count, *one.shape)


def _checked(sigmas: Tensor, solver: Solver) -> Tensor:
    sigmas = torch.as_tensor(sigmas, dtype=torch.float64)
    if not goes_up(solver) or makes_noise(solver):
        raise UserError(
            f"{solver.label} cannot run upwards: it needs a past, new noise or steps made for it; "
            "choose a one-step solver such as Heun."
        )
    levels = sigmas.tolist()
    if len(levels) < 2 or levels[-1] <= 0 or not all(a > b for a, b in pairwise(levels)):
        raise UserError(
            "Encoding needs levels that fall to σ_min > 0; got "
            f"{[round(s, 6) for s in levels[:8]]}."
        )
    return sigmas


def _run(denoiser, x: Tensor, sigmas: Tensor, solver, schedule, watch) -> Tensor:
    times = schedule.time(sigmas)
    ode = Ode(denoiser, schedule)
    run = steps(ode, solver, ode.scaled(x, times[0]), times)
    arrived = x
    for point in run:
        if watch is not None:
            watch()
        arrived = point.denoised
    return arrived  # the end: nothing is evaluated there
