"""EDM's numbers for the data of the view: each proposal with its interval.

The intervals are of the delete-one jackknife over parts of the points: how far the number would
move with other points of the same law.  Each part left out is a cell of a study, and so are all
points.  `analysis.spectrum` has the formulas.
"""

import dataclasses
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor

from ..analysis import spectrum
from ..analysis.intervals import Estimate
from ..analysis.order import student
from ..analysis.spectrum import Fitted
from ..errors import UserError
from ..lab.experiment import Experiment, Watch, prepared
from ..settings import param, setting
from . import engine
from .plan import Cell

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


@setting
class FitToData:
    """EDM's numbers for the data of an experiment, from all points or all but one part of them."""

    name: ClassVar[str] = "fit"
    version: ClassVar[int] = 1
    without: int = param(0, 0, PARTS, 1, label="Part left out", help="0: none")

    def __call__(self, e: Experiment, watch: Watch | None = None) -> dict[str, Any]:
        """The fields of `Fitted`.  Raises UserError for data without extent."""
        points = _points(e)
        if self.without:
            points = points[torch.arange(len(points)) % PARTS != self.without - 1]
        try:
            found = spectrum.fitted(points)
        except ValueError as error:
            raise UserError(f"{e.data.label} cannot be fitted: {error}.") from None
        return found._asdict() | {"spread": found.spread.tolist()}

    def weights(self, e: Experiment) -> tuple[str, ...]:
        """Nothing is read beside the experiment."""
        return ()


def fit_plan(e: Experiment) -> list[Cell]:
    """All points, then one part after the other left out; of a view its data and model count."""
    of = Experiment(data=e.data, model=e.model)
    return [Cell(of, FitToData(k)) for k in range(PARTS + 1)]


def fit(
    e: Experiment, watch: Watch | None = None, folder: Path | None = None, workers: int = 0
) -> Iterator[Proposal]:
    """The proposals, then with one part of the points after the other left out; for folder, workers
    and watch see `engine.run`.

    Raises UserError for data without extent.
    """
    found: list[Fitted] = []
    for _, value in engine.values(engine.run(fit_plan(e), folder, workers, watch)):
        spread = torch.tensor(value["spread"], dtype=torch.float64)
        found.append(Fitted(**value | {"spread": spread}))
        yield Proposal(found[0], tuple(found[1:]))


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
