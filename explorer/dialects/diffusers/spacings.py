"""Which timesteps of the table are asked: linspace, leading, trailing, in each family's own way.

Lin et al. 2024, arXiv:2305.08891, Table 2 has the three words; the families differ in whether both
ends belong to the list, and in what is rounded.
"""

import numpy as np

from .defaults import Config
from .refusal import Refused


def spaced(c: Config, n: int, kind: type = np.float32) -> np.ndarray:
    """Both ends belong: Euler, Heun, LMS, KDPM2, DPM-Solver-SDE; falling, (n,) of type `kind`."""
    total = c["num_train_timesteps"]
    spacing = c["timestep_spacing"]
    if spacing == "linspace":
        return np.linspace(0, total - 1, n, dtype=kind)[::-1].copy()
    if spacing == "leading":
        return leading(total // n, n).astype(kind) + kind(c["steps_offset"])
    if spacing == "trailing":
        return np.arange(total, 0, -total / n).round().astype(kind) - kind(1)
    raise Refused


def whole(c: Config, n: int) -> np.ndarray:
    """The same, rounded to whole numbers: DDIM, DDPM, CogVideoX; int64."""
    if c["timestep_spacing"] == "linspace":
        return np.linspace(0, c["num_train_timesteps"] - 1, n).round()[::-1].astype(np.int64)
    return spaced(c, n, np.int64)


def multistep(c: Config, n: int, last: int | None = None) -> np.ndarray:
    """n of n + 1 places, without the lowest: DPM-Solver++, UniPC, DEIS, SA-Solver; int64.

    last: how many entries of the table are used (fewer where λ is clipped).
    """
    total = c["num_train_timesteps"]
    last = total if last is None else last
    spacing = c.get("timestep_spacing", "linspace")
    if spacing == "linspace":
        return np.linspace(0, last - 1, n + 1).round()[::-1][:-1].astype(np.int64)
    if spacing == "leading":
        return leading(last // (n + 1), n + 1)[:-1] + c["steps_offset"]
    if spacing == "trailing":
        return np.arange(last, 0, -total / n).round().astype(np.int64) - 1
    raise Refused


def leading(ratio: int, n: int) -> np.ndarray:
    """Multiples of a whole number, falling to 0, int64."""
    return (np.arange(n) * ratio)[::-1].copy()
