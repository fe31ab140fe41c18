"""The reference of a settled error knows how far it is right, of networks that turn with σ, too."""

import dataclasses
import math
from typing import ClassVar

import pytest
import torch

from explorer.analysis.error import rms
from explorer.core.denoisers import Counted
from explorer.data import Moons
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


@pytest.mark.parametrize("rate, runs", [(W, "1025 levels"), (1.0, "128 steps against 64")])
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
