"""EDM Table 1 and Eq. 8: each column's objects against the formulas as the paper prints them."""

import math

import pytest
import torch

from explorer.lab.columns import columns, effective_target, effective_weight, levels, parts
from explorer.models.precond import EDM
from explorer.training.loss import EDMLoss, VPLoss

SIGMA_DATA = 0.5
SIGMAS = (0.0125, 0.11, 0.9, 7.3, 61.0)
TABLE = {c.name: c for c in columns(SIGMA_DATA)}


def at(function, sigma):
    return float(function(torch.tensor([sigma], dtype=torch.float64))[0])


def vp_sigma(t):
    return math.sqrt(math.exp(19.9 * t * t / 2 + 0.1 * t) - 1)


def vp_time(sigma):
    """The root of β_d t²/2 + β_min t = ln(σ² + 1) above 0."""
    return (math.sqrt(0.1**2 + 2 * 19.9 * math.log(sigma**2 + 1)) - 0.1) / 19.9


def iddpm_levels():
    """u_M = 0 upwards, one by one: EDM, App. C.3."""
    bar = [math.sin(math.pi / 2 * j / (1000 * 1.008)) ** 2 for j in range(1001)]
    u = [0.0]
    for j in range(1000, 0, -1):
        u.append(math.sqrt((u[-1] ** 2 + 1) / max(bar[j - 1] / bar[j], 0.001) - 1))
    return u[::-1]


@pytest.mark.parametrize("sigma", SIGMAS)
def test_the_network_s_cells_are_those_of_table_1(sigma):
    s2, d = sigma**2, SIGMA_DATA
    u = iddpm_levels()
    near = min(range(1001), key=lambda j: abs(u[j] - sigma))
    told = {  # c_skip, c_out, c_in, c_noise, λ
        "vp": (1, -sigma, 1 / math.sqrt(s2 + 1), 999 * vp_time(sigma), 1 / s2),
        "ve": (1, sigma, 1, math.log(sigma / 2), 1 / s2),
        "iddpm": (1, -sigma, 1 / math.sqrt(s2 + 1), 999 - near, 1 / s2),
        "edm": (
            d**2 / (s2 + d**2),
            sigma * d / math.sqrt(d**2 + s2),
            1 / math.sqrt(s2 + d**2),
            math.log(sigma) / 4,
            (s2 + d**2) / (sigma * d) ** 2,
        ),
    }
    for name, expected in told.items():
        c = TABLE[name]
        p = c.precond
        found = [at(f, sigma) for f in (p.c_skip, p.c_out, p.c_in, p.c_noise, c.loss.weight)]
        assert found == pytest.approx(expected, rel=1e-9), name  # rounding alone: both are float64


def test_the_sampler_s_cells_are_those_of_table_1():
    t = torch.tensor([0.001, 0.2, 0.7, 1.0], dtype=torch.float64)
    assert TABLE["vp"].schedule.sigma(t).tolist() == pytest.approx(
        [vp_sigma(v) for v in t.tolist()]
    )
    squeezed = [1 / math.sqrt(vp_sigma(v) ** 2 + 1) for v in t.tolist()]
    assert TABLE["vp"].schedule.scale(t).tolist() == pytest.approx(squeezed)
    assert TABLE["ve"].schedule.sigma(t).tolist() == pytest.approx([v**0.5 for v in t.tolist()])
    for name in ("iddpm", "edm"):
        assert TABLE[name].schedule.sigma(t).tolist() == t.tolist()
    for name in ("ve", "iddpm", "edm"):
        assert TABLE[name].schedule.scale(t).tolist() == [1.0] * 4
    assert [TABLE[n].solver.name for n in TABLE] == ["euler", "euler", "ddim", "heun"]


def test_the_time_steps_are_those_of_table_1():
    n, u = 18, iddpm_levels()
    ramp = [i / (n - 1) for i in range(n)]
    rho = lambda r: (80 ** (1 / 7) + r * (0.002 ** (1 / 7) - 80 ** (1 / 7))) ** 7
    told = {
        "vp": [vp_sigma(1 + r * (1e-3 - 1)) for r in ramp],
        "ve": [math.sqrt(100**2 * (0.02**2 / 100**2) ** r) for r in ramp],
        "iddpm": [u[math.floor(8 + (1000 - 1 - 8) * r + 0.5)] for r in ramp],
        "edm": [rho(r) for r in ramp],
    }
    for name, expected in told.items():
        # VP's grid has its ends in digits: 0.010486 has five, and they bound it
        assert TABLE[name].timesteps.sigmas(n).tolist() == pytest.approx(expected, rel=1e-4), name


def test_p_train_is_what_the_losses_draw():
    """The share of drawn levels below σ is the integral of the density up to there."""
    s = torch.logspace(-3, 4.4, 20001, dtype=torch.float64)
    told = {
        "vp": lambda v: (vp_time(v) - 1e-5) / (1 - 1e-5),
        "ve": lambda v: math.log(v / 0.02) / math.log(5000),
        "edm": lambda v: 0.5 * (1 + math.erf((math.log(v) + 1.2) / 1.2 / math.sqrt(2))),
        "iddpm": lambda v: sum(u <= v for u in iddpm_levels()[:-1]) / 1000,
    }
    for name, below in told.items():
        density = TABLE[name].loss.density(s)
        mass = torch.cumulative_trapezoid(density, s.log())
        for v in (0.1, 0.5, 3.0):
            found = float(mass[(s < v).sum() - 1])
            # a level of iDDPM's holds 1/1000, and its density is spread over gaps
            assert found == pytest.approx(below(v), abs=2e-3), name


@pytest.mark.parametrize("name", TABLE)
def test_each_column_of_table_1_weighs_every_level_alike(name):
    """λ c_out² = 1: what EDM asks of its own column (App. B.6) holds of all four."""
    weight = TABLE[name].weight(levels())
    torch.testing.assert_close(weight, torch.ones_like(weight), rtol=1e-12, atol=0)


def test_configuration_d_has_another_weight():
    """EDM's network with VP's loss: σ_d²/(σ² + σ_d²), so that high noise hardly counts."""
    found = effective_weight(EDM(SIGMA_DATA), VPLoss(), levels())
    torch.testing.assert_close(found, SIGMA_DATA**2 / (levels() ** 2 + SIGMA_DATA**2))
    assert float(found[0]) < 5e-5 and float(found[-1]) > 0.99


@pytest.mark.parametrize("name", TABLE)
def test_the_target_has_unit_variance_at_every_level(name):
    """EDM, App. B.6, for data of σ_data; in the other columns it is the noise, of any data."""
    a, b = parts(TABLE[name].precond, torch.tensor(SIGMAS, dtype=torch.float64))
    torch.testing.assert_close(a**2 * SIGMA_DATA**2 + b**2, torch.ones(len(SIGMAS)).double())
    if name != "edm":
        assert not a.any()


@pytest.mark.parametrize("name", TABLE)
def test_a_network_that_says_the_target_denoises_perfectly(name):
    p, g = TABLE[name].precond, torch.Generator().manual_seed(0)
    y, n = torch.randn(2, 3, 4, generator=g, dtype=torch.float64)
    sigma = torch.tensor(SIGMAS, dtype=torch.float64)
    f = effective_target(p, y, n, sigma)
    wide = sigma[:, None, None]
    d = p.c_skip(wide) * (y + wide * n) + p.c_out(wide) * f
    torch.testing.assert_close(d, y.expand_as(d), rtol=1e-9, atol=1e-11)  # σ = 61 costs 3 digits


def test_an_untrained_edm_network_has_a_loss_of_1_at_every_level():
    """F = 0 at the start, so the weighted loss is λ c_out² E target² = 1."""
    g = torch.Generator().manual_seed(1)
    y = SIGMA_DATA * torch.randn(20000, 2, generator=g, dtype=torch.float64)
    n = torch.randn(y.shape, generator=g, dtype=torch.float64)
    sigma = torch.tensor(SIGMAS, dtype=torch.float64)
    loss = EDMLoss(SIGMA_DATA)
    target = effective_target(EDM(SIGMA_DATA), y, n, sigma).square().mean((1, 2))
    found = effective_weight(EDM(SIGMA_DATA), loss, sigma) * target
    # a mean of 40,000 squares of unit normals: standard error 0.7 %
    torch.testing.assert_close(found, torch.ones_like(found), rtol=0.03, atol=0)
