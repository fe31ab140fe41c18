"""Every kind of time steps that a view can have: the lab's own grids, and other tools' lists."""

from collections.abc import Mapping
from typing import Any

from ..core.timesteps import TIMESTEPS as GRIDS
from ..errors import UserError
from ..settings import named
from .tool_lists import (
    A1111Steps,
    ComfySteps,
    DiffusersSteps,
    KDiffusionSteps,
    PublishedSteps,
    RES4LYFSteps,
)

TOOLS: Mapping[str, Any] = named(
    ComfySteps, RES4LYFSteps, A1111Steps, DiffusersSteps, KDiffusionSteps, PublishedSteps
)
TIMESTEPS: Mapping[str, Any] = {**GRIDS, **TOOLS}


def lists(cls: Any) -> list[tuple[str, str]]:
    """(value, label) of each list that a tool's steps can be; none of a grid of the lab's own."""
    if cls not in TOOLS.values():
        return []
    return list(cls.__dataclass_fields__[cls.by].metadata["spec"].choices)


def in_one_word(flat: Mapping[str, Any]) -> dict[str, Any]:
    """The flat form of a view with a tool's list named as in the menu: "comfy:karras"."""
    tool = TOOLS.get(flat.get("timesteps", ""))
    if tool is None:
        return dict(flat)
    by = f"timesteps.{tool.by}"
    named = {**flat, "timesteps": f"{flat['timesteps']}:{flat[by]}"}
    return {k: v for k, v in named.items() if k != by}


def words() -> dict[str, str]:
    """What each kind of time steps is called: by its name, and a tool's list by `in_one_word`."""
    told = {name: cls.short for name, cls in TIMESTEPS.items()}
    for name, cls in TOOLS.items():
        told |= {f"{name}:{value}": f"{cls.tool} {label}" for value, label in lists(cls)}
    return told


def by_name(name: str) -> Any:
    """Time steps by a word: "vp", "comfy", or a tool's list as in "comfy:karras".

    Raises UserError for another.
    """
    kind, _, chosen = name.partition(":")
    if kind not in TIMESTEPS or (chosen and kind not in TOOLS):
        tools = ", ".join(f"{tool}:LIST" for tool in TOOLS)
        raise UserError(f"Unknown time steps {name!r:.60}. Known: {', '.join(GRIDS)}, {tools}.")
    cls: Any = TIMESTEPS[kind]
    return cls(**({cls.by: chosen} if chosen else {}))
