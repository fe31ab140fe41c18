"""A1111's noise table: σ of the model's 1000 steps, in the precision that A1111 holds it in.

The table is float32 (float16 where "Downcast alphas_cumprod" is on), so that 1 − ᾱ cancels at the
low end: its σ_min is 0.02916753, not 0.02916716.  What is read from it is then float64.
k_diffusion.external.DiscreteSchedule; A1111 modules/sd_models.py.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ..core.tables import STABLE_DIFFUSION, betas
from .comfy_models import LAST_ALPHA_BAR

Floats = NDArray[np.floating]


@dataclass(frozen=True, eq=False)
class Table:
    """alphas: ᾱ of each step; sigmas: (n,) rising; logs: ln σ, all in the tool's precision.

    quantize: σ is taken to the nearest step ("Enable quantization in K samplers").
    every: steps from one entry to the next, and offset the step of the first (LCM's 50 of 1000).
    """

    alphas: Floats
    sigmas: Floats
    logs: Floats
    quantize: bool = False
    every: int = 1
    offset: int = 0

    def step(self, sigma: float) -> float:
        """σ -> step: linear in ln σ between entries and kept inside, or the nearest step."""
        logs = self.logs.astype(np.float64)
        log = math.log(sigma) if sigma > 0 else -math.inf
        if self.quantize:
            # the first that is nearest in the tool's own float32 differences
            away = np.abs(np.float32(log) - self.logs.astype(np.float32))
            return float(int(np.argmin(away)) * self.every + self.offset)
        return float(np.interp(log, logs, np.arange(len(logs))))

    def sigma(self, step: float) -> float:
        """Step -> σ: linear in ln σ between entries, also where σ is quantized."""
        at = (step - self.offset) / self.every
        logs = self.logs.astype(np.float64)
        return math.exp(np.interp(at, np.arange(len(logs)), logs))

    @property
    def ends(self) -> tuple[float, float]:
        """σ_min and σ_max."""
        return float(self.sigmas[0]), float(self.sigmas[-1])

    def even(self, n: int) -> list[float]:
        """n levels even in the step from the last to the first, and 0: `get_sigmas(n)`."""
        first = self.step(self.ends[1]) if self.every > 1 else float(len(self.sigmas) - 1)
        last = self.step(self.ends[0]) if self.every > 1 else 0.0
        return [*(self.sigma(t) for t in np.linspace(first, last, n)), 0.0]


def table(zero_snr: bool = False, half: bool = False, quantize: bool = False) -> Table:
    """The table of Stable Diffusion 1.5 and XL (β from 0.00085 to 0.012, even in √β)."""
    alphas = _alphas(zero_snr, half)
    return _of(alphas, quantize)


def lcm(whole: Table) -> Table:
    """LCM's own: every 20th step, the last among them, σ always to the nearest of the 50."""
    alphas = whole.alphas[19::20].astype(np.float32)
    few = _of(alphas, True)
    return Table(few.alphas, few.sigmas, few.logs, True, every=20, offset=19)


@lru_cache(maxsize=8)
def _alphas(zero_snr: bool, half: bool) -> Floats:
    """ᾱ, cast down first and then rescaled, as A1111 does it."""
    alphas = np.cumprod(1 - betas(*STABLE_DIFFUSION, 1000)).astype(np.float32)
    if half:
        alphas = alphas.astype(np.float16)
    if zero_snr:
        # Lin et al. 2023, arXiv:2305.08891, Algorithm 1
        roots = np.sqrt(alphas)
        first, last = roots[0], roots[-1]
        alphas = ((roots - last) * (first / (first - last))) ** 2
        alphas[-1] = LAST_ALPHA_BAR  # as in ComfyUI
    alphas.setflags(write=False)
    return alphas


def _of(alphas: Floats, quantize: bool) -> Table:
    with np.errstate(all="ignore"):  # half precision reaches ∞ at zero terminal SNR
        sigmas = ((1 - alphas) / alphas) ** alphas.dtype.type(0.5)
        return Table(alphas, sigmas, np.log(sigmas), quantize)
