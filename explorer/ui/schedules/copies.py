"""The list as each tool takes it: the tabs over the table of steps."""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from ...dialects import a1111, exports
from ...dialects.exports import Export
from ...errors import UserError
from ...numerals import number, percent
from .found import Found

SHORT = 7  # numbers of a list that are shown before it is cut in the middle
TYPES = ("Karras", "Exponential", "Polyexponential", "Uniform", "SGM Uniform", "KL Optimal", "Beta")


def copies(f: Found) -> list[dict[str, str]]:
    """[{name, label, text, short, note, button}], in the order of the tabs."""
    levels, family = f.run.levels, f.model.family
    if any(math.isnan(v) or v < 0 for v in levels) or not levels:
        return []
    made = {
        "python": ("Python", exports.python(levels, family)),
        "k-diffusion": ("k-diffusion", exports.k_diffusion(levels, family)),
        "diffusers": (
            "diffusers",
            exports.diffusers(levels, family, scheduler(f)),
        ),
        "comfy": ("ComfyUI", exports.manual_sigmas(levels, family)),
        "a1111": ("A1111", nearest(f)),
        "json": ("JSON", as_json(f)),
    }
    buttons = {"comfy": "Copy for ManualSigmas"}
    return [
        {
            "name": name,
            "label": label,
            "text": export.text,
            "short": short(export.text),
            "note": export.note,
            "button": buttons.get(name, "Copy"),
        }
        for name, (label, export) in made.items()
    ]


def lead(f: Found) -> str:
    """The tab of the tool that the text is from."""
    what = f.what.lower()
    named = {"diffusers": "diffusers", "comfy": "comfy", "a1111": "a1111", "infotext": "a1111"}
    return next((tab for word, tab in named.items() if word in what), "diffusers")


def scheduler(f: Found) -> str:
    """The class of diffusers that was pasted, or ""."""
    config = (f.run.facts or {}).get("scheduler_config")
    return str(config.get("_class_name", "")) if isinstance(config, Mapping) else ""


def short(text: str) -> str:
    """One line of it: what holds the list, with its middle left out."""
    lines = [line for line in text.splitlines() if line.strip()]
    line = max(lines, key=lambda x: x.count(","), default="")
    if line.count(", ") <= SHORT:
        return line
    parts = line.split(", ")
    return ", ".join([*parts[:4], "…", *parts[-2:]])


def as_json(f: Found) -> Export:
    """All that is known of the list; ∞ is the word "Infinity"."""
    plain = lambda values: ["Infinity" if math.isinf(v) else float(f"{v:.12g}") for v in values]
    out: dict[str, Any] = {"sigmas": plain(f.run.levels)}
    if f.run.frame == "flow":
        out["t"] = plain(f.run.sigmas)
    if f.run.timesteps:
        out["timesteps"] = plain(f.run.timesteps)
    family = f.model.family
    out |= {"model": family.name, "prediction": family.prediction, "steps": f.steps}
    if f.shift is not None:
        out["shift"] = f.shift
    return Export(json.dumps(out) + "\n")


def nearest(f: Found) -> Export:
    """A1111 takes no list: the setting that comes nearest, and how near."""
    family, levels = f.model.family, f.run.levels
    if family.kind != "discrete" or not family.betas:
        return Export("A1111 has no flow or EDM models, so no setting.", "A1111 takes no list.")
    inside = [v for v in levels if 0 < v < math.inf]
    if len(inside) < 2:
        return Export("One level is no schedule.", "A1111 takes no list.")
    best: tuple[float, str, dict[str, Any]] | None = None
    for name in TYPES:
        for options in ({}, {"sigma_max": inside[0], "sigma_min": inside[-1]}):
            off = _off(_schedule(name, len(levels) - 1, options), levels)
            if off is not None and (best is None or off < best[0] - 1e-6):
                best = (off, name, options)
    if best is None:
        return Export("No schedule type of A1111 has as many steps.", "A1111 takes no list.")
    off, name, options = best
    more = [f"Schedule max sigma: {number(options['sigma_max'], 6)}"] if options else []
    more += [f"Schedule min sigma: {number(options['sigma_min'], 6)}"] if options else []
    text = ", ".join([f"Steps: {len(levels) - 1}", f"Schedule type: {name}", *more])
    return Export(
        text, f"A1111 takes no list. Nearest setting; σ differs by {percent(off)} at most."
    )


def _schedule(name: str, n: int, options: dict[str, Any]) -> Sequence[float]:
    try:
        inputs = {"model": "sdxl", "sampler": "Euler", "schedule": name, "steps": n}
        made = a1111.run("a1111.options", {**inputs, "options": options}, None)
    except UserError:
        return ()
    return made.get("sigmas", ())


def _off(made: Sequence[float], levels: Sequence[float]) -> float | None:
    """The largest relative difference of two lists of one length."""
    if len(made) != len(levels):
        return None
    pairs = [(a, b) for a, b in zip(made, levels, strict=True) if 0 < b < math.inf and a > 0]
    return max((abs(a / b - 1) for a, b in pairs), default=None)


def both(f: Found, at: int | None) -> str | None:
    """Both lists of a hand-over, as ManualSigmas takes them; each holds the level they meet at."""
    if at is None:
        return None
    own = exports.own(f.run.levels, f.model.family)
    return f"{exports.digits(own[: at + 1])}\n{exports.digits(own[at:])}\n"
