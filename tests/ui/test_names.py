"""Classes are called by their names where the data have some; a judge, by how good it is."""

import json
from types import SimpleNamespace

import pytest

from explorer.data import Digits, Fashion, Mnist, Patches, Scenes, Spiral
from explorer.models import classifier
from explorer.store import weights
from explorer.ui import distances, networks, parts, words


def test_a_network_of_the_menu_names_the_classes_of_its_data():
    rows = {r["name"]: r for r in networks.listing()["networks"]}
    assert rows["fashion-cond"]["names"][:2] == ["T-shirt", "trousers"]
    assert rows["scenes-cond"]["names"] == list(Scenes.names)
    assert rows["mnist-cond"]["names"] == list("0123456789")
    assert rows["glyphs-cond"]["names"] == [] and rows["glyphs-cond"]["classes"] == 10
    json.dumps(rows)  # it is sent to the page


@pytest.mark.parametrize("classes, named", [(10, 10), (9, 0), (0, 0)])
def test_names_are_told_only_where_there_is_one_for_each_class(classes, named):
    config = {"data": {"data": "fashion"}, "kwargs": {"label_dim": classes}, "shape": [1, 32, 32]}
    other = weights.Checkpoint("other", weights.SHIPPED / "other", config)
    assert len(networks._names(other)) == named


@pytest.mark.parametrize("data", [Fashion(), Scenes(), Digits(), Spiral()], ids=lambda d: d.name)
def test_the_data_part_says_what_its_classes_are_called(data, monkeypatch):
    monkeypatch.setattr(parts.stage, "of_data", lambda view: {})
    monkeypatch.setattr(parts, "_strips", lambda name, view: {})
    source = SimpleNamespace(kind=data.kind, shape=(2,), mixture=[0], data=data)
    view = SimpleNamespace(source=source, experiment=SimpleNamespace(data=data))
    assert parts._data(view)["names"] == list(getattr(data, "names", []))


def test_who_judges_says_how_far_to_trust_it():
    facts = classifier.about(Mnist())
    assert words.judge(Mnist()) == (
        f"our classifier (right on {100 * facts['accuracy']:.1f} % of 5,000 images it had not seen)"
    )
    assert words.judge(Patches()) == "our classifier"  # photographs without classes: there is none
    held = SimpleNamespace(modes=None, points=None, judge=object())
    assert words.judge(Mnist()) in distances._about(held, Mnist())
