"""Networks of diffusers on the page: in the menu, a link, sampled by every solver or told why."""

import sys
import zipfile

import pytest
import torch

from explorer.core.solvers import SOLVERS
from explorer.errors import UserError
from explorer.lab import experiment
from explorer.models.diffusers_folder import convert
from explorer.server import app, networks
from explorer.settings import to_query, unflatten
from explorer.store import weights
from tests.models import stand_in

LINK = "data=digits&model=network&model.checkpoint=mine&samples=2&nfe=6&seed=3"


@pytest.fixture(autouse=True)
def shelf(tmp_path, monkeypatch, in_this_process):
    monkeypatch.setenv("EXPLORER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(weights, "SHIPPED", tmp_path / "shipped")
    for memo in experiment.MEMOS:
        memo.clear()
    stand_in.install(monkeypatch)
    convert(stand_in.write(tmp_path / "net"), "mine")
    convert(stand_in.write(tmp_path / "by class", classes=10, seed=1), "classes")


def row(name: str) -> dict:
    return next(n for n in networks.listing()["networks"] if n["name"] == name)


def test_it_is_in_the_menu_with_data_that_fit():
    mine, classes = row("mine"), row("classes")
    assert mine["group"] == "Yours" and mine["here"] and mine["label"] == "net"
    assert mine["data"] == {"data": "digits"} and mine["classes"] == 0
    assert classes["classes"] == 10 and not classes["any"]


@pytest.mark.slow
@pytest.mark.parametrize("solver", SOLVERS)
def test_a_link_to_it_is_sampled_by_every_solver(solver):
    answer = app.message({"query": f"{LINK}&solver={solver}", "want": ["run"]})
    assert "problem" not in answer, answer["problem"]
    assert answer["parts"]["run"]["count"] == 2
    assert "U-Net of diffusers" in answer["words"]["data"] and "ε" in answer["words"]["data"]


def test_a_class_is_picked():
    """Each class makes its own samples; without one there is a sentence: it never learned “any”."""
    ask = lambda k: app.message(
        {"query": LINK.replace("mine", "classes") + f"&model.condition={k}", "want": ["run"]}
    )
    assert ask(1)["parts"]["run"] != ask(2)["parts"]["run"]
    assert "from 0 to 9" in ask(-1)["problem"] and "0 to 9" in ask(10)["problem"]


def test_one_guides_another():
    e = lambda w: unflatten(
        experiment.Experiment,
        {
            "data": "digits",
            "model": "network",
            "model.checkpoint": "classes",
            "model.condition": 3,
            "model.guide": "mine",
            "model.guidance": w,
            "samples": 2,
            "nfe": 4,
        },
    )
    x = experiment.run(e(1.5)).samples
    assert not torch.allclose(x, experiment.run(e(1.0)).samples)
    assert "model.guide=mine" in to_query(e(1.5))


@pytest.mark.parametrize("name", ["/etc", "../mine", "owner/net", "https://x.org/net", "mine/"])
def test_a_link_opens_no_path_and_no_address(name, monkeypatch):
    assert "There is no network" in app.message({"query": LINK.replace("mine", name)})["problem"]


def test_without_the_package_the_page_says_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "diffusers", None)
    assert row("mine")["label"] == "net (needs diffusers)"
    assert "pip install diffusers" in app.message({"query": LINK})["problem"]
    assert "problem" not in app.message({"query": "data=moons&samples=4&nfe=5"})


def test_a_zip_is_opened_through_the_page(tmp_path):
    folder = stand_in.write(tmp_path / "more" / "zipped", seed=2)
    with zipfile.ZipFile(tmp_path / "upload", "w") as archive:
        for p in folder.rglob("*.*"):
            archive.write(p, p.relative_to(folder))
    answer = networks.receive(tmp_path / "upload", "zipped.zip")
    opened = row(answer["network"])
    assert opened["label"] == "zipped" and opened["data"] == {"data": "digits"}
    assert weights.find(opened["name"]).config["origin"] == networks.UPLOADED
    sampled = app.message({"query": LINK.replace("mine", opened["name"]), "want": ["run"]})
    assert sampled["parts"]["run"]["count"] == 2
    (tmp_path / "upload").write_bytes((tmp_path / "upload").read_bytes()[:500])
    with pytest.raises(UserError, match="cut.zip cannot be unpacked"):
        networks.receive(tmp_path / "upload", "cut.zip")


def test_networks_of_one_label_are_told_apart(tmp_path):
    convert(stand_in.write(tmp_path / "again" / "net", seed=5), "other")
    assert row("mine")["label"] == "net · mine" and row("other")["label"] == "net · other"
    assert row("classes")["label"] == "by class"
