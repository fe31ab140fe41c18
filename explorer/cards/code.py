"""Python that makes an experiment again: its repr with the imports that it needs."""

import dataclasses
import math
from importlib import import_module
from typing import Any

from ..lab.experiment import Experiment


def python(e: Experiment) -> str:
    """Lines to paste: imports, the experiment with every setting, and its run."""
    names = _names(e)
    homes: dict[str, list[str]] = {"explorer": ["run"]}
    for cls, name in names.items():
        said = cls.__name__ if name == cls.__name__ else f"{cls.__name__} as {name}"
        homes.setdefault(_home(cls), []).append(said)
    lines = ["from math import inf", ""] if _endless(e) else []
    lines += [f"from {place} import {', '.join(sorted(homes[place]))}" for place in sorted(homes)]
    fields = [f"    {f.name}={_text(getattr(e, f.name), names)}," for f in dataclasses.fields(e)]
    lines += ["", "experiment = Experiment(", *fields, ")", "r = run(experiment)"]
    return "\n".join([*lines, "print(r.nfe, r.samples.shape)", ""])


def _settings(value: Any) -> list[Any]:
    """A setting and all settings in it."""
    inner = [getattr(value, f.name) for f in dataclasses.fields(value)]
    below = [s for v in inner if dataclasses.is_dataclass(v) for s in _settings(v)]
    return [value, *below]


def _names(e: Experiment) -> dict[type, str]:
    """What each class is called: two of one name, such as a schedule and its grid, also after
    their homes."""
    classes = list(dict.fromkeys(type(s) for s in _settings(e)))
    called = [cls.__name__ for cls in classes]
    full = lambda cls: f"{_home(cls).rpartition('.')[2].capitalize()}{cls.__name__}"
    return {c: full(c) if called.count(c.__name__) > 1 else c.__name__ for c in classes}


def _text(value: Any, names: dict[type, str]) -> str:
    if not dataclasses.is_dataclass(value):
        return repr(value)
    inner = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
    given = ", ".join(f"{name}={_text(v, names)}" for name, v in inner.items())
    return f"{names[type(value)]}({given})"


def _endless(e: Experiment) -> bool:
    """Whether ∞ is written in it."""
    values = [getattr(s, f.name) for s in _settings(e) for f in dataclasses.fields(s)]
    flat = [w for v in values for w in (v if isinstance(v, tuple) else [v])]
    return any(isinstance(v, float) and math.isinf(v) for v in flat)


def _home(cls: type) -> str:
    """The shortest package that has a class under its own name."""
    parts = cls.__module__.split(".")
    homes = [".".join(parts[:n]) for n in range(1, len(parts))]
    return next((h for h in homes if _of(h, cls.__name__) is cls), cls.__module__)


def _of(package: str, name: str) -> Any:
    return getattr(import_module(package), name, None)
