"""What the page says of one step: how even its error is over σ for each ρ, EDM Fig. 13."""

from collections.abc import Sequence
from typing import Any

import torch

from ..core.ode import Corrects
from ..figures import compare as figures
from ..lab.experiment import Experiment
from ..numerals import listed, number, short, span
from ..study import local_error as study
from ..study.local_error import PAPER, Curve, Even
from ..study.names import solver_name
from .measurement import Measurement


def local(base: Experiment, request: dict) -> Measurement:
    """The local truncation error of the solver in use for several ρ, EDM Fig. 13."""
    plan = study.local_plan(base)  # says at once what cannot work
    count = plan[0].experiment.samples
    return Measurement(
        base,
        lambda watch: study.local_errors(base, watch),
        len(plan),
        lambda found: shown(base, found, count),
    )


def shown(base: Experiment, found: list[Curve], count: int) -> dict:
    """The curves so far; count: samples at every level."""
    past = (
        ""
        if base.solver.family == "one-step"
        else " The past comes along the exact flow"
        + (", and the arrival is not corrected yet." if isinstance(base.solver, Corrects) else ".")
    )
    levels = (40.0, 10.0, 1.0, 0.3, 0.1, 0.01)
    found = sorted(found, key=lambda c: c.rho)
    even = {e.rho: e for e in study.evenness(found)}
    uneven = lambda rho: ("* " if even[rho].level else "") + said(even[rho])
    return {
        "title": title(base.solver, list(even.values())),
        "note": f"64 levels, {count} samples; each step starts on clean data with noise and "
        f"is held against the exact flow.{past} Uneven: the largest error over the smallest, but "
        "for 5 % of the levels at either end; * cannot be told from the most even, at 95 % for all "
        "together (Holm). Karras et al. 2022, App. D.1 and Fig. 13.",
        "figure": figures.truncation_figure(
            {f"ρ = {number(c.rho)}": (c.sigma, c.mean, c.std) for c in found},
            f"ρ = {number(next(iter(even)))}" if len(even) > 1 else None,
        ),
        "columns": ["", *(f"σ = {number(s)}" for s in levels), "uneven"],
        "table": [
            [
                f"ρ = {number(c.rho)}",
                *(_near(c.sigma, c.mean, s) for s in levels),
                uneven(c.rho) if len(even) > 1 else "–",
            ]
            for c in found
        ],
        "exact": {
            "columns": ["ρ", "σ", "mean", "deviation"],
            "rows": [
                [c.rho, *row]
                for c in found
                for row in zip(c.sigma.tolist(), c.mean.tolist(), c.std.tolist())
            ],
        },
    }


def said(found: Even) -> str:
    """“179 × (164–197)”."""
    e = found.uneven
    return f"{short(e.value)} × ({span(e.low, e.high)})"


def title(solver: Any, even: Sequence[Even]) -> str:
    """Which ρ makes the solver's local error the most even, and what the paper's makes of it; even:
    the most even first.
    """
    name, paper = solver_name(solver), PAPER.get(solver.name)
    if len(even) < 2:
        return f"One step of {name}: local error for each ρ"
    best = sorted(e.rho for e in even if e.level)
    many = f"which cannot be told apart; at {number(even[0].rho)}: " if len(best) > 1 else ""
    at = listed([number(v) for v in best])
    found = f"One step of {name}: most even at ρ = {at}, {many}{said(even[0])}"
    own = next((e for e in even if e.rho == paper), None)
    if own is None:
        return found
    if own.level:
        return f"{found}; the paper’s ρ = {number(own.rho)} is among them"
    return f"{found}; {said(own)} at the paper’s ρ = {number(own.rho)}"


def _near(sigma, values, level: float) -> float | None:
    if not float(sigma.min()) <= level <= float(sigma.max()):
        return None
    return float(values[(sigma.log() - torch.tensor(level).log()).abs().argmin()])
