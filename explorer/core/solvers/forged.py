"""A solver of numbers that were learned for one list of steps, or typed: each step has its own.

    x̂' = x̂ + (σ' − σ) Σ_j a_nj g_j        g_0 the newest slope, g_1 the one before, …

A slope is ε = (x̂ − D)/σ, or (x̂_n − D)/σ_n seen from where the step begins.  With r the newest is
that of a point inside the step, at σ_m = σ'^r σ^{1−r}, where D is told (1 + γ) σ_m; then g_1 is the
slope at the start.  Σ_j a_nj is how far the step goes, AMED's c.

DDIM, DPM-Solver-2, Heun, AMED-Solver, iPNDM, LMS, DEIS and DPM-Solver++ are all of this form.
Non-stationary coefficients: Shaul et al. 2024, arXiv:2403.01329; a_nj and r, c as in S4S
(arXiv:2502.17423) and AMED (arXiv:2312.00094).
"""

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from typing import ClassVar

from torch import Tensor

from ...errors import UserError
from ...settings import param, setting
from ..levels import is_zero, moved, number
from ..ode import Ode, Point, State
from .learned import inner_point

SLOPES = (("eps", "ε, the noise"), ("x0", "towards D, the clean data"))
ROWS, ACROSS = 200, 4  # of a table; more past than four slopes no solver here has
LARGEST = 1e4
Row = Sequence[float] | Tensor  # numbers; (J,) while they are learned


def advance(
    ode: Ode,
    past: tuple[Point, ...],
    sigma,
    sigma_next,
    row: Row,
    r=None,
    gamma=0.0,
    slopes: str = "eps",
) -> Tensor:
    """The unscaled state at σ' > 0.  Levels and numbers are floats, or tensors () with gradients.

    past: the evaluated points, oldest first; row: a coefficient for each slope, newest first.
    """
    here = past[-1]
    x = here.plain
    if r is None:
        used = past[::-1]
    else:
        middle = sigma_next**r * sigma ** (1 - r)
        inner = moved(x, middle - sigma, here.noise)
        used = (inner_point(ode, inner, middle, 1.0 + gamma), here)
    out = x
    for weight, p in zip(row, used):
        slope = p.noise if slopes == "eps" else (x - p.denoised) / sigma
        out = moved(out, (sigma_next - sigma) * weight, slope)
    return out


@lru_cache(maxsize=256)
def table(text: str) -> tuple[tuple[float, ...], ...]:
    """Rows of numbers: rows are set apart by semicolons, numbers by commas.  Raises UserError."""
    rows = [row.strip() for row in text.replace("\n", ";").split(";") if row.strip()]
    if not 1 <= len(rows) <= ROWS:
        raise UserError(
            f"Coefficients are 1 to {ROWS} rows, set apart by semicolons; {len(rows)} are in "
            f"{quoted(text)}. “1” is DDIM."
        )
    found = tuple(numbers(row, f"Row {i + 1} of the coefficients") for i, row in enumerate(rows))
    for i, row in enumerate(found):
        if len(row) > ACROSS:
            raise UserError(
                f"Row {i + 1} of the coefficients has {len(row)} numbers and at most {ACROSS} "
                f"work; got {quoted(rows[i])}."
            )
    return found


@lru_cache(maxsize=1024)
def numbers(text: str, name: str) -> tuple[float, ...]:
    """Numbers with commas between; empty text has none.  Raises UserError, naming the text."""
    try:
        out = tuple(float(part) for part in text.split(",")) if text.strip() else ()
    except ValueError:
        raise UserError(f"{name}: numbers with commas belong here; got {quoted(text)}.") from None
    if not all(abs(v) <= LARGEST for v in out):  # nor is nan
        raise UserError(f"{name}: −{LARGEST:g} to {LARGEST:g} works; got {quoted(text)}.")
    return out


def quoted(text: str) -> str:
    """As a message shows it."""
    return repr(text)[:57]


def written(values: Sequence[float]) -> str:
    """Numbers as `numbers` reads them, twelve digits each."""
    return ", ".join(f"{v:.12g}" for v in values)


@setting
class Forged:
    """x̂' = x̂ + (σ' − σ) Σ_j a_nj g_j, with numbers a_n, r_n and γ_n of its own for each step.

    One row serves any number of steps; several belong to as many steps, and others are refused.
    """

    name: ClassVar[str] = "forged"
    label: ClassVar[str] = "Forged"
    family: ClassVar[str] = "learned"
    needs_schedule: ClassVar[bool] = False
    order: ClassVar[int] = 1  # numbers of one list of steps: nothing says how they would go to 0
    card: ClassVar[str] = (
        "Every step has its own coefficients, learned for one list of steps in the foundry "
        "(Compare, Solvers) or typed. A single 1 is DDIM."
    )
    source: ClassVar[str] = "Shaul et al. 2024, arXiv:2403.01329"
    aliases: ClassVar[tuple[str, ...]] = ("BNS", "S4S", "non-stationary solver")
    coefficients: str = param(
        "1",
        label="Coefficients",
        longest=6000,
        help="a row for each step, set apart by semicolons: of the newest slope, the one before, …",
    )
    slopes: str = param(
        "eps", label="Slopes", choices=SLOPES, help="what the coefficients multiply"
    )
    inside: str = param(
        "",
        label="r",
        longest=3000,
        help="where each step evaluates a second time, in log σ: 0 its start, 1 its end; empty: "
        "nowhere, and the past is used",
    )
    gamma: str = param(
        "",
        label="γ",
        longest=3000,
        help="the denoiser is told σ times 1 + γ at that point; empty: 0",
    )

    def check(self) -> None:
        """The lists belong together."""
        rows, r, gamma = self.table, self.points, self.raised
        for name, found, text in (("r", r, self.inside), ("γ", gamma, self.gamma)):
            if found and len(found) != len(rows):
                raise UserError(
                    f"{name} and the coefficients need as many numbers as rows, one for each step; "
                    f"{len(found)} are in {quoted(text)}, and {len(rows)} rows."
                )
        if gamma and not r:
            raise UserError(
                f"γ = {quoted(self.gamma)} belongs to points inside the steps; give r too."
            )
        if not all(0 < v <= 1 for v in r):
            raise UserError(f"r lies above 0 and at most at 1; got {quoted(self.inside)}.")
        if not all(-0.9 <= v <= 9 for v in gamma):
            raise UserError(f"γ lies between −0.9 and 9; got {quoted(self.gamma)}.")
        for i, row in enumerate(rows):
            most = 2 if r else i + 1
            if len(row) > most:
                raise UserError(
                    f"Row {i + 1} of the coefficients has {len(row)} numbers for {most} slope"
                    f"{'s' * (most > 1)}; got {quoted(self.coefficients)}."
                )

    @property
    def whole_name(self) -> str:
        """“Forged, 7 steps”, with six letters of what its numbers are: others are other solvers."""
        if self == type(self)():
            return self.label
        told = f"{self.coefficients}|{self.slopes}|{self.inside}|{self.gamma}"
        mark = hashlib.sha256(told.encode()).hexdigest()[:6]
        count = len(self.table)
        return f"{self.label} {mark}" + (f", {count} steps" if count > 1 else "")

    @property
    def table(self) -> tuple[tuple[float, ...], ...]:
        """a_nj, a row for each step."""
        return table(self.coefficients)

    @property
    def points(self) -> tuple[float, ...]:
        """r of each step; none: one evaluation a step."""
        return numbers(self.inside, "r")

    @property
    def raised(self) -> tuple[float, ...]:
        """γ of each step; none: 0."""
        return numbers(self.gamma, "γ")

    @property
    def memory(self) -> int:
        """As many points as the longest row has numbers."""
        return 1 if self.points else max(map(len, self.table))

    @property
    def evaluations(self) -> int:
        """Of the denoiser in a step."""
        return 2 if self.points else 1

    def step(self, ode: Ode, state: State, t_next: Tensor) -> tuple[Tensor, int | None]:
        sigma_next = number(ode.schedule.sigma(t_next))
        if is_zero(sigma_next):
            return ode.scaled(state.here.denoised, t_next), None
        rows, r, gamma = self.table, self.points, self.raised
        k = self._which(state)
        x = advance(
            ode,
            state.past,
            number(state.here.sigma),
            sigma_next,
            rows[k],
            r[k] if r else None,
            gamma[k] if gamma else 0.0,
            self.slopes,
        )
        return ode.scaled(x, t_next), k + 1

    def _which(self, state: State) -> int:
        """The row of this step.  Raises UserError where the steps are not those of the table."""
        count = len(self.table)
        if count == 1:
            return 0
        k = state.carry
        if k is None:
            k = 0 if state.left in (count, count + 1) else count
        if k >= count or count - k not in (state.left, state.left - 1):
            raise UserError(
                f"These coefficients belong to {count} steps above σ = 0, without churn or "
                f"restarts, and {state.left} are left at this one. Choose as many evaluations as "
                "they were forged for, or forge others."
            )
        return k
