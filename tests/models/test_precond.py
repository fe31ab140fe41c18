"""Preconditioning: the columns of EDM's Table 1, and what they are for."""

import math

import pytest
import torch
from torch import nn

from explorer.models.denoiser import Preconditioned
from explorer.models.precond import EDM, IDDPM, PRECONDS, VE, VP

SIGMAS = torch.tensor([0.03, 0.5, 1.0, 20.0], dtype=torch.float64)


def test_edm_by_hand():
    """At σ = σ_data all of Eq. 7 is powers of √2."""
    p, s = EDM(sigma_data=0.5), torch.tensor(0.5, dtype=torch.float64)
    assert float(p.c_skip(s)) == pytest.approx(0.5)
    assert float(p.c_out(s)) == pytest.approx(0.5 / math.sqrt(2))
    assert float(p.c_in(s)) == pytest.approx(math.sqrt(2))
    assert float(p.c_noise(s)) == pytest.approx(math.log(0.5) / 4)


def test_edm_gives_input_and_target_unit_variance():
    """EDM, App. B.6: Var(c_in x) = 1 and Var((y − c_skip x)/c_out) = 1 for Var y = σ_data²."""
    p = EDM(sigma_data=0.7)
    total = 0.7**2 + SIGMAS**2
    assert torch.allclose(p.c_in(SIGMAS) ** 2 * total, torch.ones(4, dtype=torch.float64))
    target = (1 - p.c_skip(SIGMAS)) ** 2 * 0.7**2 + p.c_skip(SIGMAS) ** 2 * SIGMAS**2
    assert torch.allclose(target / p.c_out(SIGMAS) ** 2, torch.ones(4, dtype=torch.float64))


@pytest.mark.parametrize("p, sign", [(VP(), -1), (IDDPM(), -1), (VE(), 1)])
def test_older_columns_add_a_multiple_of_the_noise(p, sign):
    """D = x ± σ F: the network predicts ε, or −ε for VE."""
    assert torch.equal(p.c_skip(SIGMAS), torch.ones(4, dtype=torch.float64))
    assert torch.equal(p.c_out(SIGMAS), sign * SIGMAS)


def test_vp_range_and_noise_label():
    """spec of the published networks: σ(ε_t) = 0.0010005, σ(1) = 152.167; c_noise = 999 t."""
    p = VP()
    assert p.sigma_min == pytest.approx(0.0010005, rel=1e-4)
    assert p.sigma_max == pytest.approx(152.167, rel=1e-5)
    ends = torch.tensor([p.sigma_min, p.sigma_max], dtype=torch.float64)
    assert p.c_noise(ends).tolist() == pytest.approx([999e-5, 999], rel=1e-9)


def test_iddpm_levels_as_measured():
    """The first and last u_j that the reference implementation prints (to its 6 digits)."""
    u = IDDPM().levels()
    assert u.shape == (1001,) and float(u[-1]) == 0
    assert u[:4].tolist() == pytest.approx([20291.17, 641.662, 320.830, 213.886], rel=3e-6)
    assert u[998:1000].tolist() == pytest.approx([0.009350, 0.006425], rel=1e-4)


def test_iddpm_rounds_to_its_levels():
    """Rounded values of the reference, whose float32 recursion is off by up to 5e-4 (relative)."""
    p = IDDPM()
    given = torch.tensor([0.002, 0.02, 0.5, 3.3, 80.0])
    published = [0.0, 0.019773884, 0.50072438, 3.2962770, 80.203712]
    assert p.round_sigma(given).tolist() == pytest.approx(published, rel=1e-3)
    assert p.round_sigma(given).dtype == given.dtype
    u = p.levels()
    assert torch.equal(p.round_sigma(u), u)
    assert p.c_noise(u[[0, 8, 999]]).tolist() == [999, 991, 0]
    assert p.c_noise(torch.tensor(80.0)).shape == ()


@pytest.mark.parametrize("name", PRECONDS)
def test_other_levels_stay(name):
    p = PRECONDS[name]()
    if name != "iddpm":
        assert torch.equal(p.round_sigma(SIGMAS), SIGMAS)
    assert 0 <= p.sigma_min < p.sigma_max and p.sigma_data > 0


class Oracle(nn.Module):
    """A network that knows the data y and the noise ε of its batch, and keeps what it is told."""

    label_dim = 0

    def __init__(self, answer):
        super().__init__()
        self.answer, self.weight = answer, nn.Parameter(torch.zeros(1))

    def forward(self, x, c_noise, labels=None, augment=None):
        self.x, self.c_noise = x, c_noise
        return self.answer


# what each column's network predicts, is fed and is told of x = y + σ ε, for σ_data = ½
TARGETS = {
    "vp": lambda y, e, s: (e, (y + s * e) / (1 + s**2).sqrt()),
    "ve": lambda y, e, s: (-e, y + s * e),
    "iddpm": lambda y, e, s: (e, (y + s * e) / (1 + s**2).sqrt()),
    "edm": lambda y, e, s: (
        (2 * s * y - e / 2) / (s**2 + 0.25).sqrt(),
        (y + s * e) / (s**2 + 0.25).sqrt(),
    ),
    "flow": lambda y, e, s: (e - y, (y + s * e) / (1 + s)),  # t = s/(1 + s)
}
TOLD = {
    # 999 t of σ² + 1 = exp(19.9 t²/2 + 0.1 t)
    "vp": lambda s: 999 * ((0.01 + 39.8 * (s**2).log1p()).sqrt() - 0.1) / 19.9,
    "ve": lambda s: (s / 2).log(),
    "iddpm": lambda s: 999 - torch.stack([(IDDPM().levels() - v).abs().argmin() for v in s]),
    "edm": lambda s: s.log() / 4,
    "flow": lambda s: 1000 * s / (1 + s),
}


@pytest.mark.parametrize("name", PRECONDS)
def test_the_target_is_what_the_network_must_say(name):
    """A network that says its column's target, ε, −ε or EDM's mixture of both, makes D = y."""
    y, noise = torch.randn(2, 4, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    sigma = SIGMAS[:, None]
    target, fed = TARGETS[name](y, noise, sigma)
    net = Oracle(target)
    denoised = Preconditioned(net, PRECONDS[name](), (3,))(y + sigma * noise, SIGMAS)
    torch.testing.assert_close(denoised, y, rtol=1e-12, atol=1e-12)
    # what enters the network is single precision
    torch.testing.assert_close(net.x.double(), fed, rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(net.c_noise.double(), TOLD[name](SIGMAS).double(), rtol=1e-6, atol=0)


def test_the_range_of_iddpm_is_that_of_its_levels():
    """u_{M−1} and u_0: the ends that the reference implementation prints, not 0 and not u_1."""
    assert IDDPM().sigma_min == pytest.approx(0.006425, rel=1e-4)
    assert IDDPM().sigma_max == pytest.approx(20291.17, rel=3e-6)
    p = IDDPM(steps=100)
    alpha = lambda j: math.sin(math.pi / 2 * j / (100 * 1.008)) ** 2
    # σ_min is one step of the recursion from u_M = 0
    assert p.sigma_min == pytest.approx(math.sqrt(alpha(100) / alpha(99) - 1), rel=1e-9)
