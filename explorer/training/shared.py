"""The r, c and a that all samples share: what a step can have before anything looks at the sample.

    minimise E log ‖x̂_K − y_K‖ over (r_k, c_k, a_k), k = 0 … K − 2, through all steps

What a predictor adds is what it is better than this; a training that goes through here begins with
these numbers, and learns only how samples differ.
"""

import copy
import dataclasses
import math
from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor, nn

from ..core.predictor import Predictor

RATE = 0.05  # of Adam on logits: a step of the search moves r by 0.01 at most


@dataclasses.dataclass(frozen=True)
class Settled:
    """After one update of so many.  r, c, a: of each step; error: geometric mean end error over the
    batch, against the teacher.
    """

    update: int
    updates: int
    r: tuple[float, ...]
    c: tuple[float, ...]
    a: tuple[float, ...]
    error: float


class Shared(nn.Module):
    """Called like a predictor, and says to every sample what belongs to the step.

    It begins at the r given and at c = a = 1; c and a stay within the ranges of `like`.
    """

    def __init__(self, sigmas: Sequence[float], r: Sequence[float], like: Predictor):
        super().__init__()
        self.sigmas, self.scale_dir, self.scale_time = sigmas, like.scale_dir, like.scale_time
        self.look = like.look
        first = torch.tensor(r, dtype=torch.float64).clamp(0.002, 0.998).logit()
        self.logits = nn.Parameter(
            torch.stack([first, torch.zeros_like(first), torch.zeros_like(first)], 1)
        )

    def forward(self, features: Tensor | None, sigma: float, sigma_next: float, count: int = 1):
        """(r, c, a) of the step that begins nearest to σ, (count,) each or the number 1."""
        k = min(range(len(self.logits)), key=lambda i: abs(math.log(self.sigmas[i] / sigma)))
        r, c, a = self.logits[k].sigmoid()
        scaled = lambda v, size: (1 - size + 2 * size * v).expand(count) if size else 1.0
        return r.expand(count), scaled(c, self.scale_dir), scaled(a, self.scale_time)

    def apart(self, count: int) -> "Shared":
        """Numbers of its own for each of so many samples, which begin as they are here."""
        other = copy.deepcopy(self)
        logits = self.logits.detach()[..., None].repeat(1, 1, count)
        other.logits = nn.Parameter(logits)
        return other

    @torch.no_grad()
    def numbers(self) -> tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...]]:
        """r, c and a of each step."""
        r, c, a = self.logits.sigmoid().T
        scaled = lambda v, size: 1 - size + 2 * size * v if size else torch.ones_like(v)
        c, a = scaled(c, self.scale_dir), scaled(a, self.scale_time)
        return tuple(r.tolist()), tuple(c.tolist()), tuple(a.tolist())


def settle(shared: Shared, errors: Callable[[int], Tensor], updates: int) -> Iterator[Settled]:
    """Move it to where the geometric mean of the end errors is least.  errors(i): (B,), of the
    paths of update i, with gradients.  The rate falls to 0, a cosine.
    """
    adam = torch.optim.Adam(shared.parameters(), RATE)
    for i in range(updates):
        adam.param_groups[0]["lr"] = RATE * (1 + math.cos(math.pi * i / updates)) / 2
        loss = errors(i).log().mean()
        update(adam, loss)
        yield Settled(i + 1, updates, *shared.numbers(), math.exp(loss.item()))


def update(adam: torch.optim.Optimizer, loss: Tensor) -> None:
    """One update; a gradient that is no number counts as 0, as published."""
    adam.zero_grad(set_to_none=True)
    loss.backward()
    for group in adam.param_groups:
        for p in group["params"]:
            if p.grad is not None:
                p.grad.nan_to_num_(0.0, 1e5, -1e5)
    adam.step()
