"""Euler–Maruyama against the moments of the SDE, in closed form for Gaussian data.

With variance λ, m = λ + σ² and b = βσ, the SDE's variance v obeys, going down in σ,

    both halves   dv/dσ = 2(1 + b) σ v/m − 2bσ     v = m + (v₀ − m₀)(m/m₀)^{1+b}
    decay alone   dv/dσ = 2(1 + b) σ v/m           v = v₀ (m/m₀)^{1+b}
    noise alone   dv/dσ = 2σ v/m − 2bσ             v = m (v₀/m₀ + b ln(m₀/m))

The variance of a run is exact too, without one random number: each sample gets unit noise from one
source alone, and D is linear, so that their squares add up.
"""

import itertools
import math

import pytest
import torch

from explorer.core.sampling import Noise, sample
from explorer.core.solvers import DDIM, EulerMaruyama

from .problems import Gaussian, mixture, normal, tensor

LAMBDA, START, END = 0.25, 2.0, 0.5
DATA = Gaussian(tensor(0.0), tensor(LAMBDA))


def variance(solver, sigmas) -> float:
    """Of the state at the end, started with variance START²."""
    steps = len(sigmas) - 1
    sources = torch.eye(steps + 1, dtype=torch.float64)[:, :, None]
    run = sample(DATA, sources[0], sigmas, solver, noises=sources[1:])
    return float(run.samples.square().sum())


def exact(b: float, half: str) -> float:
    m, m0 = LAMBDA + END**2, LAMBDA + START**2
    v0, fall = START**2, (m / m0) ** (1 + b)
    return {
        "both": m + (v0 - m0) * fall,
        "decay": v0 * fall,
        "noise": m * (v0 / m0 + b * math.log(m0 / m)),
    }[half]


@pytest.mark.parametrize("half", ["both", "decay", "noise"])
@pytest.mark.parametrize("b", [0.3, 1.0, 2.5])
def test_the_variance_nears_that_of_the_sde_with_order_1(b, half):
    found = [
        variance(EulerMaruyama(beta=b, half=half), torch.linspace(START, END, n + 1).double())
        for n in (128, 256, 512)
    ]
    errors = [abs(v - exact(b, half)) for v in found]
    assert errors[-1] < 0.05 * exact(b, half)  # what 512 steps leave
    for rough, fine in itertools.pairwise(errors):  # 1 in the limit
        assert 0.9 < math.log2(rough / fine) < 1.1


@pytest.mark.parametrize("b", [0.5, 2.0])
def test_one_step_is_its_formula(b):
    x, levels, noise = normal(4, 3), tensor(3.0, 1.2), normal(1, 4, 3, seed=2)
    data, solver = mixture(d=3), EulerMaruyama(beta=b)
    ours = sample(data, x, levels, solver, noises=noise).samples
    slope = (3 * x - data(3 * x, levels[0])) / 3
    by_hand = 3 * x - 1.8 * (1 + b) * slope + math.sqrt(2 * b * 3 * 1.8) * noise[0]
    torch.testing.assert_close(ours, by_hand, rtol=1e-12, atol=1e-12)


def test_without_the_langevin_term_it_is_ddim():
    x, levels = normal(4, 3), tensor(80.0, 9.0, 1.0, 0.1, 0.0)
    data, noises = mixture(d=3), normal(4, 4, 3, seed=2)
    plain = sample(data, x, levels, DDIM()).samples
    for solver in (EulerMaruyama(beta=0.0), EulerMaruyama(beta=2.0, low=90.0, high=95.0)):
        made = sample(data, x, levels, solver, noises=noises).samples
        torch.testing.assert_close(made, plain, rtol=1e-12, atol=1e-12)


def test_the_term_lives_between_its_levels_only():
    solver = EulerMaruyama(beta=2.0, low=0.5, high=5.0)
    assert [solver.rate(s) for s in (0.4, 0.5, 5.0, 6.0)] == [0, 2, 2, 0]
    each = solver.rate(tensor(0.4, 0.5, 5.0, 6.0))
    assert each.tolist() == [0, 2, 2, 0]


@pytest.mark.slow
def test_both_halves_keep_the_distribution_and_one_alone_does_not():
    """A mixture in the plane: the log-density under the law at the end, against draws from it.
    One half narrows the law or widens it; z is a difference in standard errors.
    """
    data = mixture(d=2)
    levels = torch.logspace(math.log2(20), -3, 401, 2).double()

    def z(half):
        noise = Noise(3, 4000, (2,))
        made = sample(data, noise.start, levels, EulerMaruyama(half=half), noises=noise, keep=0)
        drawn = data.sample(4000, torch.Generator().manual_seed(5)) + levels[-1] * normal(4000, 2)
        scores = [data.log_density(x, levels[-1]) for x in (made.samples, drawn)]
        spread = math.hypot(*(float(s.std()) / math.sqrt(4000) for s in scores))
        return float(scores[0].mean() - scores[1].mean()) / spread

    assert abs(z("both")) < 4 and z("decay") > 10 and z("noise") < -10
