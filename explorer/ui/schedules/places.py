"""Where in a pasted text something stands: what makes the list, what is wrong, what cannot be read.

Offsets count characters of Python's text; the page counts UTF-16, so `units` translates.
"""

import json
import re
from typing import Any

from ...core.tables import shifted
from . import configs, settings
from .found import Found

LONGEST = 40_000  # characters of a text that is marked
CLOSE = 2e-6  # of a number that went through float32 arithmetic
_NUMBER = re.compile(
    r"(?<![\w.])[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?![\w.])|\b(?:nan|inf)\b",
    re.IGNORECASE,
)


_CALL = re.compile(r"\bsigmas\s*=\s*[A-Za-z_]\w*")  # a list handed over by its name


def with_place(sentence: str, text: str) -> str:
    """The sentence with line and character of what it is about, where that can be found."""
    at = None
    if "“...”" in sentence:
        at = next((text.find(w) for w in ("…", "...") if w in text), None)
    elif named := re.search(r"Entry \d+ is '?([^',]+?)'?[,;]", sentence):
        at = text.find(named[1])
    if at is None or at < 0:
        return sentence
    line = text.count("\n", 0, at) + 1
    column = at - (text.rfind("\n", 0, at) + 1) + 1
    return f"Line {line}, character {column}: {sentence}"


def marks(text: str, f: Found) -> list[dict[str, Any]]:
    """[{from, to, kind, at}]: kind "makes" or "harm"; at: the step that it belongs to, or None."""
    if len(text) > LONGEST:
        return []
    out = [*_numbers(text, f), *settings.marks(text, f)]
    return [{**m, "from": units(text, m["from"]), "to": units(text, m["to"])} for m in _apart(out)]


def _apart(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """In the order of the text, none over another."""
    out: list[dict[str, Any]] = []
    for mark in sorted(found, key=lambda m: m["from"]):
        if not out or mark["from"] >= out[-1]["to"]:
            out.append(mark)
    return out


def _numbers(text: str, f: Found):
    """The entries of a list that faults point at."""
    spans = entries(text, f.pasted.sigmas if f.reading != "timestep" else f.pasted.timesteps or ())
    if f.mended:
        return
    spans = spans or []
    for fault in f.faults:
        if fault.kind == "double_shift" and (call := _CALL.search(text)):
            yield {"from": call.start(), "to": call.end(), "kind": "harm", "at": None}
        if fault.at is not None and fault.at < len(spans):
            start, end = spans[fault.at]
            yield {"from": start, "to": end, "kind": "harm", "at": fault.at}


def entries(text: str, values: tuple[float, ...]) -> list[tuple[int, int]] | None:
    """Where the numbers of a list stand, in its order; None where they are not found in a row."""
    found = [(m.start(), m.end(), float(m[0])) for m in _NUMBER.finditer(text)]
    for tail in (0, 1):  # with the final 0, or without where the list was given one
        wanted = list(values[: len(values) - tail])
        for i in range(len(found) - len(wanted) + 1):
            got = [v for _, _, v in found[i : i + len(wanted)]]
            if wanted and all(map(_same, got, wanted)):
                return [(a, b) for a, b, _ in found[i : i + len(wanted)]]
    return None


def _setting(text: str, f: Found) -> dict[str, Any] | None:
    """The text with the one setting that mends it; None where no setting does."""
    pasted, how = (f.pasted.facts or {}).get("scheduler_config"), f.mended[0].mend
    made = configs.mending(pasted, f.steps, how) if isinstance(pasted, dict) and how else None
    spot = settings.place(text, made[0]) if made else None
    if made is None or spot is None:
        return None
    word = json.dumps(made[1])
    whole = text[: spot.start(1)] + word + text[spot.end(1) :]
    start = units(whole, spot.start(1))
    mark = {"from": start, "to": start + len(word), "kind": "changed", "at": None}
    return {"text": whole, "marks": [mark]}


def _same(a: float, b: float) -> bool:
    """Two numbers as one list writes them and a float32 holds them."""
    return a == b or abs(a - b) < CLOSE or (a != a and b != b)


def units(text: str, at: int) -> int:
    """An offset in UTF-16 units, as JavaScript counts."""
    return len(text[:at].encode("utf-16-le", "surrogatepass")) // 2


def changed(text: str, f: Found) -> dict[str, Any] | None:
    """The text with the mended list in the place of the old one, what changed marked; None where
    nothing is mended, or where the text holds no such list."""
    if not f.mended or len(text) > LONGEST:
        return None
    if (one := _setting(text, f)) is not None:
        return one
    new, spans = list(f.run.sigmas), entries(text, f.pasted.sigmas)
    if spans is None and f.run.frame == "flow":  # the text holds what the scheduler is handed
        back = 1 / f.model.family.alpha
        spans = entries(text, tuple(float(v) for v in shifted(f.pasted.sigmas, back)))
        new = [float(v) for v in shifted(new, back)]
    if spans is None or len(new) < len(spans):
        return None
    out, at, found = [], 0, []
    for (start, end), value in zip(spans, new, strict=False):
        word = text[start:end] if float(text[start:end]) == value else f"{value:.6g}"
        out.append(text[at:start])
        place = sum(map(len, out))
        out.append(word)
        at = end
        if word != text[start:end]:
            found.append({"from": place, "to": place + len(word), "kind": "changed", "at": None})
    whole = "".join([*out, text[at:]])
    marks = [{**m, "from": units(whole, m["from"]), "to": units(whole, m["to"])} for m in found]
    return {"text": whole, "marks": marks}
