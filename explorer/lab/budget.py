"""Which noise levels a view's budget buys, and what they cost."""

import dataclasses
import math
from typing import TYPE_CHECKING, Any

from torch import Tensor

from ..core import infinity, known
from ..core.ode import adapts
from ..core.sampling import Restart
from ..core.timesteps import Custom
from ..errors import UserError
from .source import prepared
from .tool_steps import ToolSteps

if TYPE_CHECKING:
    from .experiment import Experiment


def grid(e: "Experiment") -> Any:
    """The time steps within the noise that the network knows, as EDM's sampler clips them."""
    return known.within(e.timesteps, prepared(e.data, e.model).denoiser)


def ends(e: "Experiment") -> tuple[float, float]:
    """The first and the last level above 0 of any budget, to ten digits: without the rounding
    errors of a grid's formula, so that grids of one range share what hangs on it.

    iDDPM's first level lies below σ_max, and a network of discrete levels has others than asked.
    Where the run begins at ∞, the level that stands for it, which hangs on the budget, and so may
    the last.
    """
    if begins_in_noise(e):
        of = levels(e)
        return float(of[0]), float(f"{float(of[-1]):.10g}")
    tools = isinstance(e.timesteps, ToolSteps)  # a tool's list ends where its length says
    of = levels(e) if tools else known.nearest(_denoiser(e), grid(e).sigmas(2))
    return float(f"{float(of[0]):.10g}"), float(f"{float(of[-1]):.10g}")


def levels(e: "Experiment") -> Tensor:
    """The noise levels that the budget buys, without the final 0, as the network knows them.

    Full steps cost `evaluations`, the step to 0 and the final denoise one.  A budget between two
    step counts goes to the nearest, a tie to the cheaper.  Of a network of discrete levels two
    steps may go to the same one; then there are fewer.  A first level of ∞ is told by the finite
    one that stands for it (`infinity.place`).
    """
    return infinity.placed(exactly(e))[0]


def exactly(e: "Experiment") -> Tensor:
    """The levels as they run: ∞ where the run begins in pure noise."""
    return known.nearest(_denoiser(e), grid(e).sigmas(bought(e)))


def begins_in_noise(e: "Experiment") -> bool:
    """Whether a run of this begins at σ = ∞; what clips its time steps clips that too."""
    if isinstance(e.timesteps, ToolSteps):  # a crop of its list may hang on its length
        return math.isinf(float(grid(e).sigmas(_bought(e, 0))[0]))
    return e.timesteps.pure and grid(e).pure


def _saved(e: "Experiment") -> int:
    """Evaluations that the first full step does not ask for: it leads from ∞ along a straight line
    and asks once, unless the solver takes it in its own way."""
    plain = begins_in_noise(e) and not infinity.own_step(e.schedule, e.solver)
    return e.solver.evaluations - 1 if plain else 0


def _denoiser(e: "Experiment") -> Any:
    return prepared(e.data, e.model).denoiser


def count(e: "Experiment") -> int:
    """How many levels the budget buys; a typed list does not ask, and a tool's list may be longer
    or shorter than its number of steps."""
    if isinstance(e.timesteps, ToolSteps):
        return len(grid(e).sigmas(bought(e)))
    return bought(e)


def bought(e: "Experiment") -> int:
    """How many levels are asked of the time steps: a tool's number of steps."""
    return _bought(e, _saved(e))


def _bought(e: "Experiment", saved: int) -> int:
    if isinstance(e.timesteps, Custom):
        return len(e.timesteps.levels)
    each = 1 if adapts(e.solver) else e.solver.evaluations  # a stop costs one at least
    tail = e.last != "sigma_min"
    spent = e.restart.repeats * e.restart.inner * each - e.afs - saved
    least = e.last != "zero" or e.afs  # a run of the analytic step alone would ask for nothing
    full = max(least, -(-(2 * (e.nfe - tail - spent) - each) // (2 * each)))
    if spent > 0 and full < 2:
        raise UserError(
            f"{e.restart.repeats} restarts of {e.restart.inner} steps cost {spent} "
            f"evaluations, which leaves too few of {e.nfe}; raise NFE or restart less."
        )
    return max(0, min(full, e.solver.stops) if adapts(e.solver) else full) + 1


def evaluations(e: "Experiment") -> int:
    """What a run of this takes for each sample, or may take at most where it chooses its steps; no
    run is needed.  Raises UserError where `levels` does.
    """
    if adapts(e.solver):
        return cap(e)
    each, sigma = e.solver.evaluations, levels(e)
    steps, again = len(sigma) - 1, rounds(e)
    if (place := again.place(sigma)) is not None:
        inner = known.nearest(prepared(e.data, e.model).denoiser, again.levels(float(sigma[place])))
        steps += again.repeats * (len(inner) - 1)
    return steps * each - (_saved(e) if steps else 0) + (e.last != "sigma_min") - e.afs


def cap(e: "Experiment") -> int:
    """Evaluations that a sample of adaptive steps may spend: NFE, and at least one a level."""
    return max(e.nfe, len(levels(e)) - 1 + (e.last != "sigma_min"))


def rounds(e: "Experiment") -> Restart:
    """The restarts, no higher than the network knows.  Raises UserError where nothing is left."""
    high = known.bounds(prepared(e.data, e.model).denoiser)[1]
    return e.restart if e.restart.high <= high else dataclasses.replace(e.restart, high=high)


def asked_of(e: "Experiment") -> int:
    """Evaluations that a run asks for; a typed list sets its own, whatever the budget says, and a
    tool's list may have more or fewer levels than steps were asked of it."""
    if adapts(e.solver):
        return cap(e)
    own = isinstance(e.timesteps, Custom | ToolSteps)
    return len(levels(e)) * e.solver.evaluations if own else e.nfe
