"""Each data set is the drawing that it is named after."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.data import (
    Checkerboard,
    Diracs,
    GaussianMixture,
    Grid,
    Moons,
    Pinwheel,
    Rings,
    Spiral,
    SwissRoll,
    Word,
)
from explorer.errors import UserError


def test_spiral_winds_outward_in_even_steps():
    spiral = Spiral()
    xy = spiral.points() @ spiral.view().T
    steps = (xy[1:] - xy[:-1]).norm(dim=1)
    assert len(xy) == 320
    assert float(steps.std() / steps.mean()) < 0.01  # chords of equal arcs
    # r = 0.14 + 0.86u about its own centre, which the mean is not
    u = spiral.drawing().along[:, 0]
    angle = 2 * math.pi * (0.05 + 1.6 * u)
    r = 0.14 + 0.86 * u
    design = torch.zeros(2, 320, 3).double()
    design[0, :, 0], design[1, :, 0] = r * angle.cos(), r * angle.sin()
    design[0, :, 1] = design[1, :, 2] = 1
    fit = torch.linalg.lstsq(design.reshape(-1, 3), xy.T.reshape(-1, 1)).solution[:, 0]
    radius = (xy - fit[1:]).norm(dim=1) / fit[0]
    assert (radius.diff() > 0).all()
    torch.testing.assert_close(
        radius[[0, -1]], torch.tensor([0.14, 1.0]).double(), atol=1e-9, rtol=0
    )


def test_diracs_lie_at_plus_and_minus_the_gap():
    assert Diracs().points().tolist() == [[-1.0], [1.0]]
    assert Diracs(gap=2.5).points().tolist() == [[-2.5], [2.5]]


def test_moons_are_each_a_half_circle():
    xy, label = Moons(dimension=2).points(), Moons().labels()
    for moon in (0, 1):
        ends = xy[label == moon][[0, -1]]
        centre = ends.mean(0)
        radius = (xy[label == moon] - centre).norm(dim=1)
        assert float(radius.std() / radius.mean()) < 1e-9


def test_rings_have_even_radii_and_even_density():
    xy, label = Rings(rings=4, dimension=2).points(), Rings(rings=4).labels()
    radius = xy.norm(dim=1)
    ring = torch.stack([radius[label == i].mean() for i in range(4)])
    torch.testing.assert_close(ring / ring[0], torch.arange(1, 5).double(), rtol=0, atol=1e-9)
    counts = label.bincount()
    assert counts.tolist() == [36, 72, 108, 144]


@pytest.mark.parametrize("cells", range(2, 9))
def test_checkerboard_fills_every_dark_cell_alike(cells):
    xy = Checkerboard(cells=cells, dimension=2).drawing().xy
    column, row = xy.floor().long().T
    assert ((column + row) % 2 == 0).all()
    counts = (column * cells + row).bincount(minlength=cells**2)
    dark = counts[counts > 0]
    assert len(xy) == 400 and len(dark) == math.ceil(cells**2 / 2)
    assert dark.min() > 0.6 * dark.max()  # small cells hold about a dozen points


def test_swiss_roll_is_a_sheet_and_the_spiral_a_curve():
    def kept(x):  # share of a small neighbourhood's variance along one and two directions
        near = torch.cdist(x, x).argsort(1)[:, :7]
        values = torch.stack([torch.linalg.svdvals(x[i] - x[i].mean(0)) for i in near]).square()
        return (values.cumsum(1) / values.sum(1, keepdim=True)).mean(0)

    curve, sheet = kept(Spiral().points()), kept(SwissRoll().points())
    assert curve[0] > 0.98 and sheet[0] < 0.9 and sheet[1] > 0.9


def test_pinwheel_petals_are_alike_and_turned():
    xy, label = Pinwheel(dimension=2, twist=0).points(), Pinwheel(twist=0).labels()
    angle = torch.stack([torch.atan2(*xy[label == i].mean(0).flip(0)) for i in range(5)])
    turn = angle.diff() % (2 * math.pi)
    # the petals' samples differ a little
    torch.testing.assert_close(turn, torch.full((4,), 2 * math.pi / 5).double(), rtol=0, atol=0.05)


def test_grid_is_a_lattice():
    xy = Grid(side=4, dimension=2).points()
    assert len(xy[:, 0].round(decimals=9).unique()) == len(xy[:, 1].round(decimals=9).unique()) == 4
    assert Grid(side=4).labels().tolist() == list(range(16))


def test_word_is_made_of_its_letters():
    xy = Word(text="I", dimension=2).points()
    spread = xy.std(0)
    assert spread[1] > 2 * spread[0]  # a tall stroke
    dash = Word(text="-", dimension=2).points().std(0)
    assert dash[0] > dash[1]
    upper, lower = Word(text="L", dimension=2).drawing().xy, Word(text="L", dimension=2).points()
    assert len(upper) == 400 and float(lower[:, 1].median()) < 0  # its foot is below, not above
    assert len(Word(text="i      i").points()) == 400


@pytest.mark.parametrize(
    "text", ["", "   ", "ninechars", "a\nb", "\x00", "\u200b", "漢字", "🙂", "\ud800", 5]
)
def test_word_refuses_what_cannot_be_drawn(text):
    with pytest.raises(UserError, match="Word"):
        Word(text=text)


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(st.text(max_size=8))
def test_word_draws_or_explains(text):
    try:
        assert Word(text=text, dimension=2).points().isfinite().all()
    except UserError as error:
        assert len(str(error)) < 300


def test_mixture_keeps_its_promises():
    assert GaussianMixture(dimension=1).kind == "line"
    assert GaussianMixture(dimension=2).kind == "plane"
    assert GaussianMixture(modes=1).points().tolist() == [[0.0] * 16]
    assert GaussianMixture(spread=0.2).thickness == 0.2
    assert not torch.equal(GaussianMixture(seed=1).points(), GaussianMixture(seed=2).points())
