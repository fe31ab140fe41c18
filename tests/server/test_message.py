"""The message of the page: whole, strict JSON, never more than was asked, never an exception."""

import json
import re
import threading

import numpy as np
import pytest

from explorer.data import DATASETS, store
from explorer.lab import experiment, view
from explorer.lab.experiment import Experiment
from explorer.models import MODELS
from explorer.server import ahead, app
from explorer.server import message as messages
from explorer.server.asked import experiment_of
from explorer.server.desk import DESK
from explorer.server.message import PARTS, message
from explorer.settings import flatten, from_query, parameters, slots
from explorer.strips import loss
from explorer.ui import controls, panel
from tests.lab.ideal import Perfect
from tests.waiting import PATIENCE

FAST = {"samples": 8, "nfe": 9}
WANT = list(PARTS)


def ask(want=WANT, have=None, **values) -> dict:
    return message(
        {
            "values": {**FAST, **{k.replace("__", "."): v for k, v in values.items()}},
            "want": want,
            "have": have or {},
        }
    )


def strict(answer: dict) -> dict:
    """What the browser reads."""
    return json.loads(json.dumps(answer, ensure_ascii=False, allow_nan=False))


def a_file() -> str:
    points = np.random.default_rng(0).normal(size=(30, 2))
    return store("\n".join(f"{x},{y}" for x, y in points).encode(), "points.csv")


MORE = {
    "plain": {},
    "euler-vp": {"solver": "euler", "schedule": "vp"},
    "churn": {"s_churn": 20.0},
    "one": {"nfe": 1},
    "ideal": {"last": "denoise", "model": "ideal"},
    "gaussian": {"model": "gaussian", "last": "sigma_min"},
}
LARGE = {"mnist", "fashion", "scenes"}  # thousands of images: seconds each
# each data set plainly and in one other way, each way with three data sets; small ones in all
PAIRS = [
    pytest.param(data, way, marks=[] if k in own and data not in LARGE else [pytest.mark.slow])
    for i, data in enumerate(d for d in DATASETS if d != "published")
    for own in [(0, 1 + i % 5)]
    for k, way in enumerate(MORE)
    if k in own or data not in LARGE
]


@pytest.fixture
def few_levels(data, monkeypatch):
    """The loss of a large set is measured at 4 levels for 52, and forgotten."""
    monkeypatch.setattr(loss, "LEVELS", 4 if data in LARGE else loss.LEVELS)
    yield
    if data in LARGE:
        experiment.use_device("cpu")


@pytest.mark.parametrize("data, way", PAIRS)
@pytest.mark.usefixtures("few_levels")
def test_every_data_set_fills_every_part(data, way):
    more = MORE[way]
    upload = {"data.digest": a_file()} if data == "upload" else {}
    answer = strict(ask(data=data, **upload, **more))
    assert "problem" not in answer, answer
    lacks = {"loss"} if hasattr(DATASETS[data], "lacking") else set()
    assert set(answer["parts"]) == set(PARTS) - lacks and set(answer["pending"]) <= {"exact"}
    for part in answer["parts"].values():
        assert part["key"]
    assert from_query(Experiment, answer["query"]) == experiment_of({"values": answer["values"]})
    assert answer["parts"]["run"]["quick"]["steps"][""]["marks"]
    assert answer["parts"]["path"]["strips"]["curvature"]["bend"]["marks"]
    assert answer["words"]["budget"] and answer["words"]["solver"]


@pytest.mark.parametrize(
    "values",
    [{}, {"s_churn": 20.0}, {"solver": "euler_a"}, {"solver": "ddim"}],
    ids=["plain", "churn", "new noise", "simplest"],
)
def test_a_second_core_changes_nothing_but_the_time(monkeypatch, values):
    answers = []
    for cores in (1, 2):
        monkeypatch.setattr(ahead, "CORES", cores)
        experiment.use_device("cpu")  # forget what is known
        answers.append(strict(ask(data="moons", **values))["parts"])
    for parts in answers:
        parts["run"].pop("status")  # the time it took
    assert answers[0] == answers[1]


def test_what_is_odd_in_the_time_steps_stands_below_them(monkeypatch):
    """Of any grid, not of typed lists alone; and what was changed for the network, also in ⓘ."""
    monkeypatch.setitem(MODELS, Perfect.name, Perfect)
    plain, vp, list_ = ask(), ask(timesteps="vp", nfe=19), ask(timesteps="custom")
    assert plain["words"]["schedule"] == ""
    assert "The last step is a jump: step 9" in vp["words"]["schedule"]
    assert "jump" not in list_["words"]["schedule"]
    network = strict(ask(model="perfect", data="moons", data__dimension=2))
    said = "This network knows σ from 0.00643 to 20291: σ_min 0.002 is raised to 0.00643."
    assert said in network["words"]["schedule"]
    assert said in [a.get("html") for a in network["parts"]["run"]["quick"]["steps"][""]["about"]]
    assert network["values"]["timesteps.sigma_min"] == 0.002  # what was asked for stays
    assert network["parts"]["run"]["sigma"][-2] == pytest.approx(0.00643, rel=1e-3)


@pytest.mark.parametrize("data", ["diracs", "spiral", "digits"])
def test_a_network_fills_every_part(monkeypatch, data):
    """Also on a line, where the stage asks it for slopes, and also one of discrete levels."""
    monkeypatch.setitem(MODELS, Perfect.name, Perfect)
    for column in ("iddpm", "ve"):
        answer = strict(ask(data=data, model="perfect", model__column=column))
        assert set(answer["parts"]) == set(PARTS) and "nan" not in json.dumps(answer["words"])


def test_a_query_and_its_values_are_the_same_view():
    one = message({"query": "data=moons&nfe=9&samples=8&solver=ddim", "want": WANT})
    two = ask(data="moons", solver="ddim")
    assert one["values"] == two["values"] and one["query"] == two["query"]
    assert {k: v["key"] for k, v in one["parts"].items()} == {
        k: v["key"] for k, v in two["parts"].items()
    }


def test_what_the_page_holds_is_not_sent_again():
    first = ask()
    have = {k: p["key"] for k, p in first["parts"].items()}
    assert ask(have=have)["parts"] == {}
    turned = ask(have=have, solver="ddim")
    assert set(turned["parts"]) == {"run", "error"}  # data and reference do not hang on the solver
    assert set(ask(have=have, seed=1)["parts"]) == {"path", "run", "error"}
    assert set(ask(have=have, data="moons")["parts"]) == set(PARTS)


def test_a_part_that_takes_long_comes_on_the_second_call(monkeypatch):
    monkeypatch.setattr(messages, "PATIENCE", -1)
    first = ask(want=None, seed=11)
    assert "error" in first["pending"] and "error" not in first["parts"]
    assert first["parts"]["run"] and first["parts"]["data"]
    second = ask(
        want=first["pending"], seed=11, have={k: p["key"] for k, p in first["parts"].items()}
    )
    assert set(second["parts"]) == set(first["pending"]) and set(second["pending"]) <= {"exact"}


def test_the_exact_reference_comes_when_it_is_wanted():
    first = ask(seed=16)
    assert first["pending"] == ["exact"]
    have = {k: p["key"] for k, p in first["parts"].items()}
    second = ask(want=["exact"], have=have, seed=16)
    assert set(second["parts"]) == {"error"} and second["pending"] == []
    have["error"] = second["parts"]["error"]["key"]
    assert ask(have=have, seed=16)["parts"] == {}


def test_an_old_error_is_dropped_while_the_new_one_is_measured(monkeypatch):
    monkeypatch.setattr(messages, "PATIENCE", -1)
    have = {k: p["key"] for k, p in ask(seed=12)["parts"].items()}
    assert message({"values": {**FAST, "seed": 13}, "have": have})["drop"] == ["error"]


def states(answer: dict) -> dict[str, str]:
    assert set(answer["states"]) == set(PARTS)
    assert all(s["why"] for s in answer["states"].values() if s["state"] != "whole")
    return {name: s["state"] for name, s in answer["states"].items()}


def test_each_part_has_a_state():
    whole = dict.fromkeys(PARTS, "whole")
    first = ask(seed=17)
    assert states(first) == whole | {"error": "draft"}
    have = {k: p["key"] for k, p in first["parts"].items()}
    assert states(ask(want=["exact"], have=have, seed=17)) == whole
    without = ask(seed=17, solver="euler_a")  # new noise leaves every path
    assert states(without) == whole | {"error": "absent"}
    assert "New noise" in without["states"]["error"]["why"]


def test_what_is_still_measured_is_absent_or_stale(monkeypatch):
    monkeypatch.setattr(messages, "PATIENCE", -1)
    assert states(ask(want=None, seed=18))["error"] == "absent"
    have = {k: p["key"] for k, p in ask(seed=12)["parts"].items()}
    later = message({"values": {**FAST, "seed": 19}, "have": have})
    assert later["drop"] == ["error"] and states(later)["error"] == "absent"  # not shown any longer
    monkeypatch.setattr(messages, "_late", lambda name, *_: name == "path")
    later = message({"values": {**FAST, "seed": 20}, "have": have})
    assert states(later)["path"] == "stale" and "path" not in later["drop"]


def test_a_newer_request_makes_the_older_one_stale():
    DESK.arrive("page", 9)
    old = message({"values": {**FAST, "seed": 14}, "page": "page", "id": 8, "want": WANT})
    assert old == {"stale": True}
    assert "parts" in message(
        {"values": {**FAST, "seed": 14}, "page": "page", "id": 9, "want": WANT}
    )


def test_pages_do_not_make_each_other_stale():
    DESK.arrive("one", 100)
    assert "parts" in message({"values": {**FAST, "seed": 15}, "page": "two", "id": 1})


def test_cancel_stops_the_newest_request():
    begun, answers = threading.Event(), []
    real = view.run

    def slowly(e, tick):
        begun.set()
        while True:
            tick()

    view.run = slowly
    try:
        thread = threading.Thread(
            target=lambda: answers.append(message({"values": FAST, "page": "cancelled", "id": 5}))
        )
        thread.start()
        assert begun.wait(PATIENCE)
        app.cancel("cancelled")
        thread.join(PATIENCE)
    finally:
        view.run = real
    assert answers == [{"stale": True}]


def test_progress_counts_up():
    tick = DESK.watch("counting", 1, "Sampling", 3)
    tick(), tick()
    assert app.progress("counting") == {"what": "Sampling", "done": 2, "total": 3}
    assert app.progress("nobody") == {}


# ---- the panel -----------------------------------------------------------------------------------


def test_every_parameter_has_a_row_or_another_way_in():
    html = panel.panel()
    rows = set(re.findall(r'data-key="([^"]+)"', html))
    for p in parameters(Experiment):
        assert p.key in rows or p.key in panel.HANDLED, f"{p.key} is not on the page"
    assert set(re.findall(r'data-slot-select="([^"]+)"', html)) == set(slots(Experiment))


def test_every_row_belongs_to_the_table_and_every_control_has_a_name():
    html = panel.panel()
    known = {p.key for p in parameters(Experiment)}
    assert set(re.findall(r'data-key="([^"]+)"', html)) <= known
    identities = re.findall(r'\bid="([^"]+)"', html)
    assert len(identities) == len(set(identities))
    assert set(re.findall(r'<label for="([^"]+)"', html)) <= set(identities)


def test_the_page_knows_the_defaults_of_every_choice():
    config = json.loads(controls.as_json())
    assert config["defaults"] == json.loads(json.dumps(flatten(Experiment())))
    for slot, choices in slots(Experiment).items():
        assert set(config["entries"][slot]) == set(choices)


def test_the_cap_is_the_one_that_is_stated():
    assert experiment.cost.WORK_LIMIT == 4e10


def test_a_link_with_a_wrong_value_is_read_without_it():
    answer = message({"query": "nfe=11&timesteps.sigma_min=100&colour=red&s_tmin=60&data=moons"})
    assert answer["values"]["nfe"] == 11 and answer["values"]["data"] == "moons"
    assert {key: of["given"] for key, of in answer["wrong"].items()} == {
        "timesteps.sigma_min": "100",
        "colour": "red",
        "s_tmin": "60",
    }
    assert "from 0.0001 to 10" in answer["wrong"]["timesteps.sigma_min"]["why"]
    assert "sigma_min" not in answer["query"]


def test_a_refused_value_names_its_field():
    refused = ask(timesteps__sigma_min=100)
    assert refused["fields"] == ["timesteps.sigma_min"] and "parts" not in refused
    both = ask(s_tmin=60)  # a rule that joins two
    assert {"s_tmin", "s_tmax"} <= set(both["fields"])
    assert ask(timesteps="custom", timesteps__levels="1, two")["fields"] == ["timesteps.levels"]
