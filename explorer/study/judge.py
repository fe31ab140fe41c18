"""Samples judged in the features of a shipped classifier: Fréchet distance, precision, recall.

Not FID: the features are those of a small classifier of ours.
"""

import dataclasses

import torch
from torch import Tensor

from ..analysis.quality import Quality, balls, quality, within
from ..data.contract import Endless
from ..lab.source import MEMOS
from ..memo import Kept, Memo
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


MEMOS.append(_judges := Memo(16 * 2**20))


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
        if own is None:
            return None
        make = lambda: cls(own, features_of_data(own, data, count))
        judge = _judges((data, count if isinstance(data, Endless) else 0, id(own)), make)
        return judge if asked < 0 else dataclasses.replace(judge, asked=asked)

    @Kept
    def radii(self) -> Tensor:
        """Of the balls about the data's features, (m,)."""
        return balls(self.features)

    def good(self, x: Tensor) -> Tensor:
        """Which of x (n, *shape) lie in the data's manifold in these features, (n,) bool."""
        return within(self.own.features(x.clamp(-1, 1)), self.features, radii=self.radii)

    def __call__(self, x: Tensor) -> Quality:
        """x (n, *shape), images in [−1, 1]; what lies outside is clipped as for the screen."""
        x = x.clamp(-1, 1)
        taken = self.own.classes(x)
        asked = torch.full_like(taken, self.asked) if self.asked >= 0 else None
        return quality(
            self.own.features(x), self.features, torch.Generator().manual_seed(14), taken, asked
        )
