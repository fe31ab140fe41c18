"""Trained networks as a choice of model: a name in the setting, weights on disk."""

from typing import ClassVar

from torch import Tensor

from ..core import guided
from ..core.guidance import Guidance
from ..errors import UserError
from ..settings import param, setting
from ..store import weights
from . import files, prompts
from .denoiser import NetworkDenoiser
from .exact import MOST_CLASSES


class Guided(guided.Guided):
    """Guidance of a network, by itself at label zero or by another; see `core.guided`.

    It knows the levels that both know, and costs what both do.
    """

    @property
    def label_dim(self) -> int:
        return self.strong.label_dim

    @property
    def sigma_data(self) -> float:
        return self.strong.sigma_data

    @property
    def sigma_min(self) -> float:
        return max(self.strong.sigma_min, self.weak.sigma_min)

    @property
    def sigma_max(self) -> float:
        return min(self.strong.sigma_max, self.weak.sigma_max)

    @property
    def knows_noise(self) -> bool:
        """Whether both were trained on pure noise, σ = ∞."""
        return self.strong.knows_noise and self.weak.knows_noise

    @property
    def device(self):
        return self.strong.device

    @property
    def decoder(self):
        """What makes images of its samples; None where they are images."""
        return self.strong.decoder

    @property
    def operations(self) -> float:
        """Multiplications of one evaluation of one sample, where both are asked."""
        return self.strong.operations + self.weak.operations

    def with_features(self, x: Tensor, sigma: Tensor) -> tuple[Tensor, Tensor]:
        """(D, features of the strong network)."""
        denoised, features = self.strong.with_features(x, sigma)
        return self._joined(denoised, x, sigma, None).denoised, features

    def round_sigma(self, sigma: Tensor) -> Tensor:
        """The nearest level of the strong network; of the weak one, where the strong knows all."""
        return self.strong.round_sigma(self.weak.round_sigma(sigma))


@setting
class Network:
    """A trained network, shipped, trained here, or converted from an EDM .pkl.

    checkpoint: its name; empty means the first shipped network that was trained on the data.
    condition: one class; −1 is label zero, “any”, for networks that were trained to know it.
    prompt, negative: words for a network over latents whose folder had text encoders.
    guidance, guide: see `Guided`; guide names the weaker network, empty means label zero.
    how: where and by which rule, see `core.guidance`.
    """

    name: ClassVar[str] = "network"
    label: ClassVar[str] = "Trained network"
    about: ClassVar[str] = "What people run: a network that has learned the denoiser from samples."
    checkpoint: str = param(
        "", longest=64, label="Network", help="which one; the first is trained on the data at hand"
    )
    condition: int = param(
        -1, -1, MOST_CLASSES, 1, label="Class", help="make samples of one class; −1 is any"
    )
    guidance: float = param(
        1.0,
        0,
        10,
        0.1,
        label="Guidance",
        help="1 is none; above 1 moves away from what the weaker network says",
    )
    guide: str = param(
        "",
        longest=64,
        label="Guided by",
        help="a weaker network of the same samples; the first is label zero",
    )
    prompt: str = param(
        "", longest=400, label="Prompt", help="what to make, of a network that reads prompts"
    )
    negative: str = param(
        "",
        longest=400,
        label="Negative",
        help="what guidance leads away from; empty is what the network knows as no prompt",
    )
    how: Guidance = Guidance()

    def found(self, data) -> weights.Checkpoint:
        """The checkpoint that is meant.  Raises UserError where there is none."""
        if self.checkpoint:
            return weights.find(self.checkpoint)
        own = [c for c in weights.shipped() if c.config.get("data", {}).get("data") == data.name]
        shape = tuple(data.points().shape[1:])
        if found := next((c for c in own if c.shape == shape), None):
            return weights.open_folder(found.folder)  # as it is now
        raise UserError(
            f"No network for {data.label} comes with the page; choose one under "
            "Network, or train one on it."
        )

    def numbers(self, data) -> float:
        """What text encoders take while a prompt is read, in numbers of 8 bytes."""
        checkpoint = self.found(data)
        return prompts.needs(checkpoint) / 8 if checkpoint.config.get("prompts") else 0.0

    def digests(self, data) -> tuple[str, ...]:
        """What the answer depends on besides the setting: the weights behind the names."""
        named = [self.found(data)] + ([weights.find(self.guide)] if self.guide else [])
        return tuple(c.digest for c in named)

    def load(self, data) -> NetworkDenoiser | Guided:
        """Raises UserError for data of another shape and a class that it does not know."""
        checkpoint = self.found(data)
        shape = tuple(data.points().shape[1:])
        if checkpoint.shape != shape:
            raise UserError(
                f"{checkpoint.label} makes samples of {spoken(checkpoint.shape)}; "
                f"{data.label} has {spoken(shape)}."
            )
        denoiser = self._of(checkpoint)
        if self.how.plain(self.guidance):
            return denoiser
        return Guided(denoiser, self._weak(checkpoint, denoiser), self.guidance, self.how)

    def _of(self, checkpoint: weights.Checkpoint) -> NetworkDenoiser:
        denoiser = files.load(checkpoint)
        classes = denoiser.label_dim
        if (told := prompts.asked(checkpoint, self.prompt)) is not None:
            denoiser = denoiser.conditioned(told)
        elif self.negative:
            prompts.asked(checkpoint, self.negative)  # raises: nobody reads it
        if not classes:
            if self.condition >= 0:
                raise UserError(
                    f"{checkpoint.label} knows no classes, so class {self.condition} "
                    "cannot be picked; choose −1, any."
                )
            return denoiser
        if self.condition >= classes:
            raise UserError(
                f"{checkpoint.label} has no class {self.condition}; its classes are 0 "
                f"to {classes - 1}."
            )
        if self.condition < 0:
            if not checkpoint.null_label:
                raise UserError(
                    f"{checkpoint.label} always had a class in training and does not "
                    f"know “any”; pick a class from 0 to {classes - 1}."
                )
            return denoiser
        return denoiser.conditioned(self.condition)

    def _weak(self, checkpoint: weights.Checkpoint, strong: NetworkDenoiser) -> NetworkDenoiser:
        if self.guide:
            guide = weights.find(self.guide)
            if guide.shape != checkpoint.shape:
                raise UserError(
                    f"{guide.label} makes samples of {spoken(guide.shape)} and cannot "
                    f"guide {checkpoint.label}, {spoken(checkpoint.shape)}."
                )
            weak = files.load(guide)
            return (
                weak.conditioned(self.condition) if 0 <= self.condition < weak.label_dim else weak
            )
        if (told := prompts.asked(checkpoint, self.negative)) is not None:
            return strong.conditioned(told)
        if self.condition < 0:
            raise UserError(
                f"Guidance = {self.guidance:g} compares a class with “any”; pick a "
                "class, or a network under “Guided by”."
            )
        if not checkpoint.null_label:
            raise UserError(
                f"{checkpoint.label} always had a class in training and does not know "
                "“any”; choose a weaker network under “Guided by”."
            )
        return strong.conditioned(None)


def spoken(shape: tuple[int, ...]) -> str:
    """“1 × 8 × 8 numbers”, “2 numbers”."""
    return f"{' × '.join(map(str, shape))} number{'' if shape == (1,) else 's'}"
