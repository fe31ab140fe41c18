"""A step taken apart: its terms are those that the solver used, and they add up to its end."""

import dataclasses
import math

import pytest
import torch

from explorer.analysis.anatomy import How, dissect
from explorer.analysis.terms import in_answers, in_slopes, speaks_of_slopes, value_of
from explorer.core.ode import adapts
from explorer.core.sampling import Churn, Noise, Restart, sample
from explorer.core.schedules import EDM, VP
from explorer.core.solvers import IPNDMV, SOLVERS, DPMpp, Euler, Heun
from explorer.data import Spiral
from explorer.lab.learned import ready
from explorer.lab.source import prepared
from explorer.models import Exact
from tests.toy_solver import Kutta3

SIGMAS = torch.cat([torch.logspace(1.9, -2.7, 8, dtype=torch.float64), torch.zeros(1).double()])
ROUNDING = 1e-12  # float64, some hundred operations a step, relative to what is added


@dataclasses.dataclass(frozen=True)
class Clipped(Euler):
    """A step that clips its state, which no sum does."""

    def step(self, ode, state, t_next):
        x, carry = super().step(ode, state, t_next)
        return x.clamp(-1, 1), carry


def _source():
    return prepared(Spiral(dimension=2), Exact())


def _apart(solver, schedule=EDM(), churn=Churn(), restart=Restart(), afs=False, path=2):
    """The anatomy of one path, and the run of four that it is one of."""
    source, solver = _source(), ready(solver)
    denoiser, most = source.watched(None, sampling=True), 60 if adapts(solver) else None
    new = lambda first, count: Noise(3, count, source.shape, first=first)
    how = How(solver, schedule, churn, restart, lambda: new(path, 1), afs, False, most)
    whole = new(0, 4)
    run = sample(
        denoiser,
        whole.start,
        SIGMAS,
        solver,
        schedule,
        churn,
        whole,
        afs=afs,
        restart=restart,
        most=most,
    )
    found = dissect(denoiser, new(path, 1).start, SIGMAS, how, len(SIGMAS))
    return found, run.x[:, path]


def _sum(terms, found):
    return torch.stack([t.coefficient * value_of(t, found) for t in terms])


def _adds_up(found, states, jumps=0):
    """Both ways of saying it, against the state and against the run that it was one path of; after
    a restart a step begins elsewhere than the last one ended."""
    assert len(found.cuts) == len(states) - 1
    for cut in found.cuts:
        for terms in (in_answers(cut.row), in_slopes(cut.row, found)):
            parts = _sum(terms, found)
            size = float(parts.abs().max())
            assert float((parts.sum(0) - cut.x).abs().max()) < ROUNDING * size
    near = lambda a, b: torch.allclose(a, b, rtol=1e-9, atol=1e-9)  # a batch of 1 or of 4
    assert all(near(found.vectors[c.begun].value, states[c.step]) for c in found.cuts)
    assert sum(not near(c.x, states[c.step + 1]) for c in found.cuts) == jumps


@pytest.mark.parametrize("name", [*SOLVERS, "kutta3"])
def test_the_terms_add_up_to_the_new_state(name):
    _adds_up(*_apart((SOLVERS | {"kutta3": Kutta3})[name]()))


@pytest.mark.parametrize("name", ["heun", "unipc", "adaptive", "em", "kutta3"])
def test_they_do_in_a_scaled_frame(name):
    _adds_up(*_apart((SOLVERS | {"kutta3": Kutta3})[name](), VP()))


@pytest.mark.parametrize("name", ["heun", "unipc", "deis", "dpmpp_sde", "adaptive"])
def test_churn_a_restart_and_the_analytic_first_step_are_in_the_sum(name):
    churn = Churn(s_churn=10.0, s_tmin=0.05, s_tmax=50.0)
    found, states = _apart(SOLVERS[name](), churn=churn)
    _adds_up(found, states)
    assert found.cuts[2].sigma_hat > found.cuts[2].sigma
    assert {found.vectors[j].kind for j in found.cuts[2].hat_row} == {"x", "n"}
    found, states = _apart(SOLVERS[name](), restart=Restart(repeats=2, inner=3), afs=True)
    _adds_up(found, states, jumps=1)
    first = found.cuts[0]
    assert all(asked.sigma < first.sigma for asked in first.asked)  # nothing is asked at σ_max


def test_clipped_answers_are_terms_like_others():
    found, states = _apart(DPMpp(thresholding=True))
    _adds_up(found, states)


def test_heun_is_the_mean_of_two_slopes():
    found, _ = _apart(Heun())
    assert speaks_of_slopes(found)
    for cut in found.cuts[:-1]:
        h = cut.sigma_next - cut.sigma
        x, first, second = in_slopes(cut.row, found)
        assert x.coefficient == pytest.approx(1, rel=1e-12) and x.column == cut.begun
        assert first.coefficient == pytest.approx(h / 2, rel=1e-12)
        assert second.coefficient == pytest.approx(h / 2, rel=1e-12)
        assert [a.sigma for a in cut.asked] == pytest.approx([cut.sigma, cut.sigma_next])
        stage = in_slopes(cut.asked[1].row, found)  # where the second is asked: Euler's end
        assert [t.coefficient for t in stage] == pytest.approx([1, h], rel=1e-12)


def test_dpmpp_2m_is_said_in_answers():
    """x' = σ'/σ x − (e^−h − 1) [(1 + 1/2r) D − 1/2r D₋₁], Lu et al. 2022, Algorithm 2."""
    found, _ = _apart(DPMpp())
    assert not speaks_of_slopes(found)
    before, cut = found.cuts[2], found.cuts[3]
    h = math.log(cut.sigma / cut.sigma_next)
    r = math.log(before.sigma / cut.sigma) / h
    x, past, now = sorted(
        in_answers(cut.row), key=lambda t: (found.vectors[t.column].kind != "x", t.column)
    )
    gain = 1 - math.exp(-h)
    assert x.coefficient == pytest.approx(cut.sigma_next / cut.sigma)
    assert past.coefficient == pytest.approx(-gain / (2 * r))
    assert now.coefficient == pytest.approx(gain * (1 + 1 / (2 * r)))


def test_a_multistep_method_names_the_slopes_of_earlier_steps():
    found, _ = _apart(IPNDMV())
    cut = found.cuts[4]
    steps = [found.vectors[t.column].step for t in in_slopes(cut.row, found) if t.slope]
    assert steps == [1, 2, 3, 4]


def test_a_step_that_does_more_than_add_is_told():
    found, _ = _apart(Clipped())
    assert found.cuts[0].off > 1e-3
    assert _apart(Euler())[0].cuts[0].off < ROUNDING
