"""A view: made once where it is asked for, and named by what it hangs on."""

import dataclasses

import pytest
import torch

from explorer.core.churn import Churn
from explorer.core.solvers import Euler
from explorer.data import Moons
from explorer.errors import Cancelled, UserError
from explorer.lab import error
from explorer.lab.experiment import Experiment
from explorer.lab.view import View
from explorer.strips import STRIPS
from explorer.ui import parts

SMALL = Experiment(data=Moons(), samples=8, nfe=9, seed=41)


def keys_that_change(**changes) -> set[str]:
    one, two = View(SMALL).keys, View(dataclasses.replace(SMALL, **changes)).keys
    return {part for part in one if one[part] != two[part]}


def test_nothing_is_made_before_it_is_asked_for():
    def forbid():
        raise Cancelled

    view = View(dataclasses.replace(SMALL, seed=4242), forbid)
    assert view.keys and view.source.kind == "plane"
    with pytest.raises(Cancelled):
        _ = view.run


def test_each_piece_is_made_once_also_for_another_view_of_the_same():
    one, two = View(SMALL), View(SMALL)
    assert one.run is one.run is two.run
    assert one.reference is two.reference and one.errors is two.errors


def test_the_pieces_belong_together():
    view = View(SMALL)
    assert view.errors.truth is view.reference and view.errors.steps is view.steps
    torch.testing.assert_close(view.shares.sum(), torch.ones_like(view.shares.sum()))
    assert len(view.shares) == len(view.run.levels) - 1


def test_the_exact_view_knows_its_reference_better():
    quick, exact = View(SMALL), View(SMALL, exact=True)
    assert quick.keys == exact.keys and quick.reference is not exact.reference
    assert exact.reference.floor.max() < 1e-6


def test_a_strip_of_the_exact_view_is_of_its_reference_also_after_a_draft():
    strip, quick, exact = STRIPS["curvature"], View(SMALL), View(SMALL, exact=True)
    draft = parts.measured(strip, quick)
    assert parts.measured(strip, exact) == strip.measure(exact) != draft
    assert parts.measured(strip, quick) == draft


def test_a_key_changes_with_what_its_part_hangs_on_and_with_nothing_else():
    made = {"run", "error", "exact", "more"}
    assert keys_that_change(solver=Euler()) == made == keys_that_change(nfe=11)
    assert keys_that_change(seed=42) == made | {"path", "true"}
    assert keys_that_change(data=Moons(dimension=2)) == made | {"path", "true", "data", "loss"}


def test_one_step_has_nothing_to_compare_and_says_so():
    view = View(dataclasses.replace(SMALL, nfe=1))
    assert "2 steps" in view.incomparable
    with pytest.raises(UserError, match="2 steps"):
        _ = view.errors


def test_the_steps_of_a_churned_run_are_the_same_in_blocks_of_paths(monkeypatch):
    """20 steps ask for more noise than is kept at a time, and each block asks for it anew."""
    run = dataclasses.replace(SMALL, nfe=41, churn=Churn(5.0))
    known = View(run).reference
    whole = error.steps_along(run, known, 8, None)
    monkeypatch.setattr(error, "BLOCK", 3)
    parts = error.steps_along(run, known, 8, None)
    for one, other in zip((whole.local, whole.end), (parts.local, parts.end), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-9, atol=1e-12)  # a batch of another size
