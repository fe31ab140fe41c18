"""AMED: the published sampler and plug-ins with a constant predictor, and g_φ itself."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from explorer.analysis.error import step_errors
from explorer.core.loop import steps
from explorer.core.ode import Ode, State
from explorer.core.predictor import Predictor
from explorer.core.sampling import sample
from explorer.core.schedules import EDM, VP
from explorer.core.solvers import AMED, DPM2, IPNDM, DPMpp, Plugin
from explorer.core.solvers.steered import Steered
from explorer.core.timesteps import Rho
from explorer.core.trained import Trained, answers_of
from explorer.errors import UserError

from .problems import mixture, normal, tensor
from .test_golden import DENOISER, STORED

GOLDEN = np.load(Path(__file__).parents[1] / "data" / "samplers_amed.npz")
CASES = json.loads(str(GOLDEN["cases"]))
INSIDE = {"euler": "ddim", "dpm_2": "dpm2", "ipndm": "ipndm4", "dpm_pp": "dpmpp3"}


def solver_of(case):
    constants = {"r": case["r"], "c": case["scale_dir"], "a": case["scale_time"]}
    if case["kind"] == "amed_sampler":
        return AMED(**constants)
    return Plugin(INSIDE[case["kind"].split(":")[1].removesuffix("_sampler")], **constants)


def test_every_published_case_is_here():
    kinds = [c["kind"] for c in CASES]
    assert {k: kinds.count(k) for k in kinds} == {
        "amed_sampler": 12,
        "amed_plugin:euler_sampler": 6,
        "amed_plugin:ipndm_sampler": 6,
        "amed_plugin:dpm_2_sampler": 6,
        "amed_plugin:dpm_pp_sampler": 6,
    }


@pytest.mark.parametrize("i", range(len(CASES)), ids=[f"{c['kind']}-{c['case']}" for c in CASES])
def test_samples_and_levels_of_the_published_solver(i):
    case, levels = CASES[i], torch.from_numpy(GOLDEN["evaluated"][i])
    levels = levels[levels.isfinite()]
    result = sample(
        DENOISER,
        STORED["latents"],
        Rho().sigmas(case["num_steps"]),
        solver_of(case),
        afs=case.get("afs", False),
    )
    assert result.nfe == len(levels)
    torch.testing.assert_close(result.evaluated, levels, rtol=1e-9, atol=0)
    expected = torch.from_numpy(GOLDEN["x"][i])
    assert (result.samples - expected).abs().max() < 1e-9 * expected.abs().max()


GRID = Rho().sigmas(4)
NOISE = normal(6, 3)
MODEL = mixture(d=3)
EVERY = [AMED(), *(Plugin(k) for k in INSIDE.values()), Plugin("ipndm2"), Plugin("dpmpp2")]


def test_amed_at_one_half_evaluates_where_dpm_solver_2_does():
    """r = ½, c = 1: the same levels and states; there DPM-Solver-2 is w = 1/(2r) = 1 too."""
    for afs in (False, True):
        ours, theirs = (sample(MODEL, NOISE, GRID, s, afs=afs) for s in (AMED(), DPM2()))
        assert torch.equal(ours.evaluated, theirs.evaluated)
        torch.testing.assert_close(ours.samples, theirs.samples, rtol=1e-13, atol=1e-13)


def test_the_plug_in_of_dpm_solver_2_is_dpm_solver_2():
    for r in (0.3, 1.0):
        ours, theirs = (sample(MODEL, NOISE, GRID, s) for s in (Plugin("dpm2", r), DPM2(r)))
        torch.testing.assert_close(ours.samples, theirs.samples, rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize(
    "k, solver",
    [("ipndm4", IPNDM(4)), ("ipndm2", IPNDM(2)), ("dpmpp3", DPMpp(3)), ("dpmpp2", DPMpp(2))],
)
def test_a_plug_in_with_c_1_is_its_solver_on_twice_the_levels(k, solver):
    """History, warm-up and the lower orders at the end all count its own steps."""
    middle = (GRID[1:] ** 0.4) * (GRID[:-1] ** 0.6)
    fine = torch.stack([GRID[:-1], middle], 1).flatten()
    ours = sample(MODEL, NOISE, GRID, Plugin(k, r=0.4))
    theirs = sample(MODEL, NOISE, torch.cat([fine, GRID[-1:]]), solver)
    assert ours.nfe == theirs.nfe
    torch.testing.assert_close(ours.samples, theirs.samples, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("n, nfe", [(3, 3), (4, 5), (5, 7), (6, 9)])
def test_budgets_of_the_paper(n, nfe):
    for solver in EVERY:
        assert sample(MODEL, NOISE, Rho().sigmas(n), solver, afs=True).nfe == nfe


@pytest.mark.parametrize("solver", EVERY, ids=repr)
def test_each_sample_may_have_its_own_r_c_and_a(solver):
    """One batch with three columns of constants is three batches with one each."""
    constants = [(0.3, 0.95, 1.02), (0.5, 1.0, 1.0), (0.8, 1.1, 0.9)]
    column = [tensor(*[c[j] for c in constants for _ in range(2)]).reshape(-1, 1) for j in range(3)]

    def run(x, given, schedule):
        ode = Ode(MODEL, schedule)
        steered = Steered(solver, lambda ode, state, sigma_next: given)
        return list(steps(ode, steered, x, schedule.time(GRID[:4])))[-1].plain

    for schedule in (EDM(), VP()):
        start = NOISE * GRID[0] * schedule.scale(schedule.time(GRID[0]))
        together = run(start, column, schedule)
        alone = torch.cat(
            [run(start[2 * k : 2 * k + 2], c, schedule) for k, c in enumerate(constants)]
        )
        torch.testing.assert_close(together, alone, rtol=1e-7, atol=1e-9)  # σ → t → σ in VP


@pytest.mark.parametrize("solver", EVERY, ids=repr)
def test_gradients_of_r_c_and_a_are_those_of_finite_differences(solver):
    """Through the second evaluation, over one step of 20 → 2 from a history of two."""

    def end(r, c, a):
        ode = Ode(MODEL)
        past = [ode.evaluate(NOISE * s, tensor(s)[0]) for s in (60.0, 35.0, 20.0)]
        state = State(tuple(past), 3, (60.0, 2.0))
        given = [v.reshape(-1, 1) for v in (r, c, a)]
        return solver.update(ode, state, 2.0, *given)[0]

    values = [
        tensor(*v).requires_grad_()
        for v in (
            [0.2, 0.35, 0.5, 0.6, 0.7, 0.9],
            [0.9, 0.95, 1.0, 1.0, 1.05, 1.1],
            [1.0, 0.9, 1.1, 1.0, 1.05, 0.95],
        )
    ]
    assert torch.autograd.gradcheck(end, values, eps=1e-6, atol=1e-6, rtol=1e-5)


# ---- a predictor in use --------------------------------------------------------------------------


def trained(solver="amed", model=MODEL, sigmas=GRID, afs=True, **given):
    g = torch.Generator().manual_seed(3)
    known, shape = answers_of(model)
    return Trained(
        Predictor(0.05, 0.1, generator=g),
        tuple(sigmas.tolist()),
        afs,
        solver,
        shape,
        tuple(known.tolist()),
        **given,
    )


def test_a_predictor_gives_each_sample_its_own_step_and_the_batch_does_not_matter():
    guided = AMED().bind(trained())
    whole, first = (sample(MODEL, NOISE[:k], GRID, guided, afs=True) for k in (6, 2))
    torch.testing.assert_close(whole.samples[:2], first.samples, rtol=1e-6, atol=1e-6)
    assert whole.nfe == 5 and whole.evaluated[0] < GRID[0]
    assert not torch.allclose(whole.samples, sample(MODEL, NOISE, GRID, AMED(), afs=True).samples)


def test_a_network_shows_its_own_features():
    class Network:
        shape = (3,)
        asked = 0

        def __call__(self, x, sigma):
            return MODEL(x, sigma)

        def with_features(self, x, sigma):
            self.asked += 1
            return MODEL(x, sigma), torch.ones(len(x), 64)

    network = Network()
    guided = AMED().bind(trained(afs=False))
    run = sample(network, NOISE, GRID, guided)
    assert network.asked == 3 and run.nfe == 6
    assert not torch.equal(run.samples, sample(MODEL, NOISE, GRID, guided).samples)


@pytest.mark.parametrize(
    "run, said",
    [
        (
            lambda t: sample(MODEL, NOISE, Rho().sigmas(5), AMED().bind(t), afs=True),
            "trained for 3 steps, 5 evaluations",
        ),
        (
            lambda t: sample(MODEL, NOISE, Rho(5).sigmas(4), AMED().bind(t), afs=True),
            "this run steps from 80",
        ),
        (lambda t: sample(MODEL, NOISE, GRID[1:], AMED().bind(t), afs=True), "steps from 9.723"),
        (lambda t: sample(MODEL, NOISE, GRID, AMED().bind(t)), "an analytic first step"),
        (
            lambda t: sample(mixture(d=3, seed=2), NOISE, GRID, AMED().bind(t), afs=True),
            "another model",
        ),
        (
            lambda t: sample(mixture(), NOISE[:, :2], GRID, AMED().bind(t), afs=True),
            "another model",
        ),
        (
            lambda t: sample(MODEL, NOISE, GRID, Plugin().bind(t), afs=True),
            "trained for AMED-Solver, not for AMED-Plugin on iPNDM-4",
        ),
    ],
)
def test_a_predictor_is_refused_where_it_was_not_trained(run, said):
    with pytest.raises(UserError, match=said.replace(".", r"\.")):
        run(trained())


@pytest.mark.parametrize(
    "solver",
    [
        AMED().bind(trained()),
        Plugin().bind(trained("plugin:ipndm4")),
        Plugin("ipndm4"),
        Plugin("dpmpp3", r=0.4),
    ],
    ids=["amed, predictor", "plugin, predictor", "ipndm4", "dpmpp3"],
)
def test_run_0_of_the_step_errors_is_the_run_itself(solver):
    """The growing batch keeps inner points in its history, and each row its own r."""
    grid = GRID
    run = sample(MODEL, NOISE, grid, solver, afs=True)
    truth = torch.stack([run.x[0], *(v + 0.01 for v in run.x[1:])])  # any states will do
    found = step_errors(MODEL, solver, EDM(), grid, truth, afs=True)
    # held against the run itself nothing is wrong, so the first local error is the shift
    torch.testing.assert_close(
        found.local[0], torch.full((6,), 0.01, dtype=torch.float64), rtol=1e-5, atol=1e-6
    )
    same = step_errors(MODEL, solver, EDM(), grid, run.x, afs=True)
    assert float(same.local.max()) < 1e-6


def test_a_solver_that_only_names_its_predictor_says_that_it_was_not_given_it():
    with pytest.raises(UserError, match=r"AMED-Solver names its predictor, 'mine'.*bind"):
        sample(MODEL, NOISE, GRID, AMED(predictor="mine"), afs=True)
