"""A sky at any hour, and the canvas under it that land is laid upon."""

import torch
import torch.nn.functional as F
from torch import Tensor

SIZE = 32
# hours of a day, round and round: top of the sky, horizon, the light's own colour, how much light
HOURS = torch.tensor(
    [
        [[0.02, 0.03, 0.13], [0.13, 0.18, 0.36], [0.90, 0.93, 1.00], [0.34, 0.38, 0.52]],  # night
        [[0.30, 0.34, 0.60], [0.98, 0.68, 0.56], [1.00, 0.88, 0.66], [0.66, 0.58, 0.60]],  # dawn
        [[0.20, 0.46, 0.86], [0.74, 0.87, 0.97], [1.00, 0.99, 0.88], [1.00, 1.00, 0.98]],  # noon
        [[0.26, 0.52, 0.86], [0.86, 0.90, 0.90], [1.00, 0.97, 0.80], [1.00, 0.97, 0.92]],
        [[0.36, 0.44, 0.70], [1.00, 0.76, 0.42], [1.00, 0.92, 0.58], [0.92, 0.76, 0.58]],  # evening
        [[0.16, 0.13, 0.38], [0.94, 0.40, 0.30], [1.00, 0.66, 0.40], [0.56, 0.42, 0.46]],  # dusk
    ]
)


class Air:
    """n skies: the canvas (n, 3, SIZE, SIZE) that land is laid upon, and the light on it.

    rows (SIZE, 1): 0 at the top, 1 at the bottom.  horizon (n, 1, 1, 1), in rows.
    """

    rows = ((torch.arange(SIZE) + 0.5) / SIZE)[:, None]
    columns = rows.T

    def __init__(self, n: int, generator: torch.Generator):
        self.n, self.g = n, generator
        self.horizon = self.between(0.48, 0.66)
        hour = len(HOURS) * self.between(0, 1).flatten()
        first = hour.long() % len(HOURS)
        part = (hour - hour.floor())[:, None, None]
        colours = HOURS[first] * (1 - part) + HOURS[(first + 1) % len(HOURS)] * part
        self.top, self.low, self.sun, self.light = colours[..., None, None].unbind(1)
        self.height, self.across = self.between(0.08, 0.42), self.between(0.12, 0.88)
        self.canvas = self._sky()

    def between(self, low: float, high: float, *shape: int) -> Tensor:
        """Uniform numbers, (n, 1, 1, 1) or (n, *shape)."""
        u = torch.rand(self.n, *(shape or (1, 1, 1)), generator=self.g)
        return low + (high - low) * u

    def noise(self, down: int, across: int) -> Tensor:
        """Smooth noise from 0 to 1 with so many cells, (n, 1, SIZE, SIZE)."""
        cells = self.between(0, 1, 1, down + 3, across + 3)
        big = F.interpolate(
            cells, (SIZE * (down + 3) // down, SIZE * (across + 3) // across), mode="bicubic"
        )
        return big[..., SIZE // down : SIZE // down + SIZE, SIZE // across : SIZE // across + SIZE]

    def ridge(self, cells: int, sharp: bool = False, octaves: int = 3) -> Tensor:
        """A line of hills from 0 to 1, (n, 1, 1, SIZE); sharp: of straight slopes."""
        total, size = torch.zeros(self.n, 1, 1, SIZE), 0.0
        for k in range(octaves):
            v = self.between(0, 1, 1, 1, cells * 2**k + 2)
            scaled = dict(mode="bilinear", align_corners=True) if sharp else dict(mode="bicubic")
            total = total + F.interpolate(v, (1, SIZE), **scaled) * 0.45**k
            size += 0.45**k
        return (total / size).clamp(0, 1)

    def lay(self, colour: Tensor, cover: Tensor, far: float | Tensor = 0.0) -> None:
        """Paint a colour where cover is 1.  far: how much of it is lost in the haze."""
        lit = colour * self.light
        lit = lit + (self.low - lit) * far
        self.canvas = self.canvas + (lit - self.canvas) * cover

    def below(self, line: Tensor) -> Tensor:
        """1 below a line of rows (n, 1, 1, SIZE or 1), 0 above it, smooth over a pixel."""
        return ((self.rows - line) * SIZE + 0.5).clamp(0, 1)

    def _sky(self) -> Tensor:
        depth = (self.rows / self.horizon).clamp(0, 1) ** 1.3
        sky = self.top + (self.low - self.top) * depth
        away = ((self.rows - self.height).square() + (self.columns - self.across).square()).sqrt()
        sky = sky + 0.45 * (self.sun - sky) * torch.exp(-away / 0.13)
        cloud = 0.6 * self.noise(6, 3) + 0.4 * self.noise(12, 5)
        shape = ((cloud - self.between(0.45, 0.8)) / 0.16).clamp(0, 1) * (1 - 0.6 * depth)
        white = 0.72 * self.light + 0.28 * self.low
        disc = ((self.between(0.045, 0.075) - away) * SIZE + 0.5).clamp(0, 1)
        sky = sky + (self.sun - sky) * disc
        return sky + 0.8 * (white - sky) * shape


def rgb(*values: float) -> Tensor:
    """A colour, (3, 1, 1), from 0 to 1."""
    return torch.tensor(values)[:, None, None]


def edge(inside: Tensor, pixels: float | Tensor = SIZE) -> Tensor:
    """1 where a distance is above 0, 0 where it is below, smooth over a pixel; pixels: in one unit
    of it."""
    return (inside * pixels + 0.5).clamp(0, 1)


def slope_of(line: Tensor) -> Tensor:
    """How steeply a line falls to the right, (n, 1, 1, SIZE): rows for a column."""
    return torch.cat([line.diff(dim=-1), line[..., -1:] - line[..., -2:-1]], -1) * SIZE
