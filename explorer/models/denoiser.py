"""A network in its preconditioning: trainable `Preconditioned`, frozen `NetworkDenoiser`."""

import contextlib
import math
from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..core import graphs
from ..core.known import NO_NOISE
from ..core.levels import is_infinite
from ..errors import UserError
from . import mode
from .asking import Asked
from .counting import Counting
from .precond import EDM


def limits_of(precond) -> tuple[float, float, float, float] | None:
    """c_skip σ, c_out, c_in σ and c_noise at σ = ∞; None of one that knows no pure noise."""
    return getattr(precond, "at_infinity", lambda: None)()


class Preconditioned(nn.Module):
    """D(x; σ) = c_skip x + c_out F(c_in x; c_noise) around any network, for training.

    net: called as net(c_in x, c_noise, labels, augment), with `features=True` for (F, h).  Its
    parameters are this module's, under the prefix `model.`, as in EDM's files.
    shape: of one sample.
    """

    def __init__(self, net: nn.Module, precond=EDM(), shape: tuple[int, ...] = ()):
        super().__init__()
        self.model, self.precond, self.shape = net, precond, tuple(shape)
        self.decoder: Any = None  # of a network over latents: `latent.Decoder`
        self.compute = torch.float32  # the precision of the network's activations

    @property
    def label_dim(self) -> int:
        """Number of classes; 0 where the network has none."""
        return cast(int, self.model.label_dim)

    def forward(
        self,
        x: Tensor,
        sigma: Tensor,
        labels: Tensor | None = None,
        augment: Tensor | None = None,
        features: bool = False,
    ):
        """D(x; σ), (B, *shape) in x's dtype; with `features` also h of the network.

        x (B, *shape) unscaled; sigma () or (B,); labels (B,) or () class indices, or one-hot
        (B, label_dim), or None for label zero; augment (B, augment_dim).  Gradients flow.
        """
        weight = next(self.model.parameters())
        sigma = torch.as_tensor(sigma, dtype=x.dtype)  # a 0-d level stays where it is: no transfer
        if sigma.ndim:
            sigma = sigma.to(x.device).reshape(-1)
        c_skip, c_out, c_in, c_noise = self._factors(sigma, x.ndim)
        out = self.model(
            (c_in * x).to(self.compute),
            c_noise.reshape(-1).to(weight.device, torch.float32),
            self._one_hot(labels, x.device),
            augment,
            **{"features": True} if features else {},
        )
        raw, h = out if features else (out, None)
        raw = raw[:, : x.shape[1]].to(x.dtype)  # ADM may append variances
        denoised = c_skip * x + c_out * raw
        return (denoised, h) if features else denoised

    def _factors(self, sigma: Tensor, axes: int):
        """c_skip, c_out, c_in, wide enough for x of so many axes, and c_noise; at σ = ∞, where x is
        the unit noise, their limits.  Raises UserError of a network that knows no pure noise."""
        p = self.precond
        if is_infinite(sigma):
            limits = limits_of(p)
            if limits is None:
                raise UserError(NO_NOISE)
            return torch.tensor(limits, dtype=sigma.dtype).unbind()
        level = sigma.reshape(-1, *[1] * (axes - 1)) if sigma.ndim else sigma
        return p.c_skip(level), p.c_out(level), p.c_in(level), p.c_noise(sigma)

    def _one_hot(self, labels, device) -> Tensor | Asked | None:
        """(B or 1, label_dim) float32; zeros where no label is given, None without classes."""
        if isinstance(labels, Asked):  # what a prompt became goes to the network as it is
            return labels
        if not self.label_dim:
            return None
        if labels is None:
            return torch.zeros(1, self.label_dim, device=device)
        labels = torch.as_tensor(labels, device=device)
        if not labels.is_floating_point():
            labels = F.one_hot(labels.long().reshape(-1), self.label_dim)
        return labels.to(torch.float32).reshape(-1, self.label_dim)


class NetworkDenoiser:
    """A trained network as a Denoiser: D(x, sigma, labels=None).

    x (B, *shape) unscaled in any float dtype, sigma () or (B,); the answer has x's dtype, while the
    network itself runs in float32.  Parameters are frozen, gradients flow to x and sigma.
    labels: as for `Preconditioned`; None means `self.labels`, and where that is None, label zero.
    """

    def __init__(
        self, module: Preconditioned, labels: Tensor | None = None, sigma_data: float | None = None
    ):
        self.module = module.eval().requires_grad_(False)
        self.labels = labels
        self.shape, self.label_dim = module.shape, module.label_dim
        self.sigma_min, self.sigma_max = module.precond.sigma_min, module.precond.sigma_max
        self.sigma_data = module.precond.sigma_data if sigma_data is None else sigma_data
        self._operations: float | None = None
        self._labels: dict[torch.device, Tensor] = {}
        self.tf32 = False  # whether its products may be those of TensorFloat-32

    @property
    def device(self) -> torch.device:
        return next(self.module.parameters()).device

    @property
    def knows_noise(self) -> bool:
        """Whether it was trained on pure noise, σ = ∞."""
        return limits_of(self.module.precond) is not None

    @property
    def decoder(self) -> Any:
        """What makes images of its samples, a `latent.Decoder`; None where they are images."""
        return self.module.decoder

    @property
    def operations(self) -> float:
        """Multiplications of one evaluation of one sample, counted in a dry run."""
        if self._operations is None:
            self._operations = _operations(self)
        return self._operations

    def __call__(self, x: Tensor, sigma: Tensor, labels=None) -> Tensor:
        if labels is None and x.is_cuda and self.shared and not is_infinite(sigma):
            found = graphs.answer(self, "D", self.evaluate, x, sigma)
            if found is not None:
                return found
        return self.evaluate(x, sigma, labels)

    def evaluate(self, x: Tensor, sigma: Tensor, labels=None) -> Tensor:
        """D, one operation after the other."""
        labels = self._told(x.device) if labels is None else labels
        with mode.products(self.tf32, x):
            return self.module(x, sigma, labels)

    @property
    def shared(self) -> bool:
        """Whether all samples have one label, or none."""
        return not isinstance(self.labels, Tensor) or self.labels.numel() == 1

    def _told(self, device: torch.device):
        """The labels; a number as a tensor that is on the device already, which a graph needs."""
        if not isinstance(self.labels, int):
            return self.labels
        if device not in self._labels:
            self._labels[device] = torch.as_tensor(self.labels, device=device)
        return self._labels[device]

    def with_features(self, x: Tensor, sigma: Tensor, labels=None) -> tuple[Tensor, Tensor]:
        """(D (B, *shape), features (B, 64)): the channel mean of the U-Net's bottleneck, 8 x 8.

        Other resolutions are pooled or repeated to 8 x 8, a hidden layer of an MLP to 64 numbers.
        AMED-Solver's input (Zhou et al. 2024, Sec. 3.3); it stays on the graph of x and sigma.
        """
        if labels is None and x.is_cuda and self.shared:
            found = graphs.answer(self, "features", self.evaluate_features, x, sigma)
            if found is not None:
                return found
        return self.evaluate_features(x, sigma, labels)

    def evaluate_features(self, x: Tensor, sigma: Tensor, labels=None) -> tuple[Tensor, Tensor]:
        """D and features, one operation after the other."""
        labels = self._told(x.device) if labels is None else labels
        with mode.products(self.tf32, x):
            denoised, h = self.module(x, sigma, labels, features=True)
        h = h.mean(1, keepdim=True) if h.ndim == 4 else h
        pooled = (
            F.adaptive_avg_pool2d(h, 8) if h.ndim == 4 else F.adaptive_avg_pool1d(h[:, None], 64)
        )
        return denoised, pooled.flatten(1).to(x.dtype)

    def round_sigma(self, sigma: Tensor) -> Tensor:
        """The nearest level that the network was trained on, in the shape of sigma."""
        return self.module.precond.round_sigma(sigma)

    def conditioned(self, labels) -> "NetworkDenoiser":
        """The same network with these labels as its default."""
        made = NetworkDenoiser(self.module, labels, self.sigma_data)
        made._operations, made.tf32 = self._operations, self.tf32
        return made

    def to(self, device=None, dtype=None) -> "NetworkDenoiser":
        """The same network elsewhere; dtype is that of the sampler's state and leaves it alone."""
        labels: Any = self.labels
        labels = labels.to(device) if isinstance(labels, Tensor | Asked) else labels
        self.module.to(device)
        return self.conditioned(labels)


@torch.no_grad()
def _operations(denoiser: NetworkDenoiser) -> float:
    x, level = torch.zeros(1, *denoiser.shape), torch.tensor(1.0)
    if denoiser.device.type != "cpu" or _large(denoiser):
        module = denoiser.module
        numbers = (*module.named_parameters(), *module.named_buffers())
        state = {name: v.to("meta") for name, v in numbers}  # shapes alone: nothing is computed
        with contextlib.suppress(RuntimeError, ValueError, TypeError), Counting() as counter:
            torch.func.functional_call(module, state, (x.to("meta"), level))
            return counter.multiplications
        # one that makes tensors on a device of its own, or that cannot run at all
    with Counting() as counter:
        try:
            denoiser(x.to(denoiser.device), level)
        except RuntimeError as error:
            if "memory" in str(error).lower():
                raise
            raise UserError(
                f"This network cannot be run on samples of {' × '.join(map(str, denoiser.shape))}: "
                f"its layers do not fit together ({str(error).splitlines()[0][:120]})."
            ) from None
    return counter.multiplications


def _large(denoiser: NetworkDenoiser) -> bool:
    """Whether a dry run takes longer than the import of torch's compiler, for "meta": 1.3 s."""
    weights = sum(p.numel() for p in denoiser.module.parameters())
    return weights * math.prod(denoiser.shape[-2:]) > 4e9  # multiplications, if all see all pixels
