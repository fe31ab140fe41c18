"""A link means the same data in every version: the points of each set as they have always been."""

import pytest
import torch

from explorer.data import DATASETS

# shape, and Σ p_k cos k / ‖p‖ over all numbers p_k of the points with default settings
KNOWN = {
    "spiral": ((320, 16), -0.0617498144),
    "diracs": ((2, 1), -0.325055357),
    "moons": ((360, 16), 0.0854974227),
    "swissroll": ((400, 16), 0.0349163999),
    "rings": ((360, 16), 0.0557062141),
    "checkerboard": ((400, 16), 0.221530048),
    "pinwheel": ((360, 16), -0.0958069111),
    "grid": ((25, 16), 0.312091717),
    "word": ((400, 16), 1.20565776),
    "tree": ((2032, 2), 0.0228391741),
    "mixture": ((8, 16), -0.789862264),
    "drawn": ((120, 16), 0.0201860189),
    "digits": ((1797, 1, 8, 8), 0.797810775),
    "mnist": ((2000, 1, 32, 32), 1.23090713),
    "fashion": ((2000, 1, 32, 32), -0.0514907747),
    "scenes": ((600, 3, 32, 32), -0.633256071),
    "glyphs": ((200, 3, 16, 16), 0.0359891841),
    "patches": ((512, 3, 16, 16), 0.0380857855),
}
FETCHED = {"published", "upload", "none"}  # made of files that a person brings, or without points


@pytest.mark.parametrize("name", KNOWN)
def test_the_points_of_a_link_stay_where_they_are(name):
    points = DATASETS[name]().points().double()
    shape, known = KNOWN[name]
    weights = torch.cos(torch.arange(points.numel(), dtype=torch.float64)).view_as(points)
    assert tuple(points.shape) == shape
    # ‖weights‖ is √(numbers/2), so this sees a change of 10⁻⁸ of the whole; sums differ in 10⁻¹²
    assert float((points * weights).sum() / points.norm()) == pytest.approx(known, abs=1e-7)


def test_every_set_stands_here():
    assert set(KNOWN) == set(DATASETS) - FETCHED - {"none"}
