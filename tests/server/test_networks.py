"""Networks on the page: first samples first, a list to choose from, files that are opened."""

import json
import threading
from pathlib import Path

import pytest
import torch

from explorer.errors import UserError
from explorer.lab import afford, cost, error, experiment
from explorer.lab.experiment import Experiment, draft
from explorer.models import files
from explorer.models.architecture import build, describe
from explorer.models.precond import EDM
from explorer.server import app, measurements, networks
from explorer.server.message import FIRST
from explorer.settings import unflatten
from explorer.store import weights
from explorer.ui import amed_picture, panel
from explorer.ui import networks as menu
from tests.models.snapshots import snapshot
from tests.waiting import PATIENCE, until

KWARGS = {
    "img_resolution": 8,
    "in_channels": 1,
    "out_channels": 1,
    "model_channels": 8,
    "channel_mult": (1,),
    "num_blocks": 1,
    "attn_resolutions": (),
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


def ask(want=None, have=None, opening=False, full=(), **values):
    flat = {"data": "digits", "model": "network", "nfe": 9, "samples": 64, **values}
    more = {"want": want} if want else {}
    about = {"have": have or {}, "opening": opening, "full": list(full)}
    return app.message({"values": flat, **about, **more})


def slowly(monkeypatch, pace: float):
    """As if an evaluation of one sample took so many seconds."""
    real = experiment.cost.pace
    monkeypatch.setattr(
        experiment.cost, "pace", lambda d, device: None if real(d, device) is None else pace
    )
    monkeypatch.setattr(experiment.cost, "least", lambda d, device, each: 0.0)


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow  # 2 s
def test_a_run_above_the_cap_is_cut_down_with_a_word(monkeypatch):
    """An own checkpoint of 3 × 32 × 32 was refused with “51 samples would do”."""
    slowly(monkeypatch, 0.00125)
    e = unflatten(Experiment, {"data": "digits", "model": "network", "nfe": 9, "samples": 64})
    monkeypatch.setattr(experiment.cost, "WORK_LIMIT", experiment.work(e) * 0.797)
    first = ask()
    assert first["cut"]["chip"] == "cut to 51 of 64 samples" and "refusal" not in first
    assert "1.3 × the limit" in first["cut"]["words"] and first["values"]["samples"] == 64
    held, states, _ = follow(first)
    assert held["run"]["count"] == 51 and set(held) == {"data", "run", "loss", "path", "error"}
    assert {s["state"] for name, s in states.items() if name != "error"} == {"whole"}


@pytest.mark.slow  # 2 s
def test_where_not_even_one_sample_fits_the_last_picture_stays(monkeypatch):
    slowly(monkeypatch, 0.00125)
    held, states, _ = follow(ask())
    assert states["run"]["state"] == "whole"
    e = unflatten(Experiment, {"data": "digits", "model": "network", "nfe": 9, "samples": 1})
    monkeypatch.setattr(experiment.cost, "WORK_LIMIT", experiment.work(e) / 9)
    answer = ask(have={k: p["key"] for k, p in held.items()}, samples=128)
    assert "parts" not in answer and "Even one sample" in answer["problem"]
    assert answer["refusal"]["samples"] == 0


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


SLOW = {"samples": 256, "nfe": 35}


def test_every_panel_of_a_slow_network_is_there(monkeypatch):
    """A checkpoint of the published size opened and left path, loss and error blank."""
    slowly(monkeypatch, 0.5)
    first = ask(opening=True, **SLOW)
    values = first["values"]
    assert values["samples"] == 1 and 9 <= values["nfe"] <= 35  # one sample within 15 s
    assert "An evaluation of one sample takes 500 ms here" in first["words"]["data"]
    held, states, _ = follow(first, **values)
    assert {s["state"] for s in states.values()} == {"whole"}
    assert held["path"]["strips"].keys() == {"curvature", "plane"} and held["path"]["planes"]
    assert held["path"]["said"].endswith(" own steps")
    assert held["loss"]["said"] == "8 levels, 2 samples"
    assert held["loss"]["strip"]["levels"] and "strip" not in held["data"]
    assert held["error"]["finding"]["versus"].endswith("the same solver in twice the steps.")
    assert held["error"]["said"] == "against twice the steps" and held["error"]["exact"]
    assert all("Measure fully, about" in held[name]["fully"] for name in ("path", "loss", "error"))
    # within two minutes, by the pace: what each part asks for
    plan = afford.plan(unflatten(Experiment, values))
    asked = values["nfe"] * (1 + plan.paths * (3 + plan.euler))
    at, drawn = afford.loss(experiment.prepared(*of(values)))
    assert 0.5 * (asked + at * drawn + 11) < 120


@pytest.mark.slow
def test_a_slow_view_is_cut_down_and_can_be_had_whole(monkeypatch):
    slowly(monkeypatch, 0.5)
    first = ask(nfe=9, samples=64)
    assert first["cut"]["chip"] == "cut to 5 of 64 samples"
    assert first["cut"]["words"].endswith("64 would take 288 s on this machine.")
    assert first["cut"]["fully"] == "Run all, about 5 min"
    held, _, _ = follow(first, nfe=9, samples=64)
    assert held["run"]["count"] == 5
    all_of_it = ask(["run"], full=["run"], nfe=9, samples=64)
    assert all_of_it["cut"] is None and all_of_it["parts"]["run"]["count"] == 64


@pytest.mark.slow
def test_a_part_of_a_slow_network_is_measured_fully_where_it_is_asked_for(monkeypatch):
    slowly(monkeypatch, 0.5)
    held, _, _ = follow(ask(nfe=9, samples=1), nfe=9, samples=1)
    have = {k: p["key"] for k, p in held.items()}
    for name in ("path", "loss", "error"):
        answer = ask([name], have, full=[name], nfe=9, samples=1)
        assert list(answer["parts"]) == [name] and "fully" not in answer["parts"][name]
        have[name] = answer["parts"][name]["key"]
    assert ask(have=have, nfe=9, samples=1)["parts"] == {}  # and stays
    about = answer["parts"]["error"]["strips"]["error"][""]["about"][0]["html"]
    assert "Runge–Kutta of order 4" in about
    request = {"values": {"data": "digits", "model": "network", "samples": 4}}
    assert "minutes" in amed_picture.plane(request)["why"]  # AMED’s page follows true paths
    with pytest.raises(UserError, match="minutes"):
        amed_picture.picture(request)


def of(values: dict):
    e = unflatten(Experiment, values)
    return e.data, e.model


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
    for i in range(3):
        networks.receive(path, f"n{i}.pkl")
    mine = [n["label"] for n in networks.listing()["networks"] if n["group"] == "Yours"]
    assert mine == ["n2", "n1"]


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
    shown = lambda *shape: menu.data_of(weights.Checkpoint("x", Path("x"), {"shape": shape}))
    assert shown(3, 16, 16) == {"data": "patches", "data.size": 16}
    assert shown(1, 8, 8)["data"] == "digits" and shown(3, 7, 7) == {}
