"""The Compare page's measurements: they start, grow, end and stop in sentences."""

import json
import time

import pytest

from explorer.errors import UserError
from explorer.ui import compare
from explorer.ui.jobs import Jobs

SMALL = {"samples": 32, "data": "moons", "data.dimension": 2}


def finished(answer: dict, seconds: float = 60) -> dict:
    assert "problem" not in answer, answer
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        news = compare.poll({"job": answer["job"]})
        json.dumps(news, allow_nan=False)
        if news["done"]:
            return news
        time.sleep(0.02)
    pytest.fail("the measurement did not end")


def test_a_sweep_gives_a_curve_a_table_and_an_order_for_each_solver():
    news = finished(compare.start({"kind": "sweep", "values": SMALL, "solvers": ["ddim", "heun"],
                                   "budgets": "5, 9, 17, 33, 65"}))
    assert news["problem"] is None and news["count"] == 10
    assert news["columns"] == ["mean end error", "5", "9", "17", "33", "65", "order", ""]
    ddim, heun = news["table"]
    assert ddim[0] == "DDIM" and heun[0] == "Heun"
    assert heun[5] < 0.5 * ddim[5]
    orders = [float(row[6].split(" ±")[0]) for row in (ddim, heun)]
    assert orders[0] == pytest.approx(1, abs=0.4)  # a few budgets, a few samples near a watershed
    assert orders[1] > orders[0] + 0.5


def test_the_solver_that_the_page_is_set_to_comes_with_its_settings():
    news = finished(compare.start({
        "kind": "sweep", "values": {**SMALL, "solver": "rk2", "solver.alpha": 0.7},
        "solvers": ["rk2"], "budgets": "9, 17"}))
    assert news["table"][0][0] == "RK2 α = 0.7"


def test_local_error_of_each_rho_crosses():
    news = finished(compare.start({"kind": "local", "values": SMALL}))
    curves = {row[0]: row[1:] for row in news["table"]}
    assert list(curves)[0] == "ρ = 1"
    # EDM, Fig. 13: larger ρ errs less at low noise and more at high noise
    assert curves["ρ = 7"][3] < curves["ρ = 2"][3]
    assert curves["ρ = 7"][0] > curves["ρ = 2"][0]


def test_distance_lists_stochastic_solvers_with_intervals():
    news = finished(compare.start({"kind": "distance", "values": SMALL}))
    names = [row[0] for row in news["table"]]
    assert "Heun" in names and "Euler ancestral" in names
    assert all("–" in row[2] for row in news["table"])


def test_images_with_a_judge_are_judged():
    news = finished(compare.start({"kind": "distance", "values": {
        "samples": 16, "data": "digits", "model.condition": 3, "nfe": 9}}), 120)
    assert news["columns"][4:8] == ["Fréchet", "precision", "recall", "class right"]
    heun = next(row for row in news["table"] if row[0] == "Heun")
    assert float(heun[7].split(" ")[0]) > 0.8  # exact samples of threes are threes
    assert "not FID" in news["note"] and "FID" not in "".join(news["columns"])


def test_cancelling_keeps_what_was_measured():
    answer = compare.start({"kind": "sweep", "values": {"samples": 128},
                            "budgets": "5, 9, 65, 129, 257, 513"})
    while compare.poll({"job": answer["job"]})["count"] < 3:
        time.sleep(0.01)
    compare.cancel({"job": answer["job"]})
    news = finished(answer)
    assert 3 <= news["count"] < news["total"]
    assert news["problem"].startswith("Cancelled") and news["table"]


@pytest.mark.parametrize("request_, sentence", [
    (None, "asked for"), ({"kind": "race"}, "'race'"), ({"kind": ["sweep"]}, "Unknown measurement"),
    ({"kind": "sweep", "solvers": ["hune"]}, "hune"), ({"kind": "sweep", "solvers": []}, "at least one"),
    ({"kind": "sweep", "budgets": "5, many"}, "many"), ({"kind": "sweep", "budgets": "0"}, "'0'"),
    ({"kind": "sweep", "budgets": "9" * 30}, "99999"), ({"kind": "sweep", "solvers": "heun"}, "Choose"),
    ({"kind": "sweep", "values": {"nfe": "banana"}}, "banana"),
    ({"kind": "sweep", "values": {"timesteps": "custom"}}, "typed list"),
    ({"kind": "local", "values": {"solver": "unipc"}}, "UniPC"),
])
def test_bad_requests_are_answered_in_a_sentence(request_, sentence):
    assert sentence in compare.start(request_)["problem"]


@pytest.mark.parametrize("request_", [None, {}, {"job": None}, {"job": "no such job"}, {"job": [1]}])
def test_unknown_jobs_are_answered_in_a_sentence(request_):
    assert "no longer there" in compare.poll(request_)["problem"]
    assert "no longer there" in compare.cancel(request_)["problem"]


def test_old_jobs_make_room_and_stop():
    jobs = Jobs()
    stopped = []

    def endless(watch):
        try:
            while True:
                watch()
                time.sleep(0.005)
                yield 1
        finally:
            stopped.append(1)

    first = jobs.start(endless, 1)
    for _ in range(16):
        jobs.start(endless, 1)
    with pytest.raises(UserError, match="no longer there"):
        jobs.get(first)
    until = time.monotonic() + 5
    while not stopped and time.monotonic() < until:
        time.sleep(0.01)
    assert stopped
    for name in list(jobs._jobs):
        jobs.get(name).cancel()
