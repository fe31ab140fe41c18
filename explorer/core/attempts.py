"""What a solver of adaptive steps tried: steps taken and refused, counted for each sample."""

import dataclasses
import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

MOST = 5_000  # evaluations of one sample, where nobody sets fewer


class Attempt(NamedTuple):
    """One try of some samples: rows (b,), levels and error (b,), and which were taken."""

    rows: Tensor
    sigma: Tensor
    sigma_next: Tensor
    error: Tensor
    taken: Tensor


@dataclasses.dataclass(frozen=True, eq=False)
class Tried:
    """Of a finished run.  Of its first sample: sigma, sigma_next, error (in tolerances) and taken,
    (M,) each, in order.  Of all: evaluations, taken_steps, refused and ended, (B,); `ended` is the
    level at which the budget ended the control, NaN where it did not.
    """

    sigma: Tensor
    sigma_next: Tensor
    error: Tensor
    taken: Tensor
    evaluations: Tensor
    taken_steps: Tensor
    refused: Tensor
    ended: Tensor

    @property
    def nfe(self) -> int:
        """Evaluations of the sample with most, those of refused steps counted."""
        return int(self.evaluations.max()) if len(self.evaluations) else 0

    @property
    def levels(self) -> list[float]:
        """Where the first sample's steps began and ended, each level once, without a final 0."""
        if not len(self.sigma):
            return []
        mine = self.taken
        return [float(self.sigma[0]), *(v for v in self.sigma_next[mine].tolist() if v > 0)]

    @classmethod
    def joined(cls, parts: Sequence["Tried"]) -> "Tried":
        """Of a batch that was made in parts."""
        each = ("evaluations", "taken_steps", "refused", "ended")
        return dataclasses.replace(
            parts[0], **{k: torch.cat([getattr(p, k) for p in parts]) for k in each}
        )


class Attempts:
    """The record of a run as it goes: what each sample has spent, and what was tried.

    most: evaluations that each sample may spend.
    """

    def __init__(self, like: Tensor, most: int):
        self.most, self.count, nothing = most, len(like), like.new_zeros(len(like))
        self.spent, self.taken, self.refused = (nothing.long() for _ in range(3))
        self.ended = nothing + math.nan
        self.first: list[tuple[float, float, float, bool]] = []

    @property
    def nfe(self) -> int:
        """Of the sample with most."""
        return int(self.spent.max()) if self.count else 0

    def note(self, attempt: Attempt, spent: Tensor) -> None:
        """An attempt of some samples, and what it cost each."""
        rows, taken = attempt.rows, attempt.taken
        self.spent[rows] += spent
        self.taken[rows] += taken.long()
        self.refused[rows] += (~taken).long()
        if len(rows) and int(rows[0]) == 0:
            row = (float(v[0]) for v in attempt[1:4])
            self.first.append((*row, bool(taken[0])))  # type: ignore[arg-type]

    def end(self, rows: Tensor, sigma: Tensor) -> None:
        """The budget of these samples (a mask) ended here; the first time counts."""
        first = rows & self.ended.isnan()
        self.ended[first] = sigma[first]

    def made(self, more: int = 0) -> Tried:
        """The record, finished; more: evaluations of each sample that came after."""
        sigma, after, error, taken = list(zip(*self.first)) or ((), (), (), ())
        whole = lambda values: torch.tensor(values, dtype=torch.float64)
        return Tried(
            whole(sigma),
            whole(after),
            whole(error),
            torch.tensor(taken, dtype=torch.bool),
            (self.spent + more).cpu(),
            self.taken.cpu(),
            self.refused.cpu(),
            self.ended.cpu(),
        )
