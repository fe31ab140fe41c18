"""Samples judged in the features of a shipped classifier: Fréchet distance, precision, recall.

Not FID: the features are those of a small classifier of ours.
"""

import dataclasses

import torch
from torch import Tensor

from ..analysis.quality import Quality, quality
from ..data.contract import Endless
from ..models import classifier
from ..training.configs import draw


def features_of_data(own, data, count: int) -> Tensor:
    """Features of the data: all of a finite set, as many fresh draws of an endless one."""
    x = (
        draw(data, count, torch.Generator().manual_seed(1))[0]
        if isinstance(data, Endless)
        else data.points()
    )
    return own.features(x)


@dataclasses.dataclass(frozen=True)
class Judge:
    """Holds samples against the data; asked: the class that they were asked for, or −1."""

    own: classifier.Classifier
    features: Tensor
    asked: int = -1

    @classmethod
    def of(cls, data, count: int, asked: int = -1) -> "Judge | None":
        """The judge of a data set, or None where no classifier ships for it."""
        own = classifier.find(data)
        return None if own is None else cls(own, features_of_data(own, data, count), asked)

    def __call__(self, x: Tensor) -> Quality:
        """x (n, *shape), images in [−1, 1]; what lies outside is clipped as for the screen."""
        x = x.clamp(-1, 1)
        taken = self.own.classes(x)
        asked = torch.full_like(taken, self.asked) if self.asked >= 0 else None
        return quality(
            self.own.features(x), self.features, torch.Generator().manual_seed(14), taken, asked
        )
