"""Guidance by σ: what is the same to the bit, what each rule computes, and what is asked for it."""

import math
from itertools import pairwise

import pytest
import torch

from explorer.core.denoisers import Gaussian, Mixture
from explorer.core.guidance import UNBOUND, Guidance
from explorer.core.guided import Guided, passes
from explorer.core.sampling import sample
from explorer.core.solvers import AMED, DDIM, SOLVERS, DPMpp, Euler, EulerAncestral, Heun
from explorer.core.timesteps import Rho
from explorer.errors import UserError

POINTS = torch.randn(12, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
STRONG, WEAK = Mixture(POINTS[:5], 0.1), Mixture(POINTS, 0.1)
SIGMAS = torch.cat([Rho().sigmas(10), torch.zeros(1).double()])
NOISE = torch.randn(6, 2, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


class Counting:
    """A denoiser that counts who is asked."""

    def __init__(self, denoiser):
        self.denoiser, self.shape, self.asked = denoiser, denoiser.shape, 0

    def __call__(self, x, sigma):
        self.asked += 1
        return self.denoiser(x, sigma)


def ran(denoiser, solver=Heun(), sigmas=SIGMAS):
    noises = torch.randn(len(sigmas), *NOISE.shape, generator=torch.Generator().manual_seed(2))
    return sample(denoiser, NOISE, sigmas, solver, noises=noises.double())


def guided(w, **how):
    return Guided(STRONG, WEAK, w, Guidance(**how))


@pytest.mark.parametrize("solver", [Heun(), DDIM(), DPMpp()])
@pytest.mark.parametrize("rule", ["cfg", "apg"])
def test_weight_one_and_an_empty_interval_are_the_strong_denoiser_to_the_bit(solver, rule):
    plain = ran(STRONG, solver).samples
    for made in (
        guided(1.0, rule=rule),
        guided(3.0, rule=rule, sigma_lo=0.5, sigma_hi=0.5),
        guided(3.0, rule=rule, sigma_lo=90.0),
        guided(3.0, rule=rule, curve=(0.01, 1.0, 10.0, 1.0)),
    ):
        assert ran(made, solver).samples.equal(plain)
    assert not ran(guided(3.0, rule=rule), solver).samples.equal(plain)


def test_every_interval_that_holds_all_levels_is_guidance_to_the_bit():
    plain = ran(guided(3.0)).samples
    by_hand = ran(lambda x, s: WEAK(x, s) + 3.0 * (STRONG(x, s) - WEAK(x, s))).samples
    assert plain.equal(by_hand)
    for how in (
        {"sigma_hi": 80.0},
        {"sigma_lo": 0.0019, "sigma_hi": UNBOUND},
        {"curve": (1.0, 3.0)},
    ):
        assert ran(guided(3.0, **how)).samples.equal(plain)


def test_weight_zero_is_the_weak_one_to_the_bit():
    assert ran(guided(0.0)).samples.equal(ran(WEAK).samples)


def test_a_level_for_each_sample_is_the_same_as_one_for_all():
    x = NOISE * 2
    for how in ({"sigma_lo": 0.3, "sigma_hi": 2.0}, {"curve": (0.1, 1.0, 1.0, 4.0, 10.0, 0.0)}):
        made = guided(3.0, **how)
        levels = torch.tensor([0.1, 0.3, 0.5, 2.0, 2.1, 30.0], dtype=torch.float64)
        one_by_one = torch.cat([made(x[i : i + 1], levels[i]) for i in range(6)])
        # a batch of one takes other kernels
        assert torch.allclose(made(x, levels), one_by_one, atol=1e-13)
        assert torch.allclose(made.evaluate(x, levels), one_by_one, atol=1e-13)


def test_an_interval_opens_above_its_foot_and_closes_at_its_top():
    how = Guidance(sigma_lo=0.3, sigma_hi=2.0)
    levels = torch.tensor([0.1, 0.3, 0.31, 2.0, 2.1, math.inf], dtype=torch.float64)
    assert how.weight(5.0, levels).tolist() == [1, 1, 5, 5, 1, 1]
    assert Guidance().weight(5.0, levels).tolist() == [5] * 6


def test_a_curve_is_linear_in_log_sigma_and_flat_beyond_its_knots():
    how = Guidance(curve=(0.1, 1.0, 10.0, 3.0))
    levels = torch.tensor([0.0, 0.01, 0.1, 1.0, 10.0, 99.0, math.inf], dtype=torch.float64)
    assert how.weight(7.0, levels) == pytest.approx([1, 1, 1, 2, 3, 3, 3], abs=1e-12)
    assert Guidance(curve=(1.0, 2.5)).weight(7.0, levels).tolist() == [2.5] * 7


@pytest.mark.parametrize("solver", [Heun(), DPMpp(), DDIM()])
@pytest.mark.parametrize(
    ("w", "how"),
    [
        (3.0, {}),
        (1.0, {}),
        (0.0, {}),
        (3.0, {"sigma_lo": 0.2, "sigma_hi": 2.0}),
        (3.0, {"curve": (0.1, 1.0, 1.0, 4.0, 10.0, 1.0)}),
        (3.0, {"rule": "apg", "sigma_hi": 2.0, "momentum": -0.5}),
    ],
)
def test_what_is_counted_is_what_was_asked(solver, w, how):
    strong, weak = Counting(STRONG), Counting(WEAK)
    made = Guided(strong, weak, w, Guidance(**how))
    run = ran(made, solver)
    assert passes(made, run.evaluated) == strong.asked + weak.asked
    assert passes(STRONG, run.evaluated) == run.nfe


def test_cfgpp_asks_both_inside_its_interval_whatever_the_weight():
    strong, weak = Counting(STRONG), Counting(WEAK)
    made = Guided(strong, weak, 1.0, Guidance(rule="cfgpp", sigma_lo=0.2, sigma_hi=2.0))
    run = ran(made, DDIM())
    inside = sum(0.2 < s <= 2.0 for s in SIGMAS.tolist())
    assert 0 < inside < 10
    assert (strong.asked, weak.asked) == (10, inside)
    assert passes(made, run.evaluated) == 10 + inside


def test_cfgpp_is_ddim_whose_weight_goes_with_the_length_of_the_step():
    """D_λ + σ' ε_u = x + (σ' − σ) ε_w with w = λ σ/(σ − σ'); Chung et al. 2024, Sec. 3."""
    x, expected = NOISE * SIGMAS[0], []
    for sigma, after in pairwise(SIGMAS):
        w = 0.6 * float(sigma / (sigma - after))
        weak, strong = WEAK(x, sigma), STRONG(x, sigma)
        denoised = weak + w * (strong - weak)
        x = x + (after - sigma) * (x - denoised) / sigma
        expected.append(x)
    made = ran(guided(0.6, rule="cfgpp"), DDIM())
    assert torch.allclose(made.x[1:], torch.stack(expected), atol=1e-12, rtol=1e-12)
    assert torch.allclose(
        ran(guided(0.6, rule="cfgpp"), EulerAncestral(eta=0.0)).samples, x, atol=1e-11
    )


def test_cfgpp_says_for_which_solvers_it_is_defined():
    for name, solver in SOLVERS.items():
        if name in ("ddim", "euler_a"):
            continue
        with pytest.raises(UserError, match="DDIM and Euler ancestral"):
            ran(guided(2.0, rule="cfgpp"), solver())
    assert ran(guided(2.0, rule="cfgpp"), EulerAncestral()).samples.isfinite().all()


def apg(x, sigma, w, eta=0.0, norm=0.0, beta=0.0, before=None):
    """Sadat et al. 2024, Algorithm 1, sample by sample."""
    out, kept = [], []
    for i in range(len(x)):
        c, u = STRONG(x[i : i + 1], sigma)[0], WEAK(x[i : i + 1], sigma)[0]
        d = c - u + (0 if before is None else beta * before[i])
        kept.append(d)
        if norm:
            d = d * min(1.0, norm / float(d.norm()))
        along = (d @ c) / (c @ c) * c
        out.append(c + (w - 1) * (d - along + eta * along))
    return torch.stack(out), kept


def test_apg_keeps_what_is_not_parallel_and_shortens_it():
    x, sigma = NOISE * 2, torch.tensor(1.3, dtype=torch.float64)
    for eta, norm in ((0.0, 0.0), (0.4, 0.0), (0.0, 0.2), (1.0, 0.2)):
        made = guided(4.0, rule="apg", parallel=eta, norm=norm)
        assert torch.allclose(made(x, sigma), apg(x, sigma, 4.0, eta, norm)[0], atol=1e-13)
    whole = guided(4.0, rule="apg", parallel=1.0)
    assert torch.allclose(whole(x, sigma), guided(4.0)(x, sigma), atol=1e-13)


def test_apg_remembers_its_differences_within_a_run_and_not_beyond():
    x, before = NOISE * SIGMAS[0], None
    for sigma, after in pairwise(SIGMAS):
        denoised, before = apg(x, sigma, 3.0, 0.0, 0.5, -0.75, before)
        x = x + (after - sigma) * (x - denoised) / sigma
    made = guided(3.0, rule="apg", norm=0.5, momentum=-0.75)
    first = ran(made, DDIM()).samples
    assert torch.allclose(first, x, atol=1e-11)
    assert ran(made, DDIM()).samples.equal(first)
    assert not torch.allclose(ran(guided(3.0, rule="apg", norm=0.5), DDIM()).samples, x, atol=1e-3)
    with pytest.raises(UserError, match="set Momentum to 0"):
        sample(made, NOISE, SIGMAS, type("Looking", (Euler,), {"looks": True})())
    assert AMED is not None


def test_gaussian_classes_are_led_to_the_gaussian_of_the_product():
    """One component each: p_c^w p_u^(1−w) is N with precisions and pulls mixed by w, at each σ."""
    axes, w = torch.eye(2).double(), 2.5
    a = Gaussian(
        torch.tensor([1.0, -0.5], dtype=torch.float64),
        torch.tensor([0.2, 0.3], dtype=torch.float64),
        axes,
    )
    b = Gaussian(
        torch.tensor([0.2, 0.4], dtype=torch.float64),
        torch.tensor([0.9, 0.5], dtype=torch.float64),
        axes,
    )
    made, x = Guided(a, b, w), NOISE
    for level in (0.05, 0.7, 5.0):
        sharp = w / (a.variances + level**2) + (1 - w) / (b.variances + level**2)
        pull = w * a.mean / (a.variances + level**2) + (1 - w) * b.mean / (b.variances + level**2)
        score = sharp * (pull / sharp - x)
        sigma = torch.tensor(level, dtype=torch.float64)
        assert torch.allclose(made(x, sigma), x + level**2 * score, atol=1e-12)


def test_the_density_of_guidance_has_its_score():
    x, sigma = (NOISE * 1.5).requires_grad_(), torch.tensor(0.6, dtype=torch.float64)
    made = guided(2.5)
    (score,) = torch.autograd.grad(made.log_density(x, sigma).sum(), x)
    assert torch.allclose(made(x, sigma), x + sigma**2 * score, atol=1e-12)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"sigma_lo": 2.0, "sigma_hi": 1.0}, "from σ = 2 to 1 is no interval"),
        ({"sigma_lo": math.nan}, "must be a finite number"),
        ({"sigma_hi": math.inf}, "must be a finite number"),
        ({"sigma_lo": -1.0}, "out of range"),
        ({"curve": (0.1, 1.0, 2.0)}, "ends within a knot"),
        ({"curve": (1.0, 1.0, 0.5, 2.0)}, "from σ = 1 to 0.5; its σ must rise"),
        ({"curve": (1.0, 1.0, 1.0, 2.0)}, "must rise"),
        ({"curve": (0.0, 1.0)}, "σ above 0"),
        ({"curve": (1.0, 11.0)}, "w from 0 to 10"),
        ({"curve": (math.nan, 1.0)}, "finite number"),
        ({"curve": (1.0, 1.0) * 13}, "at most 24 numbers"),
        ({"rule": "cfg++"}, "Known: cfg, cfgpp, apg"),
    ],
)
def test_wrong_intervals_and_curves_are_sentences(given, said):
    with pytest.raises(UserError, match=said):
        Guidance(**given)


def test_rules_that_follow_no_path_say_so():
    assert Guidance().unfollowed(3.0) is None
    assert Guidance(rule="apg", norm=1.0).unfollowed(3.0) is None
    assert "follows no ODE" in Guidance(rule="cfgpp").unfollowed(1.0)
    assert "momentum" in Guidance(rule="apg", momentum=-0.5).unfollowed(3.0)
    assert Guidance(rule="apg", momentum=-0.5).unfollowed(1.0) is None
