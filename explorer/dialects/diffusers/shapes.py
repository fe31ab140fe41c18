"""Other shapes of σ between the ends of a list (Karras, exponential, beta, λ), and σ as timestep.

Karras et al. 2022, eq. 5 with ρ = 7; Lee et al. 2024, arXiv:2407.12173 (beta);
Lu et al. 2022, arXiv:2211.01095 (even λ).
"""

import math

import numpy as np

from .defaults import Config
from .refusal import Refused
from .tables import FLOAT

SHAPES = ("use_karras_sigmas", "use_exponential_sigmas", "use_beta_sigmas")
RHO = 7.0


def check(c: Config) -> None:
    """At most one shape.  Raises Refused, also where one is neither yes nor no."""
    flags = [c.get(key, False) for key in SHAPES]
    if None in flags:
        raise Refused("TypeError")
    if sum(flags) > 1:
        raise Refused


def shape(c: Config) -> str | None:
    """The shape that is asked for: "karras", "exponential", "beta"."""
    return next((key.split("_")[1] for key in SHAPES if c.get(key)), None)


def shaped(c: Config, kind: str, sigmas: np.ndarray, n: int, own_ends: bool = True) -> np.ndarray:
    """n levels of a shape from the first of `sigmas` to its last, float64.

    own_ends: σ_max and σ_min of the config, where it has them, are the ends.
    """
    high, low = float(sigmas[0]), float(sigmas[-1])
    if own_ends:
        low = low if c.get("sigma_min") is None else c["sigma_min"]
        high = high if c.get("sigma_max") is None else c["sigma_max"]
    if kind == "karras":
        return karras(low, high, np.linspace(0, 1, n))
    if kind == "exponential":
        if low <= 0 or high <= 0:
            raise Refused
        return np.exp(np.linspace(math.log(high), math.log(low), n))
    return low + beta(1 - np.linspace(0, 1, n)) * (high - low)


def karras(low: float, high: float, ramp: np.ndarray, rho: float = RHO) -> np.ndarray:
    """σ = (σ_max^(1/ρ) + u (σ_min^(1/ρ) − σ_max^(1/ρ)))^ρ at u = ramp, in ramp's own precision."""
    a, b = high ** (1 / rho), low ** (1 / rho)
    return (a + ramp * (b - a)) ** rho


def beta(u: np.ndarray) -> np.ndarray:
    """Where the distribution Beta(0.6, 0.6) has the share u below it."""
    from scipy.special import betaincinv  # a tenth of a second, for this shape alone

    return betaincinv(0.6, 0.6, u)


def even_lambda(logs: np.ndarray, n: int) -> np.ndarray:
    """n levels evenly in log σ, from the table's last entry to its first."""
    return np.exp(float(logs[-1]) + np.linspace(0, 1, n) * (float(logs[0]) - float(logs[-1])))


def timestep(sigmas: np.ndarray, logs: np.ndarray) -> np.ndarray:
    """The place of each σ in the table of log σ, linear between entries, clamped to its ends."""
    log = np.log(np.maximum(sigmas, 1e-10))
    if len(logs) < 2:
        raise Refused("IndexError")
    low = _last_at_most(logs, log).clip(0, len(logs) - 2)
    w = ((logs[low] - log) / (logs[low] - logs[low + 1])).clip(0, 1)
    return (1 - w) * low + w * (low + 1)


def _last_at_most(logs: np.ndarray, log: np.ndarray) -> np.ndarray:
    """The last entry that is not above each log, 0 where all are.

    A table may fall somewhere: given levels do, and one rescaled to zero terminal SNR before 4096.
    """
    if bool((logs[1:] >= logs[:-1]).all()):
        return np.searchsorted(logs, log, side="right") - 1
    found = [np.flatnonzero(logs <= one)[-1:] for one in log]
    return np.array([at[0] if len(at) else 0 for at in found], dtype=np.int64)


def end(c: Config, lowest: float) -> float:
    """What stands after the last step: 0, or the lowest σ."""
    kind = c.get("final_sigmas_type", "zero")
    if kind == "zero":
        return 0.0
    if kind == "sigma_min":
        return lowest
    raise Refused


def ended(sigmas: np.ndarray, last: float) -> np.ndarray:
    """With that at the end, float32."""
    return np.concatenate([sigmas, [last]]).astype(FLOAT)
