"""A file's tensors and those of a network: names of today, and whether all of them fit."""

import re
from collections.abc import Mapping

from torch import Tensor

from ..errors import UserError

OLD = {"query": "to_q", "key": "to_k", "value": "to_v", "proj_attn": "to_out.0"}


def compare(wanted: Mapping[str, Tensor], state: Mapping[str, Tensor]) -> None:
    """Raise UserError unless a file's tensors are those of a network, by name, shape and kind."""
    for name in wanted:
        if name not in state:
            raise UserError(f"The weights lack {name}.")
        if state[name].shape != wanted[name].shape:
            raise UserError(
                f"{name} is {times(state[name].shape)} in the file and "
                f"{times(wanted[name].shape)} in the network."
            )
        if not state[name].is_floating_point():
            raise UserError(f"{name} holds {state[name].dtype}, no weights.")
    extra = next((name for name in state if name not in wanted), None)
    if extra is not None:
        raise UserError(f"The weights hold {extra[:60]!r}, which this network has not.")


def times(shape) -> str:
    """“1 × 8 × 8”."""
    return " × ".join(map(str, shape))


def renamed(state: Mapping[str, Tensor], prefix: str = "") -> dict[str, Tensor]:
    """Tensors of the diffusers library by the names that its attention has today, after a prefix.

    Models of before 2023, the published DDPM ones among them, have other names for attention.
    """
    now = lambda k: re.sub(
        r"(attentions\.\d+\.)(query|key|value|proj_attn)(?=\.(weight|bias)$)",
        lambda m: m[1] + OLD[m[2]],
        k,
    )
    return {prefix + now(k): v for k, v in state.items()}
