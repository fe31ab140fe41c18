"""Points, pasts and carries as trees of tensors, whose rows part and join with their samples."""

import dataclasses
from collections.abc import Callable
from typing import Any

from torch import Tensor


def mapped(fn: Callable, tree: Any, *others: Any) -> Any:
    """fn of each tensor of a point, a past or a carry, and of those in the same place of `others`;
    what is no tensor, tuple or dataclass stays as it is in the first.
    """
    if isinstance(tree, Tensor):
        return fn(tree, *others)
    if isinstance(tree, tuple):
        new = tuple(mapped(fn, *parts) for parts in zip(tree, *others, strict=True))
        return type(tree)._make(new) if hasattr(tree, "_make") else new
    if dataclasses.is_dataclass(tree) and not isinstance(tree, type):
        names = [f.name for f in dataclasses.fields(tree)]
        parts = {k: mapped(fn, *(getattr(v, k) for v in (tree, *others))) for k in names}
        return dataclasses.replace(tree, **parts)
    return tree
