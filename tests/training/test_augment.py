"""The geometric pipeline: what is done, what is told, and how well it is resampled."""

import math

import pytest
import torch
from scipy import stats

from explorer.training.augment import (
    CENTRE,
    LABELS,
    NAMES,
    SYM6,
    apply,
    augment,
    labels,
    parameters,
)


def one(place: int, value: float, n: int = 1) -> torch.Tensor:
    a = torch.zeros(n, 8, dtype=torch.float64)
    a[:, place] = value
    return a


def smooth(size: int = 32, channels: int = 2) -> torch.Tensor:
    """A blob off the centre: far below the highest frequency, and 0 at the edge."""
    at = torch.arange(size, dtype=torch.float64) - (size - 1) / 2
    y, x = torch.meshgrid(at, at, indexing="ij")
    blobs = [torch.exp(-((x - 2 - c) ** 2 + (y + 1) ** 2) / (2 * 1.6**2)) for c in range(channels)]
    return torch.stack(blobs)[None]


def centre(image: torch.Tensor) -> tuple[float, float]:
    at = torch.arange(image.shape[-1], dtype=torch.float64) - (image.shape[-1] - 1) / 2
    mass = image[0, 0] / image[0, 0].sum()
    return float((mass * at).sum()), float((mass * at[:, None]).sum())


def test_sym6_is_an_orthonormal_filter_with_six_vanishing_moments():
    h = SYM6 * math.sqrt(2)
    for shift in range(0, 12, 2):  # orthogonal to its own even shifts
        assert float((h[shift:] * h[: 12 - shift]).sum()) == pytest.approx(
            float(shift == 0), abs=1e-11
        )
    k = torch.arange(12, dtype=torch.float64) - CENTRE
    for power in range(6):  # what makes it a Daubechies filter of order 6
        moment = float((SYM6 * (-1.0) ** torch.arange(12) * k**power).sum())
        assert moment == pytest.approx(0, abs=1e-7 * 6**power)


def test_nothing_done_leaves_every_bit_and_tells_zero():
    x = torch.randn(5, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    y, told = augment(x, 0.0, torch.Generator().manual_seed(1))
    assert torch.equal(x, y) and told.shape == (5, LABELS) and not told.any()
    assert len(NAMES) == LABELS


@pytest.mark.parametrize("size", [4, 8, 16])
def test_a_map_that_moves_nothing_reconstructs_the_image(size):
    # a turn by 2π passes through all the resampling, and must come back by orthogonality alone;
    # the taps are given with 12 digits
    x = torch.randn(2, 3, size, size, generator=torch.Generator().manual_seed(0)).double()
    torch.testing.assert_close(apply(x, one(3, 2 * math.pi, 2)), x, rtol=0, atol=1e-10)


def test_flips_are_exact_and_half_as_likely_as_asked():
    x = torch.randn(1, 1, 8, 8).double()
    assert torch.equal(apply(x, one(0, 1)), x.flip(3))
    assert torch.equal(apply(x, one(1, 1)), x.flip(2))
    a = parameters(20000, 0.3, torch.Generator().manual_seed(0))
    assert float(a[:, 0].mean()) == pytest.approx(0.15, abs=0.01)  # 4 standard deviations
    always = parameters(20000, 0.3, torch.Generator().manual_seed(0), mirror=True)
    assert float(always[:, 0].mean()) == pytest.approx(0.5, abs=0.015)
    assert torch.equal(a[:, 1:], always[:, 1:])


@pytest.mark.parametrize(
    "place, value, expected",
    [
        (2, 2.0, lambda x, y: (1.3195 * x, 1.3195 * y)),  # 2^0.4
        (3, math.pi / 2, lambda x, y: (-y, x)),
        (
            3,
            math.pi / 5,
            lambda x, y: (
                math.cos(math.pi / 5) * x - math.sin(math.pi / 5) * y,
                math.sin(math.pi / 5) * x + math.cos(math.pi / 5) * y,
            ),
        ),
        (5, 1.0, lambda x, y: (1.1487 * x, y / 1.1487)),  # 2^0.2 along x
        (6, 1.0, lambda x, y: (x + 4, y)),  # 32/8 pixels
        (7, -0.7, lambda x, y: (x, y - 2.8)),
    ],
)
def test_each_operation_moves_a_blob_where_it_says(place, value, expected):
    x = smooth()
    found = centre(apply(x, one(place, value)))
    # bilinear interpolation between half pixels
    assert found == pytest.approx(expected(*centre(x)), abs=0.03)


def test_stretching_along_a_direction_is_turning_stretching_and_turning_back():
    x = smooth()
    a = one(5, 1.5)
    a[:, 4] = math.pi / 2
    torch.testing.assert_close(apply(x, a), apply(x, one(5, -1.5)), rtol=0, atol=1e-10)


def test_a_smooth_image_is_resampled_within_a_few_percent():
    x = smooth()
    turned = apply(x, one(3, 1.0))
    back = apply(turned, one(3, -1.0))
    assert float((back - x).abs().max()) < 0.04  # of a peak of 1, after two resamplings


def test_moving_by_whole_pixels_keeps_them_and_mirrors_at_the_edge():
    x = torch.arange(8.0).double().expand(1, 1, 8, 8).clone()
    moved = apply(x, one(6, 2.0))  # 2 pixels to the right
    expected = torch.tensor([2, 1, 0, 1, 2, 3, 4, 5]).double().expand(1, 1, 8, 8)
    torch.testing.assert_close(moved, expected, rtol=0, atol=1e-10)


def test_labels_come_in_the_order_of_the_paper():
    a = torch.tensor([[1, 0, 0.5, 0.3, 0.7, -1.2, 0.4, -0.6]]).double()
    expected = [
        1,
        0,
        0.5,
        math.cos(0.3) - 1,
        math.sin(0.3),
        -1.2 * math.cos(0.7),
        -1.2 * math.sin(0.7),
        0.4,
        -0.6,
    ]
    torch.testing.assert_close(labels(a)[0], torch.tensor(expected).double())


def test_an_operation_that_does_not_happen_is_told_as_zero():
    p = 0.12
    told = labels(parameters(50000, p, torch.Generator().manual_seed(2)))
    groups = [told[:, 0:1], told[:, 1:2], told[:, 2:3], told[:, 3:5], told[:, 5:7], told[:, 7:9]]
    shares = [float(g.any(1).float().mean()) for g in groups]
    expected = [p / 2, p / 2, p, p, p, p]  # a flip that is drawn happens half of the time
    assert shares == pytest.approx(expected, abs=0.006)  # 4 standard deviations
    stretched = told[:, 5:7][told[:, 5:7].any(1)]
    assert float((stretched[:, 1] == 0).float().mean()) == pytest.approx(0.5, abs=0.03)


def test_no_two_operations_share_a_random_number():
    """That one happens says nothing of whether, or how much, another does; nor of how much itself.

    Each column is a statistic of one operation, and all columns are uncorrelated: 1/√n, times 4.5
    for the largest of 200 pairs.
    """
    n = 40_000
    a = parameters(n, 0.5, torch.Generator().manual_seed(3)).double()
    zoom, turn, lean, stretch, x, y = a[:, 2:].T
    happens = [a[:, 0] > 0, a[:, 1] > 0, zoom != 0, turn != 0, stretch != 0, x != 0]
    assert torch.equal(x != 0, y != 0)  # moved in both directions or in none
    sizes = [zoom, zoom.abs(), turn, turn.abs(), lean, lean.abs(), stretch, stretch.abs()]
    sizes += [x, x.abs(), y, y.abs()]
    owner = [2, 2, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5]

    def unit(v):
        return (v - v.mean()) / v.std()

    def apart(u, v, where):
        assert (
            abs(float((unit(u[where]) * unit(v[where])).mean())) < 4.5 / float(where.sum()) ** 0.5
        )

    for i in range(6):
        for j in range(i):
            apart(happens[i].double(), happens[j].double(), torch.ones(n, dtype=torch.bool))
    for i, size in enumerate(sizes):
        there = happens[owner[i]]
        for j in range(6):
            if j != owner[i]:
                apart(size, happens[j].double(), there)
        for j in range(i):
            if i // 2 != j // 2:  # a size and its absolute value are one number
                apart(size, sizes[j], there & happens[owner[j]])


def test_the_size_of_what_happens_does_not_depend_on_how_often():
    """Turns are uniform, the rest normal, also among the few that happen at all."""
    a = parameters(60_000, 0.1, torch.Generator().manual_seed(4))
    for column, law in (
        (2, stats.norm()),
        (3, stats.uniform(-math.pi, 2 * math.pi)),
        (4, stats.uniform(-math.pi, 2 * math.pi)),
        (5, stats.norm()),
        (6, stats.norm()),
        (7, stats.norm()),
    ):
        there = a[:, column][a[:, column] != 0].numpy()
        assert stats.kstest(there, law.cdf).statistic < 1.63 / len(there) ** 0.5  # 99 %
    # a stretch happens to a tenth, half of them along the axes
    assert float((a[:, 4] != 0).float().mean()) == pytest.approx(0.05, abs=0.004)  # 4.5 deviations
