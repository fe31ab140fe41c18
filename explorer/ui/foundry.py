"""What the page says of the foundry: what was learned, what it is worth, how to take it along."""

import dataclasses
import math
from typing import Any

from ..analysis.intervals import Estimate, apart
from ..core.solvers import Forged
from ..dialects import forged as code
from ..dialects.exports import Export, digits
from ..errors import UserError
from ..figures.foundry import foundry_figure
from ..lab.experiment import Experiment, run
from ..numerals import factor, interval, short, span
from ..settings import flatten
from ..study import foundry as study
from ..study.foundry import FORGED, OWN, SEARCHED, Found, Judged
from ..study.names import solver_name
from ..training.forge_numbers import LEARN
from ..training.foundry import EVERY, Foundry
from . import words
from .measurement import Measurement

HOW = {
    OWN: "as in the settings",
    FORGED: "what was learned",
    SEARCHED: "the settings’ solver",
}
ASKED = ("learn", "weigh", "paths", "batch", "updates", "rate", "seed")


def foundry(base: Experiment, request: dict) -> Measurement:
    """request: "learn", names with commas or a list of them; and what else `Foundry` has."""
    how = asked(base, request)
    study.check(base, how)
    return Measurement(
        base,
        lambda watch: study.foundry(base, how, watch),
        how.updates // EVERY + 4,
        lambda rows: shown(base, how, rows[-1]),
    )


def asked(base: Experiment, request: dict) -> Foundry:
    """What a request wants learned, and how.  Raises UserError for what it cannot be."""
    given = {k: request[k] for k in ASKED if request.get(k) is not None}
    learn = given.get("learn")
    if isinstance(learn, list) and all(isinstance(v, str) for v in learn):
        given["learn"] = ",".join(learn)
    elif "learn" in given and not isinstance(learn, str):
        raise UserError(f"learn is names with commas, of {', '.join(LEARN)}; got {learn!r:.60}.")
    return dataclasses.replace(study.defaults(base), **given)


def shown(base: Experiment, how: Foundry, found: Found) -> dict:
    """What there is so far."""
    levels, solver = best(base, found)
    rows, more = numbers(solver)
    return {
        "title": title(found),
        "note": note(base, how, found),
        "figure": foundry_figure(found.history, found.first, found.own, levels, rows, more),
        "columns": ["", "", "end error", "× the settings’", "× searched steps"],
        "table": [line(r) for r in found.rows],
        "offers": offers(base, found),
        "exact": {
            "columns": ["", "levels", "solver", "error", "times", "from", "to"],
            "rows": [
                [
                    r.name,
                    digits(r.levels),
                    repr(r.solver),
                    r.error.value,
                    *((r.times.value, r.times.low, r.times.high) if r.times else (None,) * 3),
                ]
                for r in found.rows
            ],
        },
    }


def best(base: Experiment, found: Found) -> tuple[tuple[float, ...], Any]:
    """The levels and the solver that are best so far."""
    row = found.row(FORGED)
    if row is not None:
        return row.levels, row.solver
    if found.history:
        return found.history[-1].levels, found.history[-1].solver
    return found.own, base.solver


def numbers(solver: Any) -> tuple[tuple, dict]:
    """Its coefficients, and r and γ of each step, where it is a table."""
    if not isinstance(solver, Forged):
        return (), {}
    more = {"r": solver.points, "γ": solver.raised}
    return solver.table, {k: v for k, v in more.items() if v}


def title(found: Found) -> str:
    """What it is worth; only what intervals allow."""
    row = found.row(FORGED)
    if row is None or row.times is None:
        return "The foundry is learning"
    if apart(row.times) and row.times.value > 1:
        return (
            f"What was learned ends {_said(row.times)} as far off: it does not hold on other noise"
        )
    if not apart(row.times):
        return "What was learned cannot be told apart from the settings on other noise"
    told = f"What was learned ends {_said(row.times)} as far off as the settings"
    if row.searched is None:
        return told
    if not apart(row.searched):
        return f"{told}; from searched steps it cannot be told apart"
    if row.searched.value > 1:
        return f"{told}; searched steps alone are better"
    return f"{told}, and {_said(row.searched)} as far as searched steps alone"


def _said(e: Estimate) -> str:
    return f"{short(e.value)} × ({span(e.low, e.high)})"


def note(base: Experiment, how: Foundry, found: Found) -> str:
    """What was learned, from how much."""
    learned = ", ".join(LEARN[p] for p in how.parts)
    done = found.history[-1].update if found.history else 0
    told = (
        f"{words.data_name(base.data)}, {solver_name(base.solver)}, {len(found.own)} levels "
        f"down to σ_min. Learned: {learned}; {done} updates of {how.batch} of {how.paths} paths "
        "against the reference, the best on other paths kept. Above: the error on those; below: "
        "the numbers of each step, and the levels before. "
    )
    if not found.rows:
        return told
    return told + "The table: a third set of noise, path by path, 95 % intervals."


def line(r: Judged) -> list[str]:
    """A row of the table."""
    times = lambda e: factor(e.value, e.low, e.high) if e else "–"
    return [
        r.name,
        HOW[r.name],
        interval(r.error.value, r.error.low, r.error.high),
        "1" if r.name == OWN else times(r.times),
        "1" if r.name == SEARCHED else times(r.searched),
    ]


def offers(base: Experiment, found: Found) -> list[dict]:
    """Buttons: take it to Explore, and copy it as code.  What is not judged says so."""
    row = found.row(FORGED)
    if row is None:
        if not found.history or found.history[-1].best >= found.first:
            return []
        last, nan = found.history[-1], math.nan
        row = Judged(FORGED, last.levels, last.solver, Estimate(nan, nan, nan, 0))
        return [_use(base, row, "Use it so far, not judged yet")]
    name = "Use what was learned" if study.better(row) else "Use it all the same"
    out = [_use(base, row, name)]
    other = found.row(SEARCHED)
    if study.better(other):
        out.append(_use(base, other, "Use the searched steps"))
    return [*out, *(_copy(tool, made) for tool, made in snippets(base, row).items())]


def _use(base: Experiment, row: Judged, text: str) -> dict:
    now = flatten(study.with_forged(base, row))
    kept = {k: v for k, v in now.items() if k.split(".")[0] in ("timesteps", "solver")}
    return {"text": text, "values": kept, "page": "explore"}


def _copy(tool: str, made: Export) -> dict:
    return {"text": f"Copy for {tool}", "copy": made.text, "title": made.note}


def snippets(base: Experiment, row: Judged) -> dict[str, Export]:
    """tool -> code that ends where the view with these numbers ends."""
    view = study.with_forged(base, row)
    levels = tuple(run(view).trajectory.sigma.tolist())
    if not isinstance(row.solver, Forged):
        return _lists(row.solver, levels)
    s = row.solver
    count = len(levels) - (levels[-1] == 0) - 1
    rows = s.table if len(s.table) == count else s.table * count
    table = code.Table(levels, rows, s.points, s.raised, s.slopes)
    return {
        "k-diffusion": code.k_diffusion(table),
        "diffusers": code.diffusers(table),
        "ComfyUI": code.comfy(table),
    }


def _lists(solver: Any, levels: tuple[float, ...]) -> dict[str, Export]:
    """Only times: a list, for the same solver there."""
    note = f"For {solver.label}: {', '.join(solver.aliases)}."
    text = digits(levels)
    return {
        "k-diffusion": Export(f"import torch\n\nsigmas = torch.tensor([{text}])\n", note),
        "diffusers": Export(f"scheduler.set_timesteps(sigmas=[{text}])\n", note),
        "ComfyUI": Export(text, f"ManualSigmas. {note}"),
    }
