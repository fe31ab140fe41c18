"""What the page says of guidance measured: who ends nearer to the class, and at what price."""

import math

from ..analysis.intervals import Estimate
from ..figures.guidance import guidance_figure
from ..lab.experiment import Experiment
from ..lab.source import prepared
from ..numerals import interval, number, percent1, short
from ..study import guidance as study
from ..study.guidance import Way
from . import words
from .measurement import Measurement

COLUMNS = ["", "passes", "to the class", "against none", "to what is meant", "good", "covered"]


def guidance(base: Experiment, request: dict) -> Measurement:
    """Without guidance, by all classes, by a worse model and as set, on the same noise."""
    plan = study.guidance_plan(base)  # says at once what cannot work
    return Measurement(
        base,
        lambda watch: study.guidings(base, watch),
        len(plan),
        lambda found: shown(base, found[-1]),
    )


def shown(base: Experiment, rows: list[Way]) -> dict:
    """The rows so far."""
    none = rows[0]
    seeds = len(none.each["distance"])
    return {
        "title": title(rows),
        "note": f"{words.data_name(base.data)}, {class_of(base)}, w = "
        f"{number(base.model.guidance)}, NFE {none.nfe}; {seeds} seeds, the same noise for all, "
        "95 % intervals over seeds. Good: as likely under the class as 99 of 100 draws of it. "
        "Covered: draws of the class with a sample as near as 95 of 100 have among as many "
        "other draws. "
        f"{meant_words(rows)}Karras et al. 2024, Sec. 3.",
        "figure": guidance_figure(rows),
        "columns": COLUMNS,
        "table": [
            [r.name, str(r.passes), _said(r.level("distance"))]
            + [_said(r.more(none, "distance")) if r is not none else "–"]
            + [_said(r.level("meant"))]
            + [_said(r.level(m), percent1) for m in ("good", "covered")]
            for r in rows
        ],
        "exact": {
            "columns": ["guidance", "NFE", "passes", "seed", *study.MEASURES],
            "rows": [
                [r.name, r.nfe, r.passes, base.seed + k]
                + [r.each[m][k] if m in r.each else None for m in study.MEASURES]
                for r in rows
                for k in range(len(r.each["distance"]))
            ],
        },
    }


def title(rows: list[Way]) -> str:
    """Who ends nearer to the class than without guidance, who farther, and whom nobody can tell."""
    none, others = rows[0], rows[1:]
    found = {r.name: r.more(none, "distance") for r in others}
    known = {name: e for name, e in found.items() if e is not None and math.isfinite(e.low)}
    if not known:
        return "What does guidance do to a class?"
    sure = [r.name for r in study.apart(rows, "distance")]
    told = {
        "Nearer to the class than unguided": [n for n in sure if known[n].value < 0],
        "Farther from the class than unguided": [n for n in sure if known[n].value > 0],
    }
    said = [
        f"{verb}: {' and '.join(f'{n} by {_size(known[n])}' for n in names)}"
        for verb, names in told.items()
        if names
    ]
    if unknown := [n for n in known if n not in sure]:
        said.append(f"No difference to unguided is found: {' and '.join(unknown)}")
    return ". ".join(said)


def meant_words(rows: list[Way]) -> str:
    """Whether what is drawn is what is meant: an empty sentence where that is not known."""
    told = [r for r in rows[1:] if r.level("meant") is not None]
    if not told or rows[0].level("meant") is None:
        return ""
    level = rows[0].level("meant")
    beyond = [r for r in study.apart(rows, "meant") if r.more(rows[0], "meant").value > 0]
    out = [
        f"{r.name}, {_said(r.level('meant'))} from what it means"
        + (", farther than plain samples are from theirs" if r in beyond else "")
        for r in told
    ]
    return f"Without guidance samples end {_said(level)} from their law; {'; '.join(out)}. "


def class_of(base: Experiment) -> str:
    """“class 0, upper tree”, “all classes”."""
    k = base.model.condition
    if k < 0:
        return "all classes" if prepared(base.data, base.model).data.classes else "all of it"
    names = getattr(base.data, "names", ())
    return f"class {k}" + (f", {names[k]}" if k < len(names) else "")


def _size(e: Estimate) -> str:
    return interval(abs(e.value), *sorted((abs(e.low), abs(e.high))))


def _said(e: Estimate | None, write=short) -> str:
    return "–" if e is None else interval(e.value, e.low, e.high, write)
