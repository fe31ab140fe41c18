"""A run stays within the noise that its network knows, as EDM's published sampler does, and says
so."""

import dataclasses
import itertools
import math

import pytest
import torch

from explorer.core import known
from explorer.core.denoisers import Rounded
from explorer.core.sampling import Churn, Noise, Restart
from explorer.core.schedules import EDM
from explorer.core.solvers import DPM2, EulerAncestral, Heun
from explorer.core.timesteps import TIMESTEPS, Custom, Rho
from explorer.data import Digits, Diracs, Moons
from explorer.errors import UserError
from explorer.lab.error import errors_of, path_error
from explorer.lab.experiment import Experiment, ends, evaluations, grid, levels, prepared, run
from explorer.lab.notes import known_by, notes
from explorer.lab.truth import reference_for
from explorer.lab.view import View
from explorer.models import MODELS, Network
from explorer.models.precond import IDDPM, VE
from explorer.strips import STRIPS
from explorer.ui.stage import of_data

from .ideal import Perfect

U = IDDPM().levels()


@pytest.fixture(autouse=True)
def perfect(monkeypatch):
    """A menu with a perfect network in it."""
    monkeypatch.setitem(MODELS, Perfect.name, Perfect)


def view(column: str = "iddpm", **changes) -> Experiment:
    given = {"data": Moons(dimension=2), "samples": 16, "model": Perfect(column)}
    return Experiment(**(given | changes))


def edm_sampler(net, noise, noises, steps, churn=Churn(), sigma_min=0.002, sigma_max=80.0, rho=7.0):
    """generate.py of Karras et al. 2022, line by line; noises: what randn_like gives at step i."""
    sigma_min, sigma_max = max(sigma_min, net.sigma_min), min(sigma_max, net.sigma_max)
    part = torch.arange(steps, dtype=torch.float64) / (steps - 1)
    low, high = sigma_min ** (1 / rho), sigma_max ** (1 / rho)
    t_steps = net.round_sigma((high + part * (low - high)) ** rho)
    t_steps = torch.cat([t_steps, torch.zeros(1, dtype=torch.float64)])
    x_next = noise * t_steps[0]
    for i, (t_cur, t_next) in enumerate(itertools.pairwise(t_steps)):
        inside = churn.s_tmin <= t_cur <= churn.s_tmax
        gamma = min(churn.s_churn / steps, math.sqrt(2) - 1) if inside else 0
        t_hat = net.round_sigma(t_cur + gamma * t_cur)
        x_hat = x_next + (t_hat**2 - t_cur**2).sqrt() * churn.s_noise * noises(i)
        d_cur = (x_hat - net(x_hat, t_hat)) / t_hat
        x_next = x_hat + (t_next - t_hat) * d_cur
        if i < steps - 1:
            d_prime = (x_next - net(x_next, t_next)) / t_next
            x_next = x_hat + (t_next - t_hat) * (d_cur + d_prime) / 2
    return t_steps, x_next


@pytest.mark.parametrize("churn", [Churn(), Churn(20.0, 0.05, 50.0, 1.003)], ids=["ode", "churn"])
@pytest.mark.parametrize("column", ["iddpm", "ve", "vp", "edm"])
def test_levels_and_samples_are_those_of_edms_code(column, churn):
    e = view(column, nfe=35, churn=churn)
    net = prepared(e.data, e.model).denoiser
    noise = Noise(e.seed, e.samples, net.shape, torch.device("cpu"), torch.float64)
    t_steps, samples = edm_sampler(net, noise.start, noise, 18, churn)
    r = run(e)
    assert r.trajectory.sigma.tolist() == t_steps.tolist()
    # the same arithmetic in another order, and rounding errors that grow along the path
    torch.testing.assert_close(r.samples, samples, rtol=0, atol=1e-9)


def test_an_iddpm_network_is_never_asked_beside_its_levels():
    """Not the grid, not σ̂, not a restart; issue: it was asked at 0.002 below its 0.0064."""
    for changes in (
        {},
        {"churn": Churn(30.0, 0.0, 1e9)},
        {"timesteps": TIMESTEPS["vp"]()},
        {"timesteps": Custom((80.0, 5.0, 0.5, 0.03, 0.004, 0.002))},
        {"solver": EulerAncestral(), "restart": Restart(repeats=1)},
    ):
        asked = run(view(**changes)).trajectory.evaluated
        assert float(asked.min()) >= float(U[-2]) == pytest.approx(0.0064, rel=0.01)
        assert all(bool((s == U).any()) for s in asked)


def test_what_is_known_already_stays_to_the_bit():
    for e in (Experiment(), Experiment(data=Digits(), model=Network()), view("edm")):
        denoiser = prepared(e.data, e.model).denoiser
        assert grid(e) is e.timesteps and notes(e) == []
        asked = e.timesteps.sigmas(18)
        assert torch.equal(levels(e), asked) and known.nearest(denoiser, asked) is asked
    assert isinstance(denoiser, Rounded)


def test_the_reference_covers_the_range_of_the_run():
    """Held against each other over the same σ: the first state is shared, the last level too."""
    for e in (view(), view("ve"), view(timesteps=Custom((900.0, 80.0, 2.0, 0.1, 0.003)))):
        r, known_path = run(e), reference_for(e)
        assert float(known_path.sigma[0]) == pytest.approx(float(r.levels[0]), rel=1e-9)
        assert float(known_path.sigma[-1]) == pytest.approx(float(r.levels[-1]), rel=1e-9)
        assert float(path_error(r, known_path)[0].max()) < 1e-6 * float(r.levels[0])
        assert ends(e) == pytest.approx((float(r.levels[0]), float(r.levels[-1])), rel=1e-9)
        assert errors_of(r).end.isfinite().all()


def test_levels_that_the_network_knows_are_better(monkeypatch):
    """Digits, Heun, 79 evaluations: beside its levels the median error is 13 times as large."""
    e = view(data=Digits(), nfe=79, samples=32)
    rounded = float(path_error(run(e, kept=False), reference_for(e))[-1].median())
    monkeypatch.setattr(known, "nearest", lambda denoiser, sigmas: sigmas)
    beside = run(dataclasses.replace(e, samples=32), kept=False)
    assert float(path_error(beside, reference_for(e))[-1].median()) > 5 * rounded


def test_two_steps_to_one_level_are_one():
    """M = 100 levels hold 31 of 40 steps; EDM's code takes the other 9 without going anywhere."""
    e = view(nfe=79, model=Perfect("iddpm", 100))
    found = levels(e)
    assert bool((found[1:] < found[:-1]).all()) and len(found) == 31
    assert run(e).nfe == evaluations(e) == 61
    assert "9 of 40 fell on another" in known_by(e)[1]


@pytest.mark.parametrize(
    "changes, said",
    [
        ({}, "knows σ from 0.00643 to 20291: σ_min 0.002 is raised to 0.00643."),
        ({}, "each step goes to the nearest, at most 4 % away."),
        ({"churn": Churn(30.0)}, "away, also σ̂ after churn."),
        ({"model": Perfect("ve")}, "σ from 0.02 to 100: σ_min 0.002 is raised to 0.02."),
        (
            {"model": Perfect("ve"), "timesteps": Rho(7.0, 200.0, 0.002)},
            "σ_max 200 is lowered to 100 and σ_min 0.002 is raised to 0.02.",
        ),
        (
            {"model": Perfect("ve"), "timesteps": Custom((200.0, 9.0, 0.1, 0.03))},
            "200 is asked at its end.",
        ),
        (
            {"model": Perfect("ve"), "timesteps": Custom((200.0, 9.0, 0.01, 0.003))},
            "3 levels are asked at its ends.",
        ),
    ],
)
def test_what_was_changed_is_said(changes, said):
    assert said in " ".join(known_by(view(**changes)))


def test_a_range_beyond_all_that_is_known_is_refused():
    e = view("ve", timesteps=Custom((300.0, 200.0, 150.0)))
    with pytest.raises(UserError, match="knows σ from 0.02 to 100; time steps from 300 to 150"):
        levels(e)


def test_churn_that_rounds_back_adds_nothing():
    """Between u_0 and the level above it there is none."""
    u = VE()  # any level: σ̂ is as it was
    x, t = torch.ones(2, 2, dtype=torch.float64), torch.tensor(2.0, dtype=torch.float64)
    churn, unit = Churn(10.0, 0.0, 10.0, 1.0), lambda: torch.ones(2, 2, dtype=torch.float64)
    raised, t_hat = churn(EDM(), x, t, 40, unit, u.round_sigma)
    assert float(t_hat) == 2.5 and float(raised[0, 0]) == 2.5
    same, there = churn(EDM(), x, t, 40, unit, lambda s: torch.full_like(s, 2.0))
    assert same is x and there is t


@pytest.mark.parametrize("name", [n for n in TIMESTEPS if n != "custom"])
def test_every_grid_keeps_to_a_range(name):
    own = TIMESTEPS[name]()
    kept = own.within(0.03, 50.0)
    # a grid in flow time holds t = 50/51, and 1 − t loses the last bits
    assert (kept.sigma_min, kept.sigma_max) == pytest.approx((0.03, 50.0), rel=1e-12)
    assert own.within(0.0, math.inf) == own
    found = kept.sigmas(9)
    assert float(found[-1]) >= 0.03 * (1 - 1e-9) and float(found[0]) <= 50.0 * (1 + 1e-9)


@pytest.mark.parametrize("solver", [Heun(), DPM2()], ids=lambda s: s.name)
@pytest.mark.parametrize("restart", [Restart(), Restart(repeats=2, inner=3)], ids=["", "restarts"])
def test_what_a_run_takes_is_known_before_it(solver, restart):
    for model in (MODELS["exact"](), Perfect("iddpm", 100)):
        for last in ("zero", "sigma_min", "denoise"):
            for afs in (False, True):
                for nfe in (1, 2, 21, 40):
                    e = view(
                        data=Diracs(),
                        model=model,
                        solver=solver,
                        restart=restart,
                        last=last,
                        afs=afs,
                        nfe=nfe,
                        samples=2,
                    )
                    try:
                        assert run(e).nfe == evaluations(e) > 0
                    except UserError as why:
                        assert restart.repeats and ("too few" in str(why) or "Restarts" in str(why))


def test_measures_ask_only_what_the_network_knows():
    """The loss at each level and the strip of EDM's Fig. 1; a perfect network has no answer beyond
    its levels but nan."""
    e = view(data=Moons(dimension=2))
    numbers = STRIPS["loss"].measure(View(e))
    assert all(math.isfinite(v) for v in numbers["mean"]) and len(numbers["mean"]) > 40
    assert min(numbers["sigma"]) == float(U[-2]) and all(s in U for s in numbers["sigma"])
    strip = of_data(View(e))["strip"]
    assert strip["levels"][0] == pytest.approx(0.00643, rel=1e-3)
    assert all(math.isfinite(v) for v in strip["change"]) and min(strip["fine"]) > float(U[-2])
    exact = of_data(View(Experiment(data=Moons(dimension=2))))["strip"]
    assert len(exact["levels"]) == 11 and exact["levels"][0] == 0.001
    assert len(STRIPS["loss"].measure(View(Experiment()))["sigma"]) == 52
