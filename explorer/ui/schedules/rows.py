"""The lists that are drawn under each other: yours, and those it is compared with.

A list has a name, which a link carries: "edm", or one with what it needs, "comfy:karras" or
"list:80,24.4,…".  A builder returns the levels that it runs, or raises UserError with the reason.
"""

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from ...core.timesteps import Rho
from ...errors import UserError
from ...numerals import number
from . import found, tools, words
from .found import Found
from .row import Row

MOST_RUNS = 3  # of one file that are shown unasked
SAME = 2e-5  # relative: lists that share one row; float32 tables differ by 1.3e-5 at their low end


def yours(f: Found) -> Row:
    """The list that was read."""
    label = "yours, mended" if f.mended else "yours"
    return Row("yours", label, source_of(f), f.run.levels, "yours", f.run.timesteps)


def source_of(f: Found) -> str:
    """What made the list, in a few words."""
    own = f.model.family.alpha
    if f.shift is not None and own and not _near(own, 1.0):
        times = f.shift / own
        if _near(times, own):
            return f"shift {number(own)} × {number(own)} = {number(f.shift)}"
        return f"shift α = {number(f.shift)}"
    if f.shift is not None and not _near(f.shift, 1.0):
        return f"shift α = {number(f.shift)}"
    return words.short_name(f.run.sampler, {}) if f.run.sampler else f.what


def _near(a: float, b: float) -> bool:
    return abs(math.log(a / b)) < 5e-3


def pasted(f: Found, _: str) -> Row:
    """The list as it stands in the text."""
    if f.run.sigmas == f.pasted.sigmas:
        raise UserError("Your list is as it was pasted.")
    return Row("pasted", "as pasted", f.what, f.pasted.levels, "mended", f.pasted.timesteps)


def mended(f: Found, _: str) -> Row:
    """What mending the first fault gives."""
    fault = next((x for x in f.faults if x.mend), None)
    if fault is None or fault.mend is None:
        raise UserError("Nothing in your list is to be mended.")
    run = found.mend(f.run, fault.mend, f.model.family)
    return Row("mended", "mended", "if mended", run.levels, "mended", run.timesteps)


def edm(f: Found, _: str) -> Row:
    """EDM's own steps, Karras et al. 2022, Eq. 5."""
    n = max(2, f.steps)
    levels = tuple(Rho().sigmas(n).tolist())
    return Row("edm", "EDM, ρ = 7", "0.002 to 80", (*levels, 0.0), "reference")


def unshifted(f: Found, _: str) -> Row:
    """The flow list before any shift."""
    if f.shift is None:
        raise UserError("Only lists of flow models are shifted.")
    levels = tuple(v / f.shift for v in f.run.levels)
    return Row("unshifted", "no shift", "α = 1", levels, "other")


def own_shift(f: Found, _: str) -> Row:
    """The list with the shift that is the model's own, once."""
    if f.shift is None:
        raise UserError("Only lists of flow models are shifted.")
    alpha = f.model.family.alpha
    levels = tuple(v * alpha / f.shift for v in f.run.levels)
    return Row("own", "one shift", f"the model’s own, α = {number(alpha)}", levels, "other")


def typed(f: Found, values: str) -> Row:
    """Levels that the name itself holds: what the search for better steps found."""
    try:
        levels = tuple(float(v) for v in values.split(","))
    except ValueError:
        raise UserError("A list in a link is numbers with commas.") from None
    falls = all(a > b for a, b in itertools.pairwise(levels))
    if not 2 <= len(levels) <= 513 or not falls or levels[-1] < 0 or not math.isfinite(levels[-1]):
        raise UserError("A list in a link falls all the way and has from 2 to 513 levels.")
    return Row(f"list:{values}", "optimised", "by the search for better steps", levels, "optimised")


def another(f: Found, place: str) -> Row:
    """Another run of the same file: a second sampler of a workflow, a second pass."""
    if not place.isdecimal() or int(place) >= len(f.runs) or int(place) == f.pick:
        raise UserError(f"There is no other run {place!r:.40} in the text.")
    run = f.runs[int(place)]
    label = run.where or f"run {int(place) + 1}"
    source = run.text.removeprefix(f"{run.where}: ")
    return Row(f"run:{place}", label, source, run.levels, timesteps=run.timesteps)


BUILDERS: dict[str, Callable[[Found, str], Row]] = {
    "run": another,
    "pasted": pasted,
    "mended": mended,
    "own": own_shift,
    "unshifted": unshifted,
    "edm": edm,
    "list": typed,
    "comfy": tools.of_comfy,
    "res4lyf": tools.of_res4lyf,
    "a1111": tools.of_a1111,
    "diffusers": tools.of_diffusers,
}


def usual(f: Found) -> list[str]:
    """The names of the lists that are shown unasked."""
    others = [f"run:{i}" for i in range(len(f.runs)) if i != f.pick][:MOST_RUNS]
    names = ["pasted"] if f.mended else ["mended"] if any(x.mend for x in f.faults) else []
    if f.shift is not None:
        names += ["unshifted"] if _near(f.shift, f.model.family.alpha) else ["own"]
    names = [*others, *names, *tools.same_name(f)]
    return names if f.shift is not None else [*names, "edm"]


def rows(f: Found, names: Sequence[str] | None) -> tuple[list[Row], list[str]]:
    """Yours and the others in the order of their names, equal ones joined; and what was refused."""
    first = yours(f)
    asked = usual(f) if names is None else [n for n in names if n != "yours"]
    out, refused = [first], []
    for name in asked:
        kind, _, rest = name.partition(":")
        try:
            if kind not in BUILDERS:
                raise UserError(f"There is no list {name!r:.40}.")
            made = BUILDERS[kind](f, rest)
        except UserError as error:
            if names is not None:
                refused.append(str(error))
            continue
        _join(out, made, unasked=names is None)
    out = _told_apart(out)
    at = [n for n in names or () if n == "yours" or n in {r.name for r in out}]
    if "yours" in at:
        place = at.index("yours")
        out = [*out[1 : place + 1], first, *out[place + 1 :]]
    return out, refused


def _told_apart(shown: list[Row]) -> list[Row]:
    """Lists of one tool with their own names too: “ComfyUI, beta”."""
    labels = [row.label for row in shown]
    return [
        replace(row, label=f"{row.label}, {row.source.split(';')[0].strip('“”')}")
        if labels.count(row.label) > 1
        else row
        for row in shown
    ]


def _join(out: list[Row], made: Row, unasked: bool) -> None:
    """Add a list; one that is there already shares its row, and equal to yours it says so."""
    same = next(
        (i for i, row in enumerate(out) if equal(row.levels, made.levels) is not None), None
    )
    if same is None:
        out.append(made)
    elif same == 0:
        twin = _twin(made, equal(out[0].levels, made.levels) or 0.0)
        at = next((i for i, row in enumerate(out) if row.twin == twin.twin), None)
        if at is None:
            out.append(twin)
        else:
            out[at] = replace(out[at], label=f"{out[at].label}, {made.label}")
    else:
        first = out[same]
        if made.label not in f"{first.label}, {first.source}":
            joined = ", " if "; equals " in first.source else "; equals "
            out[same] = replace(first, source=f"{first.source}{joined}{made.label}")


def _twin(made: Row, off: float) -> Row:
    said = "the same σ as yours" + (f", to {number(SAME, 1)}" if off > 1e-9 else "")
    return replace(made, twin=said)


def equal(a: Sequence[float], b: Sequence[float]) -> float | None:
    """The largest relative difference of two lists, or None where they are not the same."""
    if len(a) != len(b):
        return None
    x, y = np.asarray(a), np.asarray(b)
    if np.isnan(x).any() or np.isnan(y).any():
        return None
    known = np.isfinite(x) & np.isfinite(y) & (x > 0) & (y > 0)
    if not np.array_equal(x[~known], y[~known]):
        return None
    if not known.any():
        return 0.0
    off = float(np.max(np.abs(x[known] / y[known] - 1)))
    return off if off <= SAME else None


def comb(f: Found) -> list[float] | None:
    """Your list without its last shift: with the model's own alone, or, where that is all, with
    none; None where nothing shifts."""
    if f.shift is None:
        return None
    own = f.model.family.alpha
    back = f.shift / own if not _near(f.shift, own) else own
    return None if _near(back, 1.0) else [v / back for v in f.run.levels]
