"""Configurations A to F in words: what each rung changed, or that nothing can be told apart.

Where two rungs have not seen equally many images nothing is said of which is better: what the rung
changed and what more training does cannot be told from each other.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from ..analysis.intervals import Estimate, apart
from ..data import DATASETS
from ..errors import UserError
from ..numerals import count, interval, number, percent1
from ..study import ladder_record

GOOD = "good samples"
UNEQUAL = "on unequal images"
VERDICTS = ("better", "cannot be told apart", "worse")


def shown() -> dict[str, Any] | None:
    """The table that ships, for the page; None where nothing is measured.  One that is damaged is
    a title that says so: the rest of the page does not depend on it."""
    try:
        record = ladder_record.read()
        return told(record) if record["sets"] else None
    except UserError as error:
        problem = str(error)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError):
        problem = ladder_record.DAMAGED
    return {"title": problem, "note": "", "sets": []}


def told(record: Mapping[str, Any]) -> dict[str, Any]:
    """A table in words and cells."""
    return {
        "title": f"EDM Table 2, trained here. {_counted(record['sets'])}",
        "note": (
            "Each rung beside the one before, asked with the same images and noise; better and "
            "worse by good samples, where both were trained on equally many images."
        ),
        "sets": [_set(data, made, record) for data, made in record["sets"].items()],
    }


def _counted(sets: Mapping[str, Any]) -> str:
    """“Digits 8×8: of 5 rungs 2 better, 1 cannot be told apart, 1 worse, 1 on unequal images”."""
    out = []
    for data, made in sets.items():
        pairs = list(pairwise(made["rows"]))
        found = [_verdict(Estimate(**r["gain"])) for a, r in pairs if _fair(r, a)]
        found += [UNEQUAL] * (len(pairs) - len(found))
        counts = [f"{found.count(v)} {v}" for v in (*VERDICTS, UNEQUAL) if v in found]
        out.append(f"{DATASETS[data].label}: of {len(found)} rungs {', '.join(counts)}")
    return "; ".join(out)


def _set(data: str, made: Mapping[str, Any], record: Mapping[str, Any]) -> dict[str, Any]:
    levels, rows = record["levels"], made["rows"]
    columns = [
        "configuration",
        GOOD,
        "points more than before",
        "recall",
        "Fréchet distance",
        "sliced Wasserstein",
        *(f"loss at σ = {number(s)}" for s in levels),
    ]
    return {
        "data": data,
        "label": DATASETS[data].label,
        "said": said(data, rows, levels),
        "made": (
            f"Measured with version {made['version']} on {made['on']} ({made['with']}): "
            f"{made['command']}. {count(rows[0]['good']['count'])} samples by Heun, NFE "
            f"{record['nfe']}, ρ = 7; good is one within the data’s manifold, in the features of "
            "the classifier that ships. Intervals of 95 %, over images, noise and samples, those "
            "of a difference of losses wider for all levels together, each verdict by itself; each "
            "rung is one training, and what another seed would change is in none."
        ),
        "columns": columns,
        "rows": [_row(r, _fair(r, before)) for before, r in zip([rows[0], *rows], rows)],
    }


def _row(r: Mapping[str, Any], fair: bool) -> dict[str, Any]:
    kimg = f"{count(r['images'])} images"
    more = {"value": "", "beside": ""}
    if r["gain"]:
        e = Estimate(**r["gain"])
        ends = f"{_points(e.low)} to {_points(e.high)}".replace("-", "−")
        verdict = _verdict(e) if fair else UNEQUAL
        more = {"value": f"{_points(e.value)}, {verdict}".replace("-", "−"), "beside": ends}
    cells = [
        _cell(r["good"], percent1),
        more,
        *(_cell(r[k], number) for k in ("recall", "frechet", "wasserstein")),
        *(_cell(e, number) for e in r["losses"]),
    ]
    return {
        "letter": r["letter"],
        "network": r["network"],
        "changed": f"{r['changed']}; {kimg}",
        "cells": cells,
    }


def _cell(e: Mapping[str, Any], write) -> dict[str, str]:
    return {"value": write(e["value"]), "beside": f"{write(e['low'])} – {write(e['high'])}"}


def _points(part: float) -> str:
    """A difference of two shares, in points of a hundred: from 53 to 61.1 % are 8.1 points."""
    return percent1(part).removesuffix(" %")


def _both(e: Estimate, write) -> str:
    return interval(e.value, e.low, e.high, write)


def _less(e: Estimate) -> Estimate:
    """The same the other way round."""
    return Estimate(-e.value, -e.high, -e.low, e.count)


def _verdict(e: Estimate) -> str:
    if not apart(e, 0.0):
        return "cannot be told apart"
    return "better" if e.value > 0 else "worse"


def said(data: str, rows: Sequence[Mapping[str, Any]], levels: Sequence[float]) -> str:
    """What each rung changed, in sentences that rank only where the interval allows it."""
    out = [_rung(r, before, levels) for before, r in pairwise(rows)]
    if old := ladder_record.stale(data, rows):
        out.append(
            f"Of {', '.join(old)} the network is another one today; {ladder_record.COMMAND} "
            "measures again."
        )
    return " ".join(out)


def _rung(r, before, levels) -> str:
    now, then = r["letter"], before["letter"]
    if not _fair(r, before):
        more, less = sorted((r, before), key=lambda row: -row["images"])
        return (
            f"{then} and {now} cannot be compared fairly: {more['letter']} was trained on "
            f"{count(more['images'])} images and {less['letter']} on {count(less['images'])}."
        )
    e = Estimate(**r["gain"])
    quality = {
        "cannot be told apart": f"{then} and {now} cannot be told apart by their samples",
        "better": f"{now} has {_both(e, _points)} points more good samples than {then}",
        "worse": f"{now} has {_both(_less(e), _points)} points fewer good samples than {then}",
    }[_verdict(e)]
    changes = [Estimate(**c) for c in r["loss_change"]]
    lower = [number(s) for s, c in zip(levels, changes) if c.high < 0]
    higher = [number(s) for s, c in zip(levels, changes) if c.low > 0]
    parts = [
        f"{word} at every σ" if len(where) == len(levels) else f"{word} at σ = {', '.join(where)}"
        for word, where in (("lower", lower), ("higher", higher))
        if where
    ]
    loss = (
        f"{now}’s loss is {' and '.join(parts)}" if parts else "their losses cannot be told apart"
    )
    return f"{quality}; {loss}."


def _fair(r: Mapping[str, Any], before: Mapping[str, Any]) -> bool:
    """Whether both were trained on equally many images, so that the rung alone differs."""
    return r["images"] == before["images"]
