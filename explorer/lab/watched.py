"""A network that asks, between pieces of a batch, whether its answer is still wanted."""

from collections.abc import Callable

import torch
from torch import Tensor

PROMPT = 0.05  # seconds after which work that nobody wants any more has ended


def watched(denoiser, pace: float | None, watch: Callable[[], None] | None):
    """A network of this pace, seconds for each sample, in pieces of PROMPT; others as they are.

    watch: what is called between pieces, or its `check`, where calling it would count a step.
    """
    if pace is None or watch is None:
        return denoiser
    return Watched(denoiser, getattr(watch, "check", watch), max(1, int(PROMPT / pace)))


class Watched:
    """A denoiser in pieces of `piece` samples; check() is called before each and may raise."""

    def __init__(self, denoiser, check: Callable[[], None], piece: int):
        self.denoiser, self.check, self.piece = denoiser, check, piece

    def __getattr__(self, name: str):
        return getattr(self.denoiser, name)

    def __call__(self, x: Tensor, sigma: Tensor) -> Tensor:
        return torch.cat([self.denoiser(*part) for part in self._parts(x, sigma)])

    def with_features(self, x: Tensor, sigma: Tensor) -> tuple[Tensor, Tensor]:
        found = [self.denoiser.with_features(*part) for part in self._parts(x, sigma)]
        answers, features = zip(*found)
        return torch.cat(answers), torch.cat(features)

    def _parts(self, x: Tensor, sigma: Tensor):
        each = torch.is_tensor(sigma) and sigma.ndim and len(sigma) == len(x)
        for i in range(0, max(1, len(x)), self.piece):
            self.check()
            here = slice(i, i + self.piece)
            yield x[here], sigma[here] if each else sigma
