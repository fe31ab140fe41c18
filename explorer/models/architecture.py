"""A network from its description: plain words and numbers, checked before anything is made.

    {"network": "SongUNet", "kwargs": {...}, "precond": "edm", "precond_kwargs": {...},
     "shape": [3, 32, 32]}

Descriptions come from files, so every name and size is held against a list; what is not there is
refused with UserError.
"""

import functools
import inspect
import math
from collections.abc import Mapping

import torch
from torch import Tensor

from ..errors import UserError
from ..reading.pickle_tensors import LARGEST
from ..settings import flatten, unflatten
from . import conditional, diffusers_unet
from .adm_unet import DhariwalUNet
from .denoiser import Preconditioned
from .edm_unet import SongUNet
from .matching import compare, times
from .networks import Mlp
from .precond import PRECONDS

NETWORKS = {"SongUNet": SongUNet, "DhariwalUNet": DhariwalUNet, "Mlp": Mlp}
BOUNDS = {  # whole numbers: (least, most)
    "img_resolution": (1, 1024),
    "in_channels": (1, 64),
    "out_channels": (1, 128),
    "label_dim": (0, 100_000),
    "augment_dim": (0, 64),
    "model_channels": (4, 1024),
    "channel_mult_emb": (1, 16),
    "num_blocks": (1, 16),
    "channel_mult_noise": (1, 8),
    "dimension": (1, 4096),
    "width": (1, 4096),
    "depth": (1, 64),
    "waves": (0, 16),
}
PARTS = {"dropout": (0, 1), "label_dropout": (0, 1)}  # of one
LISTS = {"channel_mult": (1, 16), "attn_resolutions": (0, 1024), "resample_filter": (0, 1024)}
LONGEST = 8
WORDS = {
    "embedding_type": ("positional", "fourier"),
    "encoder_type": ("standard", "skip", "residual"),
    "decoder_type": ("standard", "skip"),
}


def describe(network: str, kwargs: Mapping, precond, shape) -> dict:
    """The description of a network, for `build` and for a config file."""
    return {
        "network": network,
        "kwargs": {k: list(v) if isinstance(v, tuple) else v for k, v in kwargs.items()},
        "precond": precond.name,
        "precond_kwargs": flatten(precond),
        "shape": list(shape),
    }


def build(d: Mapping, state: Mapping[str, Tensor] | None = None) -> Preconditioned:
    """The described network, with fresh weights or with those of `state`.

    state: {name: tensor} as of `Preconditioned.state_dict()`; every name and shape must fit.
    """
    name = d.get("network")
    if name in conditional.NETWORKS:
        return conditional.build(d, state)
    make, precond, shape = (diffusers_unet.parts if name == diffusers_unet.NETWORK else _parts)(d)
    with torch.device("meta"):
        net = make()
    size = sum(p.numel() for p in net.parameters())
    if size > LARGEST:
        raise UserError(f"This network would have {size:,} parameters; at most {LARGEST:,} work.")
    if state is None:
        return Preconditioned(make(), precond, shape)
    module = Preconditioned(net, precond, shape)
    compare(module.state_dict(), state)
    # copies, since what a file lends is not aligned as fast kernels like it
    module.load_state_dict(
        {k: v.to(torch.float32, copy=True) for k, v in state.items()}, assign=True
    )
    return module


def _parts(d: Mapping):
    """(a function that makes the network, its preconditioning, shape of a sample)."""
    cls, kwargs = _network(d.get("network")), d.get("kwargs")
    kwargs = _checked(cls, kwargs if isinstance(kwargs, Mapping) else {})
    precond, shape = _precond(d), _shape(d.get("shape"))
    _fits(kwargs, shape)
    return functools.partial(cls, **kwargs), precond, shape


def _network(name):
    if not isinstance(name, str) or name not in NETWORKS:
        raise UserError(
            f"Unknown network {str(name)[:60]!r}. Known: {', '.join(NETWORKS)}, "
            f"{diffusers_unet.NETWORK}, {', '.join(conditional.NETWORKS)}."
        )
    return NETWORKS[name]


def _precond(d: Mapping):
    name, own = d.get("precond"), d.get("precond_kwargs") or {}
    if not isinstance(name, str) or name not in PRECONDS:
        raise UserError(
            f"Unknown preconditioning {str(name)[:60]!r}. Known: {', '.join(PRECONDS)}."
        )
    if not isinstance(own, Mapping):
        raise UserError(f"Settings of a preconditioning must be named; got {str(own)[:60]}.")
    return unflatten(PRECONDS[name], own)


def _shape(shape) -> tuple[int, ...]:
    if (
        not isinstance(shape, list | tuple)
        or len(shape) not in (1, 3)
        or not all(type(n) is int and 1 <= n <= 4096 for n in shape)
    ):
        raise UserError(
            f"A sample's shape is [D] or [channels, height, width]; got {str(shape)[:60]}."
        )
    return tuple(shape)


def _fits(kwargs: dict, shape: tuple[int, ...]) -> None:
    own = (
        (kwargs["dimension"],)
        if "dimension" in kwargs
        else (kwargs["in_channels"], kwargs["img_resolution"], kwargs["img_resolution"])
    )
    if own != shape:
        raise UserError(
            f"The network is made for samples of {times(own)}, but its file says {times(shape)}."
        )


def _checked(cls, kwargs: Mapping) -> dict:
    """Known names, with values of their kind and within bounds; lists become tuples."""
    known = inspect.signature(cls).parameters
    unknown = next((k for k in kwargs if k not in known), None)
    if unknown is not None:
        raise UserError(
            f"{cls.__name__} has no setting {str(unknown)[:60]!r}. Known: {', '.join(known)}."
        )
    missing = [k for k, p in known.items() if p.default is p.empty and k not in kwargs]
    if missing:
        raise UserError(f"{cls.__name__} needs {', '.join(missing)}.")
    checked = {k: _value(k, v) for k, v in kwargs.items()}
    levels = len(checked.get("channel_mult", (1, 2, 2, 2)))
    if checked.get("img_resolution", 0) % 2 ** (levels - 1):
        raise UserError(
            f"img_resolution = {checked['img_resolution']} cannot be halved "
            f"{levels - 1} times for the {levels} entries of channel_mult."
        )
    return checked


def _value(key: str, value):
    wrong = UserError(f"{key} cannot be {str(value)[:60]!r} in a network.")
    number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if key in BOUNDS:
        low, high = BOUNDS[key]
        if not number or value != int(value) or not low <= value <= high:
            raise wrong
        return int(value)
    if key in PARTS:
        if not number or not PARTS[key][0] <= value <= PARTS[key][1]:
            raise wrong
        return float(value)
    if key in LISTS:
        low, high = LISTS[key]
        if (
            not isinstance(value, list | tuple)
            or len(value) > LONGEST
            or not all(type(v) in (int, float) and v == int(v) and low <= v <= high for v in value)
            or key != "attn_resolutions"
            and not sum(value)
        ):
            raise wrong
        return tuple(int(v) for v in value)
    if key in WORDS and value in WORDS[key]:
        return value
    raise wrong
