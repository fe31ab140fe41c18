"""The reference of a settled error knows how far it is right, of networks that turn with σ, too."""

import dataclasses
import math
from typing import ClassVar

import pytest
import torch

from explorer.analysis.error import rms
from explorer.core.churn import Churn
from explorer.core.denoisers import Counted
from explorer.data import Moons
from explorer.lab import error
from explorer.lab.error import MATTERS, settled_reference
from explorer.lab.experiment import Experiment, ends, levels, run
from explorer.models import MODELS
from explorer.settings import param, setting
from explorer.study.end_error import measure
from explorer.ui.compare import known_to

W, A = 120.0, 0.02  # rad for each e-fold of σ, as VP's time embedding turns; of the answer


class Turns:
    """dx/du = a cos(ω u) x in u = ln σ, so that x = x₀ e^{a (sin ω u − sin ω u₀)/ω}."""

    shape, sigma_data, operations = (2,), 0.5, 1.0

    def __init__(self, rate: float):
        self.rate = rate

    def __call__(self, x, sigma):
        angle = self.rate * torch.as_tensor(sigma, dtype=x.dtype).log()
        return x * (1 - A * angle.cos().reshape(-1, 1))

    def to(self, device=None, dtype=None):
        return self

    def flow(self, x, top: float, bottom: float):
        turned = math.sin(self.rate * math.log(bottom)) - math.sin(self.rate * math.log(top))
        return x * math.exp(A * turned / self.rate)


@setting
class Turning:
    name: ClassVar[str] = "turning"
    label: ClassVar[str] = "Turning"
    about: ClassVar[str] = "Turns with σ."
    rate: float = param(W, 1, 1000)

    def load(self, data):
        return Turns(self.rate)


@pytest.mark.parametrize("rate, runs", [(W, "1025 levels"), (1.0, "257 levels")])
def test_the_error_of_a_settled_reference_is_at_most_what_is_told(monkeypatch, rate, runs):
    monkeypatch.setitem(MODELS, Turning.name, Turning)
    e = Experiment(data=Moons(dimension=2), model=Turning(rate), nfe=35, samples=8)
    assert isinstance(Turns(rate), Counted)  # as a network, whose steps are fixed
    made = run(e, kept=False).trajectory
    known = settled_reference(e, made.x[len(levels(e)) - 1])
    end = known.at(levels(e)[-1:])[0]
    true = Turns(rate).flow(made.x[0], *ends(e))[: len(end)]
    off = float(rms(end - true).median())
    error = float(rms(made.x[len(levels(e)) - 1][: len(end)] - true).median())
    assert off <= float(known.floor[-1]) <= MATTERS * error and runs in known.method


def test_compare_says_how_far_its_reference_is_known_where_that_matters(monkeypatch):
    monkeypatch.setitem(MODELS, Turning.name, Turning)
    e = Experiment(data=Moons(dimension=2), model=Turning(W), samples=8)
    row = measure(e)
    assert 0 < row.floor <= MATTERS * row.median and known_to([row]) == 0
    near = dataclasses.replace(row, median=row.floor)
    assert known_to([row, near]) == row.floor
    assert known_to([dataclasses.replace(near, median=None)]) == 0  # no error, nothing to doubt


@pytest.mark.parametrize(
    "rate, matters, churn, halvings",
    [(W, MATTERS, 0, 2), (1.0, MATTERS, 0, 0), (1.0, MATTERS, 20, 0), (1.0, 1e-9, 0, 1)],
)
def test_more_paths_are_refined_only_where_that_matters(
    monkeypatch, rate, matters, churn, halvings
):
    monkeypatch.setitem(MODELS, Turning.name, Turning)
    monkeypatch.setattr(error, "MATTERS", matters)
    data, seed = Moons(dimension=2), halvings  # another, whose blame is not known yet
    e = Experiment(data=data, model=Turning(rate), nfe=9, samples=8, seed=seed)
    e = dataclasses.replace(e, churn=Churn(churn))
    made, asked = run(e, kept=False), []
    follow = error.reference_for

    def reference_for(e, watch=None, exact=False, count=None, refined=0):
        asked.append((count, refined))
        return follow(e, watch, exact, count, refined)

    monkeypatch.setattr(error, "reference_for", reference_for)
    found = error.more_blame(made)
    assert found.paths == asked[-1][0] > 8 and asked[-1][1] == halvings
    assert halvings or all(count <= 8 for count, refined in asked if refined)  # of the first alone


def test_what_more_paths_say_is_that_of_better_ones():
    """Heun's 18 steps of the spiral, by quick paths and by paths of half the steps."""
    e = Experiment(samples=64)
    made = run(e, kept=False)
    quick = error.more_blame(made)
    count = quick.paths
    fine = error.steps_along(e, error.reference_for(e, count=count, refined=1), count, None)
    better = error.blame(fine.shares, fine.cancels)
    assert error._halvings(made, None) == 0 and quick.steps == better.steps
    torch.testing.assert_close(
        torch.tensor(quick.each), torch.tensor(better.each), rtol=0, atol=1e-3
    )
