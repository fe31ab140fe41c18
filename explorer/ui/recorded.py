"""A run that was recorded elsewhere, for the page and for a terminal: its words, strips and plane.

numbers(recording, denser) -> plain numbers        shown(recording, denser) -> what the page draws
bare(data) -> the text of its levels alone, which is a recording too and fits into a link
"""

import base64
import math
from typing import Any

from ..analysis import geometry
from ..errors import UserError
from ..figures.style import rounded
from ..numerals import count, interval, number, percent1
from ..recorder import Recording
from ..recorder.beside import Beside, beside
from ..store import recordings
from ..strips import recorded

BARE = ("sigma", "scale", "timestep", "guidance", "inner", "end")
PICTURES = 60  # thumbnails that are sent


def numbers(r: Recording, denser: Recording | None = None) -> dict[str, Any]:
    """All that is measured of a recording, as JSON holds it.

    "what", "shape", "samples", "steps", "evaluations", "ended", "notes"; "strips": the numbers of
    each; "path": {sigma, x, answers} in each sample's own plane; beside a denser one also "beside":
    {levels, steps, distance, defect, notes}, the last two with value, low and high; where the two
    cannot be compared {"why"}.
    """
    found, why = _beside(r, denser)
    return {
        **_facts(r),
        "strips": recorded.measure(r, found),
        "path": _path(r),
        **(
            {} if denser is None else {"beside": {"why": why} if found is None else _numbers(found)}
        ),
    }


def shown(r: Recording, denser: Recording | None = None) -> dict[str, Any]:
    """What the page draws: strips with their marks, the plane, thumbnails, and sentences."""
    told = numbers(r, denser)
    found, why = _beside(r, denser)
    strips = [
        {
            "name": name,
            "title": s.strip.title,
            "hint": s.hint,
            "height": s.strip.height,
            "options": list(s.strip.choices.options.items()) if s.strip.choices else [],
            "help": s.help._asdict(),
            "drawn": s.drawn,
        }
        for name, s in recorded.drawings(told["strips"]).items()
    ]
    levels = [float(s) for s in r.sigma if 0 < float(s) < math.inf]
    return {
        "title": title(r, told["strips"]),
        "note": note(r),
        "notes": [*told["notes"], *(found.notes if found else ())],
        "range": [max(levels), min(levels)] if levels else None,
        "strips": strips,
        "plane": told["path"],
        "thumbnails": _thumbnails(r),
        "beside": None if denser is None else {"problem": why} if why else words(r, found),
    }


def title(r: Recording, strips: dict[str, Any]) -> str:
    """What was run, and how flat its path was."""
    about = r.header.get("about", {})
    scheduler = about.get("scheduler")
    name = scheduler.get("_class_name") if isinstance(scheduler, dict) else None
    said = [str(v)[:60] for v in (about.get("pipeline") or "A recorded run", name) if v]
    said.append(f"{count(len(r.steps()))} step{'s' * (len(r.steps()) != 1)}")
    held = strips.get("plane", {}).get("explained")
    flat = ""
    if held:
        near = held[1] > 0.9995
        of = f"all but {number(1 - held[1], 1)}" if near else percent1(held[1])
        flat = f": two axes hold {of} of a path’s variance"
    return f"{', '.join(said)}{flat}"


def note(r: Recording) -> str:
    """Its size, levels, calls and guidance."""
    facts = _facts(r)
    shape = " × ".join(map(str, facts["shape"]))
    samples = "one sample" if facts["samples"] == 1 else f"{facts['samples']} samples"
    guided = sorted({g for g in r.guidance if g is not None})
    levels = [float(s) for s in r.sigma]
    said = [f"{samples} of {shape} numbers", f"{count(facts['evaluations'])} calls of the network"]
    if levels:
        said.append(f"σ {number(levels[0])} to {number(r.end_sigma if r.ended else levels[-1])}")
    if guided:
        said.append(f"guidance {' and '.join(number(g) for g in guided[:3])}")
    return f"{', '.join(said)}."


def words(r: Recording, found: Beside) -> dict[str, Any]:
    """What a denser run says of it, in sentences and as a table."""
    d, a = found.distance.median(), found.defect.median()
    told = lambda s, i: interval(float(s.value[i]), float(s.low[i]), float(s.high[i]))
    rows = []
    for j, level in enumerate(found.levels.tolist()):
        some = j < len(found.first)
        first, last = (found.first[j] + 1, found.last[j] + 1) if some else (0, 0)
        which = "" if not some else f"{first}" if first == last else f"{first}–{last}"
        rows.append([number(level), told(d, j), which, told(a, j) if some else ""])
    own = f"Beside {count(found.steps[1])} steps of the same noise: "
    where = "at the end" if float(found.levels[-1]) == r.end_sigma and r.ended else (
        f"at σ = {number(float(found.levels[-1]))}"
    )  # fmt: skip
    said = f"{own}{told(d, -1)} apart {where}, root mean square per number. "
    samples = found.distance.value.shape[1]
    spread = "" if samples == 1 else f" Medians of {samples} samples, and of their bounds."
    return {
        "title": said + most(found),
        "note": f"95 % intervals of the {count(r.header['buckets'])} random directions, ± "
        f"{percent1(1.96 * r.error)} of a distance.{spread}",
        "columns": ["σ", "distance", "step", "adds"],
        "rows": rows,
    }


def most(found: Beside) -> str:
    """Which step adds most, where that can be told."""
    if len(found.first) < 2:
        return ""
    if not found.hot:
        return "Which step adds most cannot be told apart."
    i = found.hot[0]
    first, last = found.first[i] + 1, found.last[i] + 1
    a = found.defect.median()
    which = f"Step {first} adds" if first == last else f"Steps {first}–{last} add"
    return f"{which} most, {interval(float(a.value[i]), float(a.low[i]), float(a.high[i]))}."


def bare(data: bytes) -> str:
    """The lines of a recording without its states.  Raises UserError for what is none."""
    header, *lines = recordings.read(data)
    kept = [{k: line[k] for k in BARE if k in line} for line in lines]
    return b"".join(recordings.text(line) for line in [header, *kept]).decode()


def notes(r: Recording) -> list[str]:
    """What a recording does not hold, and why."""
    out = []
    if not r.ended:
        at = f" at σ = {number(float(r.sigma[-1]))}" if len(r.sigma) else ""
        out.append(f"The recording ends before its run does: it was cut off{at}.")
    if r.x is None and len(r.sigma):
        full = "gram" in r.left_out
        why = "its file was full" if full else "its states were too large to be kept beside the run"
        out.append(f"It holds no inner products of its states, as {why}: no curvature, no plane.")
    if r.x is not None and len(r.x) < len(r.sigma):
        out.append(
            f"Its inner products end after {len(r.x)} of {len(r.sigma)} evaluations, when there "
            "was no more room: curvature and plane are of these."
        )
    if r.x is not None and r.x.shape[1] < r.header["samples"]:
        out.append(
            f"Curvature and plane are of {r.x.shape[1]} of {r.header['samples']} recorded samples: "
            "the others were too large to be kept beside the run."
        )
    dropped = len(r.sigma) - int(r.inner.sum()) - len(r.steps())
    if dropped > 0:
        out.append(f"{count(dropped)} evaluations at a level that was passed already are left out.")
    if "sketch" in r.left_out:
        out.append("Its file was full: it cannot be held against another recording.")
    return out


def _facts(r: Recording) -> dict[str, Any]:
    about = r.header.get("about", {})
    return {
        "what": str(about.get("pipeline") or "a recorded run")[:80],
        "shape": list(r.header["shape"]),
        "samples": r.header["samples"],
        "steps": len(r.steps()),
        "evaluations": len(r.sigma),
        "ended": r.ended,
        "notes": notes(r),
    }


def _beside(r: Recording, denser: Recording | None) -> tuple[Beside | None, str]:
    if denser is None:
        return None, ""
    try:
        return beside(r, denser), ""
    except UserError as error:
        return None, str(error)


def _numbers(found: Beside) -> dict[str, Any]:
    plain = lambda s: {k: getattr(s, k).tolist() for k in ("value", "low", "high")}
    return {
        "levels": found.levels.tolist(),
        "steps": [[a + 1, b + 1] for a, b in zip(found.first, found.last, strict=True)],
        "distance": plain(found.distance),
        "defect": plain(found.defect),
        "most": [i + 1 for i in found.hot],
        "notes": list(found.notes),
    }


def _path(r: Recording) -> dict[str, Any]:
    """Each sample's states and answers in its own first two axes, from its last state on."""
    try:
        sigma, x, answers = recorded.path(r)
    except UserError as error:
        return {"why": str(error)}
    if len(sigma) < 3:
        return {"why": f"A plane takes three states; this recording has {len(sigma)}."}
    flat, axes = geometry.principal(x, 2)
    own = ((answers - x[-1:]).transpose(0, 1) @ axes.mT).transpose(0, 1)
    lists = lambda v: [[rounded(p, 5) for p in row.tolist()] for row in v.transpose(0, 1)]
    held = geometry.explained(x, 2)[1]
    return {
        "sigma": rounded(sigma.tolist(), 6),
        "x": lists(flat),
        "answers": lists(own),
        "held": held.tolist(),
    }


def _thumbnails(r: Recording) -> list[dict[str, Any]]:
    there = [(float(s), p) for s, p in zip(r.sigma, r.thumbnails) if p]
    every = max(1, -(-len(there) // PICTURES))
    return [
        {"sigma": number(s), "size": [w, h], "data": base64.b64encode(data).decode()}
        for s, (w, h, data) in there[::every]
    ]
