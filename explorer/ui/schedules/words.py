"""What the Schedules page says of a list: its title, where its steps lie, how it is cut."""

import itertools
import math
import re
from collections.abc import Sequence

from ...core.tables import flow_time
from ...dialects.faults import KINDS
from ...numerals import capital, number
from .found import Found
from .row import Row

LONG_TITLE = 60  # characters
HIGH = 0.7  # of t: what counts as high noise


def plural(n: int, word: str) -> str:
    """1 step, 20 steps."""
    return f"{n:,} {word}" if n == 1 else f"{n:,} {word}s"


def title(f: Found) -> str:
    """Tool, sampler, schedule, spacing, model, shift: steps, evaluations, where it ends."""
    tool = next((v for k, v in TOOLS.items() if k in f.what.lower()), "")
    facts = f.run.facts or {}
    config = facts.get("scheduler_config")
    config = config if isinstance(config, dict) else {}
    sampler = short_name(f.run.sampler, config) if f.reading is None and f.run.sampler else ""
    scheduler = str(facts.get("scheduler") or "")
    kinds = ("karras", "exponential", "beta")
    scheduler = next((k.title() for k in kinds if config.get(f"use_{k}_sigmas")), scheduler)
    named = [
        f"{tool} {sampler}".strip(),
        scheduler,
        str(config.get("timestep_spacing") or ""),
        f.model.family.label if f.model.family.name not in ("config", "run") else _kind(f),
        _shift(f) if f.shift is not None else "",
    ]
    if _guessed(f):
        named = [capital(f.what), f"taken for {f.model.family.label}"]
    said = ", ".join(v for v in named if v)
    return f"{said}: {count(f)}, {ending(f.run.levels)}"


TOOLS = {"scheduler": "diffusers", "comfy": "ComfyUI", "a1111": "A1111", "infotext": "A1111"}
CLASSES = {
    "DPMSolverMultistep": "DPM++ 2M",
    "DPMSolverSinglestep": "DPM++ 2S",
    "FlowMatchEuler": "FlowMatch Euler",
    "UniPCMultistep": "UniPC",
    "DEISMultistep": "DEIS",
    "EulerAncestral": "Euler ancestral",
    "KDPM2": "DPM2",
}


def short_name(sampler: str, config: dict) -> str:
    """A sampler as people call it."""
    plain = re.sub(r"(Discrete)?Scheduler$", "", sampler)
    if plain == "DPMSolverMultistep" and config.get("solver_order", 2) != 2:
        return f"DPM++ {config['solver_order']}M"
    return CLASSES.get(plain, plain)


def _guessed(f: Found) -> bool:
    """Is the model of a bare list a guess, its shift with it?"""
    return f.how.endswith("a guess")


def _kind(f: Found) -> str:
    """A model that only its settings tell."""
    if f.run.frame == "flow":
        named = str(((f.run.facts or {}).get("model") or {}).get("name") or "")
        return named if named and "own model" not in named else "flow model"
    return f.model.family.label


def _shift(f: Found) -> str:
    own = f.model.family.alpha
    if f.shift and own > 1 and abs(math.log(f.shift / own**2)) < 5e-3:
        return f"shift {number(own)} applied twice"
    return f"shift {number(f.shift)}"


def count(f: Found) -> str:
    """20 steps, 39 evaluations."""
    return f"{plural(f.steps, 'step')}, {plural(f.run.evaluations, 'evaluation')}"


def ending(levels: Sequence[float]) -> str:
    """Where a list ends."""
    if not levels:
        return "empty"
    last = levels[-1]
    return "ends at 0" if last == 0 else f"ends at σ {number(last)}"


def note(f: Found, shown: Sequence[Row]) -> str:
    """The most useful comparison."""
    said = []
    if f.mended:
        said.append("Mended: " + "; ".join(x.mend.label for x in f.mended if x.mend) + ".")
    twins = [row.label for row in shown if row.twin]
    if twins:
        said.append(f"The same σ as {' and '.join(twins)}.")
    if f.shift is not None:
        said.append(_flow(f, shown))
    elif inside := [v for v in f.run.levels if 0 < v < math.inf]:
        said.append(
            f"From σ {number(max(inside))} to {number(min(inside))}; "
            f"{sum(v > 1 for v in inside)} of {plural(f.steps, 'level')} lie above σ = 1."
        )
    wrong = sum(x.severity == "wrong" for x in f.faults)
    if not f.faults:
        said.append("No fault was found.")
    elif wrong:
        said.append(f"{wrong} wrong: see the faults.")
    return " ".join(s for s in said if s)


def _flow(f: Found, shown: Sequence[Row]) -> str:
    above = lambda levels: sum(float(flow_time(v)) > HIGH for v in levels if v > 0)
    mine = above(f.run.levels)
    other = next((r for r in shown if r.name in ("own", "mended", "unshifted")), None)
    rest = f"; {other.label}: {above(other.levels)}" if other else ""
    return f"{mine} of {plural(f.steps, 'step')} start above t = {HIGH:g}{rest}."


def status(f: Found) -> list[str]:
    """The line at the foot."""
    levels = f.run.levels
    inside = [v for v in levels if 0 < v < math.inf]
    said = [f"<b>{plural(f.steps, 'step')}</b> = {plural(f.run.evaluations, 'evaluation')}"]
    if inside:
        tail = " → 0" if levels[-1] == 0 else ""
        said.append(f"σ {number(max(inside), 4)} → {number(min(inside))}{tail}")
        hops = [math.log(a / b) for a, b in itertools.pairwise(levels) if 0 < b <= a < math.inf]
        if hops:
            said.append(f"Σ Δ ln σ {number(sum(hops))}, largest {max(hops):.2f}")
    return said


def cut(f: Found, strength: float) -> dict:
    """A strength as a place in the list: {"from": index, "text"}."""
    n = f.steps
    run = min(int(n * strength), n)
    start = n - run
    if strength >= 1 or not n:
        return {"from": 0, "text": "All of it is run: text to image."}
    if not run:
        return {
            "from": n,
            "text": f"Nothing is run: {number(strength)} of {n} steps is less than one.",
        }
    level = f.run.levels[start]
    comfy = max(n, int(n / strength))
    return {
        "from": start,
        "text": f"Starts at step {start + 1}, σ {number(level)}: {run} of {plural(n, 'step')}. "
        f"ComfyUI’s denoise {number(strength)} makes {comfy} steps and runs the last {n}.",
    }


def handed(f: Found, split: float | None) -> dict:
    """A hand-over: {"at": index or None, "text", "high", "low"}."""
    levels = f.run.levels
    inside = [i for i, v in enumerate(levels) if 0 < v < math.inf and 0 < i < len(levels) - 1]
    if split is None or not inside:
        text = (
            "Drag onto the ruler: two lists that meet at one σ, for a refiner or a second expert."
            if inside
            else "A list of one step has no place to be handed over at."
        )
        return {"at": None, "text": text}
    at = min(inside, key=lambda i: abs(math.log(levels[i] / max(split, 1e-9))))
    return {
        "at": at,
        "sigma": levels[at],
        "label": f"t {number(float(flow_time(levels[at])))}"
        if f.run.frame == "flow"
        else f"σ {number(levels[at])}",
        "text": f"High noise: steps 1 to {at}, leftover noise on. Low noise: {at + 1} to "
        f"{f.steps}, no new noise. Both meet at σ {number(levels[at])}.",
    }


def sentence(text: str) -> tuple[str, str]:
    """The first sentence of a text as a title, and the rest."""
    found = re.match(r"(.{12,}?)(?:[.;]\s+(?=[A-ZÀ-ÞΑ-Ω0-9“(])|[:;]\s+)(.*)", text, re.DOTALL)
    if not found:
        return text.rstrip("."), ""
    rest = found[2]
    if len(found[1]) > LONG_TITLE and ", and " in found[1]:
        title, _, more = found[1].partition(", and ")
        return title, f"{capital(more)}. {capital(rest)}"
    return found[1], capital(rest) if rest[:1].isascii() else rest


def asks(f: Found) -> dict | None:
    """How a bare list was read, and as what else it can be."""
    if f.reading is None:
        return None
    names = {"sigma": "σ", "flow": "flow times", "timestep": "timesteps"}
    big = lambda w: w if w == "σ" else f"{w[0].upper()}{w[1:]}"
    others = [{"name": n, "label": f"{big(w)} instead?"} for n, w in names.items()]
    why = f.notes[-1] if f.notes else ""
    return {
        "said": f"Read as {names[f.reading]}. {why}",
        "others": [o for o in others if o["name"] != f.reading],
    }


def how(f: Found) -> str:
    """What told the model, under its menu."""
    said = f"{f.how[0].upper()}{f.how[1:]}."
    return " ".join([said, *(f.notes[:2] if f.reading is None else ())])


def fine(f: Found) -> dict[str, str] | None:
    """What is said where nothing is found."""
    if any(x.severity == "wrong" for x in f.faults):
        return None
    levels = f.run.levels
    parts = ["falls all the way" if all(a >= b for a, b in itertools.pairwise(levels)) else ""]
    parts.append("ends at 0" if levels and levels[-1] == 0 else "")
    parts.append("is shifted once" if f.shift and f.shift != 1 and not _guessed(f) else "")
    said = [p for p in parts if p]
    text = f"It {', '.join(said[:-1])}{' and ' if len(said) > 1 else ''}{said[-1]}." if said else ""
    return {"title": "Nothing is wrong with this list", "text": text}


def checks() -> str:
    """How much is looked for."""
    return f"{len(KINDS)} checks"


def mended(f: Found) -> list[dict[str, str]]:
    """What was mended, for the list of faults."""
    left = {x.kind for x in f.faults}
    return [
        {
            "kind": x.kind,
            "title": f"Mended: {sentence(x.text)[0]}",
            "text": "The row “as pasted” keeps the old list."
            + ("" if x.kind not in left else " It is found again in what it became."),
        }
        for x in f.mended
    ]
