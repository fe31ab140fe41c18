"""Guidance: a strong denoiser led away from what a weaker one answers, by a weight of σ.

    D(x; σ) = D_u + w(σ) (D_c − D_u)        w(σ) = w where σ_lo < σ ≤ σ_hi, 1 elsewhere

How it is done, as settings; `guided.Guided` is the denoiser.  Where w = 1 only the strong one is
asked, to the bit, and where w = 0 only the weak one: that is what an interval saves.

Ho & Salimans 2022, arXiv:2207.12598 (D_u: the same without a class); Karras et al. 2024,
arXiv:2406.02507 (D_u: a worse model of the same class); Kynkäänniemi et al. 2024, arXiv:2404.07724
(the interval); Chung et al. 2024, arXiv:2406.08070 (CFG++); Sadat et al. 2024, arXiv:2410.02416
(APG).
"""

import math
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from ..errors import UserError
from ..numerals import number
from ..settings import param, setting
from ..settings.values import shown

UNBOUND = 1e9  # what stands for σ_hi = ∞, which no link can hold
MOST = 10.0  # of a weight
KNOTS = 12
RULES = (("cfg", "plain"), ("cfgpp", "CFG++"), ("apg", "APG"))


@setting
class Guidance:
    """How much and where a strong denoiser is led away from a weak one; the weight itself is
    `guidance` of the model, or the curve.

    curve: knots σ, w, σ, w, …, rising in σ; w is linear in log σ between them, and as at the ends
    beyond.  Where there are knots they say the weight, and `guidance` does not.
    """

    rule: str = param(
        "cfg",
        label="Rule",
        choices=RULES,
        help="CFG++ adds the noise of the weak denoiser again, of DDIM and Euler ancestral; APG "
        "keeps the part of the difference that is not parallel to D",
        before="cfg",
    )
    sigma_lo: float = param(
        0.0, 0, UNBOUND, label="From σ", log=True, help="no guidance at or below", before=0.0
    )
    sigma_hi: float = param(
        UNBOUND, 0, UNBOUND, label="To σ", log=True, help="no guidance above", before=UNBOUND
    )
    curve: tuple = param(
        (),
        0,
        UNBOUND,
        longest=2 * KNOTS,
        label="w(σ)",
        help="the weight as a curve: σ, w, σ, w, … with σ rising; empty: the same at every level",
        before=(),
    )
    momentum: float = param(
        0.0,
        -0.95,
        0.95,
        0.05,
        label="Momentum",
        help="APG: how much of the earlier differences is added; the paper takes −0.5 to −0.75",
        before=0.0,
    )
    norm: float = param(
        0.0,
        0,
        100,
        0.1,
        label="Norm",
        help="APG: the difference is shortened to this length, ‖D_c − D_u‖; 0 is no limit",
        before=0.0,
    )
    parallel: float = param(
        0.0,
        0,
        1,
        0.05,
        label="Parallel",
        help="APG: how much of the part parallel to D is kept; 1 is all",
        before=0.0,
    )

    def check(self):
        if self.sigma_lo > self.sigma_hi:
            raise UserError(
                f"Guidance from σ = {number(self.sigma_lo)} to {number(self.sigma_hi)} is no "
                "interval: the first must lie below the second; swap them."
            )
        if len(self.curve) % 2:
            raise UserError(
                f"w(σ) = {shown(self.curve)} ends within a knot; each is a σ and a w: "
                "0.1, 1, 10, 3."
            )
        for sigma, w in self.knots:
            if not sigma > 0 or w > MOST:
                raise UserError(
                    f"w(σ) has a knot σ = {number(sigma)}, w = {number(w)}; σ above 0 and w from 0 "
                    f"to {MOST:g} work."
                )
        for (a, _), (b, _) in pairwise(self.knots):
            if not a < b:
                raise UserError(
                    f"w(σ) goes from σ = {number(a)} to {number(b)}; its σ must rise, each once."
                )

    @property
    def knots(self) -> tuple[tuple[float, float], ...]:
        """(σ, w) of each."""
        return tuple(zip(self.curve[::2], self.curve[1::2]))

    @property
    def highest(self) -> float:
        """σ_hi; ∞ where there is no bound."""
        return math.inf if self.sigma_hi >= UNBOUND else self.sigma_hi

    @property
    def everywhere(self) -> bool:
        """Whether every level above 0 lies in the interval."""
        return self.sigma_lo == 0 and self.highest == math.inf

    @property
    def recalls(self) -> bool:
        """Whether an answer depends on those before."""
        return self.rule == "apg" and self.momentum != 0

    @property
    def renoises(self) -> bool:
        """Whether the noise of a step is not that of D."""
        return self.rule == "cfgpp"

    def plain(self, w: float) -> bool:
        """Whether nothing is guided at any level, so that the strong denoiser alone will do."""
        if self.sigma_lo >= self.highest:
            return True
        one = all(v == 1 for _, v in self.knots) if self.curve else w == 1
        return one and not self.renoises

    def inside(self, sigma: Tensor) -> Tensor:
        """σ_lo < σ ≤ σ_hi."""
        return (sigma > self.sigma_lo) & (sigma <= self.highest)

    def weight(self, w: float, sigma: Tensor) -> Tensor:
        """w(σ) in the shape of sigma: the curve, or else w, inside the interval; 1 outside."""
        sigma = torch.as_tensor(sigma)
        sigma = sigma if sigma.ndim else sigma.double()
        found = self._curve(sigma) if self.curve else torch.full_like(sigma, w)
        return found if self.everywhere else torch.where(self.inside(sigma), found, 1.0)

    def _curve(self, sigma: Tensor) -> Tensor:
        at = sigma.new_tensor([math.log(s) for s, _ in self.knots])
        w = sigma.new_tensor([v for _, v in self.knots])
        if len(at) == 1:
            return torch.full_like(sigma, self.curve[1])
        x = sigma.log().clamp(at[0], at[-1])  # σ = 0 and ∞ too
        k = torch.searchsorted(at, x.contiguous()).clamp(1, len(at) - 1)
        return torch.lerp(w[k - 1], w[k], (x - at[k - 1]) / (at[k] - at[k - 1]))

    def unfollowed(self, w: float) -> str | None:
        """Why no path is the true one, or None."""
        if self.plain(w):
            return None
        if self.renoises:
            return (
                "CFG++ follows no ODE: even a short step adds w (D_c − D_u). Judge these samples "
                "by distribution."
            )
        if self.recalls:
            return (
                "The momentum of APG counts steps, so there is no path that finer steps come to. "
                "Judge these samples by their distribution."
            )
        return None


def unfollowed(model: Any) -> str | None:
    """Why a model with guidance has no true paths, or None; of one without, None."""
    how = getattr(model, "how", None)
    return None if how is None else how.unfollowed(model.guidance)


def more(denoiser: Any) -> Any:
    """Who tells a run what it must know besides D, where its guidance remembers or adds the noise
    of another; None where D is all."""
    told = getattr(denoiser, "renoises", False) or getattr(denoiser, "recalls", False)
    return denoiser.told if told else None
