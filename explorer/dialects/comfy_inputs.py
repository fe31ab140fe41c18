"""A node's inputs, each read within what its box takes; one that is not given has the default."""

from collections.abc import Iterable, Mapping
from typing import Any

from ..errors import UserError
from .asked import count, number
from .comfy_models import Sampling

Inputs = Mapping[str, Any]
Lists = tuple[list[float], ...]
MOST_STEPS = 10_000  # what the boxes take
MOST_LEVELS = 100_000
MOST_MADE = 100_000  # steps of a list that a denoise below 1 is cut from


def steps_of(inputs: Inputs, default: int = 20, least: int = 1, most: int = MOST_STEPS) -> int:
    """The node's number of steps.  Raises UserError."""
    return count(inputs.get("steps", default), "steps", least, most)


def within(inputs: Inputs, name: str, default: float, low: float, high: float) -> float:
    """A number of the node, from low to high.  Raises UserError."""
    value = number(inputs.get(name, default), name)
    if not low <= value <= high:
        raise UserError(f"{name} must be from {low:g} to {high:g}; got {value:g}.")
    return value


def word(value: Any, name: str, known: Iterable[str]) -> str:
    """One of the known words.  Raises UserError that lists them."""
    known = list(known)
    if not isinstance(value, str) or value not in known:
        raise UserError(f"{name} must be one of {', '.join(known)}; got {str(value)[:60]!r}.")
    return value


def choice(inputs: Inputs, name: str, known: Iterable[str], default: str) -> str:
    """A word of the node, one of those known.  Raises UserError."""
    return word(inputs.get(name, default), name, known)


def needs(model: Sampling | None, node: str) -> Sampling:
    """The model that is wired into a node.  Raises UserError where there is none."""
    if model is None:
        raise UserError(f"{node} needs a model; none is connected.")
    return model


def longer(steps: int, part: float) -> int:
    """Steps of the whole list of which `steps` are a part.  Raises UserError beyond reach."""
    whole = int(steps / part)
    if whole > MOST_MADE:
        raise UserError(
            f"{steps} steps at denoise {part:g} are the end of a list of {whole:,}; "
            f"at most {MOST_MADE:,} are made."
        )
    return whole
