"""Facts about every data set, and about the lift of the planar ones."""

import dataclasses

import numpy as np
import pytest
import torch

from explorer.data import (
    DATASETS,
    Checkerboard,
    Digits,
    Diracs,
    GaussianMixture,
    Grid,
    Moons,
    Pinwheel,
    Rings,
    Spiral,
)
from explorer.data.planar import Planar
from explorer.data.shapes import even
from explorer.errors import UserError
from explorer.models import Exact
from explorer.settings import flatten, from_query, param, setting, slot, to_query, unflatten
from explorer.ui import words

HELD = {name: cls for name, cls in DATASETS.items() if name not in ("upload", "published")}
PLANAR = {name: cls for name, cls in HELD.items() if issubclass(cls, Planar)}
held = pytest.mark.parametrize("cls", HELD.values(), ids=HELD)
planar = pytest.mark.parametrize("cls", PLANAR.values(), ids=PLANAR)


def ends(cls):
    """The setting at its defaults and with each parameter at each end of its range."""
    yield cls()
    for f in dataclasses.fields(cls):
        spec = f.metadata["spec"]
        values = [c[0] for c in spec.choices] if spec.choices else [spec.low, spec.high]
        for value in values:
            if value is not None:
                yield cls(**{f.name: value})


def rms(x):
    return float((x - x.mean(0)).square().mean().sqrt())


def test_the_menu_begins_with_the_spiral():
    assert list(DATASETS) == [
        "spiral",
        "diracs",
        "moons",
        "swissroll",
        "rings",
        "checkerboard",
        "pinwheel",
        "grid",
        "word",
        "tree",
        "mixture",
        "digits",
        "mnist",
        "fashion",
        "glyphs",
        "scenes",
        "patches",
        "drawn",
        "upload",
        "published",
        "none",
    ]


@pytest.mark.parametrize("cls", DATASETS.values(), ids=DATASETS)
def test_every_set_says_what_it_is(cls):
    assert cls.about.endswith(".") and len(cls.about) < 80 and cls.label and cls.source
    assert cls().kind in ("line", "plane", "image")
    assert cls().thickness >= 0
    for f in dataclasses.fields(cls):
        assert f.metadata["spec"].label and f.metadata["spec"].help


@held
def test_shape_fits_the_kind_everywhere(cls):
    for data in ends(cls):
        x = data.points()
        assert x.dtype == torch.float64 and x.isfinite().all(), data
        assert {
            "line": x.shape[1:] == (1,),
            "plane": x.ndim == 2 and x.shape[1] > 1,
            "image": x.ndim == 4,
        }[data.kind], data
        assert data.view().shape == ((1, 1) if data.kind == "line" else (2, x[0].numel())), data
        labels = data.labels()
        assert bool(data.classes) == (labels is not None), data
        assert len(getattr(data, "names", range(data.classes))) == data.classes
        if labels is not None:
            assert labels.dtype == torch.int64 and labels.shape == (len(x),), data
            assert labels.unique().tolist() == list(range(data.classes)), data


def test_every_class_of_a_grid_can_be_picked_and_no_other():
    grid = Grid(side=5, dimension=2)
    for k in (0, 9, 10, 24):
        law = Exact(condition=k).load(grid)
        assert torch.equal(law.means, grid.points()[k : k + 1])
    with pytest.raises(UserError, match="no class 25; its classes are 0 to 24"):
        Exact(condition=25).load(grid)
    with pytest.raises(UserError, match="Spiral has no classes"):
        Exact(condition=0).load(Spiral())


@held
def test_points_are_the_same_each_time(cls):
    first = cls().points().clone()
    from explorer.data import glyphs, images, mixture, patches, planar, scenes, shipped

    for cache in (
        planar._points,
        planar._drawing,
        mixture._means,
        images._digits,
        glyphs._points,
        glyphs._masters,
        patches._points,
        patches._photos,
        scenes._points,
        shipped._held,
    ):
        cache.cache_clear()
    assert torch.equal(first, cls().points())


@held
def test_points_are_cached(cls):
    assert cls is Diracs or cls().points() is cls().points()


@held
def test_view_is_orthonormal_everywhere(cls):
    for data in ends(cls):
        view = data.view()
        torch.testing.assert_close(
            view @ view.T, torch.eye(len(view)).double(), rtol=0, atol=1e-12
        )  # rounding of a QR or an SVD


@pytest.mark.parametrize("cls", [*PLANAR.values(), GaussianMixture], ids=[*PLANAR, "mixture"])
def test_what_says_that_it_shows_the_principal_plane_does(cls):
    """Of all planes it holds the most of the variance; the plane of a drawing need not."""
    data = cls(dimension=16)
    x = data.points() - data.points().mean(0)
    most = torch.linalg.svdvals(x)[:2].square().sum()
    held = (x @ data.view().T).square().sum()
    assert getattr(cls, "principal", False) == bool(held > (1 - 1e-9) * most)
    assert ("principal" in words.plane_name(data)) == getattr(cls, "principal", False)


@pytest.mark.parametrize("cls", [*PLANAR.values(), GaussianMixture], ids=[*PLANAR, "mixture"])
def test_points_have_mean_0_and_the_sigma_data_of_edm(cls):
    for data in ends(cls):
        if getattr(data, "modes", 2) > 1:
            assert rms(data.points()) == pytest.approx(0.5, abs=1e-12)
            assert data.points().mean(0).abs().max() < 1e-12


@planar
def test_view_of_the_lift_shows_the_drawing(cls):
    flat, lifted = cls(dimension=2), cls(dimension=16)
    seen = lifted.points() @ lifted.view().T
    # the same drawing up to one factor: the lift only bends it into other directions
    torch.testing.assert_close(seen * (0.5 / rms(seen)), flat.points(), rtol=0, atol=1e-12)


@planar
def test_lift_bends_into_many_directions_by_more_than_its_thickness(cls):
    x = cls(dimension=16).points()
    stds = torch.linalg.svdvals(x - x.mean(0)) / len(x) ** 0.5
    assert (stds > cls().thickness).sum() >= 8


@planar
def test_neighbours_stay_neighbours_in_the_lift(cls):
    data = cls(dimension=16)
    x, drawing = data.points(), data.drawing()
    place = cls(dimension=2).points() if drawing.along is None else drawing.along
    apart = torch.cdist(place, place)
    near = (apart + apart.max() * torch.eye(len(x))).argmin(1)
    ways = torch.cdist(x, x)
    step, usual = ways[torch.arange(len(x)), near], ways[~torch.eye(len(x), dtype=bool)].median()
    # 25 lattice points lie far apart; a few hundred on a curve or a sheet are close
    limit = 0.5 if cls is Grid else 0.2
    assert float(step.median()) < limit * float(usual)


def test_principal_view_shows_more_than_any_two_coordinates():
    for data in (GaussianMixture(), Digits()):
        x = data.points().flatten(1)
        x = x - x.mean(0)
        own = x.square().mean(0).sort(descending=True).values[:2].sum()
        assert float((x @ data.view().T).square().mean(0).sum()) > float(own)


def test_digits_are_handwriting():
    x, label = Digits().points(), Digits().labels()
    assert x.shape == (1797, 1, 8, 8) and x.min() == -1 and x.max() == 1
    assert sorted(label.unique().tolist()) == list(range(10))
    means = torch.stack([x[label == d].mean(0).flatten() for d in range(10)])
    near = torch.cdist(x.flatten(1), means).argmin(1)
    assert float((near == label).double().mean()) > 0.88  # scikit-learn's NearestCentroid: 0.89


@pytest.mark.parametrize(
    "cls, wrong",
    [
        (Spiral, {"turns": 9}),
        (Spiral, {"dimension": 3}),
        (Spiral, {"thickness": -0.1}),
        (Spiral, {"turns": float("nan")}),
        (Diracs, {"gap": 0}),
        (Moons, {"depth": 1.5}),
        (Rings, {"rings": 2.5}),
        (Rings, {"rings": 0}),
        (Checkerboard, {"cells": 1}),
        (Pinwheel, {"petals": "five"}),
        (Grid, {"side": 10}),
        (GaussianMixture, {"dimension": 65}),
        (GaussianMixture, {"modes": 0}),
        (GaussianMixture, {"seed": -1}),
        (GaussianMixture, {"modes": 1, "spread": 0}),
    ],
)
def test_bounds_refuse_nonsense(cls, wrong):
    with pytest.raises(UserError):
        cls(**wrong)


@setting
class Holder:
    data: object = slot(Spiral(), DATASETS, label="Data")
    other: float = param(1.0, 0, 2)


@pytest.mark.parametrize("cls", DATASETS.values(), ids=DATASETS)
def test_link_carries_every_set(cls):
    for data in ends(cls):
        holder = Holder(data=data)
        assert from_query(Holder, to_query(holder)) == holder
        assert unflatten(Holder, flatten(holder)) == holder
        assert eval(repr(data), vars(__import__("explorer.data", fromlist=["x"]))) == data


@pytest.mark.parametrize("m", [1, 2])
def test_even_points_fill_the_box(m):
    x = even(512, m)
    assert x.min() >= 0 and x.max() < 1
    cells = np.histogramdd(x.numpy(), bins=[8 // m] * m, range=[(0, 1)] * m)[0]
    assert cells.min() > 0.9 * cells.mean()
