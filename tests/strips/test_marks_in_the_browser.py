"""The drawings that the page's own tests put on a canvas are those that the strips make.

After a change of marks, `python -m tests.strips.test_marks_in_the_browser` writes them anew.
"""

import json
from pathlib import Path

import pytest

from explorer.data import Moons
from explorer.lab.experiment import Experiment
from explorer.lab.view import View
from explorer.strips import STRIPS

FILE = Path(__file__).parents[1] / "data" / "strips.json"
VIEW = Experiment(data=Moons(), samples=8, nfe=9, seed=3)


def drawings() -> dict:
    """The first drawing of each strip, what the run shows at once laid over it."""
    view, out = View(VIEW), {}
    for name, strip in STRIPS.items():
        choice, drawing = next(iter(strip.drawn(strip.measure(view)).items()))
        quick = strip.quick(view, "#5550c0")
        over = quick.get("", quick.get(choice, {}))
        drawing["over"] = over.get("over", [])
        out[name] = {"layer": strip.layer, **drawing}
    return json.loads(json.dumps(out))


def alike(one, two) -> bool:
    """Equal but for the last digits of the numbers."""
    if isinstance(one, dict) and isinstance(two, dict):
        return one.keys() == two.keys() and all(alike(one[k], two[k]) for k in one)
    if isinstance(one, list) and isinstance(two, list):
        return len(one) == len(two) and all(map(alike, one, two))
    if isinstance(one, float | int) and isinstance(two, float | int):
        return one == pytest.approx(two, rel=0.02, abs=1e-9)  # a reference on another machine
    return one == two


def test_the_drawings_on_file_are_those_that_are_made():
    kept, made = json.loads(FILE.read_text(encoding="utf-8")), drawings()
    assert list(kept) == list(STRIPS)
    for name in STRIPS:
        assert alike(kept[name], made[name]), name


if __name__ == "__main__":
    text = json.dumps(drawings(), ensure_ascii=False, separators=(",", ":"))
    FILE.write_text(text + "\n", encoding="utf-8")
