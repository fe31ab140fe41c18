"""SA-Solver, SEEDS, ER-SDE and the ancestral solvers: identities, weak and strong order, noise.

On Gaussian data D is linear, so a run is a sum of its noises, and a batch in which each sample gets
unit noise from one source alone holds all of it: squares add up to the variance of the end, and the
squared distance of two runs on one path of noise is that of the paths, without one random number.
"""

import functools
import itertools
import math

import pytest
import torch
from scipy.integrate import quad

from explorer.core.ode import draws
from explorer.core.sampling import Churn, Noise, Restart, sample
from explorer.core.schedules import EDM, VP
from explorer.core.solvers import (
    DDIM,
    ERSDE,
    SEEDS,
    DPM2Ancestral,
    DPMpp2SAncestral,
    DPMppSDE,
    EulerAncestral,
    SASolver,
)
from explorer.core.solvers.er_sde import SCALERS, scaled_integrals
from explorer.core.solvers.sde import exponential_weights
from explorer.core.timesteps import Rho
from explorer.errors import UserError

from .problems import Gaussian, mixture, normal, tensor

DENOISER, NOISE = mixture(d=3), normal(5, 3)
GRID = torch.cat([Rho().sigmas(12), tensor(0.0)])
NOISES = normal(40, 5, 3, seed=4)
everywhere = functools.partial(SASolver, low=0.0, high=1e9)

LAMBDA, START, END = 0.25, 2.0, 0.5
DATA, RIGHT = Gaussian(tensor(0.0), tensor(LAMBDA)), LAMBDA + END**2
CELLS = 192  # of the finest path of noise


def even(n: int) -> torch.Tensor:
    """n steps of one length in ln σ."""
    return tensor(*(START * (END / START) ** (i / n) for i in range(n + 1)))


def from_the_marginal(sources: int) -> torch.Tensor:
    """What the start adds from each source: its variance is λ + START²."""
    start = torch.zeros(sources, 1, dtype=torch.float64)
    start[0] = math.sqrt(1 + LAMBDA / START**2)
    return start


def variance(solver, n: int) -> float:
    rows = n * max(1, draws(solver))
    sources = torch.eye(rows + 1, dtype=torch.float64)[1:, :, None]
    start = from_the_marginal(rows + 1)
    return float(sample(DATA, start, even(n), solver, noises=sources).samples.square().sum())


# measured; the papers promise SA-Solver and SEEDS order 1 where there is noise
WEAK = [
    (everywhere(1, 0), 1),
    (everywhere(2, 0), 2),
    (everywhere(1, 1), 2),
    (everywhere(2, 2), 2),
    (SEEDS(1), 1),
    (SEEDS(2), 2),
    (SEEDS(3), 2),
    (SEEDS(1, prediction="eps"), 1),
    (SEEDS(2, prediction="eps"), 2),
    (SEEDS(3, prediction="eps"), 2),
    (SEEDS(2, eta=0.5), 2),
    *((ERSDE(order, scaler), min(order, 2)) for scaler in SCALERS for order in (1, 2, 3)),
    (EulerAncestral(), 1),
    (DPM2Ancestral(), 2),
    (DPM2Ancestral(eta=0.6), 2),
    (DPMpp2SAncestral(), 2),
    (DPMppSDE(), 2),
]


@pytest.mark.parametrize("solver, order", WEAK, ids=lambda v: repr(v) if v else "")
def test_the_variance_of_gaussian_data_is_neared_with_its_weak_order(solver, order):
    coarse, fine = (abs(variance(solver, n) - RIGHT) for n in (64, 128))
    assert fine < 0.01 * RIGHT
    assert math.log2(coarse / fine) == pytest.approx(order, abs=0.15)  # 2 in the limit of n


def cell_noise(a: int, b: int) -> torch.Tensor:
    """The unit noise of the SDE with τ = 1 over cells a … b, as a sum of that of its cells."""
    h, out = math.log(START / END) / CELLS, torch.zeros(CELLS + 1, dtype=torch.float64)
    for k in range(a, b):
        out[k + 1] = math.exp(-2 * (b - 1 - k) * h) * START * math.exp(-(k + 1) * h)
    return out / out.norm()


@functools.cache
def on_one_path(solver, n: int) -> torch.Tensor:
    """The end of n steps, what each source adds, on the path of noise of CELLS cells."""
    wide, pieces = CELLS // n, draws(solver)
    cuts = [i * wide + k * wide // pieces for i in range(n) for k in range(pieces)] + [CELLS]
    noises = torch.stack([cell_noise(a, b) for a, b in itertools.pairwise(cuts)])[:, :, None]
    start = from_the_marginal(CELLS + 1)
    return sample(DATA, start, even(n), solver, noises=noises).samples[:, 0]


@pytest.mark.parametrize(
    "solver",
    [
        *(everywhere(1, 0), everywhere(2, 0), everywhere(2, 2)),
        *(SEEDS(1), SEEDS(2), SEEDS(3)),
        *(ERSDE(1, "sde"), ERSDE(3, "sde"), DPMppSDE()),
    ],
    ids=repr,
)
def test_paths_on_one_noise_near_each_other_with_order_1(solver):
    """However many stages or past points: D bends along the noise within a step."""
    truth = on_one_path(everywhere(2, 0), CELLS)
    coarse, fine = (float((on_one_path(solver, n) - truth).norm()) for n in (8, 16))
    assert 0.85 < math.log2(coarse / fine) < 1.35
    assert fine < 0.03  # of a spread of 0.71


@pytest.mark.parametrize("solver", [SASolver(low=0.0, high=9.0), SEEDS(2), SEEDS(3), ERSDE()])
def test_the_moments_of_a_mixture_are_those_of_the_data(solver):
    """E cos 2x and E x² after 24 steps, within 4 standard errors and what the steps leave."""
    mixture_1d, count, (top, low) = mixture(3, 1), 6000, (6.0, 0.4)
    noise = Noise(3, count, (1,))
    means, std = mixture_1d.means, 0.3
    which = torch.randint(3, (count, 1), generator=torch.Generator().manual_seed(2))
    data = means[which[:, 0]] + std * normal(count, 1, seed=5)
    grid = tensor(*(top * (low / top) ** (i / 24) for i in range(25)))
    end = sample(mixture_1d, data / top + noise.start, grid, solver, noises=noise, keep=0).samples
    spread = std**2 + low**2
    expected = {
        "x²": (means.square() + spread).mean(),
        "cos 2x": (torch.cos(2 * means) * math.exp(-2 * spread)).mean(),
    }
    found = {"x²": end.square(), "cos 2x": torch.cos(2 * end)}
    for name, values in found.items():
        error = 4 * float(values.std()) / math.sqrt(count)
        assert float(values.mean()) == pytest.approx(float(expected[name]), abs=error + 0.01), name


def run(solver, grid=GRID, **more):
    more = {"noises": NOISES} | more
    return sample(DENOISER, NOISE, grid, solver, **more)


@pytest.mark.parametrize("eta", [1.0, 0.0])
def test_all_of_order_1_are_one_solver(eta):
    """Euler ancestral is the first step of each of these, with one noise and all of it renewed."""
    same = [EulerAncestral(eta), everywhere(1, 0, tau=eta), SEEDS(1, eta)]
    same.append(ERSDE(1, "sde" if eta else "ode"))
    for solver in same:
        torch.testing.assert_close(run(solver).samples, run(same[0]).samples)
    if eta == 0:
        torch.testing.assert_close(run(DDIM()).samples, run(same[0]).samples)


def test_sa_solver_makes_noise_between_two_levels_only():
    asked = []
    draw = lambda i: asked.append(i) or NOISES[i]
    solver = SASolver(3, 2, low=0.05, high=1.0)
    made = run(solver, noises=draw)
    inside = [i for i, s in enumerate(GRID[:-2].tolist()) if 0.05 <= s <= 1.0]
    assert asked == inside and 0 < len(inside) < len(GRID) - 2 and made.nfe == len(GRID) - 1
    above, off = (run(s, GRID[:4]) for s in (solver, SASolver(3, 2, tau=0.0)))
    torch.testing.assert_close(above.samples, off.samples, rtol=0, atol=0)


def test_the_corrector_uses_the_noise_of_its_predictor():
    """Data of one point: D does not change, so that a corrected arrival is the predicted one."""
    point = Gaussian(tensor(0.5, -1.0, 2.0), tensor(0.0, 0.0, 0.0))
    plain, corrected = (
        sample(point, NOISE, GRID[:-1], everywhere(1, k), noises=NOISES) for k in (0, 3)
    )
    torch.testing.assert_close(plain.x_hat, corrected.x_hat, rtol=1e-10, atol=1e-10)


def test_exponential_weights_are_their_integrals():
    nodes, end = (-1.1, -0.4, 0.0, 0.9), 0.9
    found = exponential_weights(nodes, end)
    for j, w in enumerate(found):
        ell = lambda u, j=j: math.prod(
            (u - n) / (nodes[j] - n) for k, n in enumerate(nodes) if k != j
        )
        assert w == pytest.approx(quad(lambda u: math.exp(u - end) * ell(u), 0, end)[0], rel=1e-10)
    tensors = exponential_weights([tensor(n) for n in nodes], tensor(end))
    assert [float(w) for w in tensors] == pytest.approx(found, rel=1e-13)


@pytest.mark.parametrize("scaler", SCALERS)
@pytest.mark.parametrize("ends", [(80.0, 12.0), (0.9, 0.5), (0.02, 0.002)])
def test_the_integrals_of_er_sde_are_exact(scaler, ends):
    functions = {
        "exp": lambda s: s * (math.exp(s**0.3) + 10),
        "inverse": lambda s: s * (math.exp(-1 / s) + 10),
        "p15": lambda s: s**1.5,
        "p25": lambda s: s**2.5,
        "log": lambda s: s**0.9 * math.log10(1 + 100 * s**1.5),
        "sde": lambda s: s**2,
        "ode": lambda s: s,
    }
    phi, (a, b) = functions[scaler], ends
    g, first, second = scaled_integrals(scaler, a, b)
    assert g == pytest.approx(phi(b) * a / (phi(a) * b), rel=1e-12) and g <= 1 + 1e-12
    area = lambda f: quad(lambda u: f(u) * phi(b) / phi(u), b, a, epsabs=0, epsrel=1e-12)[0]
    assert first == pytest.approx(area(lambda u: 1.0), rel=1e-9)
    assert second == pytest.approx(area(lambda u: u - a), rel=1e-9)


def dpm2_ancestral(x, sigmas, eta):
    """k-diffusion's sample_dpm_2_ancestral, as it computes."""
    for i, (a, b) in enumerate(itertools.pairwise(sigmas.tolist())):
        d = (x - DENOISER(x, tensor(a)[0])) / a
        up = min(b, eta * (b**2 * (a**2 - b**2) / a**2) ** 0.5)
        down = (b**2 - up**2) ** 0.5
        if down == 0:
            x = x + d * (down - a)
            continue
        mid = math.exp((math.log(a) + math.log(down)) / 2)
        x_2 = x + d * (mid - a)
        x = x + (x_2 - DENOISER(x_2, tensor(mid)[0])) / mid * (down - a) + NOISES[i] * up
    return x


def dpmpp_2s_ancestral(x, sigmas, eta):
    """k-diffusion's sample_dpmpp_2s_ancestral, as it computes."""
    for i, (a, b) in enumerate(itertools.pairwise(sigmas.tolist())):
        denoised = DENOISER(x, tensor(a)[0])
        up = min(b, eta * (b**2 * (a**2 - b**2) / a**2) ** 0.5)
        down = (b**2 - up**2) ** 0.5
        if down == 0:
            x = denoised
            continue
        h = math.log(a / down)
        s = math.exp(-math.log(a) * -1 - h / 2)
        x_2 = s / a * x - math.expm1(-h / 2) * denoised
        x = down / a * x - math.expm1(-h) * DENOISER(x_2, tensor(s)[0]) + NOISES[i] * up
    return x


@pytest.mark.parametrize("eta", [1.0, 0.6])
@pytest.mark.parametrize(
    "cls, theirs", [(DPM2Ancestral, dpm2_ancestral), (DPMpp2SAncestral, dpmpp_2s_ancestral)]
)
def test_the_ancestral_formulas_of_k_diffusion(cls, theirs, eta):
    for grid in (GRID, GRID[:-1]):
        found = run(cls(eta), grid)
        expected = theirs(NOISE * grid[0], grid, eta)
        torch.testing.assert_close(found.samples, expected, rtol=1e-11, atol=1e-11)
        assert found.nfe == 2 * (len(grid) - 1) - (float(grid[-1]) == 0)


def test_a_step_asks_for_its_own_row_of_noises():
    """SEEDS-3: 3i, 3i + 1, 3i + 2; with churn 4i first; restarts take theirs from the end."""
    asked = []
    draw = lambda i: asked.append(i) or NOISES[i % len(NOISES)]
    run(SEEDS(3), noises=draw)
    assert asked == list(range(3 * (len(GRID) - 2)))
    asked.clear()
    run(SEEDS(3), GRID[:4], noises=draw, churn=Churn(60.0, 0.0, 1e9, 1.0))
    assert asked == list(range(12))
    asked.clear()
    run(SEEDS(2), GRID[:-1], noises=draw, restart=Restart(2, 3, 0.1, 1.0))
    assert sorted(v for v in asked if v < 0) == list(range(-14, 0))
    with pytest.raises(UserError, match="SEEDS need.* 36 noises; got 5|SEEDS needs 36"):
        run(SEEDS(3), noises=NOISES[:5])


@pytest.mark.parametrize("schedule", [EDM(), VP()], ids=lambda s: s.name)
@pytest.mark.parametrize("solver", [SASolver(), SEEDS(3), ERSDE(), DPM2Ancestral()], ids=repr)
def test_each_sample_owns_its_noise(solver, schedule):
    large, small = (
        sample(DENOISER, n.start, GRID, solver, schedule, noises=n).samples
        for n in (Noise(4, 16, (3,)), Noise(4, 4, (3,)))
    )
    torch.testing.assert_close(large[:4], small, rtol=1e-12, atol=1e-12)
