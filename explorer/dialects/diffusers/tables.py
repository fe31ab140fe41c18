"""The table of a discrete scheduler, in float32 as the library keeps it.

1 − ᾱ cancels in float32 at the low end (σ_min 0.0291675 where float64 says 0.0291672), and whole
timesteps are rounded from these numbers, so each is made as there: torch's linspace and cumprod
round once from float64.  `core.tables` has the same tables in float64.
"""

import numpy as np

from ...core import tables as exact
from .defaults import Config
from .refusal import Refused

ALSO = {  # what a class knows beside linear, scaled_linear and squaredcos_cap_v2
    "HeunDiscreteScheduler": ("exp",),
    "DDPMScheduler": ("laplace", "sigmoid"),
}
STAND_IN = 2.0**-24  # last ᾱ of a zero-terminal-SNR table where σ is used: σ = 4096 stands for ∞
FLOAT = np.float32


def linspace(start: float, end: float, n: int, kind: type = FLOAT) -> np.ndarray:
    """torch.linspace, (n,): from both ends to the middle, each product and sum rounded once."""
    a, b = kind(start), kind(end)
    if n < 2:
        return np.full(n, a)
    wide = np.longdouble
    step, i = wide((b - a) / kind(n - 1)), np.arange(n)
    return np.where(i < n // 2, wide(a) + step * i, wide(b) - step * (n - 1 - i)).astype(kind)


def betas(name: str, c: Config) -> np.ndarray:
    """β, (T,) float32.  Raises Refused for a schedule that the class does not know."""
    if c.get("trained_betas") is not None:
        return np.array(c["trained_betas"], dtype=FLOAT)
    kind, n = c["beta_schedule"], c["num_train_timesteps"]
    low, high = c.get("beta_start", 0.0), c.get("beta_end", 0.0)
    if kind == "linear":
        return linspace(low, high, n)
    if kind == "scaled_linear":
        return linspace(low**0.5, high**0.5, n) ** 2
    if kind != "squaredcos_cap_v2" and kind not in ALSO.get(name, ()):
        raise Refused("NotImplementedError")
    if kind == "exp":
        t = np.arange(n + 1) / n
        return np.minimum(1 - np.exp(-12 * t[1:]) / np.exp(-12 * t[:-1]), 0.999).astype(FLOAT)
    return exact.BETAS[kind](low, high, n).astype(FLOAT)


def cumprod(alphas: np.ndarray) -> np.ndarray:
    """Products of float32 numbers, summed up in float64 and rounded once each, as torch does."""
    return np.cumprod(alphas, dtype=np.float64).astype(alphas.dtype)


def alphas_cumprod(name: str, c: Config, stand_in: bool = False) -> np.ndarray:
    """ᾱ, (T,) float32; rescaled to zero terminal SNR where the config says so.

    stand_in: the last is then 2⁻²⁴ in place of 0.  Lin et al. 2024, arXiv:2305.08891, Alg. 1.
    """
    alphas = FLOAT(1) - betas(name, c)
    zero = bool(c.get("rescale_betas_zero_snr"))
    if zero:
        bar = stretched(cumprod(alphas))
        alphas = FLOAT(1) - (FLOAT(1) - np.concatenate([bar[:1], bar[1:] / bar[:-1]]))
    bar = cumprod(alphas)
    if zero and stand_in:
        bar[-1] = STAND_IN
    return bar


def stretched(bar: np.ndarray) -> np.ndarray:
    """√ᾱ moved so that its last is 0 and stretched so that its first stays."""
    root = np.sqrt(bar)
    return ((root - root[-1]) * (root[0] / (root[0] - root[-1]))) ** 2


def sigmas(bar: np.ndarray) -> np.ndarray:
    """σ = √((1 − ᾱ)/ᾱ), rising."""
    return np.sqrt((1 - bar) / bar)
