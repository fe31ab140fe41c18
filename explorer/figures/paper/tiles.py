"""Images in print, in the colours of the page, and the tables of them that charts carry along."""

import base64
from collections.abc import Mapping

import numpy as np

from ..style import PALETTE
from .look import parsed
from .sheet import Mark

LOW, HIGH = -1.2, 1.2  # of the bytes 0 and 255: see `figures.pictures`
GAP = 0.05  # of a tile, at each side


def coloured(image: np.ndarray, noise: bool = False) -> list:
    """(C, H, W) in [−1, 1] as (H, W, 4): three channels as they are, one as ink on paper; noise:
    diverging from 0."""
    v = np.clip(np.asarray(image, dtype=float), -1, 1)
    if len(v) == 3 and not noise:
        rgb = (np.moveaxis(v, 0, -1) + 1) / 2
    else:
        names = ("negative", "middle", "positive") if noise else ("image-low", "image-high")
        stops = np.array([parsed(PALETTE["light"][n])[:3] for n in names])
        at = (v.mean(0) + 1) / 2 * (len(stops) - 1)
        i = np.clip(np.floor(at), 0, len(stops) - 2).astype(int)
        rgb = stops[i] + (stops[i + 1] - stops[i]) * (at - i)[..., None]
    return np.concatenate([rgb, np.ones_like(rgb[..., :1])], -1).tolist()


def table(pictures: Mapping) -> list[Mark]:
    """The tiles of a table, each in the unit square at its place, the first row on top."""
    shape = [int(v) for v in pictures["shape"]]
    every = np.frombuffer(base64.b64decode(pictures["data"]), np.uint8)
    stack = LOW + (HIGH - LOW) * every.reshape(-1, *shape) / 255
    return [
        {"mark": "image", "extent": (i + GAP, i + 1 - GAP, j + 1 - GAP, j + GAP),
         "pixels": coloured(image)}
        for (i, j), image in zip(pictures["at"], stack)
    ]  # fmt: skip
