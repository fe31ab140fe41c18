"""Predictors by name: their files, and solvers that name one."""

import json

import pytest
import torch

from explorer import sample
from explorer.core.solvers import AMED
from explorer.errors import UserError
from explorer.store import predictors

from ..core.test_learned import GRID, MODEL, NOISE, trained


@pytest.fixture(autouse=True)
def own_store(tmp_path, monkeypatch):
    monkeypatch.setenv("EXPLORER_CACHE", str(tmp_path))
    monkeypatch.setattr(predictors, "SHIPPED", tmp_path / "shipped")
    monkeypatch.setattr(predictors, "_loaded", {})


def test_a_predictor_survives_its_file():
    t = trained(query="data=moons", record={"seconds": 3.5})
    name = predictors.keep(t)
    predictors._loaded.clear()
    back = predictors.find(name)
    assert name == t.digest == back.digest and predictors.names() == [name]
    assert (back.sigmas, back.afs, back.solver, back.query, back.record, back.nfe) == (
        t.sigmas,
        t.afs,
        t.solver,
        t.query,
        t.record,
        5,
    )
    for a, b in zip(t.predictor.parameters(), back.predictor.parameters(), strict=True):
        assert torch.equal(a, b)
    assert (predictors.folder() / f"{name}.json").stat().st_size < 60_000


@pytest.mark.parametrize(
    "damage, said",
    [
        (lambda d: d.update(weights=d["weights"][:400]), "weights do not fit"),
        (lambda d: d.update(sigmas=[80, 90]), "levels do not fall"),
        (lambda d: d.update(sigmas=[80, 1.0, 0.002]), "digest does not match"),
        (lambda d: d.update(solver="plugin:euler"), "cannot be read"),
        (lambda d: d.pop("shape"), "cannot be read"),
        (lambda d: d.update(weights="%%%"), "cannot be read"),
    ],
)
def test_a_damaged_file_is_refused_in_a_sentence(damage, said):
    name = predictors.keep(trained())
    path = predictors.folder() / f"{name}.json"
    d = json.loads(path.read_text())
    damage(d)
    path.write_text(json.dumps(d))
    predictors._loaded.clear()
    with pytest.raises(UserError, match=said):
        predictors.find(name)


@pytest.mark.parametrize("name", ["nobody", "../../etc/passwd"])
def test_a_name_that_nobody_has_is_refused(name):
    with pytest.raises(UserError, match=f"no predictor '{name}'".replace(".", r"\.")):
        sample(MODEL, NOISE, GRID, AMED(predictor=name), afs=True)


def test_the_public_sample_finds_the_predictor_that_a_solver_names():
    t = trained()
    named = sample(MODEL, NOISE, GRID, AMED(predictor=predictors.keep(t)), afs=True)
    given = sample(MODEL, NOISE, GRID, AMED().bind(t), afs=True)
    assert torch.equal(named.samples, given.samples)
