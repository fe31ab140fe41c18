"""What the headline is told: drafts that take nothing back, refusals, runs beside a pinned one."""

import json
import math
import re
from urllib.parse import unquote

import pytest

from explorer.analysis.intervals import apart, ratio
from explorer.lab import experiment
from explorer.lab.experiment import Experiment
from explorer.lab.view import View
from explorer.server.explore import beside
from explorer.server.message import message
from explorer.settings import from_query, unflatten
from explorer.study.claims import record
from explorer.ui.lessons import lesson

LEAD = re.compile(r"([\d–, and]+) leads?\b")


def answers(query: str) -> tuple[dict, dict]:
    """The error of a view as a draft, and settled."""
    made: dict = {}
    for want in (None, ["error"], ["exact"], ["more"]):
        have = {k: v["key"] for k, v in made.items()}
        request = {"query": query, "have": have} | ({"want": want} if want else {})
        answer = message(request)
        made |= answer["parts"]
        if want == ["error"] or (want is None and "error" in made):
            draft = made["error"]
        if made.get("error", {}).get("exact") and not made["error"]["more"]:
            break
    return draft, made["error"]


def numbered(words: str) -> set[int]:
    """{9, 10, 11, 15} of “9–11 and 15”."""
    spans = [m.split("–") for m in re.findall(r"\d+(?:–\d+)?", words)]
    return {i for s in spans for i in range(int(s[0]), int(s[-1]) + 1)}


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(k, marks=pytest.mark.slow) for k in range(1, 4))]
)
def test_no_first_answer_is_taken_back(seed):
    """Of the default view: what a draft names, or says to lead, the settled answer names too."""
    draft, settled = answers(f"seed={seed}")
    assert draft["exact"] is False and settled["exact"] is True
    named = {i + 1 for i in settled["hot"]}
    assert {i + 1 for i in draft["hot"]} <= named
    lead = LEAD.search(draft["finding"]["blame"])
    if lead and named:
        assert numbered(lead[1]) <= named, (draft["finding"]["blame"], settled["finding"]["blame"])
    assert draft["finding"]["value"].startswith("≈ ") and "cannot" not in draft["finding"]["versus"]
    if named:  # the settled answer names them in words, counted from 1
        assert numbered(settled["finding"]["blame"].split(" make")[0].split(" (")[0]) == named


def compared(values: str, pin: str) -> dict:
    return json.loads(beside({"query": values, "pin": pin}).body)


def test_a_pinned_run_is_compared_path_by_path_on_the_same_noise():
    small = "data=moons&data.dimension=2&samples=64&nfe=35"
    here, there = f"{small}&timesteps.rho=3", small
    said = compared(here, there)
    mine, its = (View(from_query(Experiment, q), exact=True).errors.end for q in (here, there))
    found = ratio(mine, its)
    assert apart(found)
    made = float(re.search(r"makes ([\d.]+) ×", said["text"])[1])
    assert made == pytest.approx(float((mine / its).median()), rel=0.05)  # two digits are written
    assert made == pytest.approx(found.value, rel=0.05)
    assert said["text"].startswith(f"Pinned ρ = 7: {said['value']}. ρ = 3 makes ")
    assert said["text"].endswith(" of its error on the same paths.")
    assert float(said["value"]) == pytest.approx(float(its.median()), rel=0.05)


@pytest.mark.parametrize(
    "values, pin, named",
    [
        ("seed=1", "", "seed 0, other paths"),
        ("timesteps.sigma_max=60", "", "σ from 80 to 0.002, other paths"),
        ("data=moons", "", "another denoiser"),
        ("solver=euler_a", "", "New noise leaves every reference path"),
        ("", "solver=euler_a", "has no path error"),
        ("s_churn=5", "", "noise of its own"),
        ("", "", "This is the pinned run."),
    ],
)
def test_where_two_runs_have_no_ratio_the_sentence_says_why(values, pin, named):
    small = "&samples=16&nfe=9"
    text = compared(values + small, pin + small)["text"]
    assert named in text and "×" not in text and not re.search(r"\bnan\b|None", text)


def test_a_lesson_says_what_the_page_then_shows():
    one = lesson("which-step-hurts")
    here, _, there = one.view.partition("&pin=")
    made = float(re.search(r"makes ([\d.]+) ×", compared(here, unquote(there))["text"])[1])
    assert made > 2
    _, settled = answers(here)
    part = float(re.search(r"make ([\d.]+) %", settled["finding"]["blame"])[1]) / 100
    kept = record.read()["rows"]["rho-3-two-steps-make-half"]
    assert kept["low"] <= part <= kept["high"] and len(settled["hot"]) == 2
    assert "{rho-3-two-steps-make-half|percent}" in one.steps[0].claim


def test_at_few_evaluations_ddim_is_ahead_and_then_it_is_not():
    """As a lesson says of Compare's usual solvers: path by path, with intervals."""

    def ends(solver: str, nfe: int):
        view = View(from_query(Experiment, f"solver={solver}&nfe={nfe}"), exact=True)
        assert view.run.nfe == nfe
        return view.errors.end

    for nfe, ahead in ((5, True), (7, True), (13, False), (17, False)):
        for solver in ("dpmpp", "ipndm"):
            found = ratio(ends("ddim", nfe), ends(solver, nfe))
            assert apart(found) and (found.value < 1) == ahead, (solver, nfe, found)


def test_two_runs_that_differ_by_chance_are_not_ranked():
    small = "data=moons&data.dimension=2&samples=16&nfe=9"
    text = compared(f"{small}&timesteps.rho=7.001", small)["text"]
    ends = [
        View(from_query(Experiment, q), exact=True).errors.end
        for q in (f"{small}&timesteps.rho=7.001", small)
    ]
    assert apart(ratio(*ends)) == ("of its error" in text)
    few = small.replace("samples=16", "samples=4")  # too few for any interval
    text = compared(f"{few}&timesteps.rho=3", few)["text"]
    assert "cannot be told apart from it with 4 samples" in text


def test_a_run_that_is_too_much_is_cut_to_what_would_do(monkeypatch):
    given = {"data": "digits", "samples": 4096, "nfe": 99}
    e = unflatten(Experiment, given)
    monkeypatch.setattr(experiment.cost, "WORK_LIMIT", experiment.work(e) / 512)
    found = message({"values": given})
    assert found["cut"]["chip"] == "cut to 8 of 4,096 samples" and "refusal" not in found
    assert found["cut"]["words"].endswith("all of it is 512 × the limit of this machine.")
    assert found["parts"]["run"]["count"] == 8 and found["values"]["samples"] == 4096
    assert message({"values": {**given, "samples": 8}})["cut"] is None
    # and where one sample is too much, its evaluations are cut
    monkeypatch.setattr(experiment.cost, "WORK_LIMIT", experiment.work(e) / 4096 / 4)
    assert message({"values": given})["cut"]["chip"] == (
        "cut to 1 of 4,096 samples, 24 of 99 evaluations"
    )


def test_what_the_opened_headline_shows_adds_up():
    _, settled = answers("samples=256")
    made = settled["opened"]
    assert made["ends"] == sorted(made["ends"]) and len(made["ends"]) == 256
    away = next(c for c in settled["finding"]["chips"] if c["kind"] == "away")
    end = View(from_query(Experiment, "samples=256"), exact=True).errors.end
    far = sorted(end[away["samples"]].tolist())
    assert [made["ends"][i] for i in made["far"]] == pytest.approx(far, rel=0.01)  # three digits
    mean = sum(made["ends"]) / 256
    part = sum(made["ends"][i] for i in made["far"]) / (256 * mean)
    assert float(made["mean"].split(";")[0]) == pytest.approx(mean, rel=0.05)
    assert f"{100 * part:.0f} %" in made["mean"]
    below = sum(r < 1 for r in made["ratios"])
    assert made["ratio_words"][1] == f"{below} of 256 below 1"
    middle = made["ratios"][127:129]
    assert min(middle) * 0.99 <= made["ratio"][1] <= max(middle) * 1.01
    assert all(math.isfinite(v) for v in made["ratio"])


def test_nonsense_beside_a_pinned_run_is_a_sentence():
    for request in ({}, {"query": "", "pin": 7}, {"query": "", "pin": "solver=hune"}, {"query": 3}):
        assert set(beside(request)) == {"problem"}
