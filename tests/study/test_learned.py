"""EDM's Fig. 5a from the records of the networks that ship."""

import json
import math

import pytest

from explorer.data import DATASETS
from explorer.lab.experiment import Experiment
from explorer.models import MODELS
from explorer.store import weights
from explorer.study.learned import learned
from explorer.ui import learned as said

ROWS = {r.name: r for r in learned()}


def test_every_network_that_ships_is_there():
    assert list(ROWS) == [c.name for c in weights.shipped()] and "digits-f" in ROWS


def test_a_curve_is_the_record_of_its_training():
    record = json.loads((weights.SHIPPED / "digits-f" / "losses.json").read_text())
    r = ROWS["digits-f"]
    now, first = (record[k]["mean"] for k in ("per_sigma", "per_sigma_first"))
    assert [e.value for e in r.ratio] == pytest.approx([a / b for a, b in zip(now, first)])
    for e, f in zip(r.ratio, r.floor):
        assert e.low < e.value < e.high and f < e.high  # nothing beats the ideal denoiser
    half = lambda k, i: (record[k]["high"][i] - record[k]["mean"][i]) / record[k]["mean"][i]
    for i, e in enumerate(r.ratio):  # both means vary
        both = math.hypot(half("per_sigma", i), half("per_sigma_first", i))
        assert (e.high - e.value) / e.value == pytest.approx(both, rel=1e-3)
    assert r.most == min(range(len(now)), key=lambda i: now[i] / first[i])


def test_where_it_trained_is_its_own_law():
    """EDM's peak lies at e^−1.2, glyphs' at e^−0.7; a grid of 121 levels is 9 % apart."""
    assert ROWS["digits-f"].looked == pytest.approx(math.exp(-1.2), rel=0.09)
    assert ROWS["glyphs-cond"].looked == pytest.approx(math.exp(-0.7), rel=0.09)


def test_the_networks_of_the_spiral_bear_edm_out_and_those_of_images_only_near_the_data():
    low, high = ROWS["spiral-2d"].helped()
    assert low > 0.01 and high < 1
    assert ROWS["digits-f"].helped()[0] > 0.002 and ROWS["digits-f"].helped()[1] == 80
    assert "only in between" in said.title(ROWS["spiral-2d"])
    shown = said.shown(Experiment(), list(ROWS.values()))
    assert "<" not in shown["note"] and len(shown["table"]) == len(ROWS)
    assert len({row[1] for row in shown["table"]}) == len(ROWS)  # told apart by name
    own = Experiment(data=DATASETS["glyphs"](), model=MODELS["network"]())
    assert said.shown(own, list(ROWS.values()))["title"].startswith("Glyphs")
