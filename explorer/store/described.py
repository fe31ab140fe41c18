"""The config of a checkpoint, held against what everybody's list of networks shows of it: one that
is damaged breaks itself alone.
"""

import re
from pathlib import Path
from typing import Any

from ..errors import UserError
from . import reading

LONGEST = 2**20  # bytes
TEXTS = ("label", "network", "precond", "licence", "origin")
LONGEST_TEXT = 1000  # characters


def read(path: Path) -> dict[str, Any]:
    """The config.  Raises UserError where it is none, saying why."""
    try:
        config = reading.json(path, LONGEST)
        if not isinstance(config, dict) or config.get("format") != 1:
            raise ValueError("it has no “format”: 1")
        if not re.fullmatch(r"[0-9a-f]{64}", str(config.get("digest"))):
            raise ValueError("it names no digest")
        if not isinstance(config.get("kwargs"), dict) or not isinstance(config.get("shape"), list):
            raise ValueError("it does not describe a network")
        if wrong := list(_of_the_wrong_kind(config)):
            raise ValueError(f"of the wrong kind in it: {', '.join(wrong)}")
    except (OSError, ValueError) as problem:
        raise none(path, problem) from None
    return config


def none(path: Path, problem: Exception) -> UserError:
    """Says that this is no config."""
    name = f"{path.parent.name}/{path.name}"
    return UserError(f"{name} is not the config of a checkpoint: {reading.why(problem)}.")


def _of_the_wrong_kind(config: dict):
    """The keys whose values no list could show."""
    for key, kinds in {"label_dim": (int,), "label_dropout": (int, float)}.items():
        if type(config["kwargs"].get(key, 0)) not in kinds:
            yield key
    for key in TEXTS:
        value = config.get(key, "")
        if not isinstance(value, str) or len(value) > LONGEST_TEXT:
            yield key
    shape = config["shape"]
    if not 1 <= len(shape) <= 3 or not all(type(n) is int and 0 < n < 2**16 for n in shape):
        yield "shape"
    data = config.get("data", {})
    plain = (str, int, float, bool)
    if not isinstance(data, dict) or not all(type(v) in plain for v in data.values()):
        yield "data"
    told = config.get("scheduler")
    if told is not None and not (isinstance(told, dict) and type(told.get("_class_name")) is str):
        yield "scheduler"
    for key in ("decoder", "prompts", "beside"):
        if not isinstance(config.get(key, {}), dict):
            yield key
    decoder = config.get("decoder", {})
    if isinstance(decoder, dict) and type(decoder.get("network", "")) is not str:
        yield "decoder"
