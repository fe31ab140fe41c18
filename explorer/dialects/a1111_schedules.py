"""A1111's schedules: n steps between two noise levels, each by the name in its menu.

Every function takes `Asked` and gives the list in A1111's order, from noise to clean, with the
final 0 where it has one (KL Optimal ends at σ_min).  modules/sd_schedulers.py of v1.10.1.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from .a1111_table import Table


class Asked(NamedTuple):
    """n: steps; low, high: the range; rho: None for a schedule's own; xl: the model is SDXL."""

    n: int
    low: float
    high: float
    table: Table
    rho: float | None = None
    xl: bool = False
    beta: tuple[float, float] = (0.6, 0.6)


def uniform(asked: Asked) -> list[float]:
    """Even in the step over the whole table; the range asked for is not heeded."""
    return asked.table.even(asked.n)


def karras(asked: Asked) -> list[float]:
    """σ^{1/ρ} even.  Karras et al. 2022, Eq. 5."""
    rho = asked.rho or 7.0
    ramp = np.linspace(0, 1, asked.n)
    high, low = asked.high ** (1 / rho), asked.low ** (1 / rho)
    return [*((high + ramp * (low - high)) ** rho).tolist(), 0.0]


def exponential(asked: Asked) -> list[float]:
    """ln σ even."""
    logs = np.linspace(math.log(asked.high), math.log(asked.low), asked.n)
    return [*np.exp(logs).tolist(), 0.0]


def polyexponential(asked: Asked) -> list[float]:
    """ln σ a power of an even ramp."""
    ramp = np.linspace(1, 0, asked.n) ** (asked.rho or 1.0)
    low = math.log(asked.low)
    return [*np.exp(ramp * (math.log(asked.high) - low) + low).tolist(), 0.0]


def normal(asked: Asked) -> list[float]:
    """Even in the step within the range."""
    return [*(asked.table.sigma(t) for t in _steps(asked, asked.n)), 0.0]


def sgm_uniform(asked: Asked) -> list[float]:
    """Even in the step, one more and the last left out."""
    return [*(asked.table.sigma(t) for t in _steps(asked, asked.n + 1)[:-1]), 0.0]


def _steps(asked: Asked, n: int) -> np.ndarray:
    return np.linspace(asked.table.step(asked.high), asked.table.step(asked.low), n)


def kl_optimal(asked: Asked) -> list[float]:
    """arctan σ even over n + 1 levels, no 0.  Sabour et al. 2024, arXiv:2404.14507.

    In float32 as A1111: near σ = 4518 the tangent turns one rounding of its angle into 1e-4.
    """
    low, high = np.float32(math.atan(asked.low)), np.float32(math.atan(asked.high))
    with np.errstate(invalid="ignore"):  # no steps: not a number, as there
        part = np.arange(asked.n + 1, dtype=np.float32) / np.float32(asked.n)
    angles = part * low + (np.float32(1) - part) * high
    return np.tan(angles.astype(np.float64)).tolist()


# Sabour et al. 2024: the lists that the authors published, for ten steps
ALIGNED = (14.615, 6.475, 3.861, 2.697, 1.886, 1.396, 0.963, 0.652, 0.399, 0.152, 0.029)
ALIGNED_XL = (14.615, 6.315, 3.771, 2.181, 1.342, 0.862, 0.555, 0.380, 0.234, 0.113, 0.029)


def align_your_steps(asked: Asked) -> list[float]:
    """The published eleven levels, drawn through in ln σ for another n; the range is not heeded."""
    known = ALIGNED_XL if asked.xl else ALIGNED
    # the tool draws from the low end up, so that one step alone is the lowest level
    at = np.linspace(0, 1, asked.n)[::-1]
    logs = np.interp(at, np.linspace(0, 1, len(known)), np.log(known[::-1]))
    return [*np.exp(logs).tolist(), 0.0]


def simple(asked: Asked) -> list[float]:
    """Every (T/n)-th entry of the table, from the last."""
    sigmas = asked.table.sigmas
    every = len(sigmas) / asked.n
    return [*(float(sigmas[-(1 + int(i * every))]) for i in range(asked.n)), 0.0]


def ddim(asked: Asked) -> list[float]:
    """Every ⌊T/n⌋-th entry from the second: often more levels than n."""
    sigmas = asked.table.sigmas
    every = max(len(sigmas) // asked.n, 1)
    return [*(float(s) for s in sigmas[1::every][::-1]), 0.0]


def beta(asked: Asked) -> list[float]:
    """σ itself at quantiles of a beta distribution.  Lee et al. 2024, arXiv:2407.12173."""
    from scipy.special import betaincinv  # where it is needed: a second of import elsewhere

    at = betaincinv(*asked.beta, 1 - np.linspace(0, 1, asked.n))
    return [*(asked.low + at * (asked.high - asked.low)).tolist(), 0.0]


def turbo(asked: Asked) -> list[float]:
    """Table entries at steps k·1000/n − 1 (Forge's, for distilled models)."""
    at = np.round(np.arange(asked.n, 0, -1) * (1000 / asked.n) - 1).clip(0, 999)
    last = len(asked.table.sigmas) - 1
    return [*(float(asked.table.sigmas[min(int(i), last)]) for i in at), 0.0]


MADE: dict[str, Callable[[Asked], list[float]]] = {
    "uniform": uniform,
    "karras": karras,
    "exponential": exponential,
    "polyexponential": polyexponential,
    "sgm_uniform": sgm_uniform,
    "kl_optimal": kl_optimal,
    "align_your_steps": align_your_steps,
    "simple": simple,
    "normal": normal,
    "ddim": ddim,
    "beta": beta,
    "turbo": turbo,
}
