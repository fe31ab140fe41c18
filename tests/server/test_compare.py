"""The Compare page's measurements: they start, grow, end and stop in sentences."""

import json
import re

import numpy as np
import pytest

from explorer.analysis.distance import Estimate
from explorer.data import Moons, store
from explorer.lab import experiment
from explorer.lab.experiment import Experiment
from explorer.numerals import short
from explorer.server import measurements
from explorer.study.distances import Distance
from explorer.ui import compare
from explorer.ui.churn import verdict
from explorer.ui.distances import nearest

from ..waiting import until

SMALL = {"samples": 32, "data": "moons", "data.dimension": 2}


def finished(answer: dict) -> dict:
    """The last news of a measurement that was started."""
    assert "problem" not in answer, answer

    def news():
        told = measurements.poll({"job": answer["job"]})
        json.dumps(told, allow_nan=False)
        return told if told["done"] else None

    return until(news)


def test_a_sweep_gives_a_curve_a_table_and_an_order_for_each_solver():
    news = finished(
        measurements.start(
            {
                "kind": "sweep",
                "values": SMALL,
                "solvers": ["ddim", "heun"],
                "budgets": "17, 33, 65, 129, 257",
            }
        )
    )
    assert news["problem"] is None and news["count"] == 10
    assert news["columns"] == ["median end error", "17", "33", "65", "129", "257", "order", ""]
    ddim, heun = news["table"]
    assert ddim[0] == "DDIM" and heun[0] == "Heun"
    assert heun[5] < 0.5 * ddim[5]
    assert re.match(r"[\d.]+–[\d.]+<br>10–90 % .*<br>mean ", news["beside"][1][5])
    assert news["title"].startswith("Best at 257 evaluations: Heun, median end error")
    exact = dict(zip(news["exact"]["columns"], news["exact"]["rows"][-1]))
    assert (exact["solver"], exact["NFE"], exact["samples"]) == ("Heun", 257, 32)
    assert exact["median"] == heun[5] and exact["95 % from"] < heun[5] < exact["95 % to"]
    assert exact["mean"] != float(f"{exact['mean']:.4g}")  # all digits
    orders = [float(row[6].split(" ±")[0]) for row in (ddim, heun)]
    assert orders == pytest.approx([1, 2], abs=0.4)  # a few samples near a watershed bend the lines


def test_the_solver_that_the_page_is_set_to_comes_with_its_settings():
    news = finished(
        measurements.start(
            {
                "kind": "sweep",
                "values": {**SMALL, "solver": "rk2", "solver.alpha": 0.7},
                "solvers": ["rk2"],
                "budgets": "9, 17",
            }
        )
    )
    assert news["table"][0][0] == "RK2 α = 0.7"


@pytest.mark.slow
def test_local_error_of_each_rho_crosses():
    news = finished(measurements.start({"kind": "local", "values": SMALL}))
    curves = {row[0]: row[1:] for row in news["table"]}
    assert next(iter(curves)) == "ρ = 1"
    # EDM, Fig. 13: larger ρ errs less at low noise and more at high noise
    assert curves["ρ = 7"][3] < curves["ρ = 2"][3]
    assert curves["ρ = 7"][0] > curves["ρ = 2"][0]


@pytest.mark.slow
def test_a_multistep_solver_has_local_errors_too():
    """With a true past; of order 2 they are smaller than those of DDIM where steps are short."""

    def curve(solver):
        news = finished(
            measurements.start({"kind": "local", "values": {**SMALL, "solver": solver}})
        )
        # behind the levels stands how uneven they are
        return next(row[1:-1] for row in news["table"] if row[0] == "ρ = 7"), news["note"]

    (ours, note), (ddim, plain) = curve("lms"), curve("ddim")
    assert all(a < 0.5 * b for a, b in zip(ours, ddim))
    assert "past comes along the exact flow" in note and "past" not in plain


def test_distance_lists_stochastic_solvers_with_intervals():
    news = finished(measurements.start({"kind": "distance", "values": SMALL}))
    names = [row[0] for row in news["table"]]
    assert "Heun" in names and "Euler ancestral" in names
    assert all("–" in row[2] for row in news["table"])
    assert "told apart" in news["title"] or "as near" in news["title"] or "of 5" in news["title"]
    head, first = news["exact"]["columns"], news["exact"]["rows"][0]
    exact = dict(zip(head, first))
    assert exact["sliced W₁, from"] < exact["sliced W₁"] < exact["sliced W₁, to"]
    assert news["table"][0][2].startswith(short(exact["sliced W₁"]))


def test_modes_are_counted_for_a_mixture():
    news = finished(
        measurements.start(
            {
                "kind": "distance",
                "values": {"data": "mixture", "data.dimension": 2, "data.modes": 5, "samples": 64},
            }
        )
    )
    assert news["columns"][4:] == ["modes found", "within 3 σ"]
    assert {row[4] for row in news["table"]} == {"5 of 5"}
    assert news["table"][-1][0] == "fresh data" and "modes" in news["title"]
    beside = [t for t in news["figure"]["data"] if t["xaxis"] == "x2"]
    assert len(beside) == len(news["table"]) - 1
    # an exact denoiser puts nearly all within the radius of 99.7 %
    assert all(t["x"][0] > 0.95 for t in beside)


def test_an_ideal_denoiser_repeats_its_training_points():
    news = finished(
        measurements.start(
            {"kind": "distance", "values": {**SMALL, "model": "ideal", "model.count": 40}}
        )
    )
    assert news["columns"][4:] == ["nearest training point", "repeats"]
    *runs, fresh = news["table"]
    share = lambda row: float(row[5].split(" %")[0])
    assert all(share(row) > 95 for row in runs)  # a path may end between two points close together
    assert "40 training points" in news["title"] and share(fresh) < 50


def test_a_training_set_that_repeats_itself_does_not_hide_its_copies(tmp_path):
    """The second nearest of a point that is there twice would be its twin."""
    points = np.random.default_rng(0).normal(size=(30, 2))
    path = tmp_path / "twice.npy"
    np.save(path, np.concatenate([points, points]))
    digest = store(path, "twice.npy")
    news = finished(
        measurements.start(
            {"kind": "distance", "values": {"data": "upload", "data.digest": digest, "samples": 16}}
        )
    )
    assert "30 training points" in news["title"]
    assert all(float(row[5].split(" %")[0]) > 95 for row in news["table"])


def test_churn_says_where_it_acts_and_what_it_did():
    news = finished(
        measurements.start(
            {"kind": "churn", "values": {**SMALL, "s_churn": 10, "s_tmin": 0.1, "s_tmax": 50}}
        )
    )
    assert news["columns"] == ["step", "σ", "γ", "σ̂", "noise added"]
    inside = [row for row in news["table"] if row[2] != "0"]
    assert inside and all(0.1 <= float(row[1]) <= 50 for row in inside)
    assert all(float(row[3]) > float(row[1]) for row in inside)
    assert "hurn" in news["title"] and "without" in news["title"]
    assert "Difference" in news["note"] and "8 seeds" in news["note"]
    names = [t["x"][0] for t in news["figure"]["data"] if t.get("xaxis") == "x2"]
    assert names[0] == "none" and "10" in names


@pytest.mark.parametrize(
    "difference, words",
    [
        ((-0.01, -0.02, -0.005), "nearer to"),
        ((0.01, 0.005, 0.02), "further from"),
        ((0.01, -0.005, 0.02), "cannot be told apart with 8 seeds"),
    ],
)
def test_the_verdict_on_churn_follows_the_interval(difference, words):
    title, much = verdict(
        Estimate(*difference, 8),
        Estimate(0.03, 0.025, 0.035, 8),
        Estimate(0.04, 0.03, 0.05, 8),
        Estimate(0.01, 0.008, 0.012, 8),
    )
    assert words in title and "0.03, without 0.04" in title and " to " in much


def test_at_the_floor_of_the_measure_churn_is_not_said_to_make_no_difference():
    """Exact, newly and formerly trained denoisers alike read “no difference that 8 seeds can show”:
    both distances were those of two draws of the data."""
    near = Estimate(0.05, 0.04, 0.06, 8)
    title, _ = verdict(Estimate(0.001, -0.004, 0.006, 8), near, near, Estimate(0.05, 0.03, 0.07, 8))
    assert "as near to the data as this measure can show" in title and "0.03–0.07" in title
    assert "no difference" not in title
    # what pairs of seeds do tell is said there too
    sure = verdict(Estimate(0.004, 0.002, 0.006, 8), near, near, Estimate(0.05, 0.03, 0.07, 8))
    assert "further from" in sure[0]


def row_of(name: str, value: float, half: float) -> Distance:
    between = Estimate(value, value - half, value + half, 2048)
    return Distance(name, "one-step", 9, between, between)


@pytest.mark.parametrize(
    "rows, words",
    [
        (
            [("Heun", 0.2, 0.02), ("DDIM", 0.3, 0.02)],
            "Nearest to the data of 2: Heun, distance 0.2",
        ),
        (
            [("Heun", 0.2, 0.06), ("DDIM", 0.3, 0.06), ("LMS", 0.9, 0.1)],
            "Heun and DDIM cannot be told apart with 2,048 samples.",
        ),
        ([("Heun", 0.2, 0.02)], "Heun: distance to the data 0.2 (0.18–0.22)."),
        (
            [("Heun", 0.06, 0.02), ("DDIM", 0.065, 0.001), ("LMS", 0.07, 0.02)],
            "Heun and LMS are as near to the data as 2,048 samples can show",
        ),
    ],
)
def test_distances_whose_intervals_overlap_are_not_ranked(rows, words):
    found = [row_of(*r) for r in rows]
    assert nearest(found, Estimate(0.05, 0.04, 0.06, 2048)).startswith(words)


@pytest.mark.slow
def test_images_with_a_judge_are_judged():
    news = finished(
        measurements.start(
            {
                "kind": "distance",
                "values": {"samples": 16, "data": "digits", "model.condition": 3, "nfe": 9},
            }
        ),
    )
    assert news["columns"][-4:] == ["Fréchet", "precision", "recall", "class right"]
    heun = next(row for row in news["table"] if row[0] == "Heun")
    assert float(heun[-1].split(" ")[0]) > 0.8  # exact samples of threes are threes
    assert "not FID" in news["note"] and "FID" not in "".join(news["columns"])


def test_cancelling_keeps_what_was_measured():
    answer = measurements.start(
        {"kind": "sweep", "values": {"samples": 128}, "budgets": "5, 9, 65, 129, 257, 513"}
    )
    until(lambda: measurements.poll({"job": answer["job"]})["count"] >= 3)
    measurements.cancel({"job": answer["job"]})
    news = finished(answer)
    assert 3 <= news["count"] < news["total"]
    assert news["problem"].startswith("Cancelled") and news["table"]


def test_after_a_cancel_nothing_is_best_that_was_measured_alone():
    """DDIM alone has come to the last budget: what is said is of the one that all have come to."""
    base = Experiment(data=Moons(dimension=2), samples=16)
    asked = {"solvers": ["ddim", "heun"], "budgets": "9, 39"}
    work = compare.sweep(base, asked)
    rows = list(work.rows(None))
    assert [(r.name, r.nfe) for r in rows][2] == ("DDIM", 39)
    title = lambda n: work.show(rows[:n])["title"]
    assert title(1) == "Error against evaluations"
    assert "At 9 evaluations" in title(2) or "Best at 9 evaluations" in title(2)
    assert title(3) == title(2) and "39 evaluations" in title(4)


@pytest.mark.parametrize(
    "request_, sentence",
    [
        (None, "asked for"),
        ({"kind": "race"}, "'race'"),
        ({"kind": ["sweep"]}, "Unknown measurement"),
        ({"kind": "sweep", "solvers": ["hune"]}, "hune"),
        ({"kind": "sweep", "solvers": []}, "at least one"),
        ({"kind": "sweep", "budgets": "5, many"}, "many"),
        ({"kind": "sweep", "budgets": "0"}, "'0'"),
        ({"kind": "sweep", "budgets": "9" * 30}, "99999"),
        ({"kind": "sweep", "solvers": "heun"}, "Choose"),
        ({"kind": "sweep", "values": {"nfe": "banana"}}, "banana"),
        ({"kind": "sweep", "values": {"timesteps": "custom"}}, "typed list"),
        ({"kind": "local", "values": {"solver": "euler_a"}}, "Euler ancestral adds new noise"),
        ({"kind": "local", "values": {"solver": "plugin"}}, "made for one list"),
        ({"kind": "sweep", "grids": ["edm"]}, "Unknown time steps 'edm'"),
        ({"kind": "sweep", "grids": "rho"}, "by their names"),
        ({"kind": "sweep", "grids": [1]}, "[1]"),
        ({"kind": "churn"}, "S_churn is 0"),
        (
            {"kind": "churn", "values": {"s_churn": 9, "s_tmin": 90, "s_tmax": 95}},
            "No step lies between",
        ),
    ],
)
def test_bad_requests_are_answered_in_a_sentence(request_, sentence):
    assert sentence in measurements.start(request_)["problem"]


@pytest.mark.parametrize("kind", ["local", "distance", "churn"])
def test_every_measurement_keeps_to_the_cap_on_work(kind, monkeypatch):
    """Fewer samples where that is enough, and a sentence where it is not; and what is on show in
    other tabs is not pushed out by its runs."""
    monkeypatch.setattr(experiment.cost, "WORK_LIMIT", 1e3)
    values = {**SMALL, "nfe": 9, "s_churn": 10, "seed": 2**31 - 1}
    said = measurements.start({"kind": kind, "values": values})["problem"]
    digits, power = re.search(r"(\S+)·10(\S+) operations for 4 samples", said).groups()
    least = float(digits) * 10 ** int(power.translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")))
    monkeypatch.setattr(experiment.cost, "WORK_LIMIT", 2.1 * least)
    before = len(experiment._runs)
    news = finished(measurements.start({"kind": kind, "values": values}))
    assert news["problem"] is None and len(experiment._runs) == before
    assert re.findall(r"(\d+) samples", news["note"]) == ["8"]


@pytest.mark.parametrize(
    "request_", [None, {}, {"job": None}, {"job": "no such job"}, {"job": [1]}]
)
def test_unknown_jobs_are_answered_in_a_sentence(request_):
    assert "no longer there" in measurements.poll(request_)["problem"]
    assert "no longer there" in measurements.cancel(request_)["problem"]
