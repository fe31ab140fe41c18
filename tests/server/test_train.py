"""The Train page's side of the server: one training, in a process of its own."""

import dataclasses
import json
import re
import signal
from types import SimpleNamespace

import pytest
import torch

from explorer.data import allow_fetch
from explorer.server import hall, owners, train
from explorer.store import trainings, weights
from explorer.training.configs import chosen
from explorer.ui.train import LETTERS, asked

from .. import waiting

POINTS = {"data": "spiral", "data.dimension": 2}
# so long that it cannot be over before something is done to it
SMALL = {"kimg": 20_000, "network.width": 16, "network.depth": 1, "batch": 64}


def look(**more):
    answer = train.act({"do": "look", **more})
    json.dumps(answer, allow_nan=False)
    assert "problem" not in answer, answer
    return answer


def until(condition):
    """The first look at the training of which `condition` holds."""
    return waiting.until(lambda: answer if condition(answer := look()) else None)


def pause(name: str):
    """Pause a training before it does another step, so that it cannot end first."""
    hall.HALL.session._process.send_signal(signal.SIGSTOP)
    train.act({"do": "pause", "name": name})
    hall.HALL.session._process.send_signal(signal.SIGCONT)


@pytest.fixture(autouse=True)
def empty_hall():
    yield
    if (session := hall.HALL.session) is not None and session.busy:
        session.stop("cancelled")
        session.join()


def start(name: str, **own):
    answer = train.act(
        {"do": "start", "values": POINTS, "config": "F", "name": name, "training": SMALL | own}
    )
    assert "problem" not in answer, answer


@pytest.mark.slow
def test_a_training_is_paused_found_again_and_resumed_to_its_end():
    start("walked", kimg=200)  # more than what is done before the first report, half a second on
    running = until(lambda a: a["state"] == "running" and a.get("part", 0) > 0)
    hall.HALL.session._process.send_signal(signal.SIGSTOP)  # it goes on when it is paused
    assert running["sigma"]["data"] and running["samples"]["count"] == 256
    assert "sigma" not in look(have=look()["key"]) or look()["state"] != "running"
    assert "one at a time" in train.act({"do": "start", "values": POINTS})["problem"]
    pause("walked")
    paused = until(lambda a: not a["busy"])
    assert paused["state"] == "paused" and paused["paused"][0]["name"] == "walked"
    reached = json.loads(paused["words"].split(" of ")[0].replace(",", ""))
    train.act({"do": "resume", "name": "walked"})
    assert until(lambda a: a.get("part"))["part"] >= reached / 200_000 - 1e-9
    done = until(lambda a: not a["busy"])
    assert done["state"] == "done" and done["part"] >= 1 and done["paused"] == []
    assert weights.find("walked").shape == (2,)
    assert done["table"][0][0] == "80" and done["curve"]["data"]
    for row, beside in zip(done["table"], done["beside"]):
        for i in (1, 2, 4, 5):  # what is compared with the ideal: losses, and times its loss
            if row[i] is None or not re.fullmatch(r"[\d.]+(–[\d.]+)?", beside[i]):
                continue  # the ideal has none, or so little that a power of ten stands there
            low, *high = map(float, beside[i].split("–"))
            assert 0.99 * low <= row[i] <= 1.01 * (high or [low])[0], (row, i)
    assert all(b and "–" in b for b in (done["beside"][0][i] for i in (1, 2)))
    assert sum(b[5] != "" for b in done["beside"]) >= 5  # of what there was before, too
    marks = [n["text"] for n in done["sigma"]["layout"]["annotations"] if "→" in n["text"]]
    for mark, times in zip(marks[0].split(" →<br>"), (5, 4), strict=True):  # before, and now
        assert (inside := mark.split(" × (")[1].removesuffix(")")), mark
        assert any(b[times] == inside for b in done["beside"]), mark
    assert (
        "already there" in train.act({"do": "start", "values": POINTS, "name": "walked"})["problem"]
    )
    weights.delete("walked")


@pytest.mark.slow
def test_a_cancelled_training_leaves_nothing():
    start("dropped")
    until(lambda a: a["state"] == "running")
    train.act({"do": "cancel", "name": "dropped"})
    gone = until(lambda a: not a["busy"])
    assert gone["state"] == "cancelled" and gone["paused"] == []
    assert not trainings.folder("dropped").exists()


@pytest.mark.slow
def test_a_process_that_dies_says_so_and_goes_on_from_its_checkpoint():
    start("killed")
    until(lambda a: a["state"] == "running" and (trainings.folder("killed") / "state.pt").exists())
    hall.HALL.session._process.kill()
    dead = until(lambda a: not a["busy"])
    assert dead["state"] == "failed" and "Resume it" in dead["trouble"]
    assert [r["name"] for r in dead["paused"]] == ["killed"]
    train.act({"do": "cancel", "name": "killed"})
    assert look()["paused"] == []


@pytest.mark.parametrize(
    "request_, sentence",
    [
        (None, "what to do"),
        ({"do": "race"}, "'race'"),
        ({"do": []}, "Unknown request"),
        ({"do": "start", "config": "Z"}, "'Z'"),
        ({"do": "start", "training": {"kimg": "much"}}, "much"),
        ({"do": "start", "training": {"kimg": -1}}, "out of range"),
        ({"do": "start", "training": {"folder": "/etc"}}, "'folder'"),
        (
            {"do": "start", "training": {"network.channels": 128, "network.widths": "4,4"}},
            "can be trained",
        ),
        ({"do": "start", "name": "../up"}, "cannot be called"),
        ({"do": "start", "values": {"data": "upload"}}, "No data is uploaded"),
        ({"do": "start", "values": {"data": "published"}}, "not on this machine"),
        ({"do": "pause", "name": "nobody"}, "not being trained"),
        ({"do": "resume"}, "no paused"),
        ({"do": "augment", "values": POINTS}, "image data"),
        ({"do": "start", "training": {"hyper": "Z"}}, "Unknown hyper 'Z'"),
        ({"do": "start", "training": {"capacity": []}}, "Unknown capacity"),
        ({"do": "defaults", "config": "Q"}, "'Q'"),
    ],
)
def test_bad_requests_are_answered_in_a_sentence(request_, sentence):
    allow_fetch(False)  # as a page starts; the command line may have been here before
    assert sentence in train.act(request_)["problem"]
    assert hall.HALL.session is None or not hall.HALL.session.busy


def test_the_owner_can_switch_it_off(monkeypatch):
    monkeypatch.setattr(hall, "allowed", False)
    assert "switched training off" in train.act({"do": "start", "values": POINTS})["problem"]


def test_a_full_server_says_so(monkeypatch):
    monkeypatch.setattr(hall, "KEPT", 0)
    assert "owner has to remove" in train.act({"do": "start", "values": POINTS})["problem"]


def test_augmented_images_come_with_nine_labels():
    shown = train.act({"do": "augment", "values": {"data": "digits"}, "seed": 3})["augmented"]
    assert shown["shape"] == [1, 8, 8] and len(shown["names"]) == 9
    assert len(shown["labels"]) == shown["count"] == 12
    assert any(any(row) for row in shown["labels"]) and shown["before"] != shown["after"]


LADDER = {"hyper": "A", "capacity": "A", "precond": "vp", "loss": "vp", "augment": 0}


@pytest.mark.parametrize("data", ["digits", "moons"])
def test_each_rung_of_the_ladder_is_a_choice_of_its_own(data):
    """A, with the choices that B, C, D, E and F add, one after the other, is B, C, D, E, F."""
    told = lambda **own: chosen(
        *asked({"config": "A", "values": {"data": data}, "training": LADDER | own})
    )
    of = lambda letter: chosen(letter, {"data": data})
    steps = {"hyper": "B", "capacity": "C", "precond": "edm", "loss": "edm"} | (
        {"augment": 0.12} if data == "digits" else {}
    )
    own = {}
    assert told() == of("A")
    for (key, value), letter in zip(steps.items(), "BCDEF"):
        own[key] = value
        assert told(**own) == of(letter)
        alone = told(**{key: value})  # of any rung without those below it
        changed = [
            f.name
            for f in dataclasses.fields(alone)
            if getattr(alone, f.name) != getattr(of("A"), f.name)
        ]
        assert changed == [{"capacity": "network"}.get(key, key)]
        given = train.act({"do": "defaults", "config": letter, "values": {"data": data}})["form"]
        assert {k: given[k] for k in LADDER} == LADDER | own


@pytest.mark.parametrize("data", ["digits", "moons", "glyphs"])
def test_the_form_is_filled_from_the_configuration(data):
    for letter, about in LETTERS.items():
        given = train.act({"do": "defaults", "config": letter, "values": {"data": data}})
        assert given["about"] == about and given["image"] == (data != "moons")
        assert given["form"]["precond"] == ("vp" if letter in "ABC" else "edm")
        assert (given["form"]["augment"] > 0) == (letter == "F" and data != "moons")
        floor = given["plan"]["data"][-1]["y"]  # the ideal denoiser's, weighted; untrained: 1
        assert len(floor) == 16 and all(0 <= v < 1.3 for v in floor if letter in "EF")
        assert given["data"]["kind"] == ("plane" if data == "moons" else "image")


# Where strangers share a server


@pytest.fixture
def shared(monkeypatch):
    monkeypatch.setattr(owners, "shared", True)


@pytest.mark.slow
def test_a_visitor_watches_what_another_has_started(shared):
    started = train.act({"do": "start", "values": POINTS, "name": "theirs", "training": SMALL})
    assert "problem" not in started
    token = started["token"]
    assert started["mine"] and len(token) >= 16
    until(lambda a: a["state"] == "running" and (trainings.folder("theirs") / "state.pt").exists())
    for do in ("pause", "cancel"):
        for wrong in (None, "", 7, "x" * 32, "é" * 20, owners._digest(token)[:32]):
            answer = train.act({"do": do, "name": "theirs", "token": wrong})
            assert "another visitor" in answer["problem"]
    assert look()["busy"] and not look()["mine"] and look(token=token)["mine"]
    assert "words" in look() and token not in json.dumps(look(token="y" * 20))
    train.act({"do": "pause", "name": "theirs", "token": token})
    paused = until(lambda a: not a["busy"])
    assert [r["mine"] for r in paused["paused"]] == [False]
    for request in (
        {"do": "resume"},
        {"do": "cancel"},
        {"do": "start", "values": POINTS, "training": SMALL},
    ):
        assert "another visitor" in train.act({"name": "theirs", **request})["problem"]
    assert "problem" not in train.act({"do": "resume", "name": "theirs", "token": token})
    train.act({"do": "cancel", "name": "theirs", "token": owners.master})  # the server's owner
    assert until(lambda a: not a["busy"])["state"] == "cancelled"
    assert not trainings.folder("theirs").exists()


def test_a_training_that_is_over_is_told_to_whoever_began_it(monkeypatch):
    over = SimpleNamespace(
        busy=False, name="gone", state="cancelled", seen={}, trouble=None,
        training=chosen("F", POINTS),
    )  # fmt: skip
    monkeypatch.setattr(hall.HALL, "session", over)
    monkeypatch.setattr(hall.HALL, "owner", owners.whose("t" * 20))
    for stranger in ([], ["x" * 20], [owners.whose("t" * 20)]):
        assert "name" not in look(tokens=stranger)
    for known in ({"tokens": ["t" * 20]}, {"tokens": [owners.master]}, {}):
        told = look(**known)
        assert told["state"] == "cancelled" and told["of"]["data"]["data"] == "spiral"
        assert told["of"]["form"]["kimg"] == over.training.kimg


@pytest.mark.slow
def test_on_a_server_of_ones_own_a_lost_token_locks_nobody_out():
    start("own")
    until(lambda a: a["state"] == "running")
    assert look()["mine"]
    assert "problem" not in train.act(
        {"do": "cancel", "name": "own", "token": "of another browser"}
    )


def test_a_run_of_the_command_line_is_nobodys_on_the_page(shared):
    assert not owners.may("never-begun", ["x" * 32]) and not owners.may("../up", ["x" * 32])
    assert owners.may("never-begun", [owners.master])


@pytest.mark.parametrize(
    "words, others",
    [
        ([], False),
        (["--host", "0.0.0.0"], True),
        (["--share"], True),
        (["--auth", "a:b"], True),
        (["--host", "localhost"], False),
    ],
)
def test_when_a_server_is_shared(words, others, monkeypatch, capsys):
    from explorer import cli
    from explorer.server import app

    monkeypatch.setattr(app, "launch", lambda *_, **__: (None, None, "http://here/", None))
    monkeypatch.setattr(app, "wait", lambda demo: None)
    monkeypatch.setattr(owners, "shared", None)
    before = torch.get_num_threads()
    cli.serve([*words, "--threads", "1"])
    torch.set_num_threads(before)
    assert owners.shared is others
    assert (f"trainer={owners.master}" in capsys.readouterr().out) is others
