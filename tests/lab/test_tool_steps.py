"""Other tools' lists as time steps of a view: whole, cropped, handed over, counted, named."""

import dataclasses
import math

import pytest

from explorer import dialects
from explorer.core.timesteps import HIGHEST, LOWEST
from explorer.dialects import comfy
from explorer.errors import UserError
from explorer.lab.experiment import Experiment, asked_of, count, ends, evaluations, levels, run
from explorer.lab.notes import notes
from explorer.lab.timesteps import GRIDS, TIMESTEPS, TOOLS, by_name, lists, words
from explorer.settings import flatten, from_query, to_query
from explorer.study.sweep import grid_named
from tests.rows import each

EVERY = [(name, value) for name, cls in TOOLS.items() for value, _ in lists(cls)]


def steps(tool: str, which: str, **more):
    return TOOLS[tool](scheduler=which, **more)


def view(tool: str, which: str, nfe: int = 12, **more) -> Experiment:
    plain = from_query(Experiment, f"data=moons&data.dimension=2&samples=4&solver=euler&nfe={nfe}")
    return dataclasses.replace(plain, timesteps=steps(tool, which, **more))


def test_every_name_is_there_and_falls():
    """Every scheduler of each tool, at counts from 4 to 100."""
    assert len(EVERY) >= 45 and set(GRIDS) < set(TIMESTEPS)
    for tool, name in (
        ("comfy", "kl_optimal"),
        ("comfy", "linear_quadratic"),
        ("res4lyf", "bong_tangent"),
        ("res4lyf", "beta57"),
        ("a1111", "align_your_steps"),
        ("diffusers", "trailing"),
        ("diffusers", "use_lu_lambdas"),
        ("kdiffusion", "polyexponential"),
        ("published", "gits"),
        ("published", "optimal_wan"),
    ):
        assert (tool, name) in EVERY

    def check(line):
        for n in (4, 7, 20, 100)[: 2 if line[1] == "sd_turbo" else 4]:  # which has 10 at most
            made = steps(*line).sigmas(n)
            assert bool((made[1:] < made[:-1]).all()) and LOWEST <= made[-1] < made[0]
            assert (made[made.isfinite()] <= HIGHEST).all() and made[1:].isfinite().all()

    each(EVERY, check)


def test_a_list_is_the_tools_own_on_our_sigma():
    """ComfyUI's t of a flow model is σ/(1 + σ); of SD 1.5 it is σ itself."""
    karras = comfy.schedule(comfy.model("sd15"), "karras", 9)
    assert steps("comfy", "karras").sigmas(9).tolist() == karras[:-1]
    t = comfy.schedule(comfy.model("sd3"), "simple", 9)
    made = steps("comfy", "simple", family="sd3").sigmas(9).tolist()
    assert made[0] == math.inf  # of t = 1
    assert made[1:] == pytest.approx([s / (1 - s) for s in t[1:-1]], rel=1e-12)
    own = dialects.config({**steps("diffusers", "trailing").config()}, 9)["sigmas"]
    assert steps("diffusers", "trailing").sigmas(9).tolist() == own[:-1]


def test_crops():
    whole = steps("comfy", "karras").sigmas(20).tolist()
    longer = steps("comfy", "karras").sigmas(40).tolist()
    assert steps("comfy", "karras", denoise=0.5).sigmas(20).tolist() == longer[20:]
    assert steps("comfy", "karras", start=5).sigmas(20).tolist() == whole[5:]
    assert steps("comfy", "karras", end=8).sigmas(20).tolist() == whole[:8]  # then forced to 0
    assert steps("comfy", "karras", end=8, leftover=True).sigmas(20).tolist() == whole[:9]
    more = steps("comfy", "karras").sigmas(21).tolist()
    assert steps("comfy", "karras", penultimate=False).sigmas(20).tolist() == more[:-1]
    model = comfy.model("sd15")
    top, bottom = model.percent(0.2), model.percent(0.7)
    between = steps("comfy", "karras", start_percent=0.2, end_percent=0.7).sigmas(20).tolist()
    assert between == [s for s in whole if bottom <= s <= top] and 3 < len(between) < 20
    with pytest.raises(UserError, match="none is left from step 30"):
        steps("comfy", "karras", start=30).sigmas(20)
    with pytest.raises(UserError, match="between 0.5 and 0.5"):
        steps("comfy", "karras", start_percent=0.5, end_percent=0.5).sigmas(4)


def test_a_run_handed_over_at_a_level_ends_where_one_run_does():
    """The two halves' levels are those of the whole, the level between them in both."""
    first = steps("comfy", "normal", end=6, leftover=True).sigmas(15).tolist()
    second = steps("comfy", "normal", start=6).sigmas(15).tolist()
    assert first[-1] == second[0]
    assert first + second[1:] == steps("comfy", "normal").sigmas(15).tolist()


def test_evaluations_are_counted_from_the_levels_that_run():
    """ddim_uniform makes 20 levels when asked for 19; half of AYS's steps are left at 0.5."""
    e = view("comfy", "ddim_uniform", nfe=19)
    assert count(e) == len(levels(e)) == 20 == evaluations(e) == run(e).nfe == asked_of(e)
    e = view("published", "ays_sd1", nfe=10, denoise=0.5)
    assert len(levels(e)) == 5 == evaluations(e) == run(e).nfe
    assert ends(e) == pytest.approx(levels(e)[[0, -1]].tolist(), rel=1e-9)


def test_a_flow_list_and_left_noise_are_told():
    told = " ".join(notes(view("res4lyf", "bong_tangent", end=6, leftover=True)))
    assert "begins in pure noise, σ = ∞" in told and "leaves noise of" in told
    assert "σ = ∞" not in " ".join(notes(view("comfy", "karras")))


def test_what_a_tool_refuses_is_said_in_words():
    for tool, which, n, said in (
        ("comfy", "kl_optimal", 1, "has no list of 1 step"),
        ("res4lyf", "bong_tangent", 1, "needs 2 steps"),
        ("published", "gits", 1, "steps"),
        ("published", "optimal_flux", 2, "steps"),
    ):
        with pytest.raises(UserError, match=said):
            steps(tool, which).sigmas(n)


def test_names_links_and_sweeps():
    e = view("comfy", "beta")
    assert from_query(Experiment, to_query(e)) == e and "timesteps=comfy" in to_query(e)
    assert flatten(e)["timesteps.scheduler"] == "beta" and e.timesteps.label == "ComfyUI beta"
    assert words()["comfy:beta"] == "ComfyUI beta" and words()["vp"] == "VP time"
    assert by_name("comfy:beta") == steps("comfy", "beta") == grid_named(e, "comfy:beta")
    assert grid_named(e, "logsnr").sigma_max == e.timesteps.sigma_max
    for wrong in ("comfy:bet", "cumfy", "vp:beta", "custom"):
        with pytest.raises(UserError):
            grid_named(view("comfy", "karras"), wrong)


def test_a_network_that_knows_less_gets_the_list_between_its_ends():
    made = steps("comfy", "karras", family="svd")
    within = made.within(0.01, 50.0)
    sigmas = within.sigmas(10)
    assert (within.sigma_max, within.sigma_min) == (50.0, 0.01)
    assert sigmas[0] == 50 and sigmas[-1] == pytest.approx(0.01)
    assert bool((sigmas[1:] < sigmas[:-1]).all()) and math.isclose(made.sigma_max, 700)
