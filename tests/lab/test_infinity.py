"""A view that begins in pure noise, σ = ∞: all of it is finite, and its errors are those from ∞."""

import json
import math

import pytest
import torch

from explorer.core.solvers import DDIM, Heun
from explorer.core.timesteps import Custom, Flow
from explorer.lab.experiment import Experiment, evaluations, levels
from explorer.lab.notes import notes
from explorer.lab.view import View
from explorer.models import MODELS
from explorer.server.answer import as_json
from explorer.server.explore import reshape
from explorer.server.message import message
from explorer.settings import from_query, to_query
from explorer.study.end_error import measure

from ..rows import each

FEW = "samples=16&nfe=12"
VIEWS = [
    f"timesteps=flow&schedule={schedule}&solver={solver}&model={model}&{more}{FEW}"
    for schedule, solver, model, more in (
        ("flow", "heun", "exact", ""),
        ("flow", "euler", "gaussian", ""),
        ("edm", "heun", "exact", "last=denoise&"),
        ("edm", "dpmpp", "exact", "last=sigma_min&"),
        ("vp", "unipc", "gaussian", "afs=true&"),
        ("flow", "rk2", "exact", "s_churn=20&s_tmin=0.1&s_tmax=20&"),
        ("edm", "dpm2", "exact", "timesteps.t_min=0.01&"),
    )
]


def test_every_measure_of_a_run_from_infinity_is_finite_and_counted():
    def check(query):
        e = from_query(Experiment, query)
        view = View(e, exact=True)
        r, errors = view.run, view.errors
        assert r.nfe == evaluations(e), "what is foreseen is what is asked"
        assert abs(r.nfe - 12) <= 1, "the budget is kept"
        for v in (r.trajectory.x, r.trajectory.noise, errors.path, errors.steps.local, errors.end):
            assert bool(torch.isfinite(v).all())
        assert float(levels(e)[0]) == 1000 and r.trajectory.pure
        assert measure(e).median == pytest.approx(float(errors.end.quantile(0.5)), rel=1e-9)
        if e.churn.s_churn == 0:
            assert float(errors.path[0].abs().max()) == 0
        assert from_query(Experiment, to_query(e)) == e

    each(VIEWS, check)


def test_the_error_of_the_first_step_is_that_of_a_straight_line():
    """From ∞ a Gaussian's path goes as √(σ² + λ), and the line as σ."""
    e = Experiment(
        model=MODELS["gaussian"](), timesteps=Flow(1.0), solver=DDIM(), nfe=10, samples=8
    )
    view = View(e)
    law, noise = view.source.denoiser, view.run.trajectory.noise[0]
    top = float(view.run.trajectory.sigma[1])
    along = noise @ law.directions.T
    off = along * ((top**2 + law.variances).sqrt() - top)
    missed = (off @ law.directions).square().mean(1).sqrt()
    torch.testing.assert_close(view.errors.steps.local[0], missed, rtol=1e-9, atol=1e-12)


def test_what_is_said():
    said = " ".join(notes(Experiment(timesteps=Flow(1.0), nfe=12)))
    assert "begins in pure noise, σ = ∞" in said and "DDIM’s" in said and "σ = 1000" in said
    assert "jump: step 1" not in said
    own = notes(from_query(Experiment, "timesteps=flow&schedule=flow&nfe=12"))[0]
    assert "∞" in own and "DDIM" not in own


def test_a_list_from_infinity_goes_to_the_page_and_back():
    asked = {"query": f"timesteps=custom&timesteps.levels=inf,9,2,0.5,0.1&{FEW}", "want": ["run"]}
    told = json.loads(as_json(message(asked)).body)
    assert told["values"]["timesteps.levels"] == ["inf", 9, 2, 0.5, 0.1]
    assert told["query"].startswith("timesteps=custom&timesteps.levels=inf,9.0,2.0,0.5,0.1")
    assert told["parts"]["run"]["pure"] and told["parts"]["run"]["sigma"][0] == 1000
    again = json.loads(as_json(message({"values": told["values"], "want": ["run"]})).body)
    assert again["query"] == told["query"]
    pasted = message({"values": told["values"] | {"timesteps.levels": "[1, 0.9, 0.5, 0]"}})
    assert pasted["query"].startswith("timesteps=custom&timesteps.levels=inf,9.0")
    more = reshape({"levels": ["inf", 9, 2, 0.5], "insert": 0})
    assert more == {"levels": ["inf", 19.0, 9.0, 2.0, 0.5]}, "the middle in flow time"
    assert reshape({"levels": ["inf", 9, 1], "count": 4})["levels"][:2] == ["inf", 9.0]


def test_other_steps_are_compared_over_the_same_range():
    from explorer.study.sweep import grid_named

    base = Experiment(timesteps=Flow(1.0), solver=Heun())
    assert grid_named(base, "rho").sigma_max == 1000
    assert grid_named(Experiment(), "flow").sigma_max == pytest.approx(80.0)
    assert math.isinf(
        grid_named(Experiment(timesteps=Custom((math.inf, 1.0, 0.1))), "flow").sigmas(5)[0]
    )
