"""The heat map of Compare: any two settings of the view, a cell for each pair of values."""

import dataclasses
import math
from typing import Any

from ..analysis.intervals import Estimate
from ..core.solvers import SOLVERS
from ..errors import UserError
from ..lab.experiment import Experiment
from ..settings import flatten, jsonable, parameters, slots
from ..study import map_said, map_standing, maps
from ..study.map_axes import Axis, fits, slot_label, usual
from ..study.map_standing import At, Standing
from ..study.maps import MEASURES, Map
from ..study.sweep import COMPARED_SOLVERS
from . import kept, map_words, words
from .cell import link_of
from .measurement import Measurement

AXES = ("timesteps.rho", "nfe")  # of a map that nobody has chosen


def config() -> dict:
    """What the page is told: the settings that an axis can have, each with usual values."""
    names = {k: k for k in slots(Experiment)}
    chosen = {
        "solver": ", ".join(n for n in COMPARED_SOLVERS if n in SOLVERS),
        "timesteps": "rho, vp, ve, iddpm, logsnr",
        "schedule": ", ".join(slots(Experiment)["schedule"]),
    }
    whole = [{"key": k, "label": slot_label(k), "usual": chosen.get(k, "")} for k in names]
    single = [
        {
            "key": p.key,
            "of": p.entry,
            "label": p.spec.label or p.key,
            "usual": "" if p.spec.choices else usual(p),
            "choices": [[str(k), str(label)] for k, label in p.spec.choices or ()],
        }
        for p in parameters(Experiment)
        if fits(p)
    ]
    return {"settings": whole + single, "measures": MEASURES, "axes": list(AXES)}


def heat_map(base: Experiment, request: dict) -> Measurement:
    """A map: "axes", two settings; "lists", their values as text; "measure", "paths", "seeds"."""
    axes, lists = request.get("axes", list(AXES)), request.get("lists", ["", ""])
    pair = lambda given: (
        isinstance(given, list) and len(given) == 2 and all(isinstance(w, str) for w in given)
    )
    if not pair(axes) or not pair(lists) or axes[0] == axes[1]:
        raise UserError("A map takes two different settings, and the values of each as text.")
    made = maps.asked(
        base,
        dict(zip(axes, (text[:400] for text in lists), strict=True)),
        request.get("measure", "median"),
        request.get("paths", maps.PATHS),
        request.get("seeds", maps.SEEDS),
    )
    folder, known = kept.cells(), map_standing.Known()
    return Measurement(
        base,
        lambda watch: maps.measured(made, watch, folder),
        sum(isinstance(e, Experiment) for e in made.trials.values()),
        lambda rows: shown(rows[-1], known),
    )


def shown(found: Map, known: map_standing.Known | None = None) -> dict[str, Any]:
    """The map so far, as the page draws it."""
    s = map_standing.standing(found, known)
    facts = map_said.facts(found, s)
    a = found.asked
    cells = [_cell(found, s, at) for at in sorted(a.trials)]
    return {
        "title": map_words.title(found, s, facts),
        "note": _note(found),
        "map": {
            "up": _axis(a.up, a.base),
            "across": _axis(a.across, a.base),
            "by": a.by,
            "measure": MEASURES[a.measure],
            "cells": cells,
            "next": found.next,
            "left": found.left,
            "hands": found.hands,
            "whole": len(found.spots) == len(a.trials),
            "sure": a.measure != "worst",
        },
        "said": map_words.said(found, facts),
        "exact": _exact(found, s),
    }


def _axis(axis: Axis, base: Experiment) -> dict[str, Any]:
    """own: the place of the view's value, or None."""
    return {
        "own": map_said.place_of(axis, flatten(base).get(axis.key)),
        "key": axis.key,
        "label": axis.label,
        "names": list(axis.names),
        "values": jsonable({str(i): v for i, v in enumerate(axis.values)}),
    }


def _cell(found: Map, s: Standing, at: At) -> dict[str, Any]:
    """Where there is no value yet: only its place and its link."""
    trial, spot = found.asked.trials[at], found.spots.get(at)
    cell: dict[str, Any] = {"at": list(at)}
    if isinstance(trial, Experiment):
        link = dataclasses.replace(
            trial, samples=found.asked.base.samples, seed=found.asked.base.seed
        )
        cell |= link_of(link, found.asked.base)
    if spot is None:
        return cell
    if at not in s.value:
        return cell | {"why": spot.why, "blew": spot.blew}
    return cell | {
        "nfe": spot.nfe,
        "value": _plain(s.value[at]),
        "ratio": _plain(s.ratio[at]),
        "worst": float(spot.each.max()),
        "level": at in s.level,
        "best": at in s.best.values(),
    }


def _plain(e: Estimate) -> list[float | None]:
    return [v if math.isfinite(v) else None for v in (e.value, e.low, e.high)]


def _note(found: Map) -> str:
    a = found.asked
    count = a.seeds if a.measure == "distance" else a.paths * a.seeds
    what = ("seed" if a.measure == "distance" else "path") + "s" * (count != 1)
    if a.measure == "distance":
        what += f" of {a.paths} samples"
    last = a.base.seed + a.seeds - 1
    seeds = f"seed {a.base.seed}" if a.seeds == 1 else f"seeds {a.base.seed}–{last}"
    against = {
        None: "the best of the map",
        0: f"the best of its {a.up.label}",
        1: f"the best of its {a.across.label}",
    }[a.by]
    missing = sum(not len(spot.each) for spot in found.spots.values())
    none = f" {missing} cells have no value; each says why." if missing else ""
    return (
        f"{words.data_name(a.base.data)}: {MEASURES[a.measure]} of {count} {what}, {seeds}; colour "
        f"and outline against {against}, in pairs of the same noise, 95 % for all of them together."
        f"{none}{_unequal(found)}"
    )


def _unequal(found: Map) -> str:
    """That cells which are held together take other evaluations, where none was to."""
    a, took = found.asked, dict[int, set[int]]()
    if "nfe" in {axis.key for k, axis in enumerate((a.up, a.across)) if k != a.by}:
        return ""
    for at, spot in found.spots.items():
        if len(spot.each):
            took.setdefault(0 if a.by is None else at[a.by], set()).add(spot.nfe)
    return words.unequal(took.values())


def _exact(found: Map, s: Standing) -> dict[str, Any]:
    a = found.asked
    heads = ["evaluations", MEASURES[a.measure], "from", "to"]
    heads += ["times the best", "times from", "times to", "worst"]  # names differ, as in a file
    rows = [
        [
            a.up.names[i],
            a.across.names[j],
            spot.nfe,
            *_plain(s.value[i, j]),
            *_plain(s.ratio[i, j]),
            float(spot.each.max()),
            "",
        ]
        if (i, j) in s.value
        else [a.up.names[i], a.across.names[j], None, *[None] * 7, spot.why]
        for (i, j), spot in sorted(found.spots.items())
    ]
    return {"columns": [a.up.label, a.across.label, *heads, "note"], "rows": rows}
