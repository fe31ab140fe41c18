"""Which solvers the foundry can begin from, and their own numbers in its form.

    x̂' = x̂ + (σ' − σ) Σ_j a_nj g_j                      `core.solvers.forged`

The coefficients of a multistep solver are read off its own update, on slopes that are unit vectors,
so they follow the levels with gradients, as its formula has them.
"""

from typing import NamedTuple, cast

import torch
from torch import Tensor

from ..core.denoisers import Denoiser
from ..core.ode import Ode, Point, State
from ..core.schedules import EDM
from ..core.solvers import (
    AMED,
    DDIM,
    DEIS,
    DPM2,
    IPNDM,
    IPNDMV,
    LMS,
    RK2,
    DPMpp,
    Euler,
    Forged,
    Heun,
)
from ..errors import UserError

MULTISTEP = (IPNDM, IPNDMV, LMS, DEIS, DPMpp)
KNOWN = (
    "DDIM, Euler, Heun, RK2, DPM-Solver-2, AMED-Solver, iPNDM, LMS, DEIS, DPM-Solver++ and Forged"
)


class Form(NamedTuple):
    """A solver in this form over K levels: rows (K − 1, J), r and γ (K − 1,) where it has points
    inside its steps; slopes as `Forged` has them."""

    rows: Tensor
    r: Tensor | None
    gamma: Tensor | None
    slopes: str


def check(solver, schedule) -> None:
    """Raises UserError unless it can be written in this form."""
    label = getattr(solver, "label", type(solver).__name__)
    if not isinstance(solver, (*MULTISTEP, AMED, DDIM, DPM2, RK2, Euler, Forged, Heun)):
        raise UserError(f"The foundry cannot begin from {label}. It knows {KNOWN}.")
    if isinstance(solver, (Euler, Heun, RK2)) and not isinstance(schedule, EDM):
        raise UserError(
            f"{label} works in the time of its schedule, which is not σ here; choose the schedule "
            "EDM, or a solver in σ such as DDIM or DPM-Solver-2."
        )
    if isinstance(solver, RK2) and solver.alpha > 1:
        raise UserError(
            f"α = {solver.alpha:g} looks beyond the end of the step; the foundry knows α up to 1."
        )
    if getattr(solver, "thresholding", False):
        raise UserError("The foundry learns without thresholding; switch Threshold off.")
    if getattr(solver, "predictor", ""):
        raise UserError(
            f"{label} has r and c from its predictor; take it off, and the foundry begins from the "
            "numbers that all samples share."
        )


def inside(solver) -> bool:
    """Whether its steps have a second point inside."""
    return bool(solver.points) if isinstance(solver, Forged) else solver.evaluations == 2


def follows(solver) -> bool:
    """Whether its numbers are known at any levels, with gradients."""
    return not (isinstance(solver, DEIS) and solver.variable != "rhoab" and solver.order > 1)


def form(solver, levels: Tensor) -> Form:
    """Its own numbers at these levels (K,), with gradients of them."""
    count, one = len(levels) - 1, levels.new_ones(len(levels) - 1)
    here, there = levels[:-1], levels[1:]
    if isinstance(solver, Forged):
        return _forged(solver, levels)
    if isinstance(solver, MULTISTEP):
        slopes = getattr(solver, "prediction", "eps")
        each = [_row(solver, levels, n, slopes) for n in range(count)]
        return Form(torch.stack(each), None, None, slopes)
    if not inside(solver):
        return Form(one[:, None], None, None, "eps")
    if isinstance(solver, AMED):
        rows = torch.stack([solver.c * one, 0 * one], 1)
        return Form(rows, solver.r * one, (solver.a - 1) * one, "eps")
    if isinstance(solver, DPM2):
        part, r = solver.r, solver.r * one
    else:
        part = solver.alpha if isinstance(solver, RK2) else 1.0
        middle = torch.lerp(here, there, part)
        r = (middle / here).log() / (there / here).log()
    return Form(torch.stack([one / (2 * part), one - one / (2 * part)], 1), r, 0 * one, "eps")


def _forged(solver: Forged, levels: Tensor) -> Form:
    """A table that is there already; a single row is that of every step."""
    count, rows = len(levels) - 1, solver.table
    if len(rows) not in (1, count):
        raise UserError(
            f"These coefficients belong to {len(rows)} steps, and the view has {count}; choose as "
            "many, or begin from another solver."
        )
    across = 2 if solver.points else max(map(len, rows))
    full = [[*row, *[0.0] * (across - len(row))] for row in rows]
    each = lambda v: levels.new_tensor(v if len(v) == count else [*v] * count)
    given = levels.new_tensor(full if len(full) == count else full * count)
    if not solver.points:
        return Form(given, None, None, solver.slopes)
    gamma = solver.raised or (0.0,) * len(rows)
    return Form(given, each(solver.points), each(gamma), solver.slopes)


def _asked(x: Tensor, sigma: Tensor) -> Tensor:
    raise UserError("A multistep solver asks nothing inside a step.")


def _row(solver, levels: Tensor, n: int, slopes: str) -> Tensor:
    """(J,): a_nj, from its own update of a state at 0 whose slopes are unit vectors."""
    across = solver.memory
    past = []
    for j in reversed(range(min(n + 1, across))):
        sigma = levels[n - j].reshape(1, 1)
        unit = torch.zeros(1, across, dtype=levels.dtype, device=levels.device)
        unit[0, j] = 1
        answer = unit if slopes == "x0" else -sigma * unit  # ε = (0 − D)/σ
        past.append(Point(sigma, sigma, None, torch.zeros_like(unit), answer))
    span = levels[0].item(), levels[-1].item()
    state = State(tuple(past), len(levels) - 1 - n, span)
    end = solver.update(Ode(cast(Denoiser, _asked)), state, levels[n + 1].reshape(1, 1))[0]
    size = levels[n + 1] - levels[n]
    return end / (size if slopes == "eps" else -size / levels[n])
