"""What the page's ⓘ is sent: the formula of the time steps on show, and their numbers."""

import html
import re

import pytest

from explorer.core.timesteps import TIMESTEPS
from explorer.server.message import message
from explorer.strips.markup import formula


@pytest.mark.parametrize("name", TIMESTEPS)
def test_the_run_comes_with_the_formula_of_its_grid(name):
    run = message({"query": f"timesteps={name}&samples=2&nfe=9", "want": ["run"]})["parts"]["run"]
    told = run["quick"]["steps"][""]["told"]
    shown = html.unescape(re.sub("<[^>]*>", "", told["formula"]))
    assert shown == re.sub("[_^{}]", "", TIMESTEPS[name].formula)
    assert told["source"] == TIMESTEPS[name].source
    assert run["t"] == pytest.approx(run["sigma"], rel=1e-5)  # EDM's frame: σ = t


def test_letters_above_and_below_the_line():
    assert formula("σ_max^{1/ρ} b_i^w t_i² u_{j−1}") == (
        "σ<sub>max</sub><sup>1/ρ</sup> b<sub>i</sub><sup>w</sup> t<sub>i</sub>² u<sub>j−1</sub>"
    )
