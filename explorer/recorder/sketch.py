"""Fixed random directions: what a recording keeps of states that are too many to keep.

Each number of a state goes into one of a few buckets with a random sign (Charikar et al. 2002,
count sketch).  Inner products of what is in the buckets are those of the states, on average; the
standard deviation of a squared norm from k buckets is at most √(2/k) of it.  It is linear, so two
runs that were recorded apart can be held against each other.
"""

import torch
from torch import Tensor

BUCKETS = 256
SEED = 2022


class Sketch:
    """The directions for states of so many numbers."""

    def __init__(self, size: int, buckets: int = BUCKETS, seed: int = SEED):
        g = torch.Generator().manual_seed(seed)
        self.buckets = buckets
        self._where = torch.randint(buckets, (size,), generator=g)
        self._sign = torch.randint(2, (size,), generator=g, dtype=torch.int8) * 2 - 1

    def __call__(self, x: Tensor) -> Tensor:
        """(K, size) -> (K, buckets), float32, on the CPU."""
        if self._where.device != x.device:
            self._where, self._sign = self._where.to(x.device), self._sign.to(x.device)
        made = torch.zeros(len(x), self.buckets, device=x.device)
        made.index_add_(1, self._where, x.float() * self._sign)
        return made.cpu()


def relative_error(buckets: int) -> float:
    """Of a distance: half of that of its square, √(2/k)."""
    return 0.5 * (2 / buckets) ** 0.5
