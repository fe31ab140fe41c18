"""Preconditioning: the columns of EDM's Table 1, and what they are for."""

import math

import pytest
import torch

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


@pytest.mark.parametrize("name", PRECONDS)
def test_the_target_is_what_the_network_must_say(name):
    """A network that answers (y − c_skip x)/c_out makes D = y."""
    p = PRECONDS[name]()
    y, x = torch.randn(4, dtype=torch.float64), torch.randn(4, dtype=torch.float64)
    target = (y - p.c_skip(SIGMAS) * x) / p.c_out(SIGMAS)
    assert torch.allclose(p.c_skip(SIGMAS) * x + p.c_out(SIGMAS) * target, y)
