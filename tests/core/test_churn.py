"""New noise on the way: who gets it, how much, and from which stream."""

import math

import pytest
import torch

from explorer.core.sampling import Churn, Noise, sample
from explorer.core.schedules import EDM, VE, VP
from explorer.core.solvers import DDIM, DEIS, IPNDM, LMS, DPMpp, Euler, Heun, UniPC
from explorer.core.timesteps import Rho
from explorer.errors import UserError

from .problems import Gaussian, mixture, normal, tensor

DENOISER = mixture(d=3)
GRID = torch.cat([Rho().sigmas(12), tensor(0.0)])


def test_gamma_is_capped_so_that_added_variance_stays_below_what_is_there():
    churn = Churn(200.0, 0.0, 1e9)
    assert churn.gamma(1.0, 10) == Churn.CAP == math.sqrt(2) - 1
    assert churn.gamma(1.0, 1000) == pytest.approx(0.2)
    sigma = tensor(3.0)[0]
    x_hat, t_hat = churn(EDM(), torch.zeros(1), sigma, 10, lambda: torch.ones(1))
    assert float(t_hat) == pytest.approx(3 * math.sqrt(2))
    assert float(x_hat) == pytest.approx(3.0 * churn.s_noise)


def test_both_bounds_are_inside():
    churn = Churn(10.0, 0.5, 2.0)
    got = [churn.gamma(s, 100) > 0 for s in (0.5 - 1e-9, 0.5, 1.0, 2.0, 2.0 + 1e-9)]
    assert got == [False, True, True, True, False]


def test_bounds_the_wrong_way_round_are_refused():
    with pytest.raises(UserError, match="S_tmin = 2 lies above S_tmax = 1"):
        Churn(1.0, 2.0, 1.0)


@pytest.mark.parametrize("schedule", [EDM(), VE(), VP()], ids=lambda s: s.name)
def test_noise_of_the_raised_level_is_added_in_every_frame(schedule):
    """Unscaled: x̂ gains √(σ̂² − σ²) S_noise ε, and stands at σ̂."""
    churn, sigma = Churn(4.0, 0.0, 1e9, 1.005), tensor(0.7)[0]
    t, x, eps = schedule.time(sigma), normal(6, 3), normal(6, 3, seed=1)
    got, t_hat = churn(schedule, x * schedule.scale(t), t, 20, lambda: eps)
    raised = 0.7 * 1.2
    assert float(schedule.sigma(t_hat)) == pytest.approx(raised, rel=1e-12)
    expected = x + math.sqrt(raised**2 - 0.49) * 1.005 * eps
    torch.testing.assert_close(got / schedule.scale(t_hat), expected, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize(
    "solver", [LMS(), DEIS(), IPNDM(), DPMpp(3), UniPC()], ids=lambda s: s.name
)
def test_new_noise_ends_the_history(solver):
    """What came before lies on another path: with noise in every step a multistep solver is DDIM;
    with noise in the middle it has warmed up again two steps further on."""
    grid, noises = Rho().sigmas(40), normal(40, 4, 3, seed=5)
    run = lambda s, churn: sample(DENOISER, normal(4, 3), grid, s, churn=churn, noises=noises)
    everywhere = Churn(60.0, 0.0, 1e9, 1.0)
    ours, ddim = run(solver, everywhere), run(DDIM(), everywhere)
    torch.testing.assert_close(ours.x, ddim.x, rtol=1e-11, atol=1e-11)
    above = Churn(60.0, 10.0, 1e9, 1.0)
    ours, ddim = run(solver, above), run(DDIM(), above)
    last = int((grid >= 10).sum())  # the first level that noise no longer raises
    torch.testing.assert_close(ours.x[: last + 1], ddim.x[: last + 1], rtol=1e-11, atol=1e-11)
    assert (ours.x[last + 2] != ddim.x[last + 2]).all()


def test_noise_is_asked_for_only_where_it_is_used():
    churn, asked = Churn(5.0, 0.05, 1.0), []

    def draw(i):
        asked.append(i)
        return normal(2, 3, seed=i)

    sample(DENOISER, normal(2, 3), GRID, Heun(), churn=churn, noises=draw)
    inside = [i for i, s in enumerate(GRID[:-1].tolist()) if 0.05 <= s <= 1.0]
    assert asked == inside and len(inside) > 2


def test_the_raised_level_is_recorded():
    churn = Churn(6.0, 0.05, 1.0, 1.0)
    result = sample(DENOISER, normal(2, 3), GRID, Euler(), churn=churn, noises=Noise(0, 2, (3,)))
    gamma = tensor(*[churn.gamma(float(s), 12) for s in GRID[:-1]])
    torch.testing.assert_close(result.sigma_hat, GRID[:-1] * (1 + gamma), rtol=1e-14, atol=0)
    assert torch.equal(result.sigma, GRID) and torch.equal(result.evaluated, result.sigma_hat)
    moved = (result.x[:-1] != result.x_hat).flatten(1).all(1)
    assert torch.equal(moved, gamma > 0)


def test_churn_without_noise_is_refused():
    with pytest.raises(UserError, match="S_churn = 5 needs the noise"):
        sample(DENOISER, normal(2, 3), GRID, Heun(), churn=Churn(5.0))


@pytest.mark.parametrize("count, steps", [(16, 4), (4, 40)])
def test_each_sample_owns_its_stream(count, steps):
    large, small = Noise(3, 16, (2, 3)), Noise(3, 4, (2, 3))
    assert torch.equal(large.start[:4], small.start)
    for i in range(steps):
        assert torch.equal(large(i)[:4], small(i))


def first_and_all(denoiser) -> list:
    """A churned run of 4 samples, and one of 16 with the same seed."""
    churn, noise = Churn(20.0, 0.01, 50.0), {n: Noise(11, n, (3,)) for n in (4, 16)}
    sampled = lambda n: sample(denoiser, n.start, GRID, Heun(), churn=churn, noises=n)
    return [sampled(noise[4]), sampled(noise[16])]


def test_the_first_4_of_16_are_the_batch_of_4_bit_for_bit():
    """Noise and steps know one sample at a time, so do the runs of a denoiser that does."""
    few, many = first_and_all(Gaussian(normal(3), normal(3).square()))
    assert torch.equal(many.samples[:4], few.samples)
    assert torch.equal(many.x[:, :4], few.x)


def test_the_first_4_of_16_are_the_batch_of_4_to_rounding_where_a_library_multiplies():
    """A BLAS chooses a matrix product's kernel by the number of its rows, and kernels add in other
    orders: a few 2⁻⁵³ of numbers near 1 in each of 24 evaluations, of which none grows."""
    few, many = first_and_all(DENOISER)
    torch.testing.assert_close(many.x[:, :4], few.x, rtol=0, atol=1e-14)


def test_the_noise_of_a_step_does_not_depend_on_the_steps_asked_before():
    asked, skipped = Noise(5, 3, (2,)), Noise(5, 3, (2,))
    every = [asked(i) for i in range(40)]
    for i in (0, 7, 15, 16, 33, 39):
        assert torch.equal(skipped(i), every[i])


def test_noise_is_unit_normal_and_different_everywhere():
    noise = Noise(0, 200, (50,))
    values = torch.stack([noise.start, *[noise(i) for i in range(20)]])
    n = values.numel()
    assert abs(float(values.mean())) < 5 / math.sqrt(n)
    assert abs(float(values.var()) - 1) < 5 * math.sqrt(2 / n)
    flat = values.flatten()
    assert len(flat.unique()) == n
    assert not torch.equal(Noise(0, 2, (50,)).start, Noise(1, 2, (50,)).start)


def test_neighbouring_seeds_share_no_sample():
    rows = torch.cat([Noise(seed, 8, (4,)).start for seed in range(8)])
    assert len(rows.unique(dim=0)) == 64


def test_a_device_dtype_only_rounds_the_same_numbers():
    single = Noise(2, 3, (4,), dtype=torch.float32).start
    assert torch.equal(single, Noise(2, 3, (4,)).start.float())
