"""No data set: the shape and spread of what a network makes, and nothing to hold it against."""

from functools import lru_cache
from typing import ClassVar

import torch
from torch import Tensor

from ..settings import param, setting
from .upload import can_be_given
from .views import principal_plane


@setting
class Absent:
    """Of a network without data of its shape: images, or latents, as wide as its σ_data.

    What stands in for the law is a Gaussian of that spread, which gives the noise its scale; it is
    no data, so whatever needs some says `lacking` and does without.
    """

    name: ClassVar[str] = "none"
    label: ClassVar[str] = "No data"
    about: ClassVar[str] = "None: a network alone, of images of any shape."
    source: ClassVar[str] = "no data"
    kind: ClassVar[str] = "image"
    classes: ClassVar[int] = 0
    channels: int = param(3, 1, 16, 1, label="Channels", help="of an image: 1 is grey, 3 are RGB")
    size: int = param(32, 8, 256, 1, label="Size", help="side of an image in pixels")
    thickness: float = param(
        0.5, 0.01, 10, 0.01, label="σ_data", help="the spread that the network was made for"
    )

    @property
    def lacking(self) -> str:
        """Why nothing is held against data, and what would do, where anything would."""
        why = (
            "There is no data set of this network’s samples here, so nothing is held against data."
        )
        own = " Images of your own in its size, under Data, would do."
        return why + own * can_be_given((self.channels, self.size, self.size))

    def points(self) -> Tensor:
        """(1, channels, size, size): the mean, zero."""
        return _mean(self.channels, self.size)

    def labels(self) -> None:
        return None

    def view(self) -> Tensor:
        """(2, channels size²): its first two coordinates."""
        return _view(self.channels, self.size)


@lru_cache(maxsize=2)
def _mean(channels: int, size: int) -> Tensor:
    return torch.zeros(1, channels, size, size, dtype=torch.float64)


@lru_cache(maxsize=2)
def _view(channels: int, size: int) -> Tensor:
    return principal_plane(_mean(channels, size))
