"""Landscapes in colour, painted by a program: sky, light, land, as many as one likes."""

from functools import lru_cache
from typing import ClassVar

import torch
from torch import Tensor

from ..settings import setting
from .sky import SIZE, Air, edge, rgb, slope_of
from .views import principal_plane

EACH = 100  # of each class on the page
NAMES = ("sea", "mountains", "desert", "forest", "town", "meadow")


@setting
class Scenes:
    """Six kinds of landscape at any hour, 32 × 32 in colour, in [−1, 1].

    Ridges, dunes and waves are sums of smooth noise; sky, light and haze are the hour's.  The
    finite set that the page shows has 100 of each kind; `draw` never repeats itself.
    """

    name: ClassVar[str] = "scenes"
    label: ClassVar[str] = "Landscapes 32×32"
    kind: ClassVar[str] = "image"
    about: ClassVar[str] = "Painted landscapes of six kinds at any hour, in colour."
    source: ClassVar[str] = "painted by this project’s own program; free as the program is"
    thickness: ClassVar[float] = 0.0
    classes: ClassVar[int] = len(NAMES)
    names: ClassVar[tuple[str, ...]] = NAMES

    def points(self) -> Tensor:
        """(600, 3, 32, 32)."""
        return _points()[0]

    def labels(self) -> Tensor:
        """The kind of landscape, (600,): its place in `names`."""
        return _points()[1]

    def view(self) -> Tensor:
        """The principal plane, (2, 3072)."""
        return _view()

    def draw(self, n: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """n fresh images (n, 3, 32, 32) float32 and their labels (n,).  `generator` is on the
        CPU."""
        labels = torch.randint(len(NAMES), (n,), generator=generator)
        return _painted(labels, generator), labels


def _painted(labels: Tensor, generator: torch.Generator) -> Tensor:
    """(n, 3, 32, 32) in [−1, 1]."""
    out = torch.empty(len(labels), 3, SIZE, SIZE)
    for kind, paint in enumerate((_sea, _mountains, _desert, _forest, _town, _meadow)):
        own = labels == kind
        if n := int(own.sum()):
            out[own] = 2 * paint(Air(n, generator)).clamp(0, 1) - 1
    return out


def _sea(air: Air) -> Tensor:
    deep = (air.rows - air.horizon).clamp(0) / (1 - air.horizon)
    water = air.low * 0.55 + (air.top * 0.55 + rgb(0.0, 0.09, 0.12) - air.low * 0.55) * deep**0.6
    waves = air.noise(24, 4) - 0.5 + 0.7 * (air.noise(32, 9) - 0.5)
    water = water * (1 + (0.25 + 0.5 * deep) * waves)
    width = 0.035 + 0.12 * deep
    path = torch.exp(-((air.columns - air.across) / width).square())
    glitter = path * (0.35 + 1.3 * waves).clamp(0, 1)
    water = water + (air.sun - water) * glitter
    air.canvas = air.canvas + (water - air.canvas) * air.below(air.horizon)
    return _boat(air)


def _boat(air: Air) -> Tensor:
    """On two seas of three: a hull and a sail."""
    there = (air.between(0, 1) < 0.67).float()
    size, x = air.between(0.07, 0.14), air.between(0.15, 0.85)
    foot = air.horizon + air.between(0.02, 0.16)
    up = (foot - air.rows) / size  # 0 at the hull, 1 and more above
    side = (air.columns - x) / size
    within = lambda v: edge(v, size * SIZE)
    hull = within(0.25 - up.abs()) * within(0.85 + 0.5 * up - side.abs())
    sail = (
        within(up - 0.3) * within(2.0 - up) * within(side + 0.05) * within((2.0 - up) * 0.5 - side)
    )
    jib = (
        within(up - 0.4) * within(1.7 - up) * within(-side - 0.08) * within((1.7 - up) * 0.4 + side)
    )
    hue = torch.where(air.between(0, 1) < 0.5, rgb(0.98, 0.97, 0.94), rgb(0.86, 0.25, 0.18))
    air.lay(rgb(0.35, 0.17, 0.10), hull * there)
    air.lay(hue, torch.maximum(sail, jib) * there)
    return air.canvas


def _mountains(air: Air) -> Tensor:
    for far, rise, cells in ((0.55, 0.34, 3), (0.22, 0.30, 4)):
        peaks = air.horizon + 0.08 * (1 - far) - rise * air.ridge(cells, sharp=True)
        depth = (air.rows - peaks).clamp(0)
        slope = slope_of(peaks)
        shade = 1 + 0.35 * torch.tanh(1.6 * slope) * torch.sign(0.5 - air.across)
        rock = rgb(0.40, 0.37, 0.40) * (0.8 + 0.4 * air.noise(10, 10)) * shade
        snow = ((0.085 - depth + 0.07 * (air.noise(9, 12) - 0.5)) / 0.03).clamp(0, 1)
        snow = snow * ((air.horizon - 0.03 - peaks) / 0.1).clamp(0, 1)
        rock = rock + (rgb(0.96, 0.97, 1.0) * shade.clamp(max=1.05) - rock) * snow
        air.lay(rock, air.below(peaks), far)
    hill = air.horizon + air.between(0.16, 0.26) - 0.1 * air.ridge(2)
    green = rgb(0.22, 0.36, 0.16) * (0.75 + 0.5 * air.noise(14, 10))
    air.lay(green, air.below(hill), 0.05)
    return air.canvas


def _desert(air: Air) -> Tensor:
    sand = torch.tensor([0.93, 0.70, 0.42])[:, None, None] * air.between(0.88, 1.05)
    flat = air.horizon + 0.03
    for k, far in enumerate((0.45, 0.18, 0.0)):
        line = flat + 0.13 * k - (0.13 + 0.03 * k) * air.ridge(2, octaves=1 + (k < 2))
        slope = slope_of(line)
        shade = 1 + 0.3 * torch.tanh(3 * slope) * torch.sign(0.5 - air.across)
        fall = 1 - 0.35 * (air.rows - line).clamp(0, 0.3) / 0.3
        ripple = 1 + 0.12 * (air.noise(26, 5) - 0.5) * (k > 0)
        air.lay(sand * shade * fall * ripple, air.below(line), far)
    return air.canvas


def _forest(air: Air) -> Tensor:
    air.lay(rgb(0.30, 0.42, 0.22), air.below(air.horizon + 0.02 - 0.12 * air.ridge(3)), 0.6)
    for k, (far, count, tall) in enumerate(((0.38, 13, 0.15), (0.14, 8, 0.27), (0.0, 5, 0.42))):
        foot = air.horizon + (0.06, 0.16, 0.34)[k] + 0.05 * (air.ridge(2) - 0.5)
        green = rgb(0.10, 0.27, 0.16) * air.between(0.8, 1.25)
        green = green * (0.7 + 0.6 * air.noise(20, 20))
        air.lay(rgb(0.20, 0.30, 0.13) * (0.8 + 0.4 * air.noise(12, 12)), air.below(foot), far)
        air.lay(green, _firs(air, foot, count, tall), far)
    return air.canvas


def _firs(air: Air, foot: Tensor, count: int, tall: float) -> Tensor:
    """A row of firs, cover (n, 1, SIZE, SIZE): triangles whose sides are saw-teeth."""
    cover = torch.zeros(air.n, 1, SIZE, SIZE)
    start = air.between(0, 1)
    for i in range(count):
        x = (i + start + air.between(-0.35, 0.35)) / count
        x = (x + 0.1) % 1.2 - 0.1
        height = tall * air.between(0.65, 1.1)
        up = (foot - air.rows) / height
        tiers = 0.8 + 0.35 * ((up * 4) % 1.0).neg()
        half = 0.24 * height * (1 - up) * (tiers + 0.25)
        inside = ((half - (air.columns - x).abs()) * SIZE + 0.5).clamp(0, 1)
        cover = torch.maximum(cover, inside * (up < 1) * (up > -0.1))
    return cover


def _town(air: Air) -> Tensor:
    dark = 1 - air.light.mean(1, keepdim=True)  # the darker, the more windows are lit
    for far, count, tall in ((0.5, 9, 0.34), (0.12, 6, 0.30)):
        start, lit = air.between(0, 1), (air.noise(15, 18) > 0.52).float()
        for i in range(count):
            x = ((i + start + air.between(-0.3, 0.3)) / count + 0.1) % 1.2 - 0.1
            half, height = air.between(0.35, 0.62) / count, tall * air.between(0.3, 1.1)
            foot = air.horizon + 0.14 * (1 - far) + 0.03
            across, up = air.columns - x, foot - air.rows
            wall = edge(half - across.abs()) * edge(height - up) * edge(up + 0.02)
            hue = air.between(0, 1, 3, 1, 1) * 0.14 + air.between(0.34, 0.72)
            side = torch.where(across * torch.sign(air.across - 0.5) < 0, 0.82, 1.06)
            air.lay(hue * side, wall, far)
            panes = (((across * 17 + 100) % 1 < 0.5) & ((up * 14 + 100) % 1 < 0.5)).float()
            glow = rgb(1.0, 0.86, 0.48) * lit + air.canvas * 0.62 * (1 - lit)
            keep = wall * panes * (1 - far) * (0.35 + 1.3 * dark).clamp(max=1) * edge(up - 0.02)
            air.canvas = air.canvas + (glow - air.canvas) * keep
    ground = air.horizon + air.between(0.13, 0.17)
    street = rgb(0.33, 0.34, 0.36) * (0.9 + 0.2 * air.noise(20, 6))
    air.lay(street, air.below(ground))
    return air.canvas


def _meadow(air: Air) -> Tensor:
    tone = rgb(0.42, 0.60, 0.22) * air.between(0.85, 1.1) + rgb(0.22, 0.06, 0.0) * air.between(
        -0.3, 1
    )
    for k, far in enumerate((0.5, 0.22, 0.0)):
        line = air.horizon + 0.02 + 0.13 * k - 0.13 * air.ridge(2, octaves=1)
        grain = 0.85 + 0.3 * air.noise(14 + 6 * k, 10)
        air.lay(tone * grain * (1 - 0.12 * k), air.below(line), far)
        if k == 1:
            _trees(air, line)
    specks = ((air.noise(26, 30) - 0.74) / 0.08).clamp(0, 1) * air.below(air.horizon + 0.24)
    flower = torch.where(air.between(0, 1) < 0.5, rgb(0.95, 0.85, 0.25), rgb(0.88, 0.30, 0.34))
    air.lay(flower, specks * (air.between(0, 1) < 0.6))
    return air.canvas


def _trees(air: Air, line: Tensor) -> None:
    """Two or three round trees that stand on a line of hills."""
    for k in range(3):
        x, size = air.between(0.08, 0.92), air.between(0.06, 0.13)
        place = (x.flatten() * (SIZE - 1)).long().clamp(0, SIZE - 1)
        foot = line.gather(-1, place[:, None, None, None]) + 0.02
        side, up = (air.columns - x) / size, (foot - air.rows) / size
        pixels = size * SIZE
        trunk = edge(0.14 - side.abs(), pixels) * edge(up + 0.2, pixels) * edge(1.0 - up, pixels)
        round_ = edge(1 - (side.square() + ((up - 1.5) / 1.05).square()).sqrt(), pixels)
        shade = 0.8 + 0.35 * torch.tanh((up - 1.5) + side * torch.sign(air.across - x))
        there = float(k < 2) * torch.ones_like(x) if k < 2 else (air.between(0, 1) < 0.5).float()
        air.lay(rgb(0.30, 0.19, 0.12), trunk * there)
        air.lay(rgb(0.16, 0.36, 0.14) * shade, round_ * there)


@lru_cache(maxsize=1)
def _points() -> tuple[Tensor, Tensor]:
    labels = torch.arange(len(NAMES)).repeat(EACH)
    return _painted(labels, torch.Generator().manual_seed(1872)).double(), labels


@lru_cache(maxsize=1)
def _view() -> Tensor:
    return principal_plane(_points()[0])
