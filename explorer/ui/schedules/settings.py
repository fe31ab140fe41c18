"""Which settings of a scheduler's config make its list: each is left out, and others are tried.

A setting that no other value changes has no effect here; of `timestep_spacing` all three are tried.
"""

import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from .configs import TRIED, changes, lists, mending
from .found import Found

STANDS = ("_class_name", "prediction_type")  # what the list is for


FIELDS = re.compile(  # of A1111's infotext
    r"\b(?:Steps|Sampler|Schedule type|Schedule (?:max|min) sigma|Schedule rho|Denoising strength|"
    r"Hires steps|Discard penultimate sigma|Eta|KDiffusion Sched\w*): ([^,\n]+)"
)


def config_of(f: Found) -> dict[str, Any] | None:
    """The scheduler's config that was pasted, if any."""
    config = (f.run.facts or {}).get("scheduler_config")
    return dict(config) if isinstance(config, Mapping) else None


def marks(text: str, f: Found) -> Iterator[dict[str, Any]]:
    """[{from, to, kind, at}]: "makes" for what makes the list, "idle" for what has no effect on it,
    "harm" for what mending changes."""
    config = config_of(f)
    if config is None:
        yield from _words(text, f)
        return
    if f.mended:
        return
    kinds = _kinds(json.dumps(config, sort_keys=True, default=str), f.steps)
    harm = {}
    for fault in f.faults:
        if (
            fault.severity == "wrong"
            and fault.mend
            and (how := mending(config, f.steps, fault.mend))
        ):
            harm[how[0]] = fault.at
    for key in config:
        kind = "makes" if key in STANDS else "harm" if key in harm else kinds.get(key)
        spot = place(text, str(key)) if kind else None  # of few keys: each is sought in all of it
        if spot is None:
            continue
        start = spot.start(1) if kind == "makes" else spot.start()
        yield {"from": start, "to": spot.end(1), "kind": kind, "at": harm.get(key)}


def place(text: str, key: str) -> re.Match | None:
    """A setting in a text, as JSON or Python write it; its value is the first group."""
    return re.search(
        rf"[\"']?\b{re.escape(key)}\b[\"']?\s*[:=]\s*(\"[^\"\n]*\"|'[^'\n]*'|[\w.+-]+)", text
    )


def _words(text: str, f: Found) -> Iterator[dict[str, Any]]:
    """Sampler and schedule of a workflow, the fields of an infotext."""
    makes = lambda a, b: {"from": a, "to": b, "kind": "makes", "at": None}
    if "infotext" in f.what.lower():
        for m in FIELDS.finditer(text):
            yield makes(m.start(1), m.end(1))
    elif "workflow" in f.what.lower():
        facts = f.run.facts or {}
        for name in {f.run.sampler, facts.get("scheduler")}:
            spots = [*re.finditer(rf'"{re.escape(name)}"', text)] if isinstance(name, str) else []
            if len(spots) == 1:
                yield makes(*spots[0].span())


@lru_cache(maxsize=128)
def _kinds(config: str, n: int) -> dict[str, str]:
    """Setting -> "makes" or "idle"."""
    told = json.loads(config)
    base = lists(told, n)
    if base is None:
        return {}
    return {key: "makes" if changes(told, key, n, base) else "idle" for key in told if key in TRIED}
