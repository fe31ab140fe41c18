"""The message of the page: whole, strict JSON, never more than was asked, never an exception."""

import json
import math
import os
import re
import threading
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.data import DATASETS, store
from explorer.lab import experiment, view
from explorer.lab.experiment import Experiment
from explorer.models import MODELS
from explorer.server import app
from explorer.server import message as messages
from explorer.server.desk import DESK
from explorer.server.message import PARTS, message
from explorer.settings import flatten, from_query, parameters, slots
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
# each data set plainly and in one other way, each way with three data sets; the others are slow
PAIRS = [
    pytest.param(data, way, marks=[] if k in (0, 1 + i % 5) else [pytest.mark.slow])
    for i, data in enumerate(d for d in DATASETS if d != "published")
    for k, way in enumerate(MORE)
]


@pytest.mark.parametrize("data, way", PAIRS)
def test_every_data_set_fills_every_part(data, way):
    more = MORE[way]
    upload = {"data.digest": a_file()} if data == "upload" else {}
    answer = strict(ask(data=data, **upload, **more))
    assert "problem" not in answer, answer
    lacks = {"loss"} if hasattr(DATASETS[data], "lacking") else set()
    assert set(answer["parts"]) == set(PARTS) - lacks and set(answer["pending"]) <= {"exact"}
    for part in answer["parts"].values():
        assert part["key"]
    assert from_query(Experiment, answer["query"]) == messages.experiment_of(
        {"values": answer["values"]}
    )
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
        monkeypatch.setattr(messages, "CORES", cores)
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


# ---- bad input -----------------------------------------------------------------------------------

BAD = [  # (settings, what the sentence must name)
    ({"nfe": math.nan}, "nan"),
    ({"nfe": math.inf}, "inf"),
    ({"nfe": 10.5}, "10.5"),
    ({"nfe": -3}, "-3"),
    ({"nfe": 10**9}, "1000000000"),
    ({"nfe": "many"}, "many"),
    ({"nfe": None}, "None"),
    ({"nfe": True}, "True"),
    ({"nfe": []}, "[]"),
    ({"nfe": ""}, "''"),
    ({"samples": 10**7}, "10000000"),
    ({"samples": 0}, "0"),
    ({"samples": 2.5}, "2.5"),
    ({"seed": -1}, "-1"),
    ({"seed": 10**5000}, "600 digits"),
    ({"timesteps.sigma_min": -0.1}, "-0.1"),
    ({"timesteps.sigma_max": math.inf}, "inf"),
    ({"timesteps.sigma_min": 5.0, "timesteps.sigma_max": 1.0}, "swap"),
    ({"timesteps.rho": math.nan}, "nan"),
    ({"timesteps.rho": "7,5"}, "7,5"),
    ({"s_tmin": 2.0, "s_tmax": 1.0}, "S_tmin = 2"),
    ({"s_churn": -1}, "-1"),
    ({"s_noise": math.nan}, "nan"),
    ({"s_tmax": "∞"}, "∞"),
    ({"solver": "hune"}, "hune"),
    ({"solver": None}, "None"),
    ({"solver": 3}, "3"),
    ({"data": "../../etc/passwd"}, "passwd"),
    ({"data": ["spiral"]}, "spiral"),
    ({"model": {}}, "{}"),
    ({"colour": "red"}, "colour"),
    ({"solver.beta": 1}, "beta"),
    ({"solver": "rk2", "solver.alpha": 0}, "0"),
    ({"solver": "rk2", "solver.alpha": 9}, "9"),
    ({"timesteps": "custom", "timesteps.levels": [1.0, 2.0]}, "2"),
    ({"timesteps": "custom", "timesteps.levels": [1.0]}, "two levels"),
    ({"timesteps": "custom", "timesteps.levels": "a,b"}, "a,b"),
    ({"timesteps": "custom", "timesteps.levels": [10.0, None, 0.1]}, "None"),
    ({"timesteps": "custom", "timesteps.levels": [10.0, math.nan, 0.1]}, "nan"),
    ({"timesteps": "custom", "timesteps.levels": list(range(600, 0, -1))}, "512"),
    ({"data": "upload"}, "upload"),
    ({"data": "upload", "data.digest": "../secret"}, "../secret"),
    ({"data": "upload", "data.digest": "0123456789abcdef"}, "0123456789abcdef"),
    ({"data": "drawn", "data.points_text": "??"}, "??"),
    ({"data": "spiral", "model.condition": 3}, "3"),
    ({"data": "digits", "model.condition": 77}, "77"),
    ({1: 2}, "1"),
    ({"last": "soon"}, "soon"),
]


@pytest.mark.parametrize("values, named", BAD, ids=[named for _, named in BAD])
def test_bad_input_gives_a_sentence_that_names_it(values, named):
    answer = strict(message({"values": values}))
    assert set(answer) == {"problem"}
    assert named in answer["problem"] and len(answer["problem"]) > len(named) + 10
    assert answer["problem"][-1] in ".)" and len(answer["problem"]) < 600


@pytest.mark.parametrize(
    "request_",
    [
        None,
        3,
        "x",
        [],
        {},
        {"values": None},
        {"values": [1]},
        {"query": 5},
        {"query": None},
        {"query": "x" * 30_000},
        {"query": "nfe=%ff%fe&&&=&=3"},
        {"query": "nfe=35&nfe=abc"},
        {"query": "solver=rk2&solver.alpha=nan"},
        {"query": "σ=3"},
    ],
    ids=lambda v: str(v)[:30],
)
def test_a_broken_request_gives_a_sentence(request_):
    assert strict(message(request_))["problem"]


@pytest.mark.parametrize(
    "more",
    [
        {"page": None, "id": None},
        {"page": 3, "id": "7"},
        {"page": "p" * 10**5, "id": 1e300},
        {"id": math.nan},
        {"have": "all", "want": "all"},
        {"have": {"run": 3}, "want": [7, {}]},
        {"design": ["edm"]},
        {"design": {}},
        {"id": 10**400},
    ],
    ids=range(9),
)
def test_what_surrounds_the_values_may_be_anything(more):
    assert "words" in strict(message({"values": FAST, **more}))


def test_a_file_outside_the_folder_of_uploads_is_not_opened(tmp_path):
    secret = tmp_path / "secret.csv"
    secret.write_text("1,2\n3,4\n")
    for path in (secret, "/etc/passwd", "", None, 3, "\0", "a" * 5000, tmp_path):
        assert "just uploaded" in app.receive({"path": str(path), "name": "x.csv"})["problem"]
    for request in (None, [], "x", {}):
        assert "problem" in app.receive(request)


@pytest.mark.parametrize(
    "name, content",
    [
        ("empty.csv", b""),
        ("text.csv", b"hello\nworld\n"),
        ("nan.csv", b"1,nan\n2,inf\n"),
        ("pickle.npy", b"\x80\x04\x95"),
        ("cut.npz", b"PK\x03\x04"),
        ("photo.png", b"\x89PNG\r\n"),
        ("wide.csv", b",".join([b"1"] * 10_000)),
    ],
)
def test_a_wrong_file_gives_a_sentence(name, content):
    import gradio as gr

    folder = gr.utils.get_upload_folder()
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, name)
    with open(path, "wb") as file:
        file.write(content)
    answer = app.receive({"path": path, "name": name})
    assert set(answer) == {"problem"} and len(answer["problem"]) > 20


def test_a_zip_of_zeros_does_not_unpack_into_memory(tmp_path):
    import gradio as gr

    folder = gr.utils.get_upload_folder()
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, "bomb.zip")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("big.png", b"\0" * 200_000_000)
    assert "problem" in app.receive({"path": path, "name": "bomb.zip"})


def test_the_server_lives_on_after_all_of_it():
    assert set(ask()["parts"]) == set(PARTS)


KEYS = sorted({p.key for p in parameters(Experiment)} | set(slots(Experiment)))
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from([0, 1, "1", "0", "nan", "1e999", "-0", "heun", 1e-300, 10**400]),
)
HOSTILE = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=8), HOSTILE, max_size=5))
def test_no_values_break_the_message(values):
    """Whatever comes: a whole message, or a sentence."""
    values = {**FAST, **values}
    if isinstance(values["samples"], int) and values["samples"] > 16:
        values["samples"] = 16  # a test, not a load
    answer = strict(message({"values": values, "have": {"data": "no"}}))
    assert answer.get("problem") or "parts" in answer


@settings(max_examples=100, deadline=None)
@given(HOSTILE)
def test_no_request_breaks_the_message(request):
    assert isinstance(strict(message(request)), dict)


def test_the_cap_is_the_one_that_is_stated():
    assert experiment.cost.WORK_LIMIT == 4e10
