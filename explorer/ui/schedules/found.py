"""What a pasted text is: the run in it, the model it is for, and what is wrong with it.

`xray` reads; here stand the choices that a person has on the page: which of several runs, what the
numbers of a bare list are, another model, another number of steps, another shift, what is mended.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from ...dialects import lists, run_record, scheduler_config, snippet, workflow
from ...dialects.edits import resample
from ...dialects.exports import ENDLESS
from ...dialects.families import FAMILIES, Family, family
from ...dialects.faults import faults_of
from ...dialects.frames import frame_of
from ...dialects.given import opened
from ...dialects.report import Fault, Mend, Report, Run, levels_of
from ...dialects.xray import xray
from ...errors import UserError
from ...numerals import number
from . import combs, configs, families
from .asked import Asked
from .axis import Model

SEVERITIES = ("wrong", "know", "note")
_READING = {"ve": "sigma", "flow": "flow", "timesteps": "timestep"}


@dataclass(frozen=True)
class Found:
    """what: the kind of thing.  run: with all that was chosen; pasted: as it stands in the text.
    model, how: the family and what it was told by.  faults: of `run`; mended: those that were
    mended.  shift: α of the list, own: the model's; None where nothing shifts.  reading: what the
    numbers of a bare list are taken for, guessed: whether that was a guess.  notes: sentences."""

    what: str
    runs: tuple[Run, ...]
    pick: int
    run: Run
    pasted: Run
    model: Model
    how: str
    faults: tuple[Fault, ...]
    mended: tuple[Fault, ...] = ()
    shift: float | None = None
    reading: str | None = None
    notes: tuple[str, ...] = ()
    report: Report | None = None

    @property
    def steps(self) -> int:
        return max(len(self.run.levels) - 1, 0)


def found(asked: Asked) -> Found:
    """What is in the text of a question.  Raises UserError where nothing can be read."""
    if not asked.text.strip():
        raise UserError("Nothing is pasted yet.")
    report, reading = _report(asked)
    pick = min(asked.pick, len(report.runs) - 1)
    run = report.runs[pick]
    if not run.sigmas and run.levels:  # schedulers that keep no σ
        run = replace(run, sigmas=tuple(map(_finite, run.levels)))
    first = run
    kind, how = families.of(run, asked.model, reading)
    if run.facts is None or asked.model or reading:
        run = families.judged_as(run, kind, reading)
    if asked.steps and asked.steps != len(run.levels) - 1 and not is_config(opened(asked.text)):
        run = stepped(run, asked.steps, kind)
    pasted, mended = run, []
    told = report.faults if run is first and len(report.runs) == 1 else ()
    for name in asked.mended:
        known = told if run is pasted and told else faults_of(run)
        fault = next((f for f in known if f.kind == name and f.mend), None)
        if fault is not None and fault.mend is not None:
            run = set_right(mend(run, fault.mend, kind), fault.mend)
            mended.append(fault)
    alpha = shift_of(run, kind)
    if asked.shift and alpha and abs(asked.shift / alpha - 1) > 1e-6:
        run = slid(run, asked.shift / alpha, kind)
        alpha = asked.shift
    return Found(
        what=report.what,
        runs=report.runs,
        pick=pick,
        run=run,
        pasted=pasted,
        model=Model(kind),
        how=how,
        faults=in_order(told if run is first and told else faults_of(run)),
        mended=tuple(mended),
        shift=alpha,
        reading=reading,
        notes=(*report.notes, *run.notes),
        report=report,
    )


def in_order(faults: Sequence[Fault]) -> tuple[Fault, ...]:
    """What is wrong first, then what is good to know."""
    return tuple(sorted(faults, key=lambda f: SEVERITIES.index(f.severity)))


def _report(asked: Asked) -> tuple[Report, str | None]:
    """The report of a text, and what the numbers of a bare list are taken for."""
    values = _bare(asked.text)
    if values is None:
        report = _read(asked)
        if not report.runs:
            raise UserError(f"{report.what}: nothing in it is sampled. {' '.join(report.notes)}")
        return report, None
    numbers, notes = values
    guessed, why = frame_of(numbers)
    reading = asked.reading or _READING[guessed]
    what = {"sigma": "list of σ", "flow": "list of flow times", "timestep": "list of timesteps"}
    run = Run(f"{len(numbers)} numbers", numbers, numbers, max(len(numbers) - 1, 0))
    return Report(what[reading], (run,), (), (*notes, why)), reading


def _read(asked: Asked) -> Report:
    """X-ray; a scheduler's config, which holds no number of steps, is asked for the chosen one."""
    thing = opened(asked.text)
    model = asked.model if asked.model in FAMILIES else None
    if asked.steps and is_config(thing):
        thing = (
            f"{asked.steps} steps\n{thing}"
            if isinstance(thing, str)
            else {"steps": asked.steps, "config": thing}
        )
    return xray(thing, model)


def is_config(thing: Any) -> bool:
    """Is it a scheduler's config, without a list of its own?"""
    others = (run_record, workflow, snippet)
    return scheduler_config.looks(thing) and not any(r.looks(thing) for r in others)


def _bare(text: str) -> tuple[tuple[float, ...], list[str]] | None:
    """The numbers of a text that is a list and nothing else; None of other things.

    Raises UserError of a list that cannot be read."""
    plain = text.strip()
    if plain[:1] == "{" or "Scheduler" in plain or "Steps:" in plain:
        return None
    try:
        parsed = lists.raw_numbers(text)
    except UserError as error:
        if re.search("[0-9]", plain):
            raise
        others = "A scheduler’s config, a workflow and an infotext with its Steps are read too."
        raise UserError(f"{error} {others}") from None
    return parsed.sigmas, parsed.notes


def of_levels(run: Run, levels: Sequence[float], kind: Family, timesteps=None) -> Run:
    """The run over other levels, in the tool's own numbers too."""
    sigmas = tuple(combs.time_of(v) for v in levels) if run.frame == "flow" else tuple(levels)
    return over(run, sigmas, kind, timesteps)


def over(run: Run, sigmas: Sequence[float], kind: Family, timesteps=None) -> Run:
    """The run over another list in the tool's own numbers."""
    levels = (
        levels_of(tuple(sigmas), "flow")
        if run.frame == "flow"
        else tuple(kind.level(s) for s in sigmas)
    )
    facts: dict[str, Any] = {**(run.facts or {}), "sigmas": list(sigmas)}
    facts.pop("timesteps", None)
    if timesteps:
        facts["timesteps"] = list(timesteps)
    evaluations = run.evaluations
    if len(sigmas) != len(run.sigmas) and run.sigmas:
        each = max(1, round(run.evaluations / max(len(run.sigmas) - 1, 1)))
        evaluations = each * max(len(sigmas) - 1, 0)
        facts["steps"] = len(sigmas) - 1
    return replace(
        run,
        sigmas=tuple(sigmas),
        levels=levels,
        evaluations=evaluations,
        timesteps=tuple(timesteps) if timesteps else None,
        facts=facts,
    )


def mend(run: Run, how: Mend, kind: Family) -> Run:
    """The run with a mended list; of schedulers that keep none, from the timesteps."""
    sigmas = how.sigmas
    if not sigmas and how.timesteps:
        of = Model(kind).of_timestep
        sigmas = (*(_finite(of(t)) for t in how.timesteps), 0.0)
    return over(run, sigmas, kind, how.timesteps)


def set_right(run: Run, how: Mend) -> Run:
    """The run with the one setting of its scheduler that makes the mended list, if there is one."""
    config = (run.facts or {}).get("scheduler_config")
    made = configs.mending(config, len(run.levels) - 1, how) if isinstance(config, dict) else None
    if made is None:
        return run
    facts = {**(run.facts or {}), "scheduler_config": {**config, made[0]: made[1]}}
    return replace(run, facts=facts)


def _finite(sigma: float) -> float:
    """σ as tools write it: they have a number for ∞."""
    return ENDLESS["diffusers"] if math.isinf(sigma) else sigma


def slid(run: Run, factor: float, kind: Family) -> Run:
    """Every level times a factor: a shift slides the whole comb."""
    return of_levels(run, [v * factor for v in run.levels], kind)


def stepped(run: Run, n: int, kind: Family) -> Run:
    """The run in n steps: by the rule of its list, if it has one, else along its curve in ln σ."""
    even = combs.fit(run.levels)
    if run.frame == "flow" and even is not None:
        return of_levels(run, combs.even(n, even), kind)
    inside = [v for v in run.levels if 0 < v < math.inf]
    start = [v for v in run.levels[:1] if math.isinf(v)]
    tail = [0.0] if run.levels and run.levels[-1] == 0 else []
    count = n + 1 - len(start) - len(tail)
    if len(inside) < 2 or count < 2:
        raise UserError(f"This list cannot be told in {n} steps; {len(run.levels) - 1} is its own.")
    return of_levels(run, [*start, *resample(inside, count), *tail], kind)


def shift_of(run: Run, kind: Family) -> float | None:
    """α of a flow list: what its σ are times those of an even list, else the model's own."""
    if run.frame != "flow":
        return None
    alpha = combs.fit(run.levels)
    return float(number(alpha, 6)) if alpha is not None else kind.alpha


def families_for_menu() -> list[dict[str, str]]:
    """[{name, label}] of all families."""
    return [{"name": name, "label": family(name).label} for name in FAMILIES]
