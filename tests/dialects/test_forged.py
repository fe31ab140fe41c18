"""Learned numbers as code for other tools: run there, they end where they end here."""

import sys
import types

import pytest
import torch

from explorer.core.denoisers import Mixture
from explorer.core.sampling import sample
from explorer.core.solvers import Forged
from explorer.core.timesteps import Rho
from explorer.dialects import forged
from explorer.dialects.forged import Table

G = torch.Generator().manual_seed(0)
MIXTURE = Mixture(torch.randn(5, 4, 2, 2, generator=G, dtype=torch.float64), 0.3)
NOISE = torch.randn(8, 4, 2, 2, generator=G, dtype=torch.float64)
LEVELS = Rho(7.0, 14.0, 0.05).sigmas(5)
SOLVERS = [
    Forged("1.02; 1.4, -0.45; 1.3, -0.3; 0.9, 0.05"),
    Forged("1; 1.4, -0.4; 1.3, -0.4, 0.1; 0.9, 0.1", "x0"),
    Forged("0.9, 0.1; 1, 0; 1.1, -0.1; 1, 0.02", "eps", "0.3, 0.4, 0.5, 1", "0.02, 0, -0.01, 0.05"),
    Forged("0.9, 0.1; 1, 0; 1.1, -0.1; 1, 0.02", "x0", "0.3, 0.4, 0.5, 1"),
]


def table(solver, levels):
    return Table(tuple(levels), solver.table, solver.points, solver.raised, solver.slopes)


def here(solver, levels):
    return sample(MIXTURE, NOISE, torch.tensor(levels, dtype=torch.float64), solver)


def ran(text):
    """What the code defines."""
    space = {}
    exec(compile(text, "snippet", "exec"), space)
    return space


@pytest.fixture(params=[False, True], ids=["to σ_min", "to 0"])
def levels(request):
    return LEVELS.tolist() + [0.0] * request.param


@pytest.mark.parametrize("solver", SOLVERS, ids=range(4))
def test_the_sample_function_ends_where_it_ends_here(solver, levels):
    """To the nine digits of its levels, raised some ten times by the steps."""
    asked = []

    def model(x, sigma, **more):
        asked.append(more)
        return MIXTURE(x, sigma)

    space = ran(forged.k_diffusion(table(solver, levels)).text)
    found = space["sample_forged"](model, NOISE * levels[0], extra_args={"s": 1})
    mine = here(solver, levels)
    torch.testing.assert_close(found, mine.samples, rtol=1e-6, atol=1e-7)
    assert len(asked) == mine.nfe and asked[0] == {"s": 1}
    with pytest.raises(ValueError, match="belong to the sigmas"):
        space["sample_forged"](model, NOISE, sigmas=LEVELS[1:])


@pytest.mark.parametrize("solver", SOLVERS[1:3], ids=["past", "inside"])
def test_the_node_of_comfyui_gives_a_sampler_and_its_sigmas(solver, monkeypatch):
    levels = [*LEVELS.tolist(), 0.0]
    made = types.ModuleType("comfy.samplers")
    made.KSAMPLER = lambda function: ("sampler", function)
    above = types.ModuleType("comfy")
    above.samplers = made
    monkeypatch.setitem(sys.modules, "comfy", above)
    monkeypatch.setitem(sys.modules, "comfy.samplers", made)
    space = ran(forged.comfy(table(solver, levels)).text)
    node = space["NODE_CLASS_MAPPINGS"]["ForgedSampler"]
    (_, function), sigmas = getattr(node(), node.FUNCTION)()
    seen = []
    found = function(
        lambda x, s: MIXTURE(x, s), NOISE * levels[0], sigmas, {}, seen.append, disable=True
    )
    torch.testing.assert_close(found, here(solver, levels).samples, rtol=1e-6, atol=1e-7)
    assert [c["i"] for c in seen] == list(range(len(levels) - 1))


@pytest.mark.parametrize("prediction", ["epsilon", "v_prediction"])
@pytest.mark.parametrize("solver", SOLVERS, ids=range(4))
def test_the_scheduler_of_diffusers_ends_where_it_ends_here(solver, prediction, levels):
    """In single precision, whose 6e-8 of a state of 14 the steps raise some ten times."""
    pytest.importorskip("diffusers")
    from diffusers import EulerDiscreteScheduler

    before = EulerDiscreteScheduler(prediction_type=prediction, beta_schedule="scaled_linear")
    space = ran(forged.diffusers(table(solver, levels)).text)
    scheduler = space["ForgedScheduler"].from_config(before.config)
    scheduler.set_timesteps(len(levels) - 1)
    x = NOISE.float() * scheduler.init_noise_sigma
    for t in scheduler.timesteps:
        given = scheduler.scale_model_input(x, t).double()
        sigma = scheduler.sigmas[scheduler.step_index].double()
        plain = given * (sigma**2 + 1).sqrt()
        clean = MIXTURE(plain, sigma)
        out = (plain - clean) / sigma
        if prediction == "v_prediction":
            out = (plain / (sigma**2 + 1) - clean) * (sigma**2 + 1).sqrt() / sigma
        x = scheduler.step(out.float(), t, x, return_dict=False)[0]
    mine = here(solver, levels)
    assert len(scheduler.timesteps) == mine.nfe
    torch.testing.assert_close(x.double(), mine.samples, rtol=1e-4, atol=3e-5)
