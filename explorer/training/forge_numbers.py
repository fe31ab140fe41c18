"""The numbers that the foundry moves: what is ticked, over a solver's own, as one parameter vector.

The gaps between levels in ln σ are a softmax of what is learned, so their order and their ends
stay.  Every other number is the solver's own plus what is learned, which begins at 0.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from ..core.ode import Ode, State
from ..core.schedules import EDM
from ..core.solvers import Forged
from ..core.solvers.forged import advance, written
from ..errors import UserError
from . import forge_form

LEARN = {
    "times": "times",
    "coefficients": "coefficients",
    "r": "r, the points inside",
    "c": "c, how far",
    "gamma": "γ, what D is told",
}
RANGES = {"r": (0.02, 1.0), "gamma": (-0.5, 1.0), "c": (-0.5, 0.5), "coefficients": (-3.0, 3.0)}


class Numbers(nn.Module):
    """The parameter vector: what is ticked, over a solver's own numbers at its own levels."""

    given: Tensor
    mask: Tensor

    def __init__(self, solver, levels: Sequence[float], parts: Sequence[str], schedule=EDM()):
        super().__init__()
        forge_form.check(solver, schedule)
        self.solver, self.parts = solver, tuple(parts)
        self.register_buffer("given", torch.tensor(levels, dtype=torch.float64))
        own = forge_form.form(solver, self.given)
        self.slopes = own.slopes
        self._refuse(own)
        gaps = (self.given[:-1] / self.given[1:]).log().log()
        begin = {
            "times": gaps,
            "coefficients": torch.zeros_like(own.rows),
            "c": torch.zeros_like(gaps),
            "r": torch.zeros_like(gaps),
            "gamma": torch.zeros_like(gaps),
        }
        self.learned = nn.ParameterDict({k: nn.Parameter(begin[k].clone()) for k in self.parts})
        mask = torch.ones_like(own.rows)
        if own.r is None:  # at the start there is no past
            mask = mask.tril()
        self.register_buffer("mask", mask)

    def _refuse(self, own: forge_form.Form) -> None:
        """Raises UserError for what this solver has not."""
        label = getattr(self.solver, "label", "the solver")
        for part in ("r", "gamma"):
            if part in self.parts and own.r is None:
                raise UserError(
                    f"{LEARN[part].capitalize()}: {label} evaluates once a step and has no points "
                    "inside; untick it, or take DPM-Solver-2, Heun or AMED-Solver."
                )
        if "times" in self.parts and not forge_form.follows(self.solver):
            raise UserError(
                f"{label} finds its coefficients by quadrature in VP time or ln σ, which have no "
                "gradients by the times; untick them, or choose its polynomial in σ."
            )
        if "times" in self.parts and len(self.given) < 3:
            raise UserError("With one step there is no time to move; untick times.")

    def levels(self) -> Tensor:
        """(K,), falling, with the ends as they were."""
        if "times" not in self.parts:
            return self.given
        total = (self.given[0] / self.given[-1]).log()
        gaps = self.learned["times"].softmax(0) * total
        inner = (self.given[0].log() - gaps.cumsum(0)[:-1]).exp()
        return torch.cat([self.given[:1], inner, self.given[-1:]])

    def form(self, levels: Tensor) -> forge_form.Form:
        """The numbers of each step at these levels."""
        rows, r, gamma, slopes = forge_form.form(self.solver, levels)
        if "coefficients" in self.parts:
            rows = rows + self.learned["coefficients"] * self.mask
        if "c" in self.parts:
            rows = rows * (1 + self.learned["c"])[:, None]
        if "r" in self.parts:
            r = (r + self.learned["r"]).clamp(*RANGES["r"])
        if "gamma" in self.parts:
            gamma = gamma + self.learned["gamma"]
        return forge_form.Form(rows, r, gamma, slopes)

    @torch.no_grad()
    def project(self) -> None:
        """What is learned stays within its ranges; r, which begins as its own, by itself."""
        for part in self.parts:
            value = self.learned[part]
            if part == "r":
                own = forge_form.form(self.solver, self.levels()).r
                value.copy_((own + value).clamp(*RANGES["r"]) - own)
            elif part in RANGES:
                value.clamp_(*RANGES[part])

    @torch.no_grad()
    def setting(self) -> tuple[Any, tuple[float, ...]]:
        """The solver and the levels as a link writes them; the solver itself where only times were
        learned.
        """
        if "times" in self.parts:
            levels = tuple(float(f"{s:.7g}") for s in self.levels().tolist())
        else:
            levels = tuple(self.given.tolist())
        if self.parts == ("times",):
            return self.solver, levels
        rows, r, gamma, slopes = self.form(torch.tensor(levels, dtype=torch.float64))
        return forged(rows, r, gamma, slopes), levels


def forged(rows: Tensor, r: Tensor | None, gamma: Tensor | None, slopes: str) -> Forged:
    """The setting of these numbers."""
    most = lambda i: rows.shape[1] if r is not None else min(i + 1, rows.shape[1])
    text = "; ".join(written(row[: most(i)]) for i, row in enumerate(rows.tolist()))
    told = gamma is not None and bool((gamma != 0).any())
    return Forged(
        text,
        slopes,
        "" if r is None else written(r.tolist()),
        written(gamma.tolist()) if told and gamma is not None else "",
    )


class Forging:
    """Steps by numbers that carry gradients, of one update."""

    def __init__(self, form: forge_form.Form):
        self.form = form
        self.memory = 1 if form.r is not None else form.rows.shape[1]

    def step(self, ode: Ode, state: State, t_next: Tensor) -> tuple[Tensor, None]:
        rows, r, gamma, slopes = self.form
        n = len(rows) - state.left
        sigma, sigma_next = ode.schedule.sigma(state.here.t), ode.schedule.sigma(t_next)
        told = 0.0 if gamma is None or not gamma.requires_grad and not gamma[n] else gamma[n]
        x = advance(
            ode,
            state.past,
            sigma,
            sigma_next,
            rows[n],
            None if r is None else r[n],
            told,
            slopes,
        )
        return ode.scaled(x, t_next), None
