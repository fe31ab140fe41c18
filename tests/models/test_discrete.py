"""What a scheduler's config of diffusers implies: levels, steps and predictions."""

import math

import pytest
import torch
from torch import nn

from explorer.errors import UserError
from explorer.models.denoiser import Preconditioned
from explorer.models.discrete import Discrete, precond_of
from explorer.models.precond import EDM

DDPM = {
    "_class_name": "DDPMScheduler",
    "num_train_timesteps": 1000,
    "beta_start": 1e-4,
    "beta_end": 0.02,
    "beta_schedule": "linear",
    "prediction_type": "epsilon",
}


class Oracle(nn.Module):
    """A network that knows the noise and the data of its batch, and says what it is asked for."""

    label_dim = 0

    def __init__(self, y, noise, kind):
        super().__init__()
        self.y, self.noise, self.kind = y, noise, kind
        self.weight = nn.Parameter(torch.zeros(1))

    def forward(self, x, c_noise, labels=None, augment=None):
        self.x, self.c_noise = x, c_noise
        bar = 1 / (1 + self.sigma**2).reshape(-1, 1, 1, 1)
        return {
            "epsilon": self.noise,
            "sample": self.y,
            "v_prediction": bar.sqrt() * self.noise - (1 - bar).sqrt() * self.y,
        }[self.kind]


@pytest.mark.parametrize("kind", ["epsilon", "v_prediction", "sample"])
def test_each_prediction_gives_back_the_data(kind):
    g = torch.Generator().manual_seed(0)
    y, noise = torch.randn(2, 3, 1, 4, 4, generator=g, dtype=torch.float64)
    precond = precond_of({**DDPM, "prediction_type": kind})
    sigma = precond.levels[[10, 500, 990]]
    net = Oracle(y, noise, kind)
    net.sigma = sigma
    d = Preconditioned(net, precond, (1, 4, 4))
    x = y + sigma.reshape(-1, 1, 1, 1) * noise
    assert torch.allclose(d(x, sigma), y, atol=1e-9)
    assert net.c_noise.tolist() == pytest.approx([10, 500, 990], abs=1e-3)  # float32


@pytest.mark.parametrize("kind", ["epsilon", "v_prediction", "sample"])
def test_the_network_is_fed_what_it_was_trained_on(kind):
    """x_k = √ᾱ_k y + √(1 − ᾱ_k) ε, with ᾱ from the config's betas."""
    y, noise = torch.randn(2, 3, 1, 4, 4, generator=torch.Generator().manual_seed(0)).double()
    precond, steps = precond_of({**DDPM, "prediction_type": kind}), [10, 500, 990]
    bar = (1 - torch.linspace(1e-4, 0.02, 1000, dtype=torch.float64)).cumprod(0)[steps]
    bar = bar.reshape(-1, 1, 1, 1)
    net = Oracle(y, noise, kind)
    net.sigma = precond.levels[steps]
    Preconditioned(net, precond, (1, 4, 4))(y + net.sigma.reshape(-1, 1, 1, 1) * noise, net.sigma)
    expected = bar.sqrt() * y + (1 - bar).sqrt() * noise
    assert torch.allclose(net.x.double(), expected, atol=1e-5)  # the network's input is float32


def test_levels_of_ddpm_by_hand():
    """ᾱ is the running product of 1 − β; σ = √((1 − ᾱ)/ᾱ)."""
    p, bar = precond_of(DDPM), 1.0
    for k in range(1000):
        bar *= 1 - (1e-4 + k * (0.02 - 1e-4) / 999)
        if k in (0, 1, 499, 999):
            assert float(p.levels[k]) == pytest.approx(math.sqrt((1 - bar) / bar), rel=1e-9)
    assert p.sigma_min == pytest.approx(0.01, rel=1e-3) and 157 < p.sigma_max < 158


@pytest.mark.parametrize("kind", ["linear", "scaled_linear", "squaredcos_cap_v2", "sigmoid"])
def test_steps_and_levels_are_inverse(kind):
    p = precond_of({**DDPM, "beta_schedule": kind})
    assert bool((p.levels.diff() > 0).all())
    assert torch.allclose(p.c_noise(p.levels), torch.arange(1000, dtype=torch.float64), atol=1e-6)
    between = (p.levels[10] * p.levels[11]).sqrt()
    assert float(p.c_noise(between)) == pytest.approx(10.5)
    assert float(p.c_noise(torch.tensor(1e9, dtype=torch.float64))) == 999
    assert float(p.round_sigma(p.levels[7] * 1.0001)) == float(p.levels[7])


def test_trained_betas_are_used():
    p = precond_of({**DDPM, "trained_betas": [0.1, 0.2]})
    assert p.levels.tolist() == pytest.approx([math.sqrt(0.1 / 0.9), math.sqrt(0.28 / 0.72)])


def test_edm_schedulers():
    s = torch.tensor([0.1, 3.0], dtype=torch.float64)
    own = EDM(0.7)
    plain = precond_of({"_class_name": "EDMEulerScheduler", "sigma_data": 0.7})
    assert plain == own
    v = precond_of(
        {"_class_name": "EDMEulerScheduler", "sigma_data": 0.7, "prediction_type": "v_prediction"}
    )
    assert torch.equal(v.c_out(s), -own.c_out(s)) and torch.equal(v.c_skip(s), own.c_skip(s))


@pytest.mark.parametrize(
    "change, words",
    [
        ({"_class_name": "LCMScheduler"}, "Known: DDPM"),
        ({"prediction_type": "flow"}, "Known: eps"),
        ({"prediction_type": "flow_prediction", "flow_shift": 0}, "flow_shift must be"),
        ({"_class_name": "FlowMatchEulerDiscreteScheduler", "invert_sigmas": True}, "invert"),
        ({"_class_name": "FlowMatchEulerDiscreteScheduler", "shift": 1e9}, "from 0.01"),
        ({"_class_name": "FlowMatchEulerDiscreteScheduler", "num_train_timesteps": 2}, "from 3"),
        ({"beta_schedule": "exp"}, "Known: linear"),
        ({"num_train_timesteps": 10**9}, "from 2"),
        ({"beta_end": 7}, "between 0 and 1"),
        ({"beta_start": "x"}, "out of range"),
        ({"trained_betas": "x"}, "list"),
        ({"trained_betas": [0.999] * 9999}, "nothing of the data"),
        ({"rescale_betas_zero_snr": True, "trained_betas": [0.1, 0.2]}, "one step"),
        ({"_class_name": "EDMEulerScheduler", "prediction_type": "sample"}, "epsilon and"),
    ],
)
def test_schedulers_that_are_refused(change, words):
    with pytest.raises(UserError, match=words):
        precond_of({**DDPM, **change})


def test_discrete_is_what_its_dataclass_says():
    p = Discrete(torch.tensor([0.1, 1.0, 10.0], dtype=torch.float64), "epsilon")
    assert (p.sigma_min, p.sigma_max) == (0.1, 10.0)
