"""The whole answer to the Schedules page: facts as numbers and words, and nothing about pixels."""

from typing import Any

from ...dialects.report import Fault
from ...errors import UserError
from . import (
    axis,
    copies,
    empty,
    examples,
    explore,
    found,
    links,
    measured,
    places,
    rows,
    tools,
    words,
)
from .asked import Asked
from .found import Found
from .row import Row


def schedules(request: Any) -> dict[str, Any]:
    """What the page shows for a request (see `asked.Asked`).

    Raises UserError, whose sentence names the line and character where there is one.
    """
    asked = Asked.of(request)
    if not asked.text.strip():
        return empty.answer()
    try:
        f = found.found(asked)
    except UserError as error:
        raise UserError(places.with_place(str(error), asked.text)) from None
    shown, refused = rows.rows(f, asked.rows)
    ends = axis.ends([r.levels for r in shown], f.model)
    split = words.handed(f, asked.split)
    return {
        "text": asked.text if len(asked.text) <= places.LONGEST else None,  # the page has it
        "link": links.link(asked, f),
        "what": f.what,
        "reading": f.reading,
        "asks": words.asks(f),
        "runs": _runs(f),
        "model": {**_model(f), "said": words.how(f)},
        "steps": {"value": f.steps, "own": max(len(f.pasted.levels) - 1, 0), "why": None},
        "shift": _shift(f),
        "title": words.title(f),
        "note": words.note(f, shown),
        "notes": [*f.notes, *refused],
        "status": words.status(f),
        "foot": " ".join([*refused, *f.notes[2:]])[:300],
        "axis": ends,
        **axis.told(f.model, ends),
        "rows": [row(r, f.model) for r in shown],
        "adds": tools.menu(f),
        "faults": [_fault(x, f) for x in f.faults],
        "fine": words.fine(f),
        "checks": words.checks(),
        "mended": words.mended(f),
        "marks": places.marks(asked.text, f),
        "shown": places.changed(asked.text, f),
        "cut": words.cut(f, asked.strength),
        "split": {**split, "copy": copies.both(f, split["at"])},
        "copies": copies.copies(f),
        "lead": copies.lead(f),
        "open": explore.opened(f),
    }


def _runs(f: Found) -> list[dict[str, Any]]:
    if len(f.runs) < 2:
        return []
    return [
        {"label": r.where or r.text, "steps": max(len(r.levels) - 1, 0), "on": i == f.pick}
        for i, r in enumerate(f.runs)
    ]


def _model(f: Found) -> dict[str, Any]:
    family = f.model.family
    return {"name": family.name, "label": family.label, "kind": family.kind}


def _shift(f: Found) -> dict[str, Any] | None:
    if f.shift is None:
        return None
    comb = rows.comb(f)
    return {
        "value": f.shift,
        "own": f.model.family.alpha,
        "comb": [axis.plain(v) for v in comb] if comb else None,
    }


def row(r: Row, model: axis.Model) -> dict[str, Any]:
    """A list for the page, with what every ruler says at its levels."""
    return {
        "name": r.name,
        "label": r.label,
        "source": r.source,
        "role": r.role,
        "twin": r.twin,
        "levels": [axis.plain(v) for v in r.levels],
        "told": [axis.plain(v) for v in r.timesteps] if r.timesteps else None,
        "read": axis.read(r.levels, model),
    }


def _fault(x: Fault, f: Found) -> dict[str, Any]:
    """A fault for the page; `at` is a pair of indices, of the whole list where it has no place."""
    title, text = words.sentence(x.text)
    last = len(f.run.levels) - 1
    at = [x.at, x.at] if x.at is not None and 0 <= x.at <= last else [0, last] if last > 0 else None
    return {
        "kind": x.kind,
        "severity": x.severity,
        "title": title,
        "text": text,
        "at": at,
        "mend": x.mend.label if x.mend else None,
    }


def config() -> dict[str, Any]:
    """What the page's script is told once."""
    return {
        "families": [{"name": "edm", "label": "EDM, σ up to 80"}, *found.families_for_menu()],
        "data": measured.config(),
        "examples": [
            {"name": e.name, "label": e.label, "text": e.text, "more": e.more}
            for e in examples.examples()
        ],
    }
