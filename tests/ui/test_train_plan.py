"""The plan of a training shows where the training that the form asks for would look."""

import pytest

from explorer.errors import UserError
from explorer.ui.train import defaults

ASKED = {"config": "F", "values": {"data": "digits"}}


def hill(plan: dict) -> list:
    """p_train as it is drawn."""
    return max((t["y"] for t in plan["data"] if t.get("fill")), key=len)


def test_the_plan_follows_the_numbers_of_the_form():
    usual = defaults(ASKED)
    same = defaults({**ASKED, "looks": {"loss": "edm", "p_mean": -1.2, "p_std": 1.2}})
    moved = defaults({**ASKED, "looks": {"loss": "edm", "p_mean": -2.0, "p_std": 1.0}})
    assert hill(usual["plan"]) == hill(same["plan"]) != hill(moved["plan"])
    assert usual["form"] == moved["form"]
    with pytest.raises(UserError, match="P_mean"):
        defaults({**ASKED, "looks": {"p_mean": 7}})
