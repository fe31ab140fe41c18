"""Numbers for the canvas: arrays as base64, so that a message stays small and parses fast."""

import base64

import numpy as np
from torch import Tensor

UNITS = 6000  # int16 steps per unit spread: 0.04 px on a stage 500 px wide, room for 5.4 spreads


def _text(array: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


def positions(x: Tensor) -> str:
    """Coordinates in units of the spread, as int16 steps of 1/UNITS."""
    scaled = (x.double() * UNITS).round().clamp(-32767, 32767)
    return _text(scaled.cpu().numpy().astype("<i2"))


def floats(x: Tensor) -> str:
    """float32."""
    return _text(x.cpu().numpy().astype("<f4"))


def grey(x: Tensor, low: float, high: float) -> str:
    """Values from low to high as bytes 0..255."""
    part = (x.double() - low) / (high - low)
    return _text((part * 255).round().clamp(0, 255).cpu().numpy().astype("u1"))


def signed(x: Tensor) -> str:
    """Values from −1 to 1 as int8."""
    return _text((x.double() * 127).round().clamp(-127, 127).cpu().numpy().astype("i1"))
