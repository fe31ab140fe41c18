"""Drawings by formula: curves, sheets and clusters.  Deterministic, about 300 to 400 points."""

import math
from typing import ClassVar

import numpy as np
import torch

from ..settings import param, setting
from .planar import Drawing, Planar, dimension_param, even, thickness_param


def _line(n: int) -> torch.Tensor:
    return torch.linspace(0, 1, n, dtype=torch.float64)


def _polar(radius, angle) -> torch.Tensor:
    return torch.stack([radius * torch.cos(angle), radius * torch.sin(angle)], 1)


@setting
class Spiral(Planar):
    """r = 0.14 + 0.86u, φ = 2π(0.05 + turns u): 320 points, evenly spaced along the curve."""

    name: ClassVar[str] = "spiral"
    label: ClassVar[str] = "Spiral"
    about: ClassVar[str] = "One curve that winds outward."
    turns: float = param(1.6, 0.5, 4, 0.1, label="Turns", help="how often the curve winds")
    dimension: int = dimension_param()
    thickness: float = thickness_param()

    def drawing(self) -> Drawing:
        u = _line(4000)
        speed = torch.hypot(torch.tensor(0.86), 2 * math.pi * self.turns * (0.14 + 0.86 * u))
        length = torch.cumsum(speed, 0)
        places = np.linspace(float(length[0]), float(length[-1]), 320)
        u = torch.from_numpy(np.interp(places, length.numpy(), u.numpy()))
        xy = _polar(0.14 + 0.86 * u, 2 * math.pi * (0.05 + self.turns * u))
        return Drawing(xy, along=u[:, None])


@setting
class Moons(Planar):
    """Two half circles, one reaching into the other, as in scikit-learn's make_moons."""

    name: ClassVar[str] = "moons"
    label: ClassVar[str] = "Two moons"
    about: ClassVar[str] = "Two half circles that reach into each other."
    classes: ClassVar[int] = 2
    depth: float = param(
        0.5, 0, 0.9, 0.05, label="Overlap", help="how deep one moon reaches into the other"
    )
    dimension: int = dimension_param()
    thickness: float = thickness_param()

    def drawing(self) -> Drawing:
        upper = _polar(1.0, math.pi * _line(180))
        lower = torch.tensor([1.0, self.depth], dtype=torch.float64) - upper
        return Drawing(torch.cat([upper, lower]), torch.arange(2).repeat_interleave(180))


@setting
class SwissRoll(Planar):
    """A rolled sheet, φ = t, r = t (1 − depth w), seen along its axis, in perspective.

    t runs from 1.5π as in scikit-learn's make_swiss_roll, with even area; w is the place across
    the sheet.  The lift is smooth on the sheet, not in the plane.
    """

    name: ClassVar[str] = "swissroll"
    label: ClassVar[str] = "Swiss roll"
    about: ClassVar[str] = "A rolled-up sheet, seen from its end."
    turns: float = param(1.5, 0.5, 3, 0.1, label="Turns", help="how often the sheet is rolled")
    depth: float = param(
        0.25,
        0,
        0.4,
        0.01,
        label="Depth",
        help="how much smaller the far end looks; at 0 the sheet is a line",
    )
    dimension: int = dimension_param()
    thickness: float = thickness_param()

    def drawing(self) -> Drawing:
        u = (torch.arange(400, dtype=torch.float64) + 0.5) / 400
        w = even(400, 1)[:, 0]
        first = 1.5 * math.pi
        last = first + 2 * math.pi * self.turns
        t = (first**2 + u * (last**2 - first**2)).sqrt()
        return Drawing(_polar(t * (1 - self.depth * w), t), along=torch.stack([u, w], 1))


@setting
class Rings(Planar):
    """Concentric circles of radius 1, 2, ...; the points are shared out by length."""

    name: ClassVar[str] = "rings"
    label: ClassVar[str] = "Rings"
    about: ClassVar[str] = "Circles inside each other."
    rings: int = param(3, 1, 6, 1, label="Rings", help="number of circles")
    dimension: int = dimension_param()
    thickness: float = thickness_param()

    @property
    def classes(self) -> int:  # type: ignore[override]
        """How many."""
        return self.rings

    def drawing(self) -> Drawing:
        share = 360 / sum(range(1, self.rings + 1))
        counts = [round(share * i) for i in range(1, self.rings + 1)]
        circles = [
            _polar(float(i), 2 * math.pi * _line(n + 1)[:-1]) for i, n in enumerate(counts, 1)
        ]
        component = torch.arange(self.rings).repeat_interleave(torch.tensor(counts))
        return Drawing(torch.cat(circles), component)


@setting
class Checkerboard(Planar):
    """The dark cells of a board, filled evenly with 400 points."""

    name: ClassVar[str] = "checkerboard"
    label: ClassVar[str] = "Checkerboard"
    about: ClassVar[str] = "The dark cells of a board."
    cells: int = param(4, 2, 8, 1, label="Cells", help="cells along one side")
    dimension: int = dimension_param()
    thickness: float = thickness_param()

    def drawing(self) -> Drawing:
        xy = even(1000, 2) * self.cells
        return Drawing(xy[xy.floor().sum(1) % 2 == 0][:400])


@setting
class Pinwheel(Planar):
    """Long Gaussians around a centre, sheared by an angle that grows as exp(radius).

    Johnson et al. 2016, arXiv:1603.06277.
    """

    name: ClassVar[str] = "pinwheel"
    label: ClassVar[str] = "Pinwheel"
    about: ClassVar[str] = "Bent petals around a centre."
    petals: int = param(5, 2, 9, 1, label="Petals", help="number of petals")
    twist: float = param(0.25, 0, 0.6, 0.01, label="Twist", help="how much a petal bends")
    dimension: int = dimension_param()
    thickness: float = thickness_param()

    @property
    def classes(self) -> int:  # type: ignore[override]
        """How many."""
        return self.petals

    def drawing(self) -> Drawing:
        n = 360 // self.petals
        normal = math.sqrt(2) * torch.erfinv(2 * even(n * self.petals, 2) - 1)
        component = torch.arange(self.petals).repeat_interleave(n)
        radius, across = 1 + 0.3 * normal[:, 0], 0.1 * normal[:, 1]
        angle = 2 * math.pi * component / self.petals + self.twist * radius.exp()
        c, s = angle.cos(), angle.sin()
        return Drawing(
            torch.stack([radius * c - across * s, radius * s + across * c], 1), component
        )


@setting
class Grid(Planar):
    """side × side Gaussians on a square lattice."""

    name: ClassVar[str] = "grid"
    label: ClassVar[str] = "Grid of Gaussians"
    about: ClassVar[str] = "Gaussians on a square lattice."
    side: int = param(5, 2, 9, 1, label="Side", help="Gaussians along one side")
    dimension: int = dimension_param()
    thickness: float = thickness_param()

    @property
    def classes(self) -> int:  # type: ignore[override]
        """How many."""
        return self.side**2

    def drawing(self) -> Drawing:
        place = torch.arange(self.side, dtype=torch.float64)
        return Drawing(torch.cartesian_prod(place, place), torch.arange(self.side**2))
