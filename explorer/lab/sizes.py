"""What a view holds, in bytes, counted from its settings before anything is allocated.

A state is shape × bytes of a number.  The counts of states are those of the code that they speak
of, with what it holds while it works; nothing is measured, so that to ask costs microseconds.
"""

import math
from typing import Any

from ..analysis import geometry
from ..analysis.corrected import COPIES, together
from ..analysis.reference import closes
from ..core.denoisers import CHUNK
from ..core.noise import Noise
from ..core.ode import makes_noise
from ..models.contract import Sized
from . import memory

QUICK, REFINED, SETTLED = 65, 129, 193  # nodes of the references
SEEN = 2  # levels of each step of a refined one at which a network is asked
WORKING = 8  # states of the whole batch that a step holds besides what it keeps
BESIDES = 6e6  # bytes of what no formula speaks of: words, drawings, small tensors
REST = 0.35  # of the limit, for the references of the settled error; there is more in a view


def state(source) -> float:
    """Of one sample."""
    return float(math.prod(source.shape) * source.mixture.means.element_size())


def loading(data, model) -> float:
    """Of data and model while they are made: the points, their copies, and what a fit works on."""
    points = data.points()
    numbers = model.numbers(data) if isinstance(model, Sized) else 0.0
    return 8 * (4.0 * points.numel() + numbers)


def of_run(source, e: Any, steps: int, samples: int, kept: int) -> float:
    """A run of so many samples that keeps the paths of some: x, x̂ and D at each step."""
    streams = (e.churn.s_churn > 0 or makes_noise(e.solver)) + (e.restart.repeats > 0)
    batch = WORKING + 2 * e.solver.memory + streams * (Noise.BLOCK + 2)
    paths = 3.5 * (steps + 1) * min(kept, samples)
    return state(source) * (paths + batch * samples) + evaluating(source, samples)


def of_reference(source, count: int, nodes: int) -> float:
    """True paths: x and D at each node."""
    return state(source) * count * (2.0 * nodes + 2 * WORKING) + evaluating(source, count)


def refined(source, count: int) -> int:
    """Nodes of the first refined reference, as of `corrected` where a network answers."""
    return REFINED if source.pace is None else corrected(source, count, SEEN)


def corrected(source, count: int, parts: int) -> int:
    """Nodes of a reference that takes as much as one of REFINED does while it is corrected."""
    levels = parts * (REFINED - 1) + 1
    some = together(math.prod(source.shape), levels, source.device.device.type == "cuda")
    return REFINED + math.ceil(COPIES / 2 * levels * min(1.0, some / count))


def quickest(source) -> int:
    """Nodes of the reference of a draft."""
    return SETTLED if closes(source.denoiser) else QUICK


def of_steps(source, e: Any, steps: int, count: int, block: int) -> float:
    """What each step does: the exact states, and a batch that grows by a block of paths a step."""
    runs = min(steps, 32) + 1
    each = WORKING + 2 * e.solver.memory + (e.churn.s_churn > 0 and Noise.BLOCK)
    numbers = 4.0 * (steps + 1) * count + runs * min(block, count) * each
    return state(source) * numbers + evaluating(source, runs * block)


def evaluating(source, samples: int) -> float:
    """The (batch × data) matrix of an exact denoiser, and what is no matter of formulas."""
    return BESIDES + 1.5 * 8 * min(float(samples) * len(source.mixture), CHUNK)


def affordable(source, most: int) -> int:
    """How many true paths, at most so many, fit beside the rest of a view: a quick reference of
    them, and one of steps half as long."""
    each = of_reference(source, 1, max(SETTLED, QUICK + REFINED)) - evaluating(source, 1)
    return max(1, min(most, int(REST * memory.ACCOUNT.limit / each)))


def of_draft(source, e: Any, steps: int, samples: int, kept: int) -> float:
    """A view while a slider moves: the run and a quick reference."""
    paths = min(samples, source.compared)
    truth = of_reference(source, paths, quickest(source))
    return of_run(source, e, steps, samples, kept) + truth + of_beside(source, e, steps, paths)


def of_beside(source, e: Any, steps: int, paths: int) -> float:
    """What is measured beside a run: Euler at the same cost, and the strips in pieces."""
    numbers = math.prod(source.shape) * QUICK * paths
    strips = 8 * 10.0 * (numbers if numbers <= geometry.AT_ONCE else geometry.PIECE)
    return of_run(source, e, e.nfe, paths, paths) + strips


def too_large(source, e: Any, steps: int, kept: int) -> str | None:
    """Why a view is above what this process may hold, or None."""
    need = lambda samples: of_draft(source, e, steps, samples, kept)
    asked, limit = need(e.samples), memory.ACCOUNT.limit
    if asked <= limit:
        return None
    enough = holding(source, e, steps, kept)
    lead = f"{e.samples} samples of {e.data.label} need about {memory.words(asked)}"
    if enough:
        return f"{lead}; at most {memory.words(limit)} are allowed; {enough} samples would do."
    return (
        f"{lead}, and even one needs {memory.words(need(1))}; at most {memory.words(limit)} are "
        "allowed. Use fewer evaluations or smaller images, or start the page with a larger "
        "--max-memory."
    )


def holding(source, e: Any, steps: int, kept: int) -> int:
    """The largest number of samples whose view this process may hold; 0: not even one."""
    low, high = 0, e.samples
    while low < high:
        middle = (low + high + 1) // 2
        fits = of_draft(source, e, steps, middle, kept) <= memory.ACCOUNT.limit
        low, high = (middle, high) if fits else (low, middle - 1)
    return low
