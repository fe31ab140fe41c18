"""What the page says of a solver that chooses its steps itself."""

from explorer.lab.experiment import Experiment
from explorer.lab.view import View
from explorer.settings import from_query
from explorer.ui import words


def run(nfe):
    return View(from_query(Experiment, f"data=moons&solver=adaptive&nfe={nfe}&samples=8")).run


def test_a_budget_that_ends_the_control_says_so_where_it_is_set():
    short, long = run(20), run(200)
    said = words.spent(short, short.experiment)["budget"]
    assert "NFE ended the control of 8 of 8 samples" in said and "raise it or loosen rtol" in said
    assert "ended" not in words.spent(long, long.experiment)["budget"]
    assert "a sample, the median one" in words.status(long)[0]  # short enough for the page's foot
    assert len(words.status(long)[0]) < 90
