"""Whole runs of the library's schedulers on tiny pipelines beside ours, step by step."""

import pytest
import torch

from explorer.core.sampling import sample
from explorer.core.schedules import EDM
from explorer.core.solvers import SOLVERS
from explorer.models import load

from . import pipelines
from .test_latent import own_answer

pytestmark = pytest.mark.slow  # each folder is read in a process of its own


@pytest.mark.parametrize("prediction", ["epsilon", "v_prediction", "sample"])
def test_a_run_of_the_librarys_scheduler_is_ours(tmp_path, prediction):
    """DDIM of diffusers on its own network, step by step, and Euler here on the same levels."""
    parts = pipelines.write(tmp_path, prediction_type=prediction, set_alpha_to_one=False)
    net, own = parts["net"], parts["scheduler"]
    own.set_timesteps(10)
    d, steps = load(tmp_path), own.timesteps
    levels = d.module.precond.levels[steps]
    z = torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(0))
    mine = sample(d, z.double() * (1 + levels[0] ** -2).sqrt(), levels, SOLVERS["euler"](), EDM())
    for i, k in enumerate(steps):
        bar = own.alphas_cumprod[k]
        # float32 through a random network and ten steps, of states of size σ
        close = 1e-3 * float(1 + levels[i])
        assert torch.allclose(z / bar.sqrt(), mine.x[i].cpu().float(), rtol=1e-3, atol=close), i
        with torch.no_grad():
            raw = own_answer("UNet2DConditionModel", net, z, k[None].float(), None)
        z = own.step(raw, k, z).prev_sample


def test_a_run_of_the_librarys_flow_is_ours(tmp_path):
    parts = pipelines.write(tmp_path, "SD3Transformer2DModel")
    net, own = parts["net"], parts["scheduler"]
    own.set_timesteps(sigmas=[0.9 - 0.1 * i for i in range(8)])
    t = own.sigmas.double()
    z = torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(0))
    levels = t / (1 - t)
    mine = sample(load(tmp_path), z.double() / t[0], levels, SOLVERS["euler"](), EDM())
    for i, k in enumerate(own.timesteps):
        assert torch.allclose(z.double() / (1 - t[i]), mine.x[i].cpu(), rtol=1e-3, atol=1e-2), i
        with torch.no_grad():
            raw = own_answer("SD3Transformer2DModel", net, z, k.expand(2), None)
        z = own.step(raw, k, z).prev_sample
    assert torch.allclose(z.double(), mine.samples.cpu(), rtol=1e-3, atol=1e-3)
