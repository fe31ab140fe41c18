"""The probability-flow ODE followed by RK4 over given levels, step by step or given to a GPU ahead.

followed(denoiser, start, sigma, watch) -> states, answers        given_ahead(…) -> the same
"""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from torch import Tensor

from ..core import guidance, written
from ..core.ode import Point
from .flow import flow_step

AHEAD = 2**28  # bytes of all answers of paths that are written out for a GPU


def followed(
    denoiser, start: Tensor, sigma: Tensor, watch: Callable[[], None] | None
) -> tuple[Tensor, Tensor]:
    """States and answers at these levels, (T, B, *shape) each."""
    xs, answers = (start.new_empty(len(sigma), *start.shape) for _ in range(2))
    x = start
    for i, here in enumerate(sigma):
        if watch is not None:
            watch()
        xs[i] = x
        answers[i] = answer = denoiser(x, here)
        if i + 1 < len(sigma):
            x = flow_step(denoiser, x, here, sigma[i + 1], (x - answer) / here)
    return xs, answers


def given_ahead(
    denoiser, start: Tensor, sigma: Tensor, watch: Callable[[], None] | None
) -> tuple[Tensor, Tensor] | None:
    """The same, written out as sums of the start and of the answers, so that a GPU is given one
    launch for each evaluation; None where paths are too many or too large for that."""
    columns = 4 * len(sigma) - 2  # the start, an answer at each node, three more in each step
    if columns * start.numel() * start.element_size() > AHEAD or guidance.more(denoiser):
        return None

    def follow(trace: Any, x: Tensor, draw: Any, told: Callable[[int, Point], None]) -> Any:
        def tell() -> None:  # of each node, before it is asked: who waits is told no more
            told(0, Point(sigma[0], sigma[0], None, x, x))

        xs, answers = followed(trace, x, sigma, tell)
        facts = dict.fromkeys(("t", "sigma", "sigma_hat", "evaluated"), sigma)
        return SimpleNamespace(x=xs[:0], x_hat=xs, denoised=answers, samples=xs[-1], **facts)

    table = written.table(("reference", tuple(sigma.tolist())), columns, None, follow, columns)
    if table is None:
        return None
    made = table.run(denoiser, start, None, None, watch and (lambda i, point: watch()))
    return made["x_hat"], made["denoised"]
