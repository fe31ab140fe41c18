"""What the user draws, as text that fits in a link."""

import base64
import math
import re
from typing import ClassVar

import numpy as np
import torch

from ..errors import UserError
from ..settings import param, setting
from .planar import Drawing, Planar, dimension_param, thickness_param

MOST = 1000  # points: 2,667 characters
STEPS = 127  # from the middle to the edge: one byte a coordinate


def encode_points(xy) -> str:
    """Points in [-1, 1]², (n, 2), as URL-safe text: two signed bytes each, in base64.

    Rounds to 1/127.  Raises UserError for more than 1000 points or points off the canvas.
    """
    xy = np.asarray(xy, dtype=np.float64)
    if xy.ndim != 2 or xy.shape[1] != 2:
        raise UserError(f"A drawing is a list of (x, y) points; got an array of shape {xy.shape}.")
    if len(xy) > MOST:
        raise UserError(f"The drawing has {len(xy):,} points; at most {MOST:,} work.")
    if not (np.abs(xy) <= 1).all():
        raise UserError("The drawing leaves the canvas; x and y from -1 to 1 work.")
    return (
        base64.urlsafe_b64encode(np.rint(xy * STEPS).astype(np.int8).tobytes()).decode().rstrip("=")
    )


def decode_points(text: str) -> np.ndarray:
    """The points of a text made by `encode_points`, (n, 2) float64 in [-1, 1].

    Raises UserError for any other text.
    """
    if not re.fullmatch(r"[A-Za-z0-9_-]*", text) or len(text) % 4 == 1:
        raise UserError(
            f"The drawing {_short(text)} is damaged; it is text of letters, digits, "
            "- and _ as the canvas writes it. Draw again or copy the whole link."
        )
    values = np.frombuffer(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), np.int8)
    if len(values) % 2 or (values < -STEPS).any():
        raise UserError(
            f"The drawing {_short(text)} is damaged: its points do not come out "
            "even. Draw again or copy the whole link."
        )
    if len(values) > 2 * MOST:
        raise UserError(f"The drawing has {len(values) // 2:,} points; at most {MOST:,} work.")
    return values.reshape(-1, 2).astype(np.float64) / STEPS


def _short(text: str) -> str:
    return repr(text if len(text) <= 24 else text[:24] + "…")


def _heart() -> np.ndarray:
    a = np.linspace(0, 2 * math.pi, 120, endpoint=False)
    x = 16 * np.sin(a) ** 3
    y = 13 * np.cos(a) - 5 * np.cos(2 * a) - 2 * np.cos(3 * a) - np.cos(4 * a) + 2.5
    return np.stack([x, y], 1) / 18


@setting
class Drawn(Planar):
    """A drawing of the user's own; the link carries it.  Raises UserError below 3 points."""

    name: ClassVar[str] = "drawn"
    label: ClassVar[str] = "Your drawing"
    about: ClassVar[str] = "Draw the data yourself; the link carries it."
    needs: ClassVar[str] = "drawing"
    points_text: str = param(
        encode_points(_heart()),
        longest=4000,
        label="Drawing",
        help="the points, as text for the link",
    )
    dimension: int = dimension_param()
    thickness: float = thickness_param()

    def check(self):
        xy = decode_points(self.points_text)
        if len(xy) < 3:
            raise UserError(f"The drawing has {len(xy)} points; 3 to {MOST:,} work.")
        if (xy == xy[0]).all():
            raise UserError(
                f"The {len(xy)} points of the drawing lie on one spot; draw at least two places."
            )

    def drawing(self) -> Drawing:
        return Drawing(torch.from_numpy(decode_points(self.points_text)))
