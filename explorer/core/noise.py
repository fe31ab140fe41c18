"""The random numbers of a run: a start and new noise, in which each sample owns its seed."""

import math
from functools import lru_cache

import torch
from torch import Tensor

from . import counted_noise

SMALL = 2**17  # numbers of a start that is remembered


def _generators(seed: int, count: int, first: int = 0) -> list[torch.Generator]:
    # an odd multiplier spreads the seeds over 32 bits, which is all that the CPU generator uses
    own = range(first, first + count)
    return [torch.Generator().manual_seed((seed * 0x9E3779B1 + k) % 2**32) for k in own]


@lru_cache(maxsize=16)
def _starts(seed: int, count: int, shape: tuple[int, ...], first: int = 0) -> Tensor:
    """(count, *shape), not to be written to."""
    out = torch.empty(count, *shape, dtype=torch.float64)
    for k, g in enumerate(_generators(seed, count, first)):
        torch.randn(shape, generator=g, out=out[k])
    return out


class Noise:
    """Unit normal numbers in which each sample owns its generator.

    Sample k sees the same numbers whatever the size of the batch, its device and the number of
    steps: the first 4 of a batch of 16 are the batch of 4, bit for bit.  A GPU draws its new noise
    by itself, from another stream: runs begin at the same points everywhere, and where new noise
    enters they end elsewhere on a GPU than on a CPU.
    first: number of the first sample, where the batch is a part of a larger one.
    """

    BLOCK = 16  # steps drawn at a time, fixed, so that the stream does not depend on N

    def __init__(
        self,
        seed: int,
        count: int,
        shape: tuple[int, ...],
        device: torch.device | str = "cpu",
        dtype: torch.dtype = torch.float64,
        first: int = 0,
    ):
        self._seed, self._count, self._shape = seed, count, tuple(shape)
        self._device, self._dtype, self._first = device, dtype, first
        self._there = torch.device(device).type == "cuda"
        self._generators: list[torch.Generator] = []
        self._blocks: dict[int, Tensor] = {}
        self._drawn = 0
        self._second: Noise | None = None
        self._make_second = lambda: Noise(seed + 2**31, count, shape, device, dtype, first)
        draws = _starts if count * math.prod(shape) <= SMALL else _starts.__wrapped__
        self.start = draws(seed, count, self._shape, first).to(device, dtype)

    def _draw(self, lead: tuple[int, ...]) -> Tensor:
        if not self._generators:  # made only now, since most runs need no more than their start
            self._generators = _generators(self._seed, self._count, self._first)
            for g in self._generators:
                torch.randn(self._shape, generator=g, dtype=torch.float64)
        out = torch.empty(*lead, self._count, *self._shape, dtype=torch.float64)
        for k, g in enumerate(self._generators):  # never held twice, as a stack of rows would be
            out[:, k] = torch.randn(lead + self._shape, generator=g, dtype=torch.float64)
        return out.to(self._device, self._dtype)

    def __call__(self, i: int) -> Tensor:
        """The noise of step i, (count, *shape).  Steps are asked in rising order.

        −1, −2, … are a second stream, in that order, which restarts use.
        """
        if self._there:
            seed = self._seed if i >= 0 else self._seed + 2**31
            of = seed, self._first, self._count, self._shape, i if i >= 0 else -1 - i
            return counted_noise.normal(*of, self._device, self._dtype)
        if i < 0:
            self._second = self._second or self._make_second()
            return self._second(-1 - i)
        block = i // self.BLOCK
        while self._drawn <= block:
            self._blocks = {self._drawn: self._draw((self.BLOCK,))}  # only the newest is kept
            self._drawn += 1
        return self._blocks[block][i % self.BLOCK]
