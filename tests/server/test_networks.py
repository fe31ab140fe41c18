"""Networks on the page: first samples first, a list to choose from, files that are opened."""

import json
import threading
from pathlib import Path

import pytest
import torch

from explorer.errors import UserError
from explorer.lab import cost, error, experiment
from explorer.lab.experiment import Experiment, draft
from explorer.lab.view import View
from explorer.models import files
from explorer.models.architecture import build, describe
from explorer.models.precond import EDM
from explorer.server import app, measurements, networks
from explorer.server.message import FIRST
from explorer.settings import unflatten
from explorer.store import weights
from explorer.ui import amed_picture, panel, parts
from explorer.ui import networks as menu
from tests.models.snapshots import snapshot
from tests.waiting import PATIENCE, until

KWARGS = {
    "img_resolution": 8,
    "in_channels": 1,
    "out_channels": 1,
    "model_channels": 8,
    "channel_mult": (1, 2),
    "num_blocks": 1,
    "attn_resolutions": (4,),
}


@pytest.fixture(autouse=True)
def shelf(tmp_path, monkeypatch):
    """One shipped network of the digits, and an empty folder of the user's own."""
    monkeypatch.setenv("EXPLORER_CACHE", str(tmp_path))
    monkeypatch.setattr(weights, "SHIPPED", tmp_path / "shipped")
    torch.manual_seed(0)
    d = describe("SongUNet", {**KWARGS, "label_dim": 10, "label_dropout": 0.1}, EDM(), (1, 8, 8))
    files.save(
        build(d),
        {**d, "label": "Small <b>one</b>", "data": {"data": "digits"}},
        "small",
        tmp_path / "shipped",
    )
    for memo in experiment.MEMOS:
        memo.clear()


def ask(want=None, have=None, **values):
    flat = {"data": "digits", "model": "network", "nfe": 9, "samples": 64, **values}
    return app.message({"values": flat, "have": have or {}, **({"want": want} if want else {})})


def slowly(monkeypatch, pace: float):
    """As if an evaluation of one sample took so many seconds."""
    real = experiment.cost.pace
    monkeypatch.setattr(
        experiment.cost, "pace", lambda d, device: None if real(d, device) is None else pace
    )
    monkeypatch.setattr(experiment.cost, "least", lambda d, device, each: 0.0)


def test_first_samples_first(monkeypatch):
    """A slow network answers with a few samples, then with all, then with one measure at a time."""
    slowly(monkeypatch, 0.00125)  # 64 samples would take 0.72 s
    first = ask()
    run, few = first["parts"]["run"], draft(Experiment(), 1)
    assert few is None and set(first["parts"]) == {"data", "run"}
    assert (
        run["count"] == 6
        and run["nfe"] == 9
        and run["first"].startswith("Draft: the first 6 of 64")
    )
    assert first["values"]["samples"] == 64  # what was asked for stays
    assert first["pending"] == ["run", "loss", "path", "error"]
    assert first["states"]["run"] == {"state": "draft", "why": run["first"]}
    have = {k: p["key"] for k, p in first["parts"].items()}
    arrived, pending = [], first["pending"]
    while pending and pending != ["exact"]:
        answer = ask(pending, have)
        assert len(answer["parts"]) == 1
        arrived += answer["parts"]
        have |= {k: p["key"] for k, p in answer["parts"].items()}
        pending = answer["pending"]
        if "run" in answer["parts"]:
            assert answer["parts"]["run"]["count"] == 64 and "first" not in answer["parts"]["run"]
    assert arrived == ["run", "loss", "path", "error"]
    assert ask(have=have)["parts"] == {}


def test_a_draft_is_called_one_and_does_not_speak_of_the_budget(monkeypatch):
    """On glyphs it said “35 is not possible here; the nearest is 7”, of a draft."""
    slowly(monkeypatch, 0.01)
    first = ask(nfe=35)
    run = first["parts"]["run"]
    assert run["nfe"] == 7 and run["count"] == 1
    assert run["title"] == "Heun: a draft" and run["status"][0].startswith("Draft: ")
    assert f"with {run['nfe']} of 35 evaluations" in run["first"]
    assert first["words"]["budget"].startswith("<b>18 steps = 35 evaluations.</b>")
    assert first["words"]["sum-budget"] == "NFE 35"
    assert "not possible" not in json.dumps(first, ensure_ascii=False)
    said = ask(nfe=36)["words"]["budget"]
    assert "36 is not possible here; the nearest is 35." in said
    whole = ask(["run"], {"data": first["parts"]["data"]["key"]}, nfe=35)
    assert "draft" not in json.dumps(whole["parts"]["run"]).lower()
    assert {k: whole["words"][k] for k in ("budget", "sum-budget")} == {
        k: first["words"][k] for k in ("budget", "sum-budget")
    }


def follow(answer: dict, **values) -> tuple[dict, dict, dict]:
    """What the page holds once nothing is pending: parts, states and the last answer."""
    held, states = dict(answer["parts"]), answer["states"]
    for _ in range(8):
        if not answer["pending"] or answer["pending"] == ["exact"]:
            return held, states, answer
        have = {k: p["key"] for k, p in held.items()}
        answer = ask(answer["pending"], have, **values)
        assert "problem" not in answer, answer
        held |= answer["parts"]
        held = {k: p for k, p in held.items() if k not in answer["drop"]}
        states = answer["states"]
    raise AssertionError("it never ends")


def test_a_run_above_the_cap_ends_in_a_refusal(monkeypatch):
    """An own checkpoint of 3 × 32 × 32 was shown with a few samples and “the others are on their
    way”, for good."""
    slowly(monkeypatch, 0.00125)
    e = unflatten(Experiment, {"data": "digits", "model": "network", "nfe": 9, "samples": 64})
    monkeypatch.setattr(experiment.cost, "WORK_LIMIT", experiment.work(e) * 0.8)
    first = ask()
    assert first["pending"] == ["loss", "path"] and first["states"]["run"]["state"] == "refused"
    held, states, last = follow(first)
    run = held["run"]
    assert run["count"] == 6 and run["title"] == "Heun: not run"
    assert "operations" in run["first"] and "51 samples would do" in run["first"]
    assert run["first"].endswith("On show: the first 6 of 64 samples.")
    assert states["run"]["state"] == states["error"]["state"] == "refused"
    assert "samples would do" in states["error"]["why"]
    assert not any(s["why"] == "Measuring …" for s in states.values())
    assert set(held) == {"data", "run", "loss", "path"}  # what hangs on no run is measured
    assert "on their way" not in json.dumps([held, last], ensure_ascii=False)


def test_what_is_on_show_stays_when_the_next_run_is_refused(monkeypatch):
    slowly(monkeypatch, 0.00125)
    held, states, _ = follow(ask())
    assert states["run"]["state"] == "whole"
    e = unflatten(Experiment, {"data": "digits", "model": "network", "nfe": 9, "samples": 64})
    monkeypatch.setattr(experiment.cost, "WORK_LIMIT", experiment.work(e) * 1.5)
    answer = ask(have={k: p["key"] for k, p in held.items()}, samples=128)
    assert "parts" not in answer and "96 samples would do" in answer["problem"]


def test_the_first_samples_are_those_of_the_whole(monkeypatch):
    slowly(monkeypatch, 0.00125)
    e = unflatten(Experiment, {"data": "digits", "model": "network", "nfe": 9, "samples": 64})
    few = experiment.draft(e, FIRST)
    # float32 inside: another batch size, another order of summing
    assert torch.allclose(
        experiment.run(few).samples, experiment.run(e).samples[: few.samples], atol=1e-4
    )


@pytest.mark.slow
def test_a_quick_network_answers_at_once(monkeypatch):
    slowly(monkeypatch, 1e-9)
    answer = ask()
    assert {"data", "run", "loss"} <= set(answer["parts"]) and "run" not in answer["pending"]


def test_what_would_take_minutes_is_not_measured(monkeypatch):
    slowly(monkeypatch, 0.5)
    e = unflatten(Experiment, {"data": "digits", "model": "network", "nfe": 9, "samples": 4})
    assert list(parts.refused(View(e))) == ["path", "loss"]
    assert "minutes" in parts.part("error", View(e))["why"]
    answer = ask(samples=4, want=["run"], have={"path": "old", "loss": "old", "error": "old"})
    assert {"path", "loss"} <= set(answer["drop"])
    assert {answer["states"][p]["state"] for p in ("path", "loss")} == {"refused"}
    assert "minutes" in answer["states"]["path"]["why"]
    request = {"values": {"data": "digits", "model": "network", "samples": 4}}
    assert "minutes" in amed_picture.plane(request)["why"]  # and AMED’s page says it too
    with pytest.raises(UserError, match="minutes"):
        amed_picture.picture(request)


def test_more_paths_of_a_network_are_as_many_as_their_references_allow(monkeypatch):
    """At 5 evaluations the steps cost next to nothing and the reference all: 1,024 paths of the
    digits' network took minutes."""
    slowly(monkeypatch, 0.00025)
    e = unflatten(Experiment, {"data": "digits", "model": "network", "nfe": 5, "samples": 4})
    count, seconds = error.followed(e, True, error.MORE), 4 * error.MORE * cost.QUICK
    assert count > 4 and count * 3 * cost.REFERENCE * 0.00025 <= seconds
    assert error.followed(e, True) == 4


def test_the_sentence_below_is_plain_text():
    """A name comes from a file, so it is never taken for HTML."""
    said = ask()["words"]["data"]
    assert "Small &lt;b&gt;one&lt;/b&gt;" in said and "<b>" not in said and "EDM" in said


def test_the_list():
    shown = networks.listing()
    mine = shown["networks"][0]
    assert mine["name"] == "small" and mine["group"] == "With the page" and mine["classes"] == 10
    assert mine["data"] == {"data": "digits"} and mine["any"] and not shown["fetch"]
    away = [n for n in shown["networks"] if n["group"] == "Published"]
    assert len(away) == 12 and all(n["licence"] and n["megabytes"] > 200 for n in away)


def test_an_opened_pickle_is_in_the_list(tmp_path):
    path = tmp_path / "x.pkl"
    path.write_bytes(snapshot())
    answer = networks.receive(path, "Mine.pkl")
    row = next(n for n in answer["networks"] if n["name"] == answer["network"])
    assert row["group"] == "Yours" and row["label"] == "Mine" and row["data"] == {"data": "digits"}
    sampled = ask(want=["run"], **{"model.checkpoint": answer["network"], "samples": 2})
    assert sampled["parts"]["run"]["count"] == 2


def test_only_an_uploaded_file_is_opened(tmp_path):
    path = tmp_path / "x.pkl"
    path.write_bytes(snapshot())
    assert "just uploaded" in app.network_open({"path": str(path), "name": "x.pkl"})["problem"]
    assert "problem" in app.network_open(None)


def test_old_uploads_are_forgotten(tmp_path, monkeypatch):
    monkeypatch.setattr(networks, "KEPT", 2)
    path = tmp_path / "x.pkl"
    path.write_bytes(snapshot())
    for i in range(4):
        networks.receive(path, f"n{i}.pkl")
    mine = [n["label"] for n in networks.listing()["networks"] if n["group"] == "Yours"]
    assert mine == ["n3", "n2"]


def test_a_visitor_cannot_fetch():
    answer = measurements.start({"kind": "fetch", "name": "edm-cifar10-32x32-uncond-vp"})
    assert "--allow-fetch" in answer["problem"]


def test_a_download_is_a_job_that_ends_with_the_network_in_the_list(monkeypatch):
    """Bytes first, of how many; the list of networks comes with the answer that it is kept."""
    monkeypatch.setattr(networks, "ALLOW_FETCH", True)
    kept, go_on = [], threading.Event()

    def fetch(entry):
        yield 5, 10
        assert go_on.wait(PATIENCE)
        kept.append(entry)
        yield 10, 10

    monkeypatch.setattr(networks.catalogue, "fetch", fetch)
    monkeypatch.setattr(networks.catalogue, "is_here", lambda entry: entry in kept)
    begun = measurements.start({"kind": "fetch", "name": "edm-cifar10-32x32-uncond-vp"})
    job = measurements.JOBS.get(begun["job"])
    until(lambda: job.work.rows)
    news = measurements.poll(begun)
    assert (news["bytes"], news["size"], news["done"]) == (5, 10, False) and "network" not in news
    go_on.set()
    until(lambda: job.done)
    news = measurements.poll(begun)
    assert news["done"] and news["problem"] is None and news["bytes"] == 10
    assert news["network"] == "edm-cifar10-32x32-uncond-vp" and news["networks"]
    assert "no 'hune'" in measurements.start({"kind": "fetch", "name": "hune"})["problem"]


def test_menus_for_the_page():
    html = panel.panel()
    assert all(f'id="network-{k}"' in html for k in ("checkpoint", "condition", "guide", "file"))
    assert (
        html.index('id="network-checkpoint"')
        < html.index('id="more-data"')
        < html.index('id="network-guide"')
    )


def test_a_network_of_unknown_data_is_looked_at_with_photographs_where_they_have_its_shape():
    shown = lambda *shape: menu._data(weights.Checkpoint("x", Path("x"), {"shape": shape}))
    assert shown(3, 16, 16) == {"data": "patches", "data.size": 16}
    assert shown(1, 8, 8)["data"] == "digits" and shown(3, 7, 7) == {}
