"""ε, v, x₀ and flow of one exact denoiser are one denoiser, and our steps are diffusers' own."""

import pytest
import torch
from torch import nn

from explorer.core.denoisers import Gaussian
from explorer.core.sampling import sample
from explorer.core.schedules import EDM
from explorer.core.solvers import SOLVERS
from explorer.models.denoiser import NetworkDenoiser, Preconditioned
from explorer.models.discrete import precond_of

from .test_discrete import DDPM

FLOW = {"_class_name": "FlowMatchEulerDiscreteScheduler", "shift": 3.0}
ZERO = {**DDPM, "rescale_betas_zero_snr": True}
SCHEDULERS = {
    "epsilon": DDPM,
    "sample": {**DDPM, "prediction_type": "sample"},
    "v": {**DDPM, "prediction_type": "v_prediction"},
    "zero": {**ZERO, "prediction_type": "v_prediction"},
    "flow": FLOW,
    "flow by DPM": {
        "_class_name": "DPMSolverMultistepScheduler",
        "prediction_type": "flow_prediction",
        "flow_shift": 3.0,
    },
}
DIRECTION = torch.nn.functional.normalize(torch.arange(1.0, 17).double()[None])
TRUTH = Gaussian(  # wide along one direction, so that no coordinate is like another
    torch.full((1, 4, 4), 0.3, dtype=torch.float64), torch.tensor([2.0]).double(), DIRECTION, 0.4
)


class Wrapped(nn.Module):
    """A network that says in its own words what the exact denoiser of a Gaussian answers, from what
    the library would hand it: the noisy state of its process, and the step."""

    label_dim = 0

    def __init__(self, kind: str, levels):
        super().__init__()
        self.kind, self.levels = kind, levels
        self.weight = nn.Parameter(torch.zeros(1))

    def forward(self, z, step, labels=None, augment=None):
        z, step = z.double(), step.double()
        if self.kind.startswith("flow"):  # z = (1 − t) y + t ε
            t = (step / 1000).reshape(-1, 1, 1, 1)
            y = TRUTH(z / (1 - t), (t / (1 - t)).flatten())
            return (z - y) / t  # ε − y, for ε = (z − (1 − t) y)/t
        sigma = self.levels[step.round().long()].reshape(-1, 1, 1, 1)
        signal, loud = (1 + sigma**2).rsqrt(), sigma * (1 + sigma**2).rsqrt()
        y = TRUTH(z / signal, sigma.flatten())
        noise = (z - signal * y) / loud
        return {"epsilon": noise, "sample": y}.get(self.kind, signal * noise - loud * y)


def wrapped(kind: str):
    precond = precond_of(SCHEDULERS[kind])
    return NetworkDenoiser(Preconditioned(Wrapped(kind, precond.levels), precond, (1, 4, 4)))


@pytest.mark.parametrize("kind", SCHEDULERS)
def test_each_prediction_is_the_same_denoiser(kind):
    d = wrapped(kind)
    sigma = d.module.precond.levels[:: 37 if kind != "flow" else 1]
    x = torch.randn(len(sigma), 1, 4, 4, generator=torch.Generator().manual_seed(0)).double()
    x = x * (sigma**2 + 0.49).sqrt().reshape(-1, 1, 1, 1)
    # the network is fed float32, 6e-8 of z; ε and the flow give y back times σ at most
    assert torch.allclose(d(x, sigma), TRUTH(x, sigma), rtol=0, atol=1e-6 * float(sigma.max() + 1))
    quiet = sigma < 1
    assert torch.allclose(d(x, sigma)[quiet], TRUTH(x, sigma)[quiet], rtol=0, atol=2e-6)


def test_pure_noise_is_left_out_of_a_table():
    """Zero terminal SNR: the last level is infinite; what is left agrees with the library's ᾱ."""
    diffusers = pytest.importorskip("diffusers", reason="agreement with diffusers needs it")
    own = diffusers.DDIMScheduler.from_config({**ZERO, "_class_name": "DDIMScheduler"})
    precond = precond_of(SCHEDULERS["zero"])
    assert float(own.alphas_cumprod[-1]) < 1e-12 and len(precond.levels) == 999
    assert precond.ends_in_noise and not precond_of(DDPM).ends_in_noise
    bar = own.alphas_cumprod[:-1].double()
    assert torch.allclose(1 / (1 + precond.levels**2), bar, rtol=1e-3, atol=1e-7)  # of float32


def test_the_table_of_flow_is_the_librarys():
    diffusers = pytest.importorskip("diffusers", reason="agreement with diffusers needs it")
    own = diffusers.FlowMatchEulerDiscreteScheduler(shift=3.0).sigmas.flip(0).double()
    precond = precond_of(FLOW)
    assert float(own[-1]) == 1 and precond.ends_in_noise
    assert torch.allclose(precond.levels / (1 + precond.levels), own[:-1], rtol=0, atol=1e-6)


@pytest.mark.parametrize("kind", ["epsilon", "sample", "v"])
def test_ddim_of_the_library_is_euler_on_its_table(kind):
    """Step by step: x̂ = x/√ᾱ of DDIMScheduler against our Euler in σ, on the same levels."""
    diffusers = pytest.importorskip("diffusers", reason="agreement with diffusers needs it")
    own = diffusers.DDIMScheduler.from_config(
        {**SCHEDULERS[kind], "_class_name": "DDIMScheduler"},
        clip_sample=False,
        set_alpha_to_one=False,
        timestep_spacing="leading",
    )
    own.set_timesteps(20)
    d, steps = wrapped(kind), own.timesteps
    z = torch.randn(2, 1, 4, 4, generator=torch.Generator().manual_seed(1)).double()
    levels = d.module.precond.levels[steps]
    t = sample(d, z * (1 + levels[0] ** -2).sqrt(), levels, SOLVERS["euler"](), EDM())
    for i, k in enumerate(steps):
        bar = own.alphas_cumprod[k].double()
        assert torch.allclose(z / bar.sqrt(), t.x[i].cpu(), rtol=1e-4, atol=1e-4), i
        z = own.step(d.module.model(z, torch.tensor([float(k)])), k, z).prev_sample


@pytest.mark.parametrize("kind", ["epsilon", "v"])
def test_euler_of_the_library_is_ours(kind):
    diffusers = pytest.importorskip("diffusers", reason="agreement with diffusers needs it")
    own = diffusers.EulerDiscreteScheduler.from_config(
        {**SCHEDULERS[kind], "_class_name": "EulerDiscreteScheduler"}, timestep_spacing="leading"
    )
    own.set_timesteps(12)
    d, g = wrapped(kind), torch.Generator().manual_seed(1)
    x = torch.randn(2, 1, 4, 4, generator=g).double()
    t = sample(d, x, own.sigmas.double(), SOLVERS["euler"](), EDM())
    x = x * own.sigmas[0].double()
    for i, k in enumerate(own.timesteps):
        # the library's σ is float32 of its own table; ours are taken from it
        assert torch.allclose(x, t.x[i].cpu(), rtol=1e-4, atol=1e-4), i
        z = own.scale_model_input(x, k)
        x = own.step(d.module.model(z, k.reshape(1).double()), k, x).prev_sample
    assert torch.allclose(x, t.samples.cpu(), rtol=1e-4, atol=1e-4)


def test_euler_of_flow_is_ours():
    """The library steps in t on x_t; ours in σ on x = x_t/(1 − t): one line seen from two sides.

    y + σε moves by (σ' − σ)(x − D)/σ when x_t moves by (t' − t)(ε − y).
    """
    diffusers = pytest.importorskip("diffusers", reason="agreement with diffusers needs it")
    own = diffusers.FlowMatchEulerDiscreteScheduler(shift=3.0)
    times = [0.95 - 0.09 * i for i in range(10)]
    own.set_timesteps(sigmas=times)
    t = own.sigmas.double()
    d, g = wrapped("flow"), torch.Generator().manual_seed(1)
    z = torch.randn(2, 1, 4, 4, generator=g).double()
    mine = sample(d, z / t[0], t / (1 - t), SOLVERS["euler"](), EDM())
    for i, k in enumerate(own.timesteps):
        assert torch.allclose(z / (1 - t[i]), mine.x[i].cpu(), rtol=1e-4, atol=1e-4), i
        z = own.step(d.module.model(z, k.reshape(1).double()), k, z).prev_sample
    assert torch.allclose(z, mine.samples.cpu(), rtol=1e-4, atol=1e-4)
