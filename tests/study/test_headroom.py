"""What there is left to learn: bounds in their order, on a problem of two dimensions."""

import dataclasses

import pytest

from explorer.errors import UserError
from explorer.store import predictors as store
from explorer.study import headroom as module
from explorer.study import predictors
from explorer.study.headroom import headroom
from explorer.training.amed import AMEDTraining

from .test_predictors import VIEW

HOW = AMEDTraining(
    place="search", settle=20, paths=160, batch=32, rounds=4, inner=8, scale_dir=0.1, finish=1.0
)


@pytest.fixture(autouse=True)
def own_store(tmp_path, monkeypatch):
    monkeypatch.setenv("EXPLORER_CACHE", str(tmp_path))
    monkeypatch.setattr(store, "SHIPPED", tmp_path / "shipped")
    monkeypatch.setattr(store, "_loaded", {})


def learned(how=HOW):
    t = predictors.trainer(VIEW, how)
    list(t.run())
    return predictors.keep(t, VIEW)


def test_what_each_sample_could_have_is_below_what_all_share(tmp_path, monkeypatch):
    view, asked = learned(), {"count": 64, "updates": 30, "folder": tmp_path / "cells"}
    found = {r.who: r for r in headroom(view, **asked)}
    monkeypatch.setattr(module, "_errors", None)  # what is kept is not measured again
    assert {r.who: r for r in headroom(view, **asked)} == found
    assert list(found) == ["searched", "shared", "learned", "each"]
    assert found["shared"].times.value == 1 and found["each"].times.high < 0.8
    assert found["each"].median.high < found["shared"].median.value
    assert found["shared"].median.value < 1.02 * found["searched"].median.value
    assert all(r.nfe == 5 and r.median.count == 64 for r in found.values())


def test_a_view_without_searched_stops_is_refused():
    with pytest.raises(UserError, match="Name a predictor"):
        list(headroom(VIEW))
    plain = learned(dataclasses.replace(HOW, place="view", settle=0, paths=64))
    with pytest.raises(UserError, match="were not searched"):
        list(headroom(plain))
