"""Which samples end in another place than they should."""

import torch
from torch import Tensor

from .error import rms
from .nearest import nearest_training

FAR = 0.1  # of σ_data: from here on an end counts as another place


@torch.no_grad()
def elsewhere(end: Tensor, truth: Tensor, sigma_data: float, points: Tensor | None) -> Tensor:
    """(B,) bool: which of the ends (B, *shape) are in another place than the true ones.

    An end is elsewhere if it is more than 0.1 σ_data, RMS per coordinate, from where the exact path
    ends, and nearest to another datum than that.  points: (K, *shape) the data; None for networks,
    whose samples belong to no datum: there the distance alone says it.
    """
    far = rms(end - truth) > FAR * sigma_data
    if points is None or not bool(far.any()):
        return far
    out = far.clone()
    mine, true = (nearest_training(x[far], points.to(x))[1] for x in (end, truth))
    out[far] = mine != true
    return out
