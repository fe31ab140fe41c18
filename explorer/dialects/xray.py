"""X-ray: what a config, workflow, infotext, list or run record samples, and what is wrong with it.

A reader is a module with `WHAT` (the words for what it reads), `NEEDS` (what it goes by),
`looks(thing)` (is it mine?) and `read(thing, model)` (the runs, or a whole Report).  To add a
dialect, write one and put it into READERS.  What comes in is data: sizes and depths are capped,
and no text opens a file.
"""

from dataclasses import replace
from typing import Any

from ..errors import UserError
from . import (
    infotext,
    plain_list,
    recorded,
    run_record,
    scheduler_config,
    snippet,
    workflow,
)
from .faults import faults_of
from .given import broken_json, opened
from .oddities import notes_of
from .report import Report, Run

READERS: tuple = (
    recorded,
    run_record,
    workflow,
    snippet,
    scheduler_config,
    infotext,
    plain_list,
)


def xray(thing: Any, model: str | dict | None = None) -> Report:
    """The runs in a thing and their faults.

    thing: a dict or list as JSON holds them, or their text or bytes, or other text that a reader
    knows.  model: the name of a model family, or {loader node: family} of a workflow.
    Raises UserError for what nobody reads, with what each reader missed.
    """
    given, thing = thing, opened(thing)
    for reader in READERS:
        if reader.looks(thing):
            try:
                found = reader.read(thing, model)
            except UserError as error:
                if reader is not plain_list or not isinstance(thing, str):
                    raise
                raise UserError(_refusal(given, thing, str(error))) from None
            return _noted(found if isinstance(found, Report) else _report(reader.WHAT, found))
    raise UserError(_refusal(given, thing))


def _report(what: str, runs: list[Run]) -> Report:
    return Report(what, tuple(runs), tuple(f for run in runs for f in faults_of(run)))


def _noted(report: Report) -> Report:
    """With a note on what looks odd and is a tool's own way."""
    said = [note for run in report.runs for note in notes_of(run) if note not in run.notes]
    return replace(report, notes=(*report.notes, *dict.fromkeys(said)))


def _refusal(given: Any, thing: Any, why: str = "") -> str:
    """What is wrong, where in the text, and what each reader would have needed."""
    broken = broken_json(given)
    start = (
        f"{broken} " if broken else f"{why} " if why else f"Nothing to X-ray in {_kind(thing)}. "
    )
    looked = [_needed(reader) for reader in READERS]
    return f"{start}Looked for: {'; '.join(looked)}."


def _needed(reader: Any) -> str:
    needs = getattr(reader, "NEEDS", None)
    return f"{reader.WHAT} (needs {needs})" if needs else reader.WHAT


def _kind(thing: Any) -> str:
    if isinstance(thing, dict):
        keys = ", ".join(repr(key)[:20] for key in [*thing][:4])
        return f"a dict of {len(thing)} keys ({keys})" if thing else "an empty dict"
    if isinstance(thing, list | tuple):
        return f"a list of {len(thing)}"
    return f"a {type(thing).__name__}"
