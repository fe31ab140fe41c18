"""What a config of the diffusers library may say, whatever it is of: known names, bounded values.

    checked(config, table, library's class) -> kwargs        built(class, kwargs) -> module

Configs come from files.  A setting that is not in the table passes where it is the library's own
default, and is left out; anything else is refused by name.
"""

import contextlib
import inspect
import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from ..errors import UserError
from ..reading.pipeline import MOST
from .matching import compare

LONGEST = 64  # entries of a list
BROKEN = (  # what the library says of settings that do not go together
    ValueError,
    TypeError,
    LookupError,
    RuntimeError,
    ArithmeticError,
    AttributeError,
    AssertionError,
)
Table = Mapping[str, tuple]


def whole(low: int, high: int) -> tuple:
    """A whole number within bounds, or a list of such."""
    return (int, low, high)


def real(low: float, high: float) -> tuple:
    """A number within bounds, or a list of such."""
    return (float, low, high)


def words(*known: str) -> tuple:
    """One of these words, or a list of such."""
    return (str, *known)


FLAG: tuple = (bool,)


def checked(config: Mapping, table: Table, cls: type) -> dict[str, Any]:
    """The settings of a config for the class; private ones and defaults left out.

    Raises UserError.
    """
    defaults = {k: p.default for k, p in inspect.signature(cls).parameters.items()}
    kept = {}
    for key, value in config.items():
        if key[:1] == "_":
            continue
        own = defaults.get(key)
        if key in defaults and (list(own) if isinstance(own, tuple) else own) == value:
            continue
        if key not in table or not _permitted(value, table[key]):
            raise UserError(f"{key[:60]} = {str(value)[:60]!r} is not read in a {cls.__name__}.")
        kept[key] = value
    return kept


def _permitted(value: Any, rule: tuple) -> bool:
    if value is None:
        return True
    if isinstance(value, list | tuple):
        return 1 <= len(value) <= LONGEST and all(
            v is not None and not isinstance(v, list | tuple) and _permitted(v, rule) for v in value
        )
    kind = rule[0]
    if kind is bool:
        return type(value) is bool
    if kind is str:
        return isinstance(value, str) and value in rule[1:]
    right = type(value) is int if kind is int else type(value) in (int, float)
    return right and math.isfinite(value) and rule[1] <= value <= rule[2]


class _Unfilled(TorchFunctionMode):
    """Weights are left as they lie: they are read from a file anyway; buffers are computed."""

    FILLS = frozenset(
        f"{kind}{law}_"
        for kind in ("", "trunc_", "kaiming_", "xavier_")
        for law in ("uniform", "normal")
    )

    def __torch_function__(self, func, types, args=(), kwargs=None):
        if getattr(func, "__name__", "") in self.FILLS:
            return args[0] if args else (kwargs or {})["tensor"]
        return func(*args, **(kwargs or {}))


def built(cls: type, kwargs: Mapping, filled: bool = False, most: int = MOST) -> nn.Module:
    """The library's module, its weights drawn only if `filled`.  Raises UserError.

    Its size is known before memory is taken.
    """
    try:
        with torch.device("meta"):
            size = sum(p.numel() for p in cls(**kwargs).parameters())
        if size > most:
            raise UserError(f"This network would have {size:,} parameters; at most {most:,} work.")
        with contextlib.nullcontext() if filled else _Unfilled():
            return cls(**kwargs).eval()
    except BROKEN as problem:
        why = " ".join(str(problem).split())[:200]
        raise UserError(f"diffusers cannot build this {cls.__name__}: {why}") from None


def fill(module: nn.Module, state: Mapping[str, Tensor]) -> None:
    """Give a module the weights of a file; every name and shape must fit.  Raises UserError."""
    compare(module.state_dict(), state)
    module.load_state_dict(
        {k: v.to(torch.float32, copy=True) for k, v in state.items()}, assign=True
    )
    module.requires_grad_(False)
