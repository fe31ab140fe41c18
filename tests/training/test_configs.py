"""Configurations A to F, the losses and where they look."""

from dataclasses import fields, replace

import pytest
import torch

from explorer.analysis.loss import TRAINING, WEIGHTS
from explorer.data import Digits, Glyphs, Spiral
from explorer.errors import UserError
from explorer.settings import flatten, unflatten
from explorer.training.configs import Training, build, chosen, config, draw, loss_of, sigma_data
from explorer.training.loss import LOSSES, EDMLoss, loss

SETS = pytest.mark.parametrize(
    "data",
    [Digits(), Glyphs(), Spiral(dimension=2), Spiral()],
    ids=lambda d: f"{d.name}{getattr(d, 'dimension', '')}",
)


@SETS
def test_each_rung_replaces_one_thing(data):
    expected = {"B": "hyper", "C": "network", "D": "precond", "E": "loss", "F": "augment"}
    for before, after in zip("ABCDE", "BCDEF"):
        a, b = config(before, data), config(after, data)
        changed = [f.name for f in fields(Training) if getattr(a, f.name) != getattr(b, f.name)]
        image = data.kind == "image"
        assert changed == ([expected[after]] if after != "F" or image else []), after


@SETS
def test_every_configuration_survives_its_flat_form(data):
    for letter in "ABCDEF":
        t = config(letter, data)
        assert unflatten(Training, flatten(t)) == t


def test_a_single_difference_can_be_chosen_alone():
    a = config("A")
    for key, value in {"precond": "edm", "loss": "edm", "augment": 0.12, "batch": 64}.items():
        only = chosen("A", {key: value})
        same = {k: v for k, v in flatten(only).items() if flatten(a)[k] != v}
        assert same == {key: value}


@pytest.mark.parametrize(
    "flat, words",
    [
        ({"data": "spiral", "augment": 0.1}, "points want augment=0"),
        ({"network": "mlp"}, "images want network=unet"),
        ({"data": "spiral", "network": "unet", "augment": 0.0}, "points want network=mlp"),
        ({"network.widths": "1,1,1,1,1"}, "at most 4"),
        ({"network.widths": "2,2,2,2"}, "do not fit"),
        ({"network.widths": "1.5"}, "whole numbers"),
        ({"network.family": "adm"}, "64 or more"),
        ({"data": "spiral", "conditional": True}, "no classes"),
        ({"kimg": 0}, "out of range"),
    ],
)
def test_what_cannot_work_is_said(flat, words):
    with pytest.raises(UserError, match=words):
        build(chosen("F", flat))
    with pytest.raises(UserError, match="Unknown configuration 'G'"):
        config("G")


@pytest.mark.parametrize(
    "family, extra", [("ddpmpp", {}), ("ncsnpp", {}), ("adm", {"network.channels": 32})]
)
@pytest.mark.parametrize("precond", ["vp", "ve", "iddpm", "edm"])
def test_every_family_trains_with_every_preconditioning(family, extra, precond):
    t = chosen(
        "F",
        {"network.family": family, "precond": precond, "batch": 4, "conditional": True, **extra},
    )
    module = build(t)
    y, labels = draw(t.data, 4, torch.Generator().manual_seed(0))
    values = loss(
        lambda x, s: module(x, s, labels, torch.zeros(4, 9)),
        y,
        torch.full((4,), 0.5).double(),
        torch.randn_like(y),
        torch.ones(4),
    )
    values.sum().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in module.parameters())


def test_one_seed_is_one_network():
    t = config("F")
    torch.manual_seed(1)
    a, mark = build(t), torch.rand(1)
    torch.manual_seed(1)
    b = build(replace(t, seed=1))
    assert torch.equal(mark, torch.rand(1))  # the global generator is as it was
    same = zip(a.parameters(), build(t).parameters())
    assert all(torch.equal(p, q) for p, q in same)
    assert not all(torch.equal(p, q) for p, q in zip(a.parameters(), b.parameters()))


@pytest.mark.parametrize("name", LOSSES)
def test_levels_are_drawn_from_the_density_that_is_shown(name):
    objective = LOSSES[name]()
    log = objective.sigma(40000, torch.Generator().manual_seed(0)).log()
    edges = torch.linspace(-6, 5, 23, dtype=torch.float64)
    share = torch.histc(log, 22, -6, 5) / len(log)
    fine = torch.linspace(-6, 5, 2201, dtype=torch.float64)
    density = TRAINING[name](fine.exp())
    expected = (density[1:] + density[:-1]).reshape(22, 100).sum(1) / 2 * float(fine[1] - fine[0])
    assert len(edges) == 23
    # 40000 draws: 4 standard deviations of the fullest bin; discrete levels and edges add to it
    assert float((share - expected).abs().max()) < 0.012
    sigma = torch.tensor([0.02, 0.3, 5.0]).double()
    torch.testing.assert_close(objective.weight(sigma), WEIGHTS[name](sigma, torch.tensor(0.5)))
    torch.testing.assert_close(objective.density(sigma), TRAINING[name](sigma))


@SETS
def test_sigma_data_is_the_root_mean_square(data):
    t = config("F", data)
    y, _ = draw(data, 4000, torch.Generator().manual_seed(0))
    # three digits, and 4000 draws of what points() hold or stand for
    assert sigma_data(t) == pytest.approx(float(y.square().mean().sqrt()), rel=0.03)
    assert loss_of(t) == EDMLoss(sigma_data(t))
