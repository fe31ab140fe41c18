"""Adaptive steps: the error follows the tolerance, every try counts, samples go their own way."""

import math

import pytest
import torch

from explorer.core.loop import steps
from explorer.core.ode import Ode, adapts
from explorer.core.sampling import Noise, sample
from explorer.core.schedules import EDM, VP
from explorer.core.solvers import Adaptive, TypedRK, adaptive
from explorer.core.solvers.adaptive import PAIRS
from explorer.core.tableau import tableau
from explorer.errors import UserError

from .problems import flow, mixture, normal, tensor

DENOISER, NOISE = mixture(), normal(12, 2)
TOP, LOW = 20.0, 0.05
ENDS = tensor(TOP, LOW)


class Counted:
    """The denoiser, and how often it was asked for each sample, told apart by their count."""

    def __init__(self, denoiser):
        self.denoiser, self.shape, self.rows = denoiser, denoiser.shape, 0

    def __call__(self, x, sigma):
        self.rows += len(x)
        return self.denoiser(x, sigma)


@pytest.fixture(scope="module")
def truth():
    return flow(DENOISER, TOP * NOISE, TOP, LOW, 2000)


def run(solver, sigmas=ENDS, noise=NOISE, **more):
    return sample(DENOISER, noise, sigmas, solver, **more)


@pytest.mark.parametrize("pair", PAIRS)
def test_the_error_follows_the_tolerance(pair, truth):
    """A factor of 100 in the tolerance is one of about 100 in the error: the step's error is held
    at the tolerance, and the number of steps grows far more slowly."""
    errors, counts = [], []
    for tolerance in (1e-3, 1e-5):
        made = run(Adaptive(pair, tolerance, tolerance, stops=1))
        errors.append(float((made.samples - truth).norm(dim=1).median()))
        counts.append(made.nfe)
    slope = math.log10(errors[0] / errors[1]) / 2
    assert 0.85 < slope < 1.35  # measured 0.96 to 1.23
    assert errors[1] < 1e-4 and counts[0] < counts[1]


@pytest.mark.parametrize("pair", PAIRS)
def test_every_evaluation_is_counted_for_its_sample(pair):
    """What the denoiser was asked in all is what the samples say that they spent; a try costs the
    same whether it is taken or refused."""
    counted = Counted(DENOISER)
    made = sample(counted, NOISE, tensor(TOP, 1.0, LOW), Adaptive(pair, 1e-3, 1e-3))
    tried = made.tried
    assert counted.rows == int(tried.evaluations.sum())
    assert made.nfe == int(tried.evaluations.max()) > int(tried.evaluations.min())
    assert int(tried.refused.sum()) > 0
    stages = PAIRS[pair].cost - 1
    fresh = 2 if pair == "bs32" else tried.taken_steps  # where steps begin; it keeps its arrivals
    each = stages * (tried.taken_steps + tried.refused) + fresh
    assert torch.equal(each, tried.evaluations)


def test_the_record_of_the_first_sample_leads_from_end_to_end():
    tried = run(Adaptive("exp32", 1e-3, 1e-3)).tried
    taken = tried.taken
    assert int(taken.sum()) == int(tried.taken_steps[0])
    assert int((~taken).sum()) == int(tried.refused[0]) > 0
    assert (tried.error[taken] <= 1).all() and (tried.error[~taken] > 1).all()
    begin, end = tried.sigma[taken], tried.sigma_next[taken]
    torch.testing.assert_close(begin[1:], end[:-1], rtol=0, atol=0)
    assert tried.levels == [TOP, *end.tolist()] and tried.levels[-1] == pytest.approx(LOW)
    # after a refusal the next try is shorter and begins where that one did
    start, stop = tried.sigma.tolist(), tried.sigma_next.tolist()
    for k in (~taken).nonzero()[:, 0].tolist():
        assert start[k + 1] == start[k] and stop[k + 1] > stop[k]


def test_the_list_of_its_steps_gives_its_end_again():
    """The first sample's steps, as levels of the method that goes on, without any control."""
    made = run(Adaptive("exp32", 1e-3, 1e-3))
    levels = tensor(*made.tried.levels)
    again = run(TypedRK(PAIRS["exp32"].table), levels)
    torch.testing.assert_close(again.samples[0], made.samples[0], rtol=1e-11, atol=1e-11)
    assert again.nfe == 3 * (len(levels) - 1) < made.nfe
    assert (again.samples[1:] - made.samples[1:]).abs().max() > 1e-5  # others had other steps


@pytest.mark.parametrize("schedule", [EDM(), VP()], ids=lambda s: s.name)
@pytest.mark.parametrize("pair", PAIRS)
def test_the_first_4_of_16_are_the_batch_of_4(pair, schedule):
    many, few = (
        sample(DENOISER, n.start, tensor(TOP, 1.0, LOW, 0.0), Adaptive(pair), schedule, most=30)
        for n in (Noise(4, 16, (2,)), Noise(4, 4, (2,)))
    )
    torch.testing.assert_close(many.samples[:4], few.samples, rtol=1e-10, atol=1e-10)
    for name in ("evaluations", "taken_steps", "refused"):
        assert torch.equal(getattr(many.tried, name)[:4], getattr(few.tried, name)), name


@pytest.mark.parametrize("denoise", [False, True])
@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("most", [5, 9, 30])
def test_no_sample_spends_more_than_its_budget(most, pair, denoise):
    grid = tensor(TOP, 5.0, 1.0, 0.2, *([LOW] if denoise else [0.0]))
    made = run(Adaptive(pair, 1e-4, 1e-4), grid, most=most, denoise=denoise)
    tried = made.tried
    assert int(tried.evaluations.max()) <= most and torch.isfinite(made.samples).all()
    ended = tried.ended[~tried.ended.isnan()]
    assert len(ended) and (ended <= TOP).all()
    plenty = run(Adaptive(pair, 1e-2, 1e-2), grid, most=1000, denoise=denoise)
    assert plenty.tried.ended.isnan().all()


def test_a_tolerance_that_nothing_meets_is_refused(monkeypatch):
    """A denoiser that jumps everywhere: no step of any length has a small error."""
    monkeypatch.setattr(adaptive, "MOST", 300)
    rough = lambda x, sigma: torch.sign(torch.sin(1e9 * x))
    with pytest.raises(UserError, match="take more than 300 evaluations; loosen them"):
        sample(rough, NOISE[:2], tensor(2.0, 0.5), Adaptive("heun21", 1e-8, 1e-10))


def test_it_goes_up_as_well():
    """An encoder runs from data to noise; the steps of the way up lead back."""
    ode = Ode(DENOISER)
    for point in steps(ode, Adaptive("exp32", 1e-6, 1e-6), NOISE, tensor(0.5, 5.0)):
        up = point.x
    back = sample(DENOISER, up / 5.0, tensor(5.0, 0.5), Adaptive("exp32", 1e-6, 1e-6)).samples
    torch.testing.assert_close(back, NOISE, rtol=1e-4, atol=1e-4)
    assert adapts(Adaptive())


def test_a_lower_method_is_of_one_order_less():
    for name, pair in PAIRS.items():
        if pair.table:
            lower, higher = tableau(pair.lower), tableau(pair.table)
            assert (lower.order, higher.order) == (pair.order - 1, pair.order), name
            assert lower.a == higher.a, "their stages are the same"
