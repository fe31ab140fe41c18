"""Whose p_train is drawn: the network's own, as its checkpoint records it."""

import functools
import math

import pytest
import torch

from explorer.core.schedules import VP
from explorer.data import Digits, Glyphs, Spiral
from explorer.lab.experiment import Experiment
from explorer.lab.view import View
from explorer.models import Exact, Network
from explorer.settings import flatten
from explorer.store import weights
from explorer.strips import STRIPS
from explorer.strips.strip import Look
from explorer.training.configs import config, loss_of
from explorer.training.where import where

SIGMA = torch.logspace(-4, 3, 4001, dtype=torch.float64)


def peak(density) -> float:
    return float(SIGMA[int(density(SIGMA).argmax())])


def mass(density) -> float:
    return float(torch.trapezoid(density(SIGMA), SIGMA.log()))


@pytest.mark.parametrize(
    "name, mean", [("glyphs-cond", -0.7), ("digits-f", -1.2), ("spiral-2d", -1.2)]
)
def test_the_hill_of_a_shipped_network_is_where_it_was_trained(name, mean):
    """Glyphs were trained at P_mean −0.7, where EDM has −1.2."""
    found = where(weights.find(name).config)
    assert math.log(peak(found.density)) == pytest.approx(mean, abs=0.005)  # of the grid above
    assert mass(found.density) == pytest.approx(1, abs=1e-4)
    own = f"N({mean:g}, 1.2²)".replace("-", "−")
    assert own in found.told and "of this network" in found.told
    assert ("−0.7" in found.name) == (mean == -0.7)


def test_config_a_was_trained_in_the_time_of_vp():
    found = where(weights.find("digits-old").config)
    assert "VP" in found.name and "VP" in found.told and "EDM" not in found.told
    t = VP().time(SIGMA)
    inside = (t > 2e-5) & (t < 1)
    # p(ln σ) dlnσ = dt/(1 − 10⁻⁵); the differences of a fine grid are good to a part in 10⁴
    slope = t.diff() / SIGMA.log().diff()
    here = found.density((SIGMA[1:] * SIGMA[:-1]).sqrt())
    torch.testing.assert_close(here[inside[1:]], slope[inside[1:]], rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("letter", "ABCDEF")
def test_a_training_of_ones_own_is_drawn_as_it_trains(letter):
    """What `finish` writes of a configuration is read as its loss."""
    t = config(letter, Digits())
    found = where({"precond": t.precond, "training": flatten(t) | {"letter": letter}})
    assert torch.equal(found.density(SIGMA), loss_of(t).density(SIGMA))


@pytest.mark.parametrize(
    "words, name, told",
    [
        ({"precond": "edm"}, "EDM trains here", "does not say how this network was trained"),
        ({"precond": "iddpm"}, "iDDPM trains here", "each of 1000 levels equally often"),
        (
            {"precond": "ve", "precond_kwargs": {"sigma_min": 0.05, "sigma_max": 50.0}},
            "VE trains here",
            "ln σ uniform from 0.05 to 50",
        ),
        ({"precond": "vp", "training": "of another kind"}, "VP trains here", "whose precond"),
        (
            {"precond": "edm", "training": {"loss": "edm", "p_mean": 0.4, "p_std": 1.0}},
            "trained here: P_mean 0.4, P_std 1",
            "N(0.4, 1²), where EDM has ln σ ~ N(−1.2, 1.2²)",
        ),
        (
            {"precond": "discrete", "scheduler": {"_class_name": "DDPMScheduler"}},
            "trained here",
            "this network’s scheduler: each of its 1000 levels",
        ),
        ({"precond": "?", "scheduler": {"_class_name": "None"}}, "EDM trains here", "does not say"),
    ],
)
def test_what_a_file_tells_and_what_it_does_not(words, name, told):
    found = where(words)
    assert found.name == name and told in found.told
    assert mass(found.density) == pytest.approx(1, abs=2e-3)  # the edges of a flat hill


measured = functools.cache(lambda e: STRIPS["loss"].measure(View(e)))


@pytest.mark.parametrize(
    "e, choice, name, told",
    [
        (Experiment(data=Glyphs(), model=Network()), "edm", "P_mean −0.7", "N(−0.7, 1.2²)"),
        (Experiment(data=Glyphs(), model=Network()), "vp", "P_mean −0.7", "N(−0.7, 1.2²)"),
        (Experiment(data=Spiral(), model=Exact()), "edm", "EDM trains here", "was not trained"),
        (Experiment(data=Spiral(), model=Exact()), "vp", "VP trains here", "was not trained"),
    ],
)
def test_the_strip_names_whose_hill_it_draws(e, choice, name, told):
    drawing = STRIPS["loss"].draw(measured(e), Look(choice))
    (text,) = (m["text"] for m in drawing["marks"] if m["mark"] == "text")
    assert name in text and told in drawing["about"][0]["html"]
    (hill,) = (m for m in drawing["marks"] if m["mark"] == "area")
    top = hill["x"][hill["y"].index(max(hill["y"]))]
    expected = {"P_mean −0.7": math.exp(-0.7), "EDM trains here": math.exp(-1.2)}
    if name in expected:  # within a step of the strip's own levels
        assert math.log(top) == pytest.approx(math.log(expected[name]), abs=0.25)
