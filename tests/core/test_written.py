"""A run that is written out is the run that is followed step by step."""

import pytest
import torch

from explorer.analysis.followed import followed, given_ahead
from explorer.analysis.reference import nodes
from explorer.core import written
from explorer.core.churn import Churn, Restart
from explorer.core.denoisers import Mixture
from explorer.core.ode import adapts
from explorer.core.sampling import _How, sample
from explorer.core.schedules import EDM, VP
from explorer.core.solvers import SOLVERS, DPMpp, Euler, Heun
from explorer.core.timesteps import Rho

BOUND = 1e-9  # of the largest number: the same float64 sums in another order
G = torch.Generator().manual_seed(3)
DATA = Mixture(torch.randn(7, 5, generator=G, dtype=torch.float64), 0.1)
NOISE = torch.randn(6, 5, generator=G, dtype=torch.float64)
DRAWN = torch.randn(80, 6, 5, generator=G, dtype=torch.float64)
STEPS = 9
SIGMAS = Rho().sigmas(STEPS)
TO_ZERO = torch.cat([SIGMAS, torch.zeros(1, dtype=torch.float64)])


def both(how, sigmas=TO_ZERO, keep=4):
    """The run followed, and the run written out."""
    draws = lambda i: DRAWN[i]
    followed = how.follow(DATA, NOISE, sigmas, draws, keep, None)
    table = how.table(DATA, NOISE, sigmas)
    return followed, table and table.run(DATA, NOISE, draws, keep, None)


def same(followed, found):
    assert found is not None
    for name, value in found.items():
        true = getattr(followed, name)
        assert value.shape == true.shape, name
        assert float((value - true).abs().max()) <= BOUND * float(true.abs().max()), name


def how(solver, schedule=EDM(), churn=Churn(), afs=False, restart=Restart(), denoise=False):
    return _How(solver, schedule, churn, afs, restart, denoise)


@pytest.mark.parametrize("name", SOLVERS)
def test_every_solver_is_a_sum_or_says_that_it_is_none(name):
    solver = SOLVERS[name]()
    followed, found = both(how(solver))
    if adapts(solver):  # its steps depend on the samples
        assert found is None
        return
    assert found is not None, f"{name} has become more than a sum"
    same(followed, found)


@pytest.mark.parametrize("schedule", [EDM(), VP()])
def test_churn_restarts_and_the_analytic_step_are_sums(schedule):
    same(*both(how(Heun(), schedule, Churn(20.0, 0.01, 50.0), True, Restart(2, 3))))
    same(*both(how(Heun(), schedule, denoise=True), SIGMAS))


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_a_short_run_is_a_sum_too(steps):
    sigmas = torch.cat([Rho().sigmas(8)[:steps], torch.zeros(1, dtype=torch.float64)])
    same(*both(how(Euler()), sigmas))


def test_thresholding_is_none():
    assert both(how(DPMpp(thresholding=True)))[1] is None


def test_a_solver_that_looks_at_the_size_of_a_sample_is_none():
    class Norm(Heun):
        def step(self, ode, state, t_next):
            x, carry = super().step(ode, state, t_next)
            return x / x.norm(dim=1, keepdim=True), carry

    assert both(how(Norm()))[1] is None


def test_its_watch_sees_the_points():
    table = how(Heun()).table(DATA, NOISE, TO_ZERO)
    true, seen = [], []
    sample(DATA, NOISE, TO_ZERO, Heun(), watch=lambda i, p: true.append((i, p.x, p.denoised)))
    look = lambda i, p: seen.append((i, p.x, p.denoised))
    table.run(DATA, NOISE, None, None, look)
    assert len(seen) == len(true) == STEPS
    for (i, x, d), (j, y, e) in zip(seen, true):
        assert i == j and torch.allclose(x, y, rtol=1e-9) and torch.allclose(d, e, rtol=1e-9)


def test_a_cancelled_run_ends_at_once():
    class Stop(Exception):
        pass

    def stop(i, point):
        if i == 2:
            raise Stop

    asked = []

    def denoiser(x, sigma):
        asked.append(sigma)
        return DATA(x, sigma)

    table = how(Heun()).table(DATA, NOISE, TO_ZERO)
    with pytest.raises(Stop):
        table.run(denoiser, NOISE, None, None, stop)
    assert len(asked) == 5  # the third point; two steps of two before


def test_a_table_is_made_once():
    first = how(Heun()).table(DATA, NOISE, TO_ZERO)
    assert how(Heun()).table(DATA, NOISE, TO_ZERO) is first
    assert how(Heun()).table(DATA, NOISE, TO_ZERO * 0.9) is not first


def test_a_run_too_long_is_followed(monkeypatch):
    monkeypatch.setattr(written, "MOST", 10)
    assert how(Heun()).table(DATA, NOISE, TO_ZERO * 0.8) is None


def test_a_reference_is_a_sum_too():
    """What a GPU is given ahead is what is followed, with the watch told once at each node."""
    sigma, told = nodes(80.0, 0.002, 65), []
    found = given_ahead(DATA, 80 * NOISE, sigma, lambda: told.append(1))
    assert len(told) == len(sigma)
    for mine, true in zip(found, followed(DATA, 80 * NOISE, sigma, None), strict=True):
        assert float((mine - true).abs().max()) <= BOUND * float(true.abs().max())
