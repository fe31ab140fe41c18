"""A network in the precision that its sampler runs in: weights held in it, never cast.

    held(denoiser, "bfloat16") -> the same denoiser, of a copy of its weights

Measures and references keep the float32 of the original.  What embeds the noise level stays in
float32, as in EDM's files: its angles are large, and it costs nothing.
"""

import copy
from typing import Any

import torch
from torch import nn

from ..core.device import fuses
from ..errors import UserError
from . import mode
from .compiled import Compiled
from .denoiser import NetworkDenoiser, Preconditioned
from .network import Guided

DTYPES = {
    "float32": torch.float32,
    "tf32": torch.float32,
    "bfloat16": torch.bfloat16,
    "float16": torch.float16,
}
CHOICES = ("auto", *DTYPES)
LARGE = 1e9  # multiplications of an evaluation from which a GPU takes 16 bits by itself
EXACT = ("map_", "time_", "add_", "class_embedding")  # what embeds level and class


def check(name: str, kind: str) -> None:
    """Raises UserError for a name that is none, and for tf32 on a device of a kind without it."""
    if name not in CHOICES:
        raise UserError(f"Unknown precision {name!r}. Known: {', '.join(CHOICES)}.")
    if name == "tf32" and kind != "cuda":
        raise UserError(
            f"TF32 is a mode of NVIDIA GPUs, and this runs on {kind}; choose float32 or bfloat16."
        )


def chosen(name: str, denoiser: Any, kind: str) -> str:
    """The precision that a name comes to for this denoiser on a device of this kind.

    auto: float32; on a GPU float16 for a network that is bound by its arithmetic.  What is no
    network stays in float64.
    """
    if not isinstance(denoiser, NetworkDenoiser | Guided):
        return "float64"
    if name != "auto":
        return name
    return "float16" if kind == "cuda" and denoiser.operations > LARGE else "float32"


def held(denoiser: Any, name: str, compiles: bool = False) -> Any:
    """The denoiser with weights of this precision; itself for float32 and for what has none.

    compiles: one that is bound by its arithmetic is compiled while it runs (`compiled`).
    """
    dtype = DTYPES.get(name, torch.float32)
    if isinstance(denoiser, Guided):
        if dtype == torch.float32 and name != "tf32" and not compiles:
            return denoiser
        strong, weak = (held(part, name, compiles) for part in (denoiser.strong, denoiser.weak))
        return denoiser.over(strong, weak)
    if not isinstance(denoiser, NetworkDenoiser):
        return denoiser
    compiles = compiles and denoiser.operations > LARGE
    if dtype == torch.float32 and name != "tf32" and not compiles:
        return denoiser
    module = _lowered(denoiser.module, dtype, compiles)
    made = NetworkDenoiser(module, denoiser.labels, denoiser.sigma_data)
    if name == "tf32":
        made.tf32 = True
        mode.allow()
    made._operations = denoiser.operations  # counted on the device “meta”, where no kernel may run
    return made


def _lowered(module: Preconditioned, dtype: torch.dtype, compiles: bool) -> Preconditioned:
    net, raw = module.model, None
    if dtype != torch.float32:
        net = copy.deepcopy(net)
        for name, part in net.named_children():
            if not name.startswith(EXACT):
                part.to(dtype)
    if dtype.itemsize == 2 and next(net.parameters()).is_cuda:
        raw = copy.deepcopy(net) if compiles else None  # no compiler reads the fused kernels
        _faster(net)
    made = Preconditioned(Compiled(net, raw) if compiles else net, module.precond, module.shape)
    made.compute, made.decoder = dtype, module.decoder
    return made


def _faster(net: nn.Module) -> None:
    """Fused blocks, where Triton is there."""
    if fuses():
        from .fused import fuse

        fuse(net)
