"""What guidance does: its ways, its measures, and the order of Karras et al. on their tree."""

import dataclasses
import json

import pytest
import torch

from explorer.core.denoisers import Mixture
from explorer.core.guidance import Guidance
from explorer.core.guided import Guided
from explorer.data import Moons, Spiral, Tree
from explorer.errors import UserError
from explorer.lab.experiment import Experiment
from explorer.models import Exact, GuidedExact
from explorer.study import guidance as study
from explorer.study.guidance import Way
from explorer.ui import guidance as ui

MOONS = Experiment(
    data=Moons(dimension=2), model=GuidedExact(condition=0, against="any"), nfe=9, samples=256
)


@pytest.fixture
def few(monkeypatch, tmp_path):
    monkeypatch.setattr(study, "SEEDS", 8)
    monkeypatch.setattr(study, "SAMPLES", 64)
    monkeypatch.setattr(study, "CANDIDATES", 2**11)
    monkeypatch.setenv("EXPLORER_CACHE", str(tmp_path))


def test_the_ways_of_a_view():
    assert list(study.ways(MOONS)) == ["none", "by all classes", "by a worse model"]
    narrow = dataclasses.replace(MOONS.model, how=Guidance(sigma_lo=0.5))
    found = study.ways(dataclasses.replace(MOONS, model=narrow))
    assert list(found)[-1] == "as set" and found["as set"].model == narrow
    assert found["by all classes"].model.how == Guidance()
    free = dataclasses.replace(MOONS, data=Spiral(), model=GuidedExact())
    assert list(study.ways(free)) == ["none", "by a worse model"]
    for model, said in (
        (Exact(), "has no guidance"),
        (GuidedExact(guidance=1.0), "w = 1 everywhere"),
    ):
        with pytest.raises(UserError, match=said):
            study.guidance_plan(dataclasses.replace(MOONS, model=model))


def test_draws_of_what_is_meant_have_its_mean_and_variance():
    """One Gaussian each: precision and pull are mixed by w."""
    a, b, w = 0.2, 0.5, 2.0
    means = torch.tensor([[0.4, -0.2]]).double(), torch.tensor([[0.1, 0.3]]).double()
    law = Guided(Mixture(means[0], a**0.5), Mixture(means[1], b**0.5), w)
    x = study.meant_draws(law, 20_000, 0)
    sharp = w / a + (1 - w) / b
    mean = ((w / a) * means[0] + ((1 - w) / b) * means[1])[0] / sharp
    # 32,768 candidates of which some weigh more: 5 standard errors are 0.02
    assert torch.allclose(x.mean(0), mean, atol=0.02)
    assert torch.allclose(x.T.cov().diagonal(), torch.full((2,), 1 / sharp).double(), atol=0.02)
    far = Guided(law.strong, Mixture(means[1] + 4, b**0.5), 9.0)
    assert study.meant_draws(far, 20_000, 0) is None  # a few draws weigh all
    plain = study.meant_draws(law.strong, 2000, 0)
    assert torch.allclose(plain.mean(0), means[0][0], atol=0.06)


def test_rows_come_with_intervals_and_words(few):
    rows = list(study.guidings(MOONS))[-1]
    assert [r.name for r in rows] == ["none", "by all classes", "by a worse model"]
    assert [r.passes for r in rows] == [9, 18, 18]
    for r in rows:
        assert all(len(v) == 8 for v in r.each.values()) and set(r.each) == set(study.MEASURES)
    plain = study.plain(rows)
    far = plain[1]["distance"]
    assert far["low"] < far["value"] < far["high"]
    assert plain[0]["more_than_none"]["distance"]["value"] == 0
    shown = ui.shown(MOONS, rows)
    assert len(shown["table"]) == 3 and len(shown["exact"]["rows"]) == 24
    assert "class 0" in shown["note"] and "w = 2" in shown["note"]
    assert [t["name"] for t in shown["figure"]["data"]][1] == "to what is meant"
    first = ui.shown(MOONS, next(study.guidings(MOONS)))  # one row, no interval
    assert first["title"] and json.dumps(first, allow_nan=False)


def way(name, *values):
    return Way(name, 9, 9, {"distance": values})


def test_the_title_ranks_only_what_is_apart():
    none = way("none", *[0.1, 0.12, 0.11, 0.13, 0.1, 0.12, 0.11, 0.13])
    up = way("by all classes", *(v + 0.05 + 0.001 * k for k, v in enumerate(none.each["distance"])))
    same = way(
        "by a worse model", *(v + 0.01 * (-1) ** k for k, v in enumerate(none.each["distance"]))
    )
    down = way("as set", *(v - 0.03 - 0.001 * k for k, v in enumerate(none.each["distance"])))
    told = ui.title([none, up, same])
    assert told.startswith("Farther from the class than unguided: by all classes by 0.0")
    assert told.endswith("No difference to unguided is found: by a worse model")
    assert ui.title([none, up, down]).startswith(
        "Nearer to the class than unguided: as set by 0.03"
    )
    assert ui.title([none, same]) == "No difference to unguided is found: by a worse model"


@pytest.mark.slow
def test_on_the_tree_a_worse_model_cleans_up_and_classes_cost_branches(monkeypatch, tmp_path):
    """Karras et al. 2024, Fig. 1, of models that err by a blur: autoguidance has more good samples
    than none and covers as much; by all classes samples lose branches and are no better.  Their
    order of distances does not hold here: by all classes samples end farther than without.
    """
    monkeypatch.setenv("EXPLORER_CACHE", str(tmp_path))
    monkeypatch.setattr(study, "SAMPLES", 256)
    model = GuidedExact(condition=0, guidance=2.0, against="any", blur=0.03, weaker=0.08)
    rows = list(study.guidings(Experiment(data=Tree(), model=model)))[-1]
    none, classes, worse = rows
    assert worse.more(none, "good").low > 0.08
    assert classes.more(none, "good").high < 0.02
    assert classes.more(none, "covered").high < -0.02
    assert worse.more(none, "covered").low > -0.02
    assert classes.more(none, "distance").low > 0.04
    assert abs(worse.more(none, "distance").value) < 0.01
    assert classes.more(none, "meant").low > 0.04  # what it draws is not what it means


def test_no_side_is_named_of_what_is_not_apart():
    base = [0.1, 0.12, 0.11, 0.13, 0.1, 0.12, 0.11, 0.13]
    none = way("none", *base)
    leaning = [way(n, *(v + s + 0.02 * (-1) ** k for k, v in enumerate(base))) for n, s in SIDES]
    assert ui.title([none, *leaning]) == "No difference to unguided is found: up and down"


SIDES = (("up", 0.004), ("down", -0.004))


def test_farther_than_plain_samples_is_said_of_what_is_apart_alone():
    base = [0.1, 0.12, 0.11, 0.13, 0.1, 0.12, 0.11, 0.13]
    meant = lambda name, values: Way(name, 9, 9, {"distance": base, "meant": tuple(values)})
    none = meant("none", base)
    near = meant("near", (v + 0.004 + 0.02 * (-1) ** k for k, v in enumerate(base)))
    far = meant("far", (v + 0.1 + 0.001 * (-1) ** k for k, v in enumerate(base)))
    said = ui.meant_words([none, near, far])
    assert said.count("farther than plain samples") == 1
    assert said.index("far,") < said.index("farther than plain samples")


def test_differences_are_told_apart_all_together():
    """A difference with p = 0.03 is told of one way alone, and not of one of three."""
    none = way("none", *[0.1] * 8)
    weak = way("up", *(0.1 + v for v in (0.03, 0.05, 0.01, 0.04, -0.02, 0.02, 0.005, 0.03)))
    level = [way(n, *(0.1 + 0.01 * (-1) ** k for k in range(8))) for n in ("b", "c")]
    assert 1 / 60 < weak.chance(none, "distance") < 0.05
    assert [r.name for r in study.apart([none, weak], "distance")] == ["up"]
    assert study.apart([none, weak, *level], "distance") == []
    assert ui.title([none, weak, *level]) == "No difference to unguided is found: up and b and c"
