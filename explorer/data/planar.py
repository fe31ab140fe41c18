"""Planar sets: a drawing in the plane, as it is or lifted smoothly into 16 dimensions.

The stage shows two coordinates; a solver meets all sixteen.  What it finds there is still a curve
or a sheet, bent into more directions than the drawing shows.
"""

import math
from functools import lru_cache
from typing import ClassVar, NamedTuple

import torch
from torch import Tensor

from ..settings import param

RMS = 0.5  # EDM's sigma_data, so that its default noise levels fit
LIFTED = 16


class Drawing(NamedTuple):
    """Points of a drawing, in any units and with any centre."""

    xy: Tensor  # (K, 2)
    component: Tensor | None = None  # (K,) int64: which part of the drawing a point belongs to
    along: Tensor | None = None  # (K, m) in [0, 1]: where it lies on its curve or sheet


class Planar:
    """What the sets with a `drawing() -> Drawing` and a `dimension` share."""

    kind: ClassVar[str] = "plane"
    source: ClassVar[str] = "made by formula"
    classes: ClassVar[int] = 0  # or a property, where the drawing has components
    dimension: int

    def points(self) -> Tensor:
        """(K, dimension), with mean 0 and root mean square 0.5 per coordinate."""
        return _points(self)

    def labels(self) -> Tensor | None:
        """(K,): the component of each point."""
        return _drawing(self).component

    def view(self) -> Tensor:
        """(2, dimension): the plane of the drawing."""
        return _rotation()[:, :2].T if self.dimension == LIFTED else torch.eye(2).double()


def dimension_param():
    """The setting flat or lifted, the same in every drawing."""
    return param(
        16,
        choices=((2, "2-D"), (16, "in 16-D")),
        label="Dimension",
        help="in 16-D the drawing bends smoothly into 14 further directions",
    )


def thickness_param(default=0.03):
    """The setting of how wide a drawing's line is."""
    return param(
        default,
        0,
        0.5,
        0.005,
        label="Thickness",
        help="standard deviation of the Gaussian around every point",
    )


def scaled(x: Tensor) -> Tensor:
    """Mean 0 and root mean square 0.5 over all coordinates; the aspect stays.  x (K, D)."""
    x = x - x.mean(0)
    return x * (RMS / x.square().mean().sqrt())


def even(n: int, m: int) -> Tensor:
    """n points that fill [0, 1)^m evenly, (n, m): Roberts' R sequence, frac(½ + i/φ, i/φ², …).

    φ is the root of φ^(m+1) = φ + 1.  Roberts 2018, "The unreasonable effectiveness of
    quasirandom sequences".
    """
    phi = 2.0
    for _ in range(60):
        phi = (1 + phi) ** (1 / (m + 1))
    steps = phi ** -torch.arange(1, m + 1, dtype=torch.float64)
    return (0.5 + torch.arange(n, dtype=torch.float64)[:, None] * steps) % 1


@lru_cache(maxsize=64)
def _drawing(planar) -> Drawing:
    return planar.drawing()


@lru_cache(maxsize=64)
def _points(planar) -> Tensor:
    drawing = _drawing(planar)
    xy = scaled(drawing.xy)
    if planar.dimension == 2:
        return xy
    along = (xy + 1) / 2 if drawing.along is None else drawing.along
    return scaled(torch.cat([xy, _harmonics(along)], 1)) @ _rotation().T


def _harmonics(along: Tensor) -> Tensor:
    """The other coordinates, a_j cos(ω_j · along + φ_j) with a_j = 0.3/(1 + 0.1j).  (K, 14).

    Smooth, so neighbours stay neighbours.  |ω_j| grows from π, more slowly on sheets, whose points
    lie further apart than those of a curve.
    """
    generator = torch.Generator().manual_seed(3)
    j = torch.arange(LIFTED - 2, dtype=torch.float64)
    phase = 2 * math.pi * torch.rand(len(j), generator=generator, dtype=torch.float64)
    m = along.shape[1]
    direction = torch.randn(m, len(j), generator=generator, dtype=torch.float64)
    rate = math.pi * (1 + (0.5 if m == 1 else 0.15) * j)
    omega = rate * direction / direction.norm(dim=0)
    return 0.3 / (1 + 0.1 * j) * torch.cos(along @ omega + phase)


@lru_cache(maxsize=1)
def _rotation() -> Tensor:
    """A fixed orthogonal (16, 16), so that no coordinate axis is special."""
    generator = torch.Generator().manual_seed(16)
    normal = torch.randn(LIFTED, LIFTED, generator=generator, dtype=torch.float64)
    q, r = torch.linalg.qr(normal)
    return q * r.diagonal().sign()  # the sign of a QR column is the library's choice
