"""Paths in planes: what is known in closed form, and that all that ships is in the table."""

import dataclasses
from types import SimpleNamespace

import pytest
import torch

from explorer.analysis.geometry import explained, residuals, stamps
from explorer.analysis.intervals import Estimate
from explorer.core.timesteps import Rho
from explorer.data import Digits, Moons, Spiral
from explorer.lab import cost
from explorer.lab.experiment import Experiment
from explorer.lab.truth import reference_for
from explorer.models.network import Network
from explorer.store import weights
from explorer.study import plane as study
from explorer.study.plane import OwnPlane, Planes, plane_plan
from explorer.ui import plane as ui

SMALL = Experiment(data=Spiral(dimension=16), samples=6)


@pytest.fixture(scope="module")
def lifted() -> dict:
    return OwnPlane()(SMALL)


def test_a_path_in_a_plane_needs_two_axes(monkeypatch):
    """An arc in a plane of 16 dimensions, and the same with a third direction of known size."""
    angle = torch.linspace(0, 1, 81, dtype=torch.float64)
    flat = torch.zeros(81, 1, 16, dtype=torch.float64)
    flat[:, 0, 3], flat[:, 0, 7] = 5 * angle.cos(), 5 * angle.sin()
    bent = flat.clone()
    bent[:, 0, 9] = 0.01 * (9 * angle).cos()
    true = SimpleNamespace(sigma=torch.logspace(1, -2, 81), x=torch.cat([flat, bent], 1))
    monkeypatch.setattr(study, "reference_for", lambda e, watch, count: true)
    one, two, three = torch.tensor(OwnPlane()(SMALL)["off"]).amax(1)
    assert float(two[0]) < 1e-7 < 0.01 < float(one[0])
    assert 1e-3 < float(two[1]) < 3e-3 and float(three[1]) < 1e-7  # 0.01 of 5


def test_it_is_what_the_geometry_says_of_the_true_paths(lifted):
    true = reference_for(SMALL, count=6)
    path = true.x[stamps(len(true.sigma))]
    assert torch.allclose(torch.tensor(lifted["off"]).double(), residuals(path), atol=1e-6)
    assert torch.allclose(torch.tensor(lifted["held"]).double(), explained(path, 3), atol=1e-6)
    assert lifted["sigma"][0] == pytest.approx(80) and len(lifted["sigma"]) == 41


def row(name: str, off: list[float], network: bool = False) -> Planes:
    """Two levels; off, of eight paths or so, is that at the second one."""
    worst = torch.tensor([[0.0] * len(off), off], dtype=torch.float64)
    held = torch.ones(3, len(off)).double()
    return Planes(name, network, 64, torch.tensor([80.0, 1.0]), torch.stack([worst] * 3), held,
                  2 * worst[1] + 1e-9)  # fmt: skip


def test_a_verdict_is_of_the_mean_at_the_worst_level():
    flat, far = row("flat", [0.05, 0.06] * 8), row("far", [0.2, 0.25] * 8)
    wide = row("wide", [0.001, 0.16] * 8)
    assert flat.worst(2).value == pytest.approx(0.055) and flat.where == 1
    assert flat.of_a_walk.value == pytest.approx(0.5)
    assert [ui.verdict(r) for r in (flat, far, wide)] == [
        "holds", "does not hold here", "cannot be told"]  # fmt: skip
    said = ui.title([flat, far, wide])
    assert "holds in 1 of 3 sets, not in far (22.5 %" in said and "of 1 it cannot be told" in said
    assert "of single paths up to 100 %" in said and flat.above.value == 0


def test_a_path_strays_that_is_further_than_eight_hundredths_off_its_plane():
    assert row("half", [0.079, 0.081] * 8).above.value == 0.5
    assert row("none", [0.08] * 16).above.value == 0  # “never above”


def test_all_that_ships_and_fits_is_in_the_plan():
    plan = plane_plan(Experiment())
    found = {c.experiment.model.checkpoint for c in plan if isinstance(c.experiment.model, Network)}
    flat = {c.name for c in weights.shipped() if c.shape == (2,)}
    assert found == {c.name for c in weights.shipped()} - flat
    exact = {c.experiment.data for c in plan if not isinstance(c.experiment.model, Network)}
    assert exact == set(study.SETS)
    assert all(c.experiment.samples == study.BLOCK for c in plan)
    assert len({c.question for c in plan}) == len(plan)


def test_the_views_own_set_and_range_take_part(monkeypatch):
    view = Experiment(data=Moons(dimension=16), timesteps=Rho(sigma_max=40.0), seed=3)
    plan = plane_plan(view)
    assert plan[0].experiment.data == view.data and plan[0].experiment.seed == 3
    assert {c.experiment.timesteps.sigma_max for c in plan} == {40.0}
    named = Experiment(data=Digits(), model=Network())  # the network that is meant
    assert len(plane_plan(named)) == len(plane_plan(Experiment()))
    monkeypatch.setattr(cost, "WORK_LIMIT", 1e9)
    assert len(plane_plan(Experiment())) < len(plan)  # what is too large is left out


def test_blocks_are_joined():
    plan = [c for c in plane_plan(Experiment()) if c.experiment.data == SMALL.data][:2]
    values = iter([OwnPlane()(dataclasses.replace(c.experiment, samples=2)) for c in plan])
    rows: dict = {}
    for c, v in zip(plan, values, strict=True):
        study.joined(rows, c.experiment, v)
    (only,) = rows.values()
    assert only.paths == 4 and isinstance(only.worst(2), Estimate)
