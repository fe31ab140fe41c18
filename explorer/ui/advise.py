"""What the page says of the settings to take at the evaluations of the view."""

import dataclasses
from typing import Any

from ..analysis.intervals import Estimate
from ..figures.advise import advise_figure
from ..lab.experiment import Experiment
from ..numerals import interval, short
from ..settings import to_query
from ..study import adviser as study
from ..study.advised import Advice, advice, called
from ..study.adviser import JUDGED, Tried
from . import kept, words
from .measurement import Measurement

COLUMNS = ["settings", "NFE", "median end error", "× the chosen", "told apart"]


@dataclasses.dataclass(frozen=True)
class Mark:
    """One line of the figure while the search goes on."""

    name: str
    error: Estimate


def advise(base: Experiment, request: dict) -> Measurement:
    """Search at the view's evaluations, then judge on noise that the search never saw."""
    first = study.coarse(base, base.nfe)  # says at once what cannot work
    total, folder = max(len(first) + JUDGED, study.CELLS), kept.cells()
    rows = lambda watch: study.advise(base, base.nfe, watch=watch, folder=folder)
    return Measurement(base, rows, total, lambda found: shown(base, found))


def shown(base: Experiment, found: list[Tried]) -> dict:
    """The search so far, or the advice."""
    made = advice(base.nfe, found)
    return _searching(base, found) if made is None else _found(base, made)


def _searching(base: Experiment, found: list[Tried]) -> dict:
    best = [Mark(called(t.experiment), t.row.middle) for t in study.ranked(found)[:JUDGED]]
    part = "being judged on other noise" if found[-1].round == "judged" else "searched so far"
    return {
        "title": f"At {base.nfe} evaluations: {len(found)} settings {part}",
        "note": f"{words.data_name(base.data)}. Lowest errors of the search, on the noise that it "
        "chooses by, so they are no verdict yet.",
        "figure": advise_figure(best, [False] * len(best), "median end error, search"),
        "columns": ["settings", "median end error"],
        "table": [[m.name, _with_ends(m.error)] for m in best],
        "exact": {
            "columns": ["settings", "median"],
            "rows": [[m.name, m.error.value] for m in best],
        },
    }


def _found(base: Experiment, made: Advice) -> dict:
    rows = [made.chosen, *made.others]
    return {
        "title": made.sentence,
        "note": f"{words.data_name(base.data)}: {made.tried} settings searched with "
        f"{made.paths[0]} paths of one seed, the lowest chosen there, the best {len(rows)} judged "
        f"with {made.paths[1]} paths of another seed, which no search saw. Told apart: a sign test "
        "of the pairs, corrected for all of them (Holm). Filled: not told apart from the chosen.",
        "figure": advise_figure(rows, [s.even for s in rows], "median end error"),
        "columns": COLUMNS,
        "table": [
            [
                s.name,
                str(s.nfe),
                _with_ends(s.error),
                _with_ends(s.times),
                _verdict(s, made),
            ]
            for s in rows
        ],
        "exact": _exact(rows),
        "advice": made.plain(),
    }


def _verdict(s: Any, made: Advice) -> str:
    if s is made.chosen:
        return "chosen"
    if s.even:
        return "no"
    return "better" if s in made.better else "worse"


def _with_ends(e: Estimate) -> str:
    return interval(e.value, e.low, e.high, short)


def _exact(rows: list) -> dict:
    return {
        "columns": ["settings", "link", "NFE"]
        + [f"{k}{e}" for k in ("median", "times") for e in ("", " from", " to")],
        "rows": [
            [
                *(s.name, to_query(s.experiment), s.nfe),
                *(s.error.value, s.error.low, s.error.high),
                *(s.times.value, s.times.low, s.times.high),
            ]
            for s in rows
        ],
    }
