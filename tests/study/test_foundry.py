"""A view in the foundry: judged on other noise, said as strongly as that, and taken along."""

import itertools

import pytest
import torch

from explorer.analysis.intervals import Estimate, apart
from explorer.core.sampling import Churn
from explorer.core.solvers import AMED, DDIM, EulerAncestral, Forged
from explorer.errors import Cancelled, UserError
from explorer.lab.experiment import Experiment, prepared, run
from explorer.models import Exact
from explorer.server import kinds
from explorer.settings import flatten, unflatten
from explorer.study import foundry as study
from explorer.study.end_error import measure
from explorer.study.foundry import FORGED, OWN, SEARCHED, Found, Judged
from explorer.study.predictors import student
from explorer.study.ways import Way, way
from explorer.training.foundry import Foundry
from explorer.ui import foundry as words

VIEW = Experiment(model=Exact(), solver=DDIM(), nfe=7, samples=32)
HOW = Foundry(paths=64, batch=32, updates=60)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("cells")


@pytest.fixture(scope="module")
def found(folder):
    return list(study.foundry(VIEW, HOW, folder=folder))


def test_what_was_learned_is_kept_and_read_as_it_was(found, folder, monkeypatch):
    monkeypatch.setattr(study, "_learned", None)
    told = []
    with way(Way(tell=told.append)):
        (read,) = study.foundry(VIEW, HOW, folder=folder)
    assert read.rows == found[-1].rows and [d.known for d in told] == [True]
    assert words.shown(VIEW, HOW, read) == words.shown(VIEW, HOW, found[-1])
    with pytest.raises(TypeError):  # another question is measured
        list(study.foundry(VIEW, Foundry(paths=64, batch=32, updates=61), folder=folder))


def test_it_begins_at_once_and_ends_judged_on_other_noise(found):
    assert not found[0].history and not found[0].rows
    last = found[-1]
    assert [r.name for r in last.rows] == [OWN, FORGED, SEARCHED]
    row = last.row(FORGED)
    assert study.better(row) and row.times.value < 0.5
    assert row.searched.value < 1 and apart(row.searched)
    assert all(a > b for a, b in itertools.pairwise(row.levels))


def test_taken_to_explore_it_is_as_near_as_the_table_says(found):
    """The offer's values make the view that was judged, and on the noise of the view it is better
    too, by what any study measures."""
    shown = words.shown(VIEW, HOW, found[-1])
    assert shown["title"].startswith("What was learned ends 0.")
    use = shown["offers"][0]
    kept = {
        k: v for k, v in flatten(VIEW).items() if k.split(".")[0] not in ("timesteps", "solver")
    }
    view = unflatten(Experiment, kept | use["values"])
    assert view == study.with_forged(VIEW, found[-1].row(FORGED))
    assert isinstance(view.solver, Forged) and run(view).trajectory.nfe == 7
    times = measure(view).over(measure(VIEW))
    assert apart(times) and times.value < 0.5


def test_each_snippet_is_offered_and_the_first_ends_where_the_view_does(found):
    row = found[-1].row(FORGED)
    offered = {o["text"]: o for o in words.offers(VIEW, found[-1])}
    texts = [offered[f"Copy for {t}"]["copy"] for t in ("k-diffusion", "diffusers", "ComfyUI")]
    assert all(texts) and len(set(texts)) == 3
    space = {}
    exec(texts[0], space)
    denoiser, made = prepared(VIEW.data, VIEW.model).denoiser, run(study.with_forged(VIEW, row))
    start = made.trajectory.x[0]
    ends = space["sample_forged"](denoiser, start.clone())
    torch.testing.assert_close(ends, made.trajectory.samples, rtol=1e-5, atol=1e-6)


def test_where_only_times_were_learned_a_list_is_all(found):
    row = Judged(FORGED, found[-1].own, DDIM(), Estimate(1, 1, 1, 9))
    made = words.snippets(VIEW, row)
    numbers = [float(v) for v in made["ComfyUI"].text.split(",")]
    assert numbers[:-1] == pytest.approx(list(found[-1].own)) and numbers[-1] == 0
    assert "set_timesteps(sigmas=[80.0" in made["diffusers"].text


@pytest.mark.parametrize(
    "times, searched, said",
    [
        ((0.9, 0.7, 1.1), None, "cannot be told apart from the settings"),
        ((1.2, 1.1, 1.3), None, "does not hold on other noise"),
        ((0.5, 0.4, 0.6), (1.0, 0.9, 1.1), "from searched steps it cannot be told apart"),
        ((0.5, 0.4, 0.6), (1.2, 1.1, 1.3), "searched steps alone are better"),
        ((0.5, 0.4, 0.6), (0.5, 0.4, 0.6), "as far as searched steps alone"),
    ],
)
def test_its_title_is_as_strong_as_its_intervals(times, searched, said):
    one = lambda v: v and Estimate(*v, 99)
    row = Judged(FORGED, (2.0, 1.0), Forged(), one((1, 1, 1)), one(times), one(searched))
    assert said in words.title(Found("", (2.0, 1.0), 1.0, rows=(row,)))


def test_what_was_learned_until_it_is_stopped_can_be_used():
    """Cancelled at an update: the message before has the best so far, to be used unjudged."""
    seen = []

    def watch():
        if len(seen) > 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        for message in study.foundry(VIEW, HOW, watch):
            seen.append(message)
    (offer,) = words.offers(VIEW, seen[-1])
    assert "not judged yet" in offer["text"] and offer["values"]["solver"] == "forged"
    assert "learning" in words.title(seen[-1])


@pytest.mark.parametrize(
    "base, request_, why",
    [
        (VIEW, {"learn": []}, "Nothing is ticked"),
        (VIEW, {"learn": ""}, "Nothing is ticked"),
        (VIEW, {"learn": 3}, "names with commas"),
        (VIEW, {"learn": ["rho"]}, "cannot be learned"),
        (VIEW, {"updates": 10**9}, "updates|Updates"),
        (VIEW, {"learn": ["r"]}, "evaluates once a step"),
        (Experiment(solver=EulerAncestral()), {}, "without noise"),
        (Experiment(churn=Churn(s_churn=10)), {}, "S_churn to 0"),
        (Experiment(solver=AMED(predictor="x")), {}, "predictor"),
    ],
)
def test_a_request_that_cannot_work_is_refused_before_anything_runs(base, request_, why):
    with pytest.raises(UserError, match=why):
        kinds.OF_A_VIEW["foundry"](base, request_)


def test_the_page_draws_it_from_the_first_message(found):
    for message in (found[0], found[1], found[-1]):
        shown = words.shown(VIEW, HOW, message)
        assert shown["figure"]["data"] and len(shown["columns"]) == 5
    names = [t["name"] for t in shown["figure"]["data"]]
    assert "newest slope" in names and "levels now" in names


def test_no_predictor_is_trained_for_a_table():
    with pytest.raises(UserError, match="has nothing to learn"):
        student(Experiment(solver=Forged()))
