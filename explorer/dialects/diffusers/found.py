"""Where a scheduler's config stands in what people paste, and how many steps are asked for.

A scheduler_config.json, JSON that holds one somewhere, a model_index.json (which names classes
alone), or words: `FlowMatchEulerDiscreteScheduler(shift=3.0)`, `…, 20 steps`.
"""

import ast
import re
from dataclasses import dataclass, field
from typing import Any

from .defaults import DEFAULTS

NAME = re.compile(rf"\b({'|'.join(DEFAULTS)})\b")
SETTING = re.compile(
    r"[\"']?\b([a-z][a-z_0-9]*)[\"']?\s*[:=]\s*"
    r"(\"[^\"\n]{0,80}\"|'[^'\n]{0,80}'|\[[^\[\]]{0,20000}\]|-?[\w.+-]{1,40})"
)
PLAIN = re.compile(r"\b([a-z][a-z_]*)\s+(-?\d[\d.e-]*)\b")  # a setting without its sign: shift 3
COUNTED = re.compile(r"\b(\d+)\s*(?:inference |sampling )?steps?\b", re.IGNORECASE)
STEPS = re.compile(r"set_timesteps\(\s*(\d+)|\bsteps\s+(\d+)", re.IGNORECASE)
SIZE = re.compile(r"\b(\d{3,4})\s*[x×*]\s*(\d{3,4})\b")
COUNT_KEYS = ("num_inference_steps", "steps", "n", "n_steps", "num_steps")
CALL_KEYS = ("mu", "strength", "image_seq_len")
MOST = 20  # configs of one file
WORDS = {"true": True, "false": False, "none": None, "null": None, "inf": float("inf")}


@dataclass
class Found:
    """One config, the number of steps or None, and other arguments of the call."""

    config: dict
    steps: Any = None
    call: dict = field(default_factory=dict)
    where: str | None = None
    named_only: bool = False  # a class without its settings


def in_json(thing: Any) -> list[Found]:
    """The configs in a JSON value, in its order."""
    found: list[Found] = []
    left: list[tuple[Any, str, dict]] = [(thing, "", {})]
    while left and len(found) < MOST:
        inside, path, above = left.pop()
        if isinstance(inside, dict):
            asked = above | {k: v for k, v in inside.items() if k in (*COUNT_KEYS, *CALL_KEYS)}
            if isinstance(inside.get("call"), dict):
                asked["call"] = inside["call"]
            name = inside.get("_class_name")
            if isinstance(name, str) and name in DEFAULTS:
                found.append(_of(inside, asked, path))
                continue
            inner = [(v, f"{path}.{k}".strip("."), asked) for k, v in inside.items()]
        elif isinstance(inside, list) and _names_class(inside):
            found.append(_of({"_class_name": inside[1]}, above, path, named_only=True))
            continue
        else:
            inner = (
                [(v, f"{path}[{i}]", above) for i, v in enumerate(inside)]
                if isinstance(inside, list)
                else []
            )
        left += reversed(inner)
    return found


def _names_class(pair: list) -> bool:
    """model_index.json's ["diffusers", "EulerDiscreteScheduler"]."""
    return len(pair) == 2 and pair[0] == "diffusers" and pair[1] in list(DEFAULTS)


def _of(config: dict, asked: dict, path: str, named_only: bool = False) -> Found:
    steps = next((asked[k] for k in COUNT_KEYS if asked.get(k) is not None), None)
    call = dict(asked.get("call", {})) | {k: asked[k] for k in CALL_KEYS if k in asked}
    return Found(config, steps, call, path or None, named_only)


def in_text(text: str) -> list[Found]:
    """The first class that a text names, with the settings and steps that it writes down."""
    name = NAME.search(text)
    if not name:
        return []
    own = DEFAULTS[name[1]]
    said = {key: _value(value) for key, value in SETTING.findall(text)}
    signless = [m for m in PLAIN.finditer(text) if m[1] in own]
    plain = {m[1]: _value(m[2]) for m in signless}
    known = {k for usual in DEFAULTS.values() for k in usual}
    config = {"_class_name": name[1], **plain, **{k: v for k, v in said.items() if k in known}}
    if "use_karras_sigmas" in own and re.search(r"\bkarras\b", text, re.IGNORECASE):
        config.setdefault("use_karras_sigmas", True)
    steps = next((said[k] for k in COUNT_KEYS if k in said), None)
    if steps is None:
        steps = _steps(text, [m.span(2) for m in signless])
    call = {k: said[k] for k in CALL_KEYS if k in said}
    if (size := SIZE.search(text)) and "image_seq_len" not in call:
        call["image_seq_len"] = int(size[1]) * int(size[2]) // 256
    return [Found(config, steps, call)]


def _steps(text: str, taken: list[tuple[int, int]]) -> int | None:
    """“20 steps”, set_timesteps(20) or “steps 20”; a number that a setting has taken is none."""
    counted = (m for m in COUNTED.finditer(text) if m.span(1) not in taken)
    found = next(counted, None) or STEPS.search(text)
    return int(next(g for g in found.groups() if g)) if found else None


def _value(word: str) -> Any:
    """A word of a text as the value it writes: a number, a list, true, or the word itself."""
    if word.lower() in WORDS:
        return WORDS[word.lower()]
    try:
        return ast.literal_eval(word)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return word.strip("\"'")
