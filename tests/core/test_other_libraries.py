"""The same numbers as diffusers and k-diffusion give, where those are installed."""

import pytest
import torch

from explorer.bench import others
from explorer.core.sampling import sample
from explorer.core.timesteps import Rho

from .problems import mixture, normal

DENOISER, NOISE = mixture(d=3), normal(6, 3)
GRID = torch.cat([Rho().sigmas(12), torch.zeros(1, dtype=torch.float64)])
STEPS = 10  # below 15, where diffusers too falls to lower orders at the end
# Held together one step before the end: there diffusers extrapolates LMS to σ = 0, where we answer
# with D; has no number for B(h) = h at h = ∞; and takes a DEIS step between two levels that are the
# same but for rounding.
ONE_LESS = {"lms", "unipc-3 bh1", "deis-2", "deis-3"}


def generator():
    return torch.Generator().manual_seed(5)


def noises(count: int) -> torch.Tensor:
    """What `generator` draws, one step after the other."""
    g = generator()
    return torch.stack(
        [torch.randn(NOISE.shape, generator=g, dtype=NOISE.dtype) for _ in range(count)]
    )


def needed(library: str):
    why = others.missing(library)
    return pytest.mark.skipif(why is not None, reason=why or "")


@needed("diffusers")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # its own, about NumPy
@pytest.mark.parametrize("name", others.DIFFUSERS)
def test_agrees_with_diffusers(name):
    """Its noise levels and time steps are float32, and so is most of its arithmetic: 1e-7 of a
    state of size σ ≤ 160 is 2e-5, and a second difference of D magnifies it.
    """
    made = others.scheduler(name, STEPS)
    sigmas, ours = others.levels(made), others.DIFFUSERS[name][2]
    given = {"noises": noises(STEPS)} if ours.family == "stochastic" else {}
    if ours.name == "euler_a":
        new_noise = generator()
    else:
        new_noise = noises(STEPS).__getitem__
    steps = STEPS - 1 if name in ONE_LESS else None
    theirs = others.diffusers_loop(name, made, DENOISER, NOISE, new_noise, steps)
    here = sample(DENOISER, NOISE, sigmas, ours, **given).x[steps or -1]
    torch.testing.assert_close(theirs.double(), here, rtol=1e-4, atol=1e-4)


@needed("k-diffusion")
@pytest.mark.parametrize("name", others.K_DIFFUSION)
def test_agrees_with_k_diffusion(name):
    """Both in float64: rounding only, except LMS, whose integrals k-diffusion takes numerically to
    1e-4 of their size.
    """
    ours, sigmas = others.K_DIFFUSION[name][2], GRID[:-1] if name == "lms" else GRID
    drawn = noises(len(sigmas))
    theirs = others.k_diffusion_run(name, DENOISER, NOISE, sigmas, drawn.__getitem__)
    given = {"noises": drawn} if ours.family == "stochastic" else {}
    here = sample(DENOISER, NOISE, sigmas, ours, **given).samples
    tolerance = 1e-4 if name == "lms" else 1e-9
    torch.testing.assert_close(theirs, here, rtol=tolerance, atol=tolerance)
