"""Another tool's lists are one class and one line; menu, link, words and sweeps find them."""

from typing import ClassVar

import pytest

from explorer import Experiment, run
from explorer.core.solvers import Euler
from explorer.lab.experiment import levels
from explorer.lab.timesteps import TIMESTEPS, TOOLS
from explorer.lab.tool_steps import Made, ToolSteps
from explorer.settings import from_query, param, setting, to_query
from explorer.study.sweep import error_against_nfe
from explorer.ui import controls, panel, words


@setting
class Divider(ToolSteps):
    """Levels that are divided again and again."""

    name: ClassVar[str] = "divider"
    tool: ClassVar[str] = "Divider"
    source: ClassVar[str] = "a toy"
    scheduler: str = param("halves", choices=(("halves", "halves"), ("thirds", "thirds")))

    def made(self, steps: int) -> Made:
        by = 2 if self.scheduler == "halves" else 3
        return Made([*(32.0 / by**i for i in range(steps)), 0.0])


@pytest.fixture
def view(monkeypatch):
    for known in (TOOLS, TIMESTEPS):
        monkeypatch.setitem(known, "divider", Divider)
    query = "data=moons&data.dimension=2&timesteps=divider&timesteps.scheduler=thirds&solver=euler"
    return from_query(Experiment, f"{query}&nfe=5&samples=8&timesteps.start=1")


def test_everything_finds_it(view):
    assert view.timesteps == Divider(scheduler="thirds", start=1)
    assert from_query(Experiment, to_query(view)) == view
    assert levels(view).tolist() == [32 / 3**i for i in range(1, 5)] and run(view).nfe == 4
    assert 'value="divider:thirds">thirds · Divider<' in panel.panel()
    told = controls.config()["entries"]["timesteps"]["divider"]
    assert told["by"] == "timesteps.scheduler" and ["thirds", "thirds"] in told["lists"]
    assert "Divider thirds makes 4 levels when asked for 5 steps" in words.budget(view)
    rows = list(error_against_nfe(view, [Euler()], [6], grids=["divider:halves", "rho"]))
    assert {r.name for r in rows} == {"Euler, Divider halves", "Euler, ρ grid"}
