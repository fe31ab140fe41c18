"""EDM's numbers for the data of the view: each proposal with its interval.

The intervals are of the delete-one jackknife over parts of the points: how far the number would
move with other points of the same law.  `analysis.spectrum` has the formulas.
"""

import dataclasses
import math
from collections.abc import Iterator

import torch
from torch import Tensor

from ..analysis import spectrum
from ..analysis.intervals import Estimate
from ..analysis.order import student
from ..analysis.spectrum import Fitted
from ..errors import UserError
from ..lab.experiment import Experiment, Watch, prepared

PARTS = 8
NUMBERS = ("sigma_data", "sigma_min", "sigma_max", "p_mean", "p_std")
FACTORS = ("sigma_data", "sigma_min", "sigma_max")  # their intervals are of their logarithms
MOST, OF_IMAGES = 4096, 1024  # points whose covariance is taken; of many pixels


@dataclasses.dataclass(frozen=True)
class Proposal:
    """So far: found, of all points; parts: the same without one part of them, PARTS at the end."""

    found: Fitted
    parts: tuple[Fitted, ...] = ()

    def estimate(self, name: str) -> Estimate:
        """A number with its 95 % interval; without width until two parts are known."""
        write = math.log if name in FACTORS else float
        value = write(getattr(self.found, name))
        n = len(self.parts)
        half = 0.0
        if n > 1:
            own = torch.tensor([write(getattr(p, name)) for p in self.parts], dtype=torch.float64)
            spread = math.sqrt((n - 1) ** 2 / n * float(own.var(correction=1)))
            half = student(n - 1) * spread
        back = math.exp if name in FACTORS else float
        low, high = back(value - half), back(value + half)
        return Estimate(back(value), low, high, self.found.points)


def fit(e: Experiment, watch: Watch | None = None) -> Iterator[Proposal]:
    """The proposals, then one part of the points after the other left out.

    Raises UserError for data without extent.
    """
    points = _points(e)
    try:
        so_far = Proposal(spectrum.fitted(points))
        yield so_far
        for k in range(PARTS):
            if watch is not None:
                watch()
            keep = torch.arange(len(points)) % PARTS != k
            so_far = dataclasses.replace(
                so_far, parts=(*so_far.parts, spectrum.fitted(points[keep]))
            )
            yield so_far
    except ValueError as error:
        raise UserError(f"{e.data.label} cannot be fitted: {error}.") from None


def _points(e: Experiment) -> Tensor:
    """Of images their own, of points in a plane draws of their law; in an order of chance."""
    source = prepared(e.data, e.model)
    size = math.prod(source.shape)
    most = MOST if size <= 256 else OF_IMAGES
    if source.kind != "image":
        return source.clean(most, seed=21).cpu().double()
    points = e.data.points()
    order = torch.randperm(len(points), generator=torch.Generator().manual_seed(21))
    return points[order[:most]].double()
