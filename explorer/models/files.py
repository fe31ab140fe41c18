"""Networks as files: a module becomes a checkpoint folder, and a checkpoint folder a Denoiser.

save(module, description, name) -> Checkpoint        load(checkpoint) -> NetworkDenoiser
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from ..store import weights
from ..store.weights import Checkpoint
from . import latent_folder
from .architecture import build
from .denoiser import NetworkDenoiser, Preconditioned


def save(
    module: Preconditioned,
    description: Mapping,
    name: str,
    root: str | Path | None = None,
    losses=None,
    card: str = "",
    replace: bool = False,
    half: bool = False,
) -> Checkpoint:
    """Keep a network; `weights.put` has the arguments.  half: of `rounded` numbers.

    description: of `architecture.describe`, with anything else worth keeping: label, data (flat
    settings), training, licence, source.
    """
    state = rounded(module) if half else module.state_dict()
    return weights.put(state, description, name, root, losses, card, replace)


def rounded(module: Preconditioned) -> dict[str, Tensor]:
    """Its numbers as a file of half the size has them: parameters in float16, buffers as they are.

    `load` makes float32 of them again; a weight moves by 2⁻¹¹ of itself at most.
    """
    names = {name for name, _ in module.named_parameters()}
    return {k: v.half() if k in names else v for k, v in module.state_dict().items()}


def load(checkpoint: Checkpoint, device=None) -> NetworkDenoiser:
    """Its network, weights read and checked.  Raises UserError if a file is damaged."""
    latent = latent_folder.DECODER in checkpoint.config
    module = (
        latent_folder.module_of(checkpoint)
        if latent
        else build(checkpoint.config, weights.read(checkpoint))
    )
    denoiser = NetworkDenoiser(module, sigma_data=checkpoint.config.get("sigma_data"))
    if latent:
        denoiser = latent_folder.attach(denoiser, checkpoint)
    return denoiser if device is None else denoiser.to(device)


def digest_of_state(module: Preconditioned) -> str:
    """SHA-256 of all names and numbers of a network: the same wherever its file was written."""
    found = hashlib.sha256()
    for name, v in sorted(module.state_dict().items()):
        found.update(f"{name} {tuple(v.shape)} {v.dtype};".encode())
        found.update(v.detach().cpu().contiguous().view(-1).numpy())
    return found.hexdigest()
