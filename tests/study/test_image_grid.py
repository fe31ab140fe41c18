"""The grid of pictures: the same samples in every cell, over two settings."""

import pytest

from explorer.errors import UserError
from explorer.lab.experiment import Experiment
from explorer.study import image_grid as study
from explorer.study.end_error import measure
from explorer.study.image_grid import Axis
from explorer.study.samples import Shown
from explorer.ui.image_grid import grid, shown, title

BASE = Experiment(nfe=9)
SOLVERS, BUDGETS = Axis("solver", ("ddim", "ipndm", "euler_a")), Axis("nfe", (5, 9, 13))


@pytest.fixture(scope="module")
def made() -> list[study.Pictures]:
    return list(study.image_grid(BASE, SOLVERS, BUDGETS))


def test_every_cell_has_the_same_samples(made):
    """Where exact paths end is one and the same over a grid, and each cell's errors are its own."""
    known = [s for s in made[-1].spots if s.found.true]
    assert len(known) == 6 and all(s.found.true == known[0].found.true for s in known)
    one = next(s for s in known if (s.row, s.column) == (0, 2))
    assert one.found.each == pytest.approx(measure(one.experiment).each, rel=1e-9)
    assert one.experiment.solver.name == "ddim" and one.experiment.nfe == 13


def test_cells_come_coarse_first(made):
    """After a quarter of them every second row and column is there."""
    first = {(s.row, s.column) for s in made[3].spots}
    assert first == {(0, 0), (0, 2), (2, 0), (2, 2)} and len(made[-1].spots) == 9


def test_new_noise_shows_its_samples_without_an_error(made):
    found = shown(BASE, made[-1])
    random = [c for c in found["grid"]["cells"] if c["at"][0] == 2]
    assert all(c["x"] and not c["label"] and not c["wrong"] for c in random)
    assert "distribution" in random[0]["note"] and found["grid"]["true"][2] is None


def test_a_choice_comes_before_what_belongs_to_it():
    """The order of iPNDM is a setting only once it is iPNDM."""
    plan = study.grid_plan(
        BASE, Axis("solver.order", ("1", "2")), Axis("solver", ("ipndm", "dpmpp"))
    )
    assert {(c.experiment.solver.name, c.experiment.solver.order) for _, _, c in plan} == {
        (name, order) for name in ("ipndm", "dpmpp") for order in (1, 2)
    }


def test_the_title_says_from_where_on_all_are_right():
    """A row that is right, then wrong, then right is right from the last on."""
    right, wrong = (
        Shown(9, each=[0.1], astray=[0], x=[[0, 0]]),
        Shown(9, each=[1], astray=[1], x=[0]),
    )
    rows = ((wrong, right, right), (right, wrong, right), (wrong, wrong, wrong))
    spots = tuple(
        study.Spot(r, c, BASE, found) for r, row in enumerate(rows) for c, found in enumerate(row)
    )
    found = study.Pictures(SOLVERS, BUDGETS, spots)
    names = (["a", "b", "c"], ["5", "9", "13"])
    assert (
        title(found, names) == "The first sample ends right: a from 9 on, b from 13 on, c at none"
    )
    assert "from" not in title(study.Pictures(BUDGETS, SOLVERS, spots), names)  # nothing ascends
    assert [found.right_from(r) for r in range(3)] == [1, 2, 3]
    assert study.Pictures(SOLVERS, BUDGETS, spots[:-1]).right_from(2) is None


REFUSED = [
    ({"rows": {"key": "nfe", "values": [3]}}, "both vary"),
    ({"rows": {"key": "path", "values": ["/etc"]}}, "Unknown setting 'path'"),
    ({"rows": {"key": "data", "values": "digits"}}, "same in all cells"),
    ({"rows": {"key": "solver", "values": "hune"}}, "Unknown solver 'hune'"),
    ({"rows": {"key": "timesteps.rho", "values": ""}}, "1 to 80 values"),
    ({"rows": {"key": "timesteps.rho", "values": list(range(1, 19))}}, "126 cells are more than"),
    ({"rows": {"key": "nfe", "values": [[3]]}}, "a number or a name"),
    ({"rows": "solver"}, "An axis is a setting"),
]


@pytest.mark.parametrize("request_, why", REFUSED, ids=[why for _, why in REFUSED])
def test_what_is_no_grid_is_refused_with_what_would_work(request_, why):
    with pytest.raises(UserError, match=why):
        grid(BASE, request_)


def test_a_grid_that_was_stopped_goes_on(tmp_path):
    """What is kept is not measured again."""
    axes = Axis("solver", ("ddim",)), Axis("nfe", ("3", "5"))
    cells = study.image_grid(BASE, *axes, folder=tmp_path)
    first = next(cells)
    cells.close()
    assert len(list(tmp_path.rglob("*.json"))) == 1
    calls = []
    *_, last = study.image_grid(BASE, *axes, folder=tmp_path)
    *_, again = study.image_grid(BASE, *axes, lambda: calls.append(1), folder=tmp_path)
    assert last.spots[0].found == first.spots[0].found == again.spots[0].found
    assert len(calls) == 2  # one look a cell, and none from a solver at work
