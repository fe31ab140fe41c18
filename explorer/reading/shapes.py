"""Which shapes of arrays are data sets, and how they become one: (N, D) or (N, C, H, W)."""

import math

import numpy as np

from ..errors import UserError

ROWS = 20_000
SIDE = 128  # pixels of an image
LEAST = 8  # of one that is brought to the size of a network
ROW = 3 * SIDE**2  # numbers
NUMBERS = 2**23  # in all: 64 MB in float64
COLUMNS = 64  # of a point set
SHAPES = (
    f"(N, D) with D up to {COLUMNS}, or images (N, H, W), (N, H, W, C) or (N, C, H, W), C 1 or 3"
)


def check_shape(shape: tuple[int, ...], shown: str) -> None:
    """Raises UserError for the shape of an array that is no data set."""
    found = f"{shown} holds an array of shape {show(shape)}"
    images = len(shape) == 3 or len(shape) == 4 and (shape[-1] in (1, 3) or shape[1] in (1, 3))
    if len(shape) != 2 and not images:
        raise UserError(f"{found}; expected {SHAPES}.")
    if not 2 <= shape[0] <= ROWS:
        raise UserError(f"{found}; 2 to {ROWS:,} rows work.")
    row = math.prod(shape[1:])
    if not images and not 1 <= row <= COLUMNS:
        raise UserError(
            f"{found}; points with 1 to {COLUMNS} coordinates work, and images as (N, H, W)."
        )
    sides = shape[1:3] if len(shape) == 3 or shape[-1] in (1, 3) else shape[2:]
    if images and (min(sides) < 2 or row > ROW):
        raise UserError(
            f"{found}; images of 2 × 2 pixels and up work, with at most {ROW:,} "
            f"numbers each, such as {SIDE} × {SIDE} × 3."
        )
    if math.prod(shape) > NUMBERS:
        raise UserError(
            f"{found}; with {row:,} numbers a row at most {NUMBERS // row:,} rows work."
        )


def shaped(x: np.ndarray, shown: str) -> np.ndarray:
    """Bring an array of a shape that was checked into that and the range of a data set."""
    if x.ndim == 3:
        x = x[:, None]
    elif x.ndim == 4 and x.shape[-1] in (1, 3):
        x = x.transpose(0, 3, 1, 2)
    values = x.astype(np.float64)
    if not np.isfinite(values).all():
        raise UserError(
            f"{shown} holds values that are not finite (NaN or infinity); plain numbers work."
        )
    varied(values, shown)
    if x.ndim == 2:
        return values / np.abs(values).max()  # so that squares of very large values stay finite
    return values / 127.5 - 1 if x.dtype == np.uint8 else _ranged(values)


def _ranged(images: np.ndarray) -> np.ndarray:
    """Into [-1, 1] by the rule in `read`."""
    largest = np.abs(images).max()
    if largest > 1:
        images = images / largest
    return 2 * images - 1 if images.min() >= 0 else images


def varied(x: np.ndarray, shown: str) -> np.ndarray:
    """The rows themselves.  Raises UserError if all are the same."""
    if (x == x[0]).all():
        raise UserError(
            f"{shown} holds {len(x):,} rows that are all the same; at least two "
            "different ones work."
        )
    return x


def show(value) -> str:
    """A value for a sentence, cut short."""
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
