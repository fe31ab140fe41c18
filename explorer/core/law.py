"""The law of a data set, or of one class of it, as a mixture whose denoiser is exact."""

from typing import Any

from torch import Tensor

from ..errors import UserError
from .denoisers import Mixture


def points_of(data: Any, label: int = -1) -> Tensor:
    """The points of one class, (k, *shape); of all for −1.  Raises UserError for no class."""
    points = data.points()
    return points if label < 0 else points[_mine(data, label)]


def law(data: Any, label: int = -1) -> Mixture:
    """What samples of the data, or of one class, are drawn from: its points with their thickness,
    unless it says otherwise.  Raises UserError for a class that it does not have.
    """
    if not hasattr(data, "law"):
        return Mixture(points_of(data, label), data.thickness)
    return data.law() if label < 0 else data.law(_mine(data, label))


def _mine(data: Any, label: int) -> Tensor:
    if not data.classes:
        raise UserError(
            f"{data.label} has no classes, so class {label} cannot be picked; choose “all”."
        )
    if label >= data.classes:
        raise UserError(
            f"{data.label} has no class {label}; its classes are 0 to {data.classes - 1}."
        )
    return data.labels() == label
