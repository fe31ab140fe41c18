"""A network that asks, between pieces of its work, whether its answer is still wanted.

A quick network is asked for a batch in pieces; one that is slow with a single sample asks between
its own blocks.
"""

import weakref
from collections.abc import Callable
from contextvars import ContextVar

import torch
from torch import Tensor, nn

from ..core.guided import Told

PROMPT = 0.05  # seconds after which work that nobody wants any more has ended

Check = Callable[[], None]

_check: ContextVar[Check | None] = ContextVar("check", default=None)
_asked: weakref.WeakSet[nn.Module] = weakref.WeakSet()  # networks whose blocks ask


def watched(denoiser, pace: float | None, watch: Check | None, least: int = 1):
    """A network of this pace, seconds for each sample, in pieces of PROMPT; others as they are.

    least: samples of a piece.  watch: what is asked between pieces.
    """
    if pace is None or watch is None:
        return denoiser
    if pace > PROMPT:
        _ask(denoiser)
    return Watched(denoiser, asking(watch), max(least, int(PROMPT / pace)))


def asking(watch: Check | None) -> Check:
    """What asks whether work is still wanted and counts no step of it; of no watch, nothing."""
    return (lambda: None) if watch is None else getattr(watch, "check", watch)


class Watched:
    """A denoiser in pieces of `piece` samples; check() is called before each and may raise."""

    def __init__(self, denoiser, check: Check, piece: int):
        self.denoiser, self.check, self.piece = denoiser, check, piece

    def __getattr__(self, name: str):
        return getattr(self.denoiser, name)

    def whole(self, count: int):
        """What answers for a batch of so many without looking up, where that is one piece."""
        return self if count > self.piece else self.denoiser

    def __call__(self, x: Tensor, sigma: Tensor) -> Tensor:
        token = _check.set(self.check)
        try:
            return torch.cat([self.denoiser(*part) for part in self._parts(x, sigma)])
        finally:
            _check.reset(token)

    def with_features(self, x: Tensor, sigma: Tensor) -> tuple[Tensor, Tensor]:
        token = _check.set(self.check)
        try:
            found = [self.denoiser.with_features(*part) for part in self._parts(x, sigma)]
        finally:
            _check.reset(token)
        answers, features = zip(*found)
        return torch.cat(answers), torch.cat(features)

    def told(self, x: Tensor, sigma: Tensor, memory: Tensor | None = None) -> Told:
        """As guidance tells a run, see `core.guided`."""
        token, found, at = _check.set(self.check), [], 0
        try:
            for part in self._parts(x, sigma):
                mine = None if memory is None else memory[at : at + len(part[0])]
                found.append(self.denoiser.told(*part, mine))
                at += len(part[0])
        finally:
            _check.reset(token)
        answers, bases, kept = zip(*found)
        join = lambda parts: None if parts[0] is None else torch.cat(parts)
        return Told(torch.cat(answers), join(bases), join(kept))

    def _parts(self, x: Tensor, sigma: Tensor):
        each = torch.is_tensor(sigma) and sigma.ndim and len(sigma) == len(x)
        for i in range(0, max(1, len(x)), self.piece):
            self.check()
            here = slice(i, i + self.piece)
            yield x[here], sigma[here] if each else sigma


def _ask(denoiser) -> None:
    """Let each convolution and linear layer of a network ask first, once for each network; who
    calls it without a watch hears nothing."""
    for part in (getattr(denoiser, "strong", denoiser), getattr(denoiser, "weak", None)):
        module = getattr(part, "module", None)
        if not isinstance(module, nn.Module) or module in _asked:
            continue
        _asked.add(module)
        for layer in module.modules():
            if not any(layer.children()):
                layer.register_forward_pre_hook(_asks)


def _asks(layer: nn.Module, given) -> None:
    if torch.compiler.is_compiling():  # a compiled form asks between evaluations alone
        return
    if (check := _check.get()) is not None:
        check()
