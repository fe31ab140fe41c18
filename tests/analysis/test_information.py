"""Entropic steps, AYS's bound and the fit to data, against closed forms."""

import math

import pytest
import torch
from scipy import integrate

from explorer.analysis import information, spectrum
from explorer.analysis.information import answers, bound, entropic, least, nats, of_steps

SIGMA = torch.logspace(math.log10(80), math.log10(0.002), 2001, dtype=torch.float64)


def gaussian_cost(sigma):
    """The bound of N(0, 1) in closed form: E‖D_t − D_s‖² = 1/(1 + t²) − 1/(1 + s²), t < s."""
    start, end = sigma[:, None], sigma[None, :]
    # a primitive of 1/(t³ (1 + t²)), without what the constant 1/(1 + s²) takes off
    whole = lambda t: -0.5 / t**2 - t.log() + 0.5 * (1 + t**2).log()
    constant = lambda t: -0.5 / t**2 / (1 + start**2)
    return (whole(start) - constant(start) - whole(end) + constant(end)).triu(1)


def test_entropic_steps_decide_the_same_between_any_two():
    """Held against quadrature, of a Gaussian's curve with two spreads."""
    mmse = lambda s: 0.5 * (0.04 * s**2 / (s**2 + 0.04) + 4 * s**2 / (s**2 + 4))
    found = entropic(SIGMA, mmse(SIGMA), 9)
    assert found[0] == SIGMA[0] and found[-1] == SIGMA[-1]
    pieces = [integrate.quad(lambda s: mmse(s) / s**3, b, a, epsabs=0, epsrel=1e-10, limit=400)[0]
              for a, b in zip(found[:-1].tolist(), found[1:].tolist())]  # fmt: skip
    assert pieces == pytest.approx([sum(pieces) / 8] * 8, rel=2e-4)
    few = entropic(SIGMA[::100], mmse(SIGMA[::100]), 9)  # as many levels as the loss is measured at
    assert torch.allclose(few.log(), found.log(), atol=0.05)


def test_what_is_decided_is_the_entropys_change():
    """H of a Gaussian given x_σ is ½ ln(s²σ²/(s² + σ²)) + const."""
    s = 0.7
    h = lambda v: 0.5 * math.log(s**2 * v**2 / (s**2 + v**2))
    level = torch.tensor([0.4], dtype=torch.float64)
    mmse = s**2 * level**2 / (s**2 + level**2)
    slope = (h(0.4 * math.exp(1e-5)) - h(0.4 * math.exp(-1e-5))) / 2e-5
    assert float(nats(level, mmse, 1)) == pytest.approx(slope, rel=1e-8)


def test_where_nothing_is_decided_the_steps_are_even():
    found = entropic(SIGMA, torch.zeros_like(SIGMA), 5)
    assert torch.allclose(found.log().diff(), torch.full((4,), math.log(0.002 / 80) / 4).double())


def test_the_bound_is_that_of_a_gaussian():
    sigma = SIGMA[::50]
    g = torch.Generator().manual_seed(0)
    data = torch.randn(20_000, 1, generator=g).double()
    denoiser = lambda x, level: x / (1 + level**2)
    found = bound(sigma, answers(denoiser, data, sigma, g))
    known = gaussian_cost(sigma)
    for i, j in ((0, 20), (10, 25), (20, 40)):  # 20,000 paths: 2 %; trapezoids of Δ ln t 0.26: 2 %
        assert float(found[i, j]) == pytest.approx(float(known[i, j]), rel=0.05)
    assert float(found.tril(-1).abs().max()) == 0 and float(found.diagonal().abs().max()) == 0


def test_steps_of_least_bound_are_entropic_for_a_gaussian():
    """Where the bound is least S_{i+1} = S_i²/S_{i−1} with S = σ²/(1 + σ²): geometric, so
    even in the entropy ½ ln S.  (kl_optimal, even in arctan σ, is of the KL itself.)
    """
    cost = gaussian_cost(SIGMA)
    share = SIGMA.square() / (1 + SIGMA.square())
    for n in (4, 8):
        places = least(cost, n)
        known = torch.linspace(float(share[0].log()), float(share[-1].log()), n).double()
        assert torch.allclose(share[places].log(), known, atol=0.02)  # a grid of Δ ln σ² 0.01
        assert torch.allclose(entropic(SIGMA, share, n).log(), SIGMA[places].log(), atol=0.02)
        even = torch.linspace(0, 2000, n).round().long()
        assert float(of_steps(cost, places).sum()) < float(of_steps(cost, even).sum())


def test_a_list_of_two_levels_is_its_ends():
    cost = gaussian_cost(SIGMA[::100])
    assert least(cost, 2).tolist() == [0, len(cost) - 1]


@pytest.mark.slow
def test_edms_numbers_are_found_for_data_like_cifars():
    """A spectrum 1/f² in two dimensions at σ_data 0.5, 32 × 32: EDM has −1.2, 1.2 and 80."""
    g = torch.Generator().manual_seed(1)
    f = torch.fft.fftfreq(32)
    radius = (f[:, None] ** 2 + f[None, :] ** 2).sqrt().clamp(min=1 / 32)
    white = torch.randn(2048, 3, 32, 32, generator=g)
    images = torch.fft.ifft2(torch.fft.fft2(white) / radius).real
    images = images / images.std() * 0.5
    levels = (images.clamp(-1, 1) * 127.5).round() / 127.5
    found = spectrum.fitted(levels)
    assert found.sigma_data == pytest.approx(0.5, abs=0.05)
    assert found.sigma_min == pytest.approx(0.002, rel=0.05)  # a quarter of 2/255
    assert found.sigma_max == pytest.approx(80, rel=0.15)
    assert found.p_mean == pytest.approx(-1.2, abs=0.35) and found.p_std == pytest.approx(
        1.2, abs=0.25
    )


def test_of_an_isotropic_gaussian_the_numbers_are_closed_forms():
    g = torch.Generator().manual_seed(2)
    found = spectrum.fitted(3 * torch.randn(4096, 4, generator=g))
    assert found.p_mean == pytest.approx(math.log(3), abs=0.03)
    assert found.p_std == pytest.approx(math.pi / math.sqrt(12), abs=0.01)
    assert found.sigma_data == pytest.approx(3, abs=0.1) and found.step == 0
    top = torch.tensor([found.sigma_max])
    known = 0.5 * torch.log1p((found.spread / top) ** 2).sum()
    assert float(known) == pytest.approx(spectrum.LEFT, rel=1e-6)
    sigma = torch.logspace(-3, 4, 4001, dtype=torch.float64)
    bells = spectrum.undecided(found.spread, sigma)
    u = sigma.log()
    mean = float(torch.trapezoid(bells * u, u))
    assert float(torch.trapezoid(bells, u)) == pytest.approx(1, abs=1e-4)
    assert mean == pytest.approx(found.p_mean, abs=1e-3)
    assert float(torch.trapezoid(bells * (u - mean) ** 2, u)) == pytest.approx(
        found.p_std**2, rel=1e-3
    )


@pytest.mark.parametrize(
    "points", [torch.zeros(5, 2), torch.ones(1, 2), torch.tensor([[1.0], [math.nan]])]
)
def test_data_that_say_nothing_are_refused(points):
    with pytest.raises(ValueError, match="alike|fewer than two"):
        spectrum.fitted(points)


def test_rounded_values_are_noticed():
    g = torch.Generator().manual_seed(3)
    eight_bits = torch.randint(0, 256, (500, 30), generator=g) / 127.5 - 1
    assert spectrum.rounding(eight_bits.double()) == pytest.approx(2 / 255, rel=1e-3)
    assert spectrum.rounding(torch.randn(500, 30, generator=g).double()) == 0
    assert information.nats(torch.ones(1), torch.ones(1), 3) == 3
