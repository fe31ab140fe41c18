"""Tables of noise: a network's discrete steps as β, ᾱ and σ, and the time of flow matching.

Plain float64 arithmetic without torch, so that readers of other tools' files are light.

    ᾱ_k = Π_{j≤k} (1 − β_j)      σ_k = √((1 − ᾱ_k)/ᾱ_k)
    flow: x_t = (1 − t) y + t ε, σ = t/(1 − t)
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import UserError

Floats = NDArray[np.float64]

MOST_STEPS = 10_000


def _cosine(start: float, end: float, steps: int) -> Floats:
    """β of ᾱ(t) = cos²(π/2 (t + 0.008)/1.008); no range.  Nichol & Dhariwal 2021, Eq. 17."""
    t = np.arange(steps + 1) / steps
    return _capped(np.cos((t + 0.008) / 1.008 * math.pi / 2) ** 2)


def _laplace(start: float, end: float, steps: int) -> Floats:
    """β of a Laplace density of logSNR, logSNR = −½ sgn(½ − t) ln(1 − 2|½ − t|); no range.

    Hang et al. 2024, arXiv:2407.03297, with the scale ½ and the ends that diffusers gives it.
    """
    t = np.arange(steps + 1) / steps
    log_snr = -0.5 * np.sign(0.5 - t) * np.log(1 - 2 * np.abs(0.5 - t) + 1e-6)
    snr = np.exp(log_snr)
    return _capped(np.sqrt(snr / (1 + snr)))


def _capped(bar: Floats) -> Floats:
    return np.minimum(1 - bar[1:] / bar[:-1], 0.999)


BETAS: dict[str, Callable[[float, float, int], Floats]] = {
    "linear": np.linspace,
    "scaled_linear": lambda a, b, n: np.linspace(a**0.5, b**0.5, n) ** 2,
    "squaredcos_cap_v2": _cosine,
    "cosine": _cosine,
    "sigmoid": lambda a, b, n: (b - a) / (1 + np.exp(-np.linspace(-6, 6, n))) + a,
    "laplace": _laplace,
    # the words of Stable Diffusion's own code, where "linear" is diffusers' "scaled_linear"
    "sqrt_linear": np.linspace,
    "sqrt": lambda a, b, n: np.linspace(a, b, n) ** 0.5,
}


STABLE_DIFFUSION = ("scaled_linear", 0.00085, 0.012)  # of 1.5 and XL: name, start and end


def betas(name: str, start: float = 1e-4, end: float = 0.02, steps: int = 1000) -> Floats:
    """β_0 … β_{T−1} of a schedule by the name that diffusers gives it, (steps,).

    linear (Ho et al. 2020), scaled_linear (even in √β: Stable Diffusion), squaredcos_cap_v2 or
    cosine (Nichol & Dhariwal 2021), sigmoid, laplace, and sqrt_linear and sqrt, which are
    Stable Diffusion's words for linear and for √ of a linear ramp.
    Raises UserError for another name, for steps not from 2 to 10,000, or ends not in 0 … 1.
    """
    if name not in BETAS:
        raise UserError(f"beta_schedule {str(name)[:60]!r} is not read. Known: {', '.join(BETAS)}.")
    if type(steps) is not int or not 2 <= steps <= MOST_STEPS:
        raise UserError(
            f"num_train_timesteps must be from 2 to {MOST_STEPS}; got {str(steps)[:40]}."
        )
    for word, value in (("beta_start", start), ("beta_end", end)):
        if not _number(value) or not 0 <= value < 1:
            raise UserError(f"{word} must lie between 0 and 1; got {str(value)[:40]}.")
    return BETAS[name](float(start), float(end), steps)


def _number(value: object) -> bool:
    return (
        isinstance(value, int | float | np.number)
        and not isinstance(value, bool)
        and math.isfinite(value)
    )


def alphas_cumprod(betas: ArrayLike) -> Floats:
    """ᾱ_k = Π (1 − β_j), (T,), falling.  A given list of α is 1 − β.

    Raises UserError where a β is not from 0 to 1; β = 1 at the last step alone is pure noise.
    """
    given = np.asarray(betas, np.float64)
    if given.ndim != 1 or not 1 <= len(given) <= MOST_STEPS:
        raise UserError(f"A table of betas is one list of 1 to {MOST_STEPS} numbers.")
    if not bool(((given >= 0) & (given <= 1)).all()) or bool((given[:-1] == 1).any()):
        raise UserError("The scheduler's betas must lie between 0 and 1.")
    return np.cumprod(1 - given, dtype=np.float64)


def zero_terminal_snr(alphas_cumprod: ArrayLike) -> Floats:
    """ᾱ with √ᾱ moved and stretched so that its last is exactly 0 and its first stays, (T,).

    Lin et al. 2024, arXiv:2305.08891, Alg. 1.  Raises UserError for fewer than 2 steps.
    """
    root = np.sqrt(np.asarray(alphas_cumprod, np.float64))
    if len(root) < 2 or not root[0] > root[-1]:
        raise UserError("rescale_betas_zero_snr needs a table of 2 steps or more that falls.")
    return ((root - root[-1]) * (root[0] / (root[0] - root[-1]))) ** 2


def sigmas(alphas_cumprod: ArrayLike) -> Floats:
    """σ_k = √((1 − ᾱ_k)/ᾱ_k), rising, (T,); ∞ where ᾱ = 0.  Raises UserError outside 0 … 1."""
    bar = np.asarray(alphas_cumprod, np.float64)
    if not bool(((bar >= 0) & (bar <= 1)).all()):
        raise UserError("alphas_cumprod must lie from 0 to 1.")
    with np.errstate(divide="ignore", over="ignore"):
        return np.sqrt((1 - bar) / bar)


class Table(NamedTuple):
    """The noise levels of a network's discrete steps; sigmas (T,) rising, float64, T ≥ 2.

    Between entries a step goes with ln σ.  The last may be ∞ (zero terminal SNR); towards it, ln σ
    has no middle and 1/σ goes evenly to 0 instead.  Beyond the ends the ends are meant.
    """

    sigmas: Floats

    @classmethod
    def of(
        cls,
        name: str,
        start: float = 1e-4,
        end: float = 0.02,
        steps: int = 1000,
        zero_snr: bool = False,
    ) -> "Table":
        """The table of `betas` by name."""
        bar = alphas_cumprod(betas(name, start, end, steps))
        return cls(sigmas(zero_terminal_snr(bar) if zero_snr else bar))

    def sigma(self, timestep: ArrayLike):
        """σ at a timestep from 0 to T − 1, whole or between two."""
        k = np.clip(np.asarray(timestep, np.float64), 0, len(self.sigmas) - 1)
        logs, finite = self._logs()
        inner = np.exp(np.interp(k, np.arange(len(logs)), logs))
        if finite:
            return inner
        with np.errstate(divide="ignore"):
            return inner / np.clip(len(logs) - k, 0, 1)

    def timestep(self, sigma: ArrayLike):
        """The timestep of a noise level, between two entries by its place in ln σ."""
        sigma = np.asarray(sigma, np.float64)
        logs, finite = self._logs()
        with np.errstate(divide="ignore"):
            inner = np.interp(np.log(sigma), logs, np.arange(len(logs), dtype=np.float64))
            if finite:
                return inner
            return inner + np.clip(1 - np.exp(logs[-1]) / np.maximum(sigma, 1e-300), 0, 1)

    def nearest(self, sigma: ArrayLike):
        """The timestep of the entry nearest in ln σ, an int; the lower of two as near.

        Only σ = ∞ is nearest to an entry of ∞.
        """
        sigma = np.asarray(sigma, np.float64)
        logs, finite = self._logs()
        with np.errstate(divide="ignore"):
            here = np.clip(np.log(sigma), logs[0], logs[-1])
        k = np.abs(logs - here[..., None]).argmin(-1)
        k = k if finite else np.where(np.isinf(sigma), len(logs), k)
        return int(k) if k.ndim == 0 else k

    def _logs(self) -> tuple[Floats, bool]:
        """ln σ of the finite entries, and whether these are all."""
        finite = bool(np.isfinite(self.sigmas[-1]))
        return np.log(self.sigmas if finite else self.sigmas[:-1]), finite


def flow_sigma(t: ArrayLike):
    """σ = t/(1 − t) of flow matching's time: 0 at t = 0, ∞ at t = 1.  UserError outside 0 … 1.

    Liu et al. 2022, arXiv:2209.03003, in the frame x = x_t/(1 − t) = y + σ ε.
    """
    t = np.asarray(t, np.float64)
    if not bool(((t >= 0) & (t <= 1)).all()):
        wrong = t[~((t >= 0) & (t <= 1))].flat[0]
        raise UserError(f"A time of flow matching lies from 0 to 1; got {wrong:g}.")
    with np.errstate(divide="ignore"):
        return t / (1 - t)


def flow_time(sigma: ArrayLike):
    """t = σ/(1 + σ): 0 at σ = 0, 1 at σ = ∞.  Raises UserError below 0 and for no number."""
    sigma = np.asarray(sigma, np.float64)
    if not bool((sigma >= 0).all()):
        raise UserError(f"A noise level is at least 0; got {sigma[~(sigma >= 0)].flat[0]:g}.")
    with np.errstate(divide="ignore"):
        return 1 / (1 + 1 / sigma)


def shifted(t: ArrayLike, alpha: float):
    """t' = α t/(1 + (α − 1) t): the shift that multiplies σ by α.  Keeps 0 and 1.

    Esser et al. 2024, arXiv:2403.03206, Eq. 23.  Raises UserError for α not above 0.
    """
    if not _number(alpha) or alpha <= 0:
        raise UserError(f"A shift is a number above 0; got {str(alpha)[:40]}.")
    t = np.asarray(t, np.float64)
    return alpha * t / (alpha * t + (1 - t))  # exactly 1 at t = 1


def alpha_of(mu: float) -> float:
    """α = e^μ of the dynamic shift.  Raises UserError where μ is no number or out of reach."""
    if not _number(mu) or abs(mu) > 100:
        raise UserError(f"A shift's μ is a number from -100 to 100; got {str(mu)[:40]}.")
    return math.exp(mu)


def mu_of(
    tokens: float,
    base_tokens: float = 256,
    max_tokens: float = 4096,
    base_shift: float = 0.5,
    max_shift: float = 1.15,
) -> float:
    """μ of the dynamic shift, linear in the picture's count of tokens, (width/16)·(height/16).

    Flux's line by default; it goes on beyond both ends.  Raises UserError where the ends agree.
    """
    if not all(map(_number, (tokens, base_tokens, max_tokens, base_shift, max_shift))):
        raise UserError("Image size and shifts of a dynamic shift must be numbers.")
    if base_tokens == max_tokens:
        raise UserError(
            f"A dynamic shift needs two sizes; base and max are both {base_tokens:g} tokens."
        )
    slope = (max_shift - base_shift) / (max_tokens - base_tokens)
    return base_shift + slope * (tokens - base_tokens)
