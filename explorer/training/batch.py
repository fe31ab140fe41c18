"""What a step of training works on: images, noise and levels; and what it makes of gradients."""

import weakref

import torch
from torch import Tensor, nn

from ..core.device import Device
from ..models.denoiser import Preconditioned
from .augment import augment
from .bank import Bank
from .configs import Training, draw, loss_of

_parameters: "weakref.WeakKeyDictionary[nn.Module, list[Tensor]]"
_parameters = weakref.WeakKeyDictionary()


def parameters(module: nn.Module) -> list[Tensor]:
    """The parameters of a module in training, which stay the same; to find them takes longer than
    what is done with them."""
    if module not in _parameters:
        _parameters[module] = list(module.parameters())
    return _parameters[module]


def drawn(
    t: Training, module: Preconditioned, g: torch.Generator, bank: Bank | None, device: Device
) -> tuple[Tensor, Tensor | None, Tensor | None, Tensor, Tensor]:
    """Images, their labels, what the network is told of their augmentation, levels, unit noise."""
    clean, labels = draw(bank or t.data, t.hyper.batch, g)
    told = None
    if t.augment:
        clean, told = augment(clean, t.augment, g, t.mirror)
    if t.hidden:
        told = None
    # a network of discrete levels is trained on those
    sigma = module.precond.round_sigma(loss_of(t).sigma(len(clean), g))
    noise = torch.randn(clean.shape, generator=g, device=g.device)
    there = device.device
    clean, noise = clean.to(there), noise.to(there)
    labels = labels.to(there) if labels is not None and t.conditional else None
    return clean, labels, None if told is None else told.to(there), sigma, noise


def tamed(module: Preconditioned, unseen: bool, clip: float) -> None:
    """Numbers in place of gradients that are none; unseen: without a look whether there are any."""
    weights = [p for p in parameters(module) if p.grad is not None]
    grads = [p.grad for p in weights if p.grad is not None]
    if unseen or not bool(torch.stack(torch._foreach_norm(grads)).norm().isfinite()):
        for grad in grads:
            torch.nan_to_num(grad, nan=0.0, posinf=1e5, neginf=-1e5, out=grad)
    if clip:
        torch.nn.utils.clip_grad_norm_(weights, clip)
