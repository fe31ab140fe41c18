"""Whether a density belongs to the field: exact denoisers have one, networks nearly."""

import dataclasses

import pytest
import torch

from explorer.analysis.jacobian import whole
from explorer.core.noise import Noise
from explorer.data import Moons
from explorer.lab.experiment import Experiment
from explorer.lab.source import prepared
from explorer.settings import unflatten
from explorer.study.asymmetry import LEVELS, SEED, Asymmetry, Odd, asymmetries
from explorer.ui import asymmetry as said

NETWORK = unflatten(Experiment, {"data": "digits", "model": "network"})


def test_an_exact_denoiser_has_a_density_at_every_level():
    found = list(asymmetries(Experiment(data=Moons(dimension=2))))
    assert len(found) == LEVELS and found[0].sigma == 80 and found[-1].sigma == 0.002
    assert max(max(o.each) for o in found) < said.EXACT
    assert said.title(found, LEVELS) == "The field has a density: its Jacobian is symmetric"


@pytest.mark.slow
def test_a_network_has_none_and_it_is_said_where():
    e = dataclasses.replace(NETWORK, samples=6)
    odd = [Odd(sigma, tuple(Asymmetry(sigma)(e)["each"])) for sigma in (80.0, 0.4)]
    assert all(min(o.each) > said.SINGLE for o in odd)
    assert said.title(odd, 2).startswith("Not the gradient of a density")


@pytest.mark.slow
def test_the_share_is_that_of_the_whole_jacobian():
    e = dataclasses.replace(NETWORK, samples=2)
    source = prepared(e.data, e.model)
    x = source.clean(2, SEED) + 0.5 * Noise(e.seed, 2, source.shape).start
    j = whole(source.denoiser, x, torch.tensor(0.5, dtype=x.dtype))
    odd = ((j - j.transpose(1, 2)) / 2).square().sum((1, 2)) / j.square().sum((1, 2))
    assert Asymmetry(0.5)(e)["each"] == pytest.approx(odd.tolist(), rel=1e-3)  # float32 inside


@pytest.mark.parametrize(
    "share, words",
    [
        (1e-20, "The field has a density"),
        (1e-10, "symmetric to the network’s precision"),
        (0.031, "Not the gradient of a density: 3.1 %"),
    ],
)
def test_the_title_follows_the_largest_share(share, words):
    found = [Odd(1.0, (share,) * 8), Odd(0.1, (share / 10,) * 8)]
    assert words in said.title(found, 2)
    assert said.title(found, 5).endswith("2 of 5 levels")
    drawn = any(v for t in said._figure(found)["data"] for v in t["y"])
    written = [a["text"] for a in said._figure(found)["layout"]["annotations"]]
    # an axis of decades has no 0: it is written, and where it is drawn it is not
    assert ("0 at each level, in double precision" in written) is not drawn
