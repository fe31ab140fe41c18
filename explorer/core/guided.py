"""A denoiser made of two: a strong one, led away from what a weak one answers.  See `guidance`."""

import math
from typing import Any, NamedTuple

import torch
from torch import Tensor

from .denoisers import Denoiser
from .guidance import Guidance


class Told(NamedTuple):
    """What a guided denoiser says besides D: base, the denoiser about which noise is taken up again
    (CFG++), and memory, the differences so far (APG); None where there is none."""

    denoised: Tensor
    base: Tensor | None
    memory: Tensor | None


class Guided:
    """D_weak + w(σ) (D_strong − D_weak), or what the rule makes of it.  One evaluation asks both
    where it must.

        CFG++   D as above; noise is taken up about D_weak
        APG     D_strong + (w − 1) (Δ_⊥ + η Δ_∥),  Δ = min(1, r/‖Δ̄‖) Δ̄
                Δ̄ = D_strong − D_weak + β Δ̄', with Δ̄' of the evaluation before
                Δ_∥ is the part of Δ along D_strong, Δ_⊥ the rest

    As a denoiser it is without memory, β = 0; a run, which has one, calls `told`.  strong, weak:
    denoisers of the same shape.
    """

    def __init__(self, strong: Any, weak: Any, weight: float, how: Guidance = Guidance()):
        self.strong, self.weak, self.weight, self.how = strong, weak, weight, how
        self.shape = strong.shape
        self.renoises, self.recalls = how.renoises, how.recalls
        self._always = (
            how.everywhere and not how.curve and how.rule == "cfg" and weight not in (0, 1)
        )

    def to(self, device=None, dtype=None) -> "Guided":
        """The same elsewhere."""
        return self.over(self.strong.to(device, dtype), self.weak.to(device, dtype))

    def over(self, strong: Denoiser, weak: Denoiser) -> "Guided":
        """The same guidance of two others."""
        return type(self)(strong, weak, self.weight, self.how)

    def __call__(self, x: Tensor, sigma: Tensor) -> Tensor:
        return self._joined(None, x, sigma, None).denoised

    def told(self, x: Tensor, sigma: Tensor, memory: Tensor | None = None) -> Told:
        """D with all that a run must know besides, and hand back as `memory`."""
        return self._joined(None, x, sigma, memory)

    def evaluate(self, x: Tensor, sigma: Tensor) -> Tensor:
        """D, one operation after the other and none left out, as a graph needs it."""
        weak, strong = self.weak.evaluate(x, sigma), self.strong.evaluate(x, sigma)
        if self._always:
            return weak + self.weight * (strong - weak)
        w = _beside(self.how.weight(self.weight, torch.as_tensor(sigma)), x)
        return self._mixed(strong, weak, w, None)[0]

    def passes(self, sigma: Tensor) -> Tensor:
        """How many denoisers are asked at these levels: 1 or 2 each, (n,) int64."""
        w = self.how.weight(self.weight, sigma)
        alone = (w == 0) | ((w == 1) & ~(self.how.inside(sigma) & self.renoises))
        return torch.where(alone, 1, 2)

    def log_density(self, x: Tensor, sigma: Tensor) -> Tensor:
        """w log p_strong + (1 − w) log p_weak at a level, whose score is that of D by plain
        guidance; not normalised.  sigma (), x (B, *shape) -> (B,); of denoisers that know it."""
        w = float(self.how.weight(self.weight, torch.as_tensor(sigma)))
        return meant(self.strong.log_density(x, sigma), self.weak.log_density(x, sigma), w)

    def _joined(
        self, strong: Tensor | None, x: Tensor, sigma: Tensor, memory: Tensor | None
    ) -> Told:
        """strong: its answer, where it is known."""
        asked = lambda: self.strong(x, sigma) if strong is None else strong
        if self._always:
            strong, weak = asked(), self.weak(x, sigma)
            return Told(weak + self.weight * (strong - weak), None, None)
        level = torch.as_tensor(sigma)
        weight = self.how.weight(self.weight, level)
        inside = self.how.inside(level)
        if bool((weight == 0).all()):
            weak = self.weak(x, sigma)
            return Told(weak, weak if self.renoises else None, memory)
        both = inside if self.renoises else weight != 1
        if not bool(both.any()):
            return Told(asked(), None, memory)
        strong, weak = asked(), self.weak(x, sigma)
        w = _beside(weight, x)
        denoised, memory = self._mixed(strong, weak, w, memory)
        if not self.renoises:
            return Told(denoised, None, memory)
        base = torch.where(_beside(inside, x), weak, strong) if inside.ndim else weak
        return Told(denoised, base, memory)

    def _mixed(
        self, strong: Tensor, weak: Tensor, w: Tensor | float, memory: Tensor | None
    ) -> tuple[Tensor, Tensor | None]:
        """D from both answers, and what is to be remembered."""
        away = strong - weak
        if self.how.rule == "apg":
            if self.recalls:
                away = away if memory is None else away + self.how.momentum * memory
                memory = away
            found = strong + (w - 1) * self._kept(away, strong)
        else:
            found = weak + w * away
        if isinstance(w, float):
            return {0.0: weak, 1.0: strong}.get(w, found), memory
        return torch.where(w == 1, strong, torch.where(w == 0, weak, found)), memory

    def _kept(self, away: Tensor, strong: Tensor) -> Tensor:
        """The difference, shortened, without most of what is parallel to D."""
        flat, along = away.flatten(1), strong.flatten(1)
        if self.how.norm > 0:
            length = flat.norm(dim=1, keepdim=True)
            flat = flat * (self.how.norm / length.clamp(min=1e-30)).clamp(max=1)
        size = along.square().sum(1, keepdim=True).clamp(min=1e-30)
        parallel = (flat * along).sum(1, keepdim=True) / size * along
        return (flat - (1 - self.how.parallel) * parallel).view_as(away)


def meant(strong: Tensor, weak: Tensor, w: float) -> Tensor:
    """w log p_strong + (1 − w) log p_weak of two log densities; −∞ where the strong one is, unless
    w = 0."""
    if w in (0, 1):
        return strong if w else weak
    found = w * strong + (1 - w) * weak
    return torch.where(strong == -math.inf, strong, found)


def passes(denoiser: Any, evaluated: Tensor) -> int:
    """Denoisers asked in a run with these evaluations: their number, or up to twice as many."""
    asked = getattr(denoiser, "passes", None)
    return len(evaluated) if asked is None else int(asked(evaluated).sum())


def _beside(value: Tensor, x: Tensor) -> Any:
    """() as a number, (B,) as (B, 1, …)."""
    if not value.ndim:
        return value.item()
    return value.to(x.device).reshape(-1, *[1] * (x.ndim - 1))
