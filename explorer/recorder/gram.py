"""Inner products of every state and answer with all before: the run's own directions, whole.

From them follow norms, steps, angles and the principal axes of a run exactly, whatever its size:
ten steps of a video are twenty vectors, and their geometry is a table of 20 x 20.
"""

import torch
from torch import Tensor

MEMORY = 2**28  # bytes of states kept beside the run, 256 MB
PIECE = 2**17  # numbers that are made float64 at once: 1 MB


class Gram:
    """The table of one run so far.  It holds the states of fewer samples as they become too many:
    half of them each time, at last none."""

    def __init__(self, memory: int = MEMORY):
        self._kept: list[Tensor] = []  # (2, K, size): state and answer of each step
        self._memory = memory

    def add(self, state: Tensor, answer: Tensor) -> list[Tensor]:
        """Both (K, size).  Of each sample that is still followed a row (2, 2 n), float64, n steps
        with this one: the products of state and answer with (state, answer) of step 0, 1, ...
        """
        new = torch.stack([state, answer])
        new = new.to(torch.promote_types(new.dtype, torch.float32))  # half would not do for angles
        followed = len(self._kept[0][0]) if self._kept else new.shape[1]
        if followed == 0:
            return []
        bytes_ = new.element_size() * 2 * new.shape[2] * (len(self._kept) + 1)
        while followed and bytes_ * followed > self._memory:
            followed //= 2
        self._kept = [k[:, :followed] for k in [*self._kept, new]]
        if not followed:
            self._kept = [new[:, :0]]
            return []
        rows = products(self._kept[-1], self._kept)  # (K, 2, 2 n)
        return list(rows.cpu())


def products(new: Tensor, kept: list[Tensor]) -> Tensor:
    """(2, K, size) with n of the same -> (K, 2, 2 n), summed in float64: steps are small beside
    states.  In pieces that stay in the cache, where making them float64 costs little."""
    samples, size = new.shape[1:]
    made = torch.zeros(samples, 2, 2 * len(kept), dtype=torch.float64, device=new.device)
    width = max(8192, (2**24 if new.is_cuda else PIECE) // (2 * len(kept)))
    for k in range(samples):
        for start in range(0, size, width):
            piece = slice(start, start + width)
            old = torch.cat([v[:, k, piece] for v in kept]).double()  # (2 n, width)
            made[k] += new[:, k, piece].double() @ old.T
    return made
