"""The AMED page's server side: a training that grows, is kept and goes on; a picture's sums."""

import json
import re

import pytest

from explorer.lab.error import errors_of
from explorer.lab.experiment import Experiment, run
from explorer.server import app, kinds, measurements
from explorer.settings import unflatten
from explorer.store import predictors as store
from explorer.study import step_picture
from explorer.ui import amed_form, pages

from ..waiting import until
from .test_compare import finished

VALUES = {"data": "moons", "data.dimension": 2, "timesteps": "vp_time", "samples": 32}
SHORT = {"paths": 256, "batch": 16, "rounds": 1, "inner": 2, "place": "view", "settle": 0}
TRAIN = {"kind": "train", "values": VALUES, "student": "amed", "nfe": 5, "how": SHORT}


@pytest.fixture(autouse=True)
def own_store(tmp_path, monkeypatch):
    monkeypatch.setenv("EXPLORER_CACHE", str(tmp_path))
    monkeypatch.setattr(store, "SHIPPED", tmp_path / "shipped")
    monkeypatch.setattr(store, "_loaded", {})


def picture(**request):
    asked = {"values": VALUES, "student": "amed", "nfe": 5, **request}
    return json.loads(app.amed_picture(asked).body)


@pytest.mark.slow
def test_a_training_is_shown_kept_and_offered_in_the_solver_menu():
    answer = measurements.start(TRAIN)
    news = finished(answer)
    assert news["problem"] is None and news["count"] == news["total"] == 16
    assert [row[0] for row in news["table"]] == ["1", "2", "3"]
    assert news["figure"]["data"] and news["choices"]["data"]
    title = news["title"]
    assert title.startswith("AMED-Solver, 5 evaluations: median end error")
    # nothing was searched before, so it is the untrained error that learning lowers
    assert re.search(r"learning alone makes 0\.\d\d × \(0\.\d\d–0\.\d\d\)$", title)
    assert [row[0] for row in news["stages"]["table"]] == ["untrained", "learned"]
    kept = app.amed_keep({"job": answer["job"]})
    e = unflatten(Experiment, kept["values"])
    assert e.solver.predictor == kept["name"] and run(e).nfe == 5
    # at equal cost, against the solver it started from
    plain = unflatten(Experiment, {**kept["values"], "solver.predictor": ""})
    assert float(errors_of(run(e)).end.mean()) < float(errors_of(run(plain)).end.mean())
    menu = app.message({"values": VALUES})["predictors"]
    assert [p["name"] for p in menu] == [kept["name"]] and menu[0]["solver"] == "amed"
    used = app.message({"values": {**VALUES, **menu[0]["values"]}})
    assert "problem" not in used and used["values"]["solver.predictor"] == kept["name"]
    assert f"solver.predictor={kept['name']}" in used["query"]
    rings = {"data": "rings", "data.dimension": 2, "samples": 8}
    assert app.message({"values": rings})["predictors"] == []


@pytest.mark.slow  # 2 s here, and more where it is trained
def test_stops_are_searched_before_anything_is_learned_and_the_view_gets_them():
    asked = {**TRAIN, "how": {**SHORT, "place": "search", "settle": 8}}
    job = measurements.start(asked)
    # what the page may see on its way: each kind of row as the last one
    work, rows = kinds.measurement(asked), []
    told = [work.show(rows) for row in work.rows(lambda: None) if not rows.append(row)]
    assert finished(job) == measurements.poll(job)
    told[-1] |= measurements.poll(job)
    searched = [n for n in told if n["learned"] is False and "Placing" in n["title"]]
    settled = [n for n in told if "What all samples share" in n["title"]]
    assert len(settled) == 8 and settled[-1]["figure"]["data"] and settled[-1]["table"][0][3] != "1"
    assert searched and "Placing the stops of AMED-Solver" in searched[-1]["title"]
    lines = searched[-1]["choices"]["data"]
    assert len(lines) == 6  # a level and a point inside for each of three steps
    last = told[-1]
    assert last["learned"] and "steps searched" in last["note"] and last["problem"] is None
    assert [row[0] for row in last["stages"]["table"]] == [
        "untrained",
        "stops searched",
        "r, c, a shared by all",
        "learned",
    ]
    assert "learning on top makes" in last["title"] and "untrained" not in last["title"]
    p = picture(step=1, **job)
    kept = app.amed_keep(job)
    assert kept["values"]["timesteps"] == "custom"
    assert kept["values"]["timesteps.levels"] == pytest.approx(p["levels"], rel=1e-4)
    assert p["learned"] and store.find(kept["name"]).record["steps"] == "searched"


@pytest.mark.slow
def test_a_stopped_training_goes_on_and_can_be_kept_half_way():
    answer = measurements.start({**TRAIN, "how": {**SHORT, "paths": 3200}})
    until(lambda: measurements.poll({"job": answer["job"]})["count"] >= 3)
    measurements.cancel({"job": answer["job"]})
    news = finished(answer)
    assert news["problem"].startswith("Cancelled") and 3 <= news["count"] < 200
    half = app.amed_keep({"job": answer["job"]})["name"]
    more = measurements.start({"kind": "train", "resume": answer["job"], "values": {}})
    rest = finished(more)
    assert rest["problem"] is None and "Batch 200 of 200" in rest["note"]
    assert app.amed_keep({"job": more["job"]})["name"] != half


def test_the_picture_of_a_step_adds_up():
    """√(uu + 2c uw + c² ww) at r = ½, c = 1 is the error of DPM-Solver-2's location."""
    p = picture(step=1)
    R, k = len(p["r"]), 3
    assert R == step_picture.GRID and len(p["uu"]) == step_picture.PATHS and p["steps"] == 3
    i = k * R + R // 2
    squared = p["uu"][k] + 2 * p["uw"][i] + p["ww"][i]
    assert squared**0.5 == pytest.approx(p["errors"]["dpm2"][k], rel=0.02)  # six digits each
    start, end = p["path"][:2], p["path"][-2:]
    assert start == [0, 0] and end[0] > 0 and abs(end[1]) < 1e-6 * end[0]
    assert all(0 <= r <= 1 for r in p["best"]["r"]) and p["learned"] is None
    other = picture(step=1, pick=1)
    assert other["path"] != p["path"] and other["uu"] == p["uu"]


@pytest.mark.slow
def test_the_picture_shows_the_training_under_way_and_the_predictor_kept():
    answer = measurements.start(TRAIN)
    finished(answer)
    p = picture(step=1, job=answer["job"])
    assert len(p["learned"]["r"]) == step_picture.PATHS
    kept = app.amed_keep({"job": answer["job"]})
    assert picture(step=1)["learned"]["r"] == pytest.approx(p["learned"]["r"], abs=1e-3)
    assert kept["name"] and picture(step=1, nfe=7)["learned"] is None


def test_the_plane_is_flat_beside_a_random_walk():
    out = json.loads(app.amed_picture({"values": {"data": "digits"}, "plane": True}).body)
    assert "6 %" in out["words"] and len(out["figure"]["data"]) == 5
    flat = json.loads(app.amed_picture({"values": VALUES, "plane": True}).body)
    assert "2-D" in flat["why"]


@pytest.mark.slow
def test_the_table_grows_line_by_line_and_ends_with_the_searched():
    finished(answer := measurements.start(TRAIN))
    asked = {"kind": "table", "values": VALUES, "nfe": 5}
    news = finished(measurements.start({**asked, "training": answer["job"]}))
    assert news["count"] == news["total"]
    assert news["columns"] == ["", "steps", "3", "5", "7", "9"]
    rows = {(row[0], row[1]): row[2:] for row in news["table"]}
    assert [row[0] for row in news["table"][:2]] == ["DDIM", "DDIM"]
    # the predictor takes part before it is kept, and is named by no digest
    mine = rows["AMED-Solver", "its own, learned, just trained"]
    assert mine[0] == mine[2] == "–" and "×" in mine[1] and "mean" in mine[1]
    assert "just trained" in news["title"] or "AMED" not in news["title"]
    assert not re.search(r"[0-9a-f]{12}", news["title"])
    for name in ("DDIM", "iPNDM-2", "UniPC-3"):  # the search at the page's budget alone
        assert rows[name, "searched"][0] == "–" and "×" in rows[name, "searched"][1]
    exact = [dict(zip(news["exact"]["columns"], row)) for row in news["exact"]["rows"]]
    own = next(r for r in exact if r["steps"] == "its own, learned, just trained")
    assert own["NFE"] == 5 and own["95 % from"] < own["median"] < own["95 % to"]
    assert own["times"] > 0 and own["of"] and len(str(own["median"])) > 8
    kept = app.amed_keep({"job": answer["job"]})["name"]
    again = finished(measurements.start({**asked, "training": answer["job"]}))
    rows = {(row[0], row[1]): row[2:] for row in again["table"]}
    assert rows["AMED-Solver", "its own, learned, trained here"] == mine and kept


@pytest.mark.slow
def test_optimised_steps_come_with_their_verdict():
    news = finished(
        measurements.start(
            {
                "kind": "optimise",
                "values": {
                    "data": "moons",
                    "data.dimension": 2,
                    "solver": "ipndm",
                    "nfe": 5,
                    "last": "sigma_min",
                },
            }
        )
    )
    assert news["problem"] is None and news["won"] in news["candidates"]
    assert "On 256 held-out seeds the search makes 0." in news["verdict"] and "×" in news["verdict"]
    assert len(news["levels"]) == 6 and news["part"] == 1
    other = finished(
        measurements.start(
            {
                "kind": "optimise",
                "gits": {"metric": "l1", "coefficient": 1},
                "values": {
                    "data": "moons",
                    "data.dimension": 2,
                    "solver": "ipndm",
                    "nfe": 5,
                    "last": "sigma_min",
                },
            }
        )
    )
    assert other["candidates"]["GITS"] != news["candidates"]["GITS"]
    message = app.message(
        {
            "values": {
                "data": "moons",
                "data.dimension": 2,
                "solver": "ipndm",
                "timesteps": "custom",
                "timesteps.levels": news["levels"],
                "last": "sigma_min",
                "samples": 32,
            }
        }
    )
    assert "problem" not in message


@pytest.mark.slow
@pytest.mark.parametrize(
    "request_, said",
    [
        ({"kind": "train", "student": "heun"}, "Unknown student"),
        ({"kind": "train", "student": ["amed"]}, "Unknown student"),
        ({"kind": "train", "nfe": "many"}, "many"),
        ({"kind": "train", "nfe": 0}, "NFE"),
        ({"kind": "train", "how": {"paths": 1}}, "Paths = 1"),
        ({"kind": "train", "how": {"teacher": "nobody"}}, "nobody"),
        ({"kind": "train", "how": {"rate": float("nan")}}, "finite"),
        ({"kind": "train", "how": {"banana": 1}}, "banana"),
        ({"kind": "train", "resume": "no such job"}, "no longer there"),
        ({"kind": "train", "values": {"data": "upload"}}, "file"),
        ({"kind": "optimise", "values": {"solver": "euler_a"}}, "new noise"),
        ({"kind": "optimise", "gits": {"metric": "l9"}}, "l9"),
        ({"kind": "optimise", "gits": {"coefficient": "nan"}}, "Coefficient"),
        ({"kind": "table", "values": {"data": 3}}, "data"),
    ],
)
def test_bad_requests_are_answered_in_a_sentence(request_, said):
    assert said.lower() in measurements.start(request_)["problem"].lower()


@pytest.mark.parametrize("request_", [None, {}, {"job": None}, {"job": 3}])
def test_nothing_can_be_kept_of_an_unknown_job(request_):
    assert "no longer there" in app.amed_keep(request_)["problem"]


@pytest.mark.parametrize(
    "given, said",
    [
        ({"step": 9}, "0 to 2"),
        ({"step": "one"}, "whole number"),
        ({"step": True}, "whole number"),
        ({"job": "x"}, "no longer"),
        ({"student": None}, "Unknown student"),
    ],
)
def test_a_picture_of_nonsense_is_refused(given, said):
    assert said in picture(**given)["problem"]
    assert "values of a view" in json.loads(app.amed_picture(7).body)["problem"]


def test_the_form_is_made_of_the_parameters():
    html = amed_form.panel()
    for name in ("teacher", "inner", "paths", "rate", "seed", "finish"):
        assert f'data-how="{name}"' in html
    recipes = pages.config()["amed"]["recipes"]
    assert recipes["amed"]["paper"]["batch"] == 128
    assert recipes["plugin:ipndm4"]["paper"]["teacher"] == "ipndm4"


def test_the_quoted_tables_are_those_of_the_paper():
    rows = {row[0]: row[1:] for row in amed_form.quoted()["CIFAR-10"]}
    assert rows["AMED-Plugin, iPNDM"] == [10.81, 6.61, 3.65, 2.63]
    assert rows["AMED-Solver"] == [18.49, 7.59, 4.36, 3.67] and rows["DDIM"][1] == 49.66
