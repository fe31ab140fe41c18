"""A step as the page writes it: names, numbers that add up, and refusals."""

import json

import pytest

from explorer.errors import UserError
from explorer.lab.experiment import Experiment, run
from explorer.server.explore import anatomy
from explorer.settings import from_query
from explorer.ui.anatomy import of_path

SMALL = "data.dimension=2&samples=4&nfe=9"


def _step(query, at, path=1):
    e = from_query(Experiment, query)
    found = of_path(e, path, at)
    return e, found, found["steps"][at - found["from"]]


def test_heun_is_written_stage_by_stage():
    e, _, step = _step(SMALL, 1)
    lines = step["forms"][step["form"]]["lines"]
    assert [line["is"] for line in lines] == [
        *("begins", "asked", "slope"),
        *("stage", "asked", "slope", "new"),
    ]
    states = run(e).trajectory.x[:, 1].double()
    shown = states[:3] @ run(e).source.view.double().T
    assert lines[0]["value"] == pytest.approx(shown[1].tolist(), rel=1e-6)
    assert lines[-1]["value"] == pytest.approx(shown[2].tolist(), rel=1e-6)
    assert [name for _, name in lines[-1]["terms"]] == [
        "<i>x</i>",
        "<i>d</i><sub>1</sub>",
        "<i>d</i><sub>2</sub>",
    ]


@pytest.mark.parametrize("more", ["", "&solver=unipc", "&solver=dpmpp_sde", "&s_churn=5", "&afs=1"])
def test_the_parts_add_up_to_the_new_state_in_both_forms(more):
    _, _, step = _step(SMALL + more, 2)
    for form in step["forms"].values():
        new = form["lines"][-1]["value"]
        for k, value in enumerate(new):
            parts = [part["part"][k] for part in form["sum"]]
            assert sum(parts) == pytest.approx(value, abs=1e-6 * max(map(abs, parts)))


def test_new_noise_has_a_line_of_its_own():
    _, _, step = _step(SMALL + "&s_churn=20&s_tmax=100", 1)
    line = step["forms"]["slopes"]["lines"][1]
    assert line["is"] == "noised" and [name for _, name in line["terms"]] == [
        "<i>x</i>",
        "<i>n</i>",
    ]
    assert line["at"] == step["hat"] > step["sigma"]


@pytest.mark.parametrize(
    "query, numbers",
    [
        ("data=diracs", 1),
        pytest.param("data=digits", 1, marks=pytest.mark.slow),
        ("data.dimension=16", 2),
    ],
)
def test_what_is_shown_of_a_state_suits_the_data(query, numbers):
    _, found, step = _step(f"{query}&samples=2&nfe=9", 1)
    assert len(step["forms"]["slopes"]["lines"][0]["value"]) == numbers
    assert bool(found["note"]) == (query != "data=diracs")
    assert bool(step["marks"]) == (query != "data=digits")


def test_the_step_after_the_last_level_is_the_denoisers_answer():
    _, _, step = _step(SMALL + "&last=denoise&solver=euler", 8)
    assert step["next"] == 0
    assert [(p["name"], p["a"]) for p in step["forms"]["answers"]["sum"]] == [
        ("<i>D</i><sub>1</sub>", 1.0)
    ]


@pytest.mark.parametrize(
    "request_, word",
    [
        ({"query": SMALL, "path": 4, "at": 0}, "samples 1 to 4; got 5"),
        ({"query": SMALL, "path": 0, "at": -1}, "counted from 0; got -1"),
        ({"query": SMALL, "path": "first", "at": 0}, "whole number; got 'first'"),
    ],
)
def test_nonsense_is_refused_with_its_value(request_, word):
    with pytest.raises(UserError, match=word):
        anatomy(request_)


def test_the_page_is_answered_in_json():
    out = json.loads(anatomy({"values": {"nfe": 9, "samples": 4}, "path": 0, "at": 0}).body)
    assert len(out["steps"]) == 5 and out["coordinates"] == 2
