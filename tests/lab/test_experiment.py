"""From an experiment to a run and its errors: budgets, memory, references, caps."""

import dataclasses
import math

import numpy as np
import pytest
import torch

from explorer.core.ode import adapts
from explorer.core.sampling import Churn
from explorer.core.schedules import SCHEDULES, VP
from explorer.core.solvers import DDIM, RK2, SOLVERS, Euler, Heun
from explorer.core.timesteps import Custom, Rho
from explorer.data import Digits, Diracs, Moons, Spiral
from explorer.errors import Cancelled, UserError
from explorer.lab import experiment
from explorer.lab.error import errors_of
from explorer.lab.experiment import ENDINGS, Experiment, evaluations, levels, prepared, run
from explorer.lab.truth import reference_for
from explorer.lab.versus import comparison
from explorer.memo import size_of
from explorer.models import Gaussian

SMALL = Experiment(data=Moons(dimension=2), samples=16, nfe=17)


def small(**changes) -> Experiment:
    return dataclasses.replace(SMALL, **changes)


@pytest.mark.parametrize("last", [value for value, _ in ENDINGS])
@pytest.mark.parametrize("name", SOLVERS)
def test_a_budget_goes_to_the_nearest_number_of_whole_steps(name, last):
    """What the grid plans is what the wrapper counts, never off by more than half a step."""
    solver = SOLVERS[name]()
    for nfe in (1, 2, 3, 10, 11, 35):
        e = small(solver=solver, nfe=nfe, last=last, samples=2)
        n = len(levels(e))
        full = solver.evaluations * (n - 1)
        planned = full + (last != "sigma_min")
        r = run(e)
        if adapts(solver):  # the budget is a cap, and each level costs one evaluation at least
            least = n - 1 + (last != "sigma_min")
            assert least <= r.nfe <= evaluations(e) == max(nfe, least)
            assert n <= solver.stops + 1 and r.steps == (n if last == "zero" else n - 1)
            continue
        assert r.nfe == planned == len(r.trajectory.evaluated)
        assert r.steps == (n if last == "zero" else n - 1)
        full_step = solver.evaluations + (last == "denoise")
        least = 1 if last == "zero" else full_step  # one step at least, or one call to go to 0
        assert abs(planned - max(nfe, least)) <= solver.evaluations / 2


def test_a_tie_goes_to_the_cheaper_budget():
    assert run(small(nfe=12, samples=2)).nfe == 11  # Heun to 0 takes odd numbers


@pytest.mark.parametrize("nfe, steps", [(35, 18), (79, 40), (511, 256)])
def test_published_budgets(nfe, steps):
    assert len(levels(small(nfe=nfe))) == steps  # EDM: CIFAR-10, and Table 5 for ImageNet


def test_a_typed_list_sets_the_steps_whatever_the_budget():
    typed = Custom(levels=(80.0, 10.0, 1.0, 0.1, 0.002, 0.0))
    for nfe in (1, 35, 900):
        r = run(small(timesteps=typed, nfe=nfe))
        assert r.trajectory.sigma.tolist() == [80.0, 10.0, 1.0, 0.1, 0.002, 0.0]
        assert (r.nfe, r.steps) == (9, 5)


def test_the_same_experiment_runs_once():
    assert run(SMALL) is run(small()) and errors_of(run(SMALL)) is errors_of(run(SMALL))
    assert run(SMALL) is not run(small(seed=1))


def test_a_run_counts_without_its_network():
    """Else one run of a large network fills the memory of runs, and the next one pushes it out."""
    r = run(small(seed=5))
    assert size_of(r) == size_of(r.trajectory) > 0 and size_of(r.source) > 0


def test_the_device_and_the_clock_are_told():
    r = run(SMALL)
    assert r.source.device.label.startswith("CPU") and r.ms_per_evaluation > 0
    assert run(small(nfe=1, last="zero")).ms_per_evaluation is None  # all of it is warm-up


@pytest.mark.parametrize("solver", [Heun(), DDIM()], ids=lambda s: s.name)
@pytest.mark.parametrize("churn", [0.0, 10.0])
@pytest.mark.parametrize("data", [Spiral(), Digits(), Diracs()], ids=lambda d: d.name)
def test_the_batch_of_four_begins_the_batch_of_sixteen(data, churn, solver):
    """Bit for bit: samples share no generator, and none sees how many there are."""
    few, many = (
        run(Experiment(data=data, solver=solver, churn=Churn(s_churn=churn), nfe=9, samples=k))
        for k in (4, 16)
    )
    assert torch.equal(few.trajectory.x[0], many.trajectory.x[0][:4])
    assert torch.equal(few.samples, many.samples[:4])


def test_a_view_is_the_same_after_other_views():
    first = run(SMALL).samples.clone()
    experiment.use_device("cpu")  # forget
    run(small(seed=5)), run(small(samples=64))
    assert torch.equal(run(SMALL).samples, first)


# ---- the reference -------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_reference_agrees_with_an_adaptive_method_of_order_eight():
    from scipy.integrate import solve_ivp

    e = small(samples=6)
    ref, denoiser = reference_for(e), prepared(e.data, e.model).denoiser

    def slope(u, y):  # in u = ln σ: dx/du = x − D
        x = torch.tensor(y).reshape(6, 2)
        return (x - denoiser(x, torch.tensor(math.exp(u)))).flatten().numpy()

    exact = solve_ivp(
        slope,
        (math.log(80), math.log(0.002)),
        ref.x[0].flatten().numpy(),
        "DOP853",
        rtol=1e-10,
        atol=1e-12,
    )
    np.testing.assert_allclose(ref.x[-1].flatten(), exact.y[:, -1], atol=1e-4)


@pytest.mark.parametrize("data", [Spiral(), Digits()], ids=lambda d: d.name)
def test_the_reference_of_a_gaussian_is_its_closed_form(data):
    """97 steps of RK4 leave 2e-6 of the spread where σ passes the smallest standard deviations."""
    e = Experiment(data=data, model=Gaussian(), samples=8, nfe=9)
    ref, law = reference_for(e), prepared(e.data, e.model).denoiser
    for i in (20, 60, 96):
        exact = law.flow(ref.x[0], ref.sigma[0], ref.sigma[i])
        atol = 3e-6 * float(1 + ref.sigma[i])
        torch.testing.assert_close(ref.x[i], exact, rtol=0, atol=atol)


def test_the_reference_is_dense():
    e = small(samples=4, model=Gaussian())
    ref, law = reference_for(e), prepared(e.data, e.model).denoiser
    between = torch.tensor([33.3, 2.718, 0.15, 0.0031], dtype=torch.float64)
    for sigma, x in zip(between, ref.at(between)):
        torch.testing.assert_close(x, law.flow(ref.x[0], 80.0, sigma), rtol=1e-6, atol=1e-6)


def test_the_reference_belongs_to_data_and_noise_alone():
    assert reference_for(SMALL) is reference_for(
        small(solver=Euler(), nfe=50, schedule=VP(), churn=Churn(s_churn=9.0))
    )
    assert reference_for(SMALL) is not reference_for(small(seed=1))


# ---- errors --------------------------------------------------------------------------------------


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("churn", [0.0, 10.0])
def test_shares_are_parts_of_one(schedule, churn):
    errors = errors_of(run(small(schedule=SCHEDULES[schedule](), churn=Churn(s_churn=churn))))
    n = len(errors.sigma) - 1
    assert errors.steps.share.shape == (n,) and errors.steps.local.shape[0] == n
    assert float(errors.steps.share.sum()) == pytest.approx(1) and bool(
        (errors.steps.share >= 0).all()
    )
    assert errors.path.shape[0] == n + 1 and torch.equal(errors.end, errors.path[-1])


def test_the_run_starts_at_the_truth_and_the_first_step_is_its_local_error():
    errors = errors_of(run(SMALL))
    assert float(errors.path[0].max()) == 0
    torch.testing.assert_close(
        errors.steps.local[0], errors.path[1][: errors.measured], rtol=1e-6, atol=1e-9
    )


def test_a_single_step_is_to_blame_for_all_of_its_run():
    """Two levels above 0: one step, and its local error is the end error."""
    errors = errors_of(run(small(timesteps=Custom(levels=(2.0, 0.1)))))
    assert errors.steps.share.tolist() == [1.0]
    torch.testing.assert_close(
        errors.steps.local[0], errors.end[: errors.measured], rtol=1e-6, atol=1e-9
    )


def test_the_end_error_is_against_the_end_of_the_reference():
    r = run(SMALL)
    ref = reference_for(SMALL)
    difference = r.trajectory.x[len(r.levels) - 1] - ref.x[-1]
    torch.testing.assert_close(
        errors_of(r).end, difference.square().mean(1).sqrt(), rtol=1e-6, atol=1e-9
    )


@pytest.mark.parametrize(
    "solver, order",
    [(Euler(), 1), (DDIM(), 1), (Heun(), 2), (RK2(), 2)],
    ids=lambda v: getattr(v, "name", v),
)
def test_the_error_falls_with_the_order_of_the_solver(solver, order):
    """End error against NFE.  A spiral of thickness 0.2 is smooth down to σ = 0.05, so that from 32
    steps on the slope is the theory's to within a quarter of an order."""
    errors = []
    for n in (33, 129):
        nfe = solver.evaluations * (n - 1) + 1
        e = Experiment(
            data=Spiral(dimension=2, thickness=0.2),
            solver=solver,
            nfe=nfe,
            samples=16,
            timesteps=Rho(sigma_min=0.05),
        )
        errors.append(float(errors_of(run(e)).end.mean()))
    slope = math.log(errors[0] / errors[1]) / math.log(4)
    assert abs(slope - order) < 0.25, errors


def test_churn_is_measured_against_the_flow_with_the_same_noise():
    """With many steps the churned run and its reference meet, though both are random."""
    many = errors_of(run(small(nfe=255, churn=Churn(s_churn=20.0), samples=16)))
    few = errors_of(run(small(nfe=17, churn=Churn(s_churn=20.0), samples=16)))
    assert float(many.end.median()) < 0.02 < float(few.end.median())


def test_the_comparison_has_the_same_levels_and_budget():
    r = run(small(nfe=17, schedule=VP()))
    other = comparison(r.experiment)
    assert abs(other.nfe - r.nfe) <= 1 and other.experiment.solver == Euler()
    assert other.levels[0] == r.levels[0] and float(other.levels[-1]) == pytest.approx(0.002)


def test_one_step_has_no_error_to_measure():
    with pytest.raises(UserError, match="at least 2 steps"):
        errors_of(run(small(nfe=1)))


# ---- caps and cancelling -------------------------------------------------------------------------


def test_too_much_work_is_refused_with_its_numbers():
    with pytest.raises(UserError, match=r"4096 samples × 1023 evaluations on Digits.*4\.0·10¹⁰"):
        run(Experiment(data=Digits(), samples=4096, nfe=1023))
    with pytest.raises(UserError, match=r"\d+ samples would do"):
        run(Experiment(data=Digits(), samples=4096, nfe=1023))


def test_a_typed_list_counts_as_the_work_it_is():
    falling = tuple(float(v) for v in torch.logspace(2, -2, 512, dtype=torch.float64))
    e = Experiment(data=Digits(), samples=4096, nfe=1, timesteps=Custom(levels=falling))
    with pytest.raises(UserError, match="at most"):
        run(e)


def test_cancelling_stops_at_once_and_leaves_nothing_behind():
    e, seen = small(seed=77), []

    def stop():
        seen.append(1)
        if len(seen) == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        run(e, stop)
    assert len(seen) == 3
    r = run(e)
    assert torch.isfinite(r.samples).all()
    with pytest.raises(Cancelled):
        errors_of(r, lambda: (_ for _ in ()).throw(Cancelled))
    assert math.isfinite(float(errors_of(r).end.mean()))


def test_classes_that_are_not_there_are_named():
    from explorer.models import Exact

    with pytest.raises(UserError, match="no classes"):
        run(Experiment(data=Spiral(), model=Exact(condition=3)))
