"""The plane that shows most of a set without a drawing."""

import torch
from torch import Tensor


def principal_plane(points: Tensor) -> Tensor:
    """The first two principal directions, (2, D).  points (K, *shape) with D ≥ 2 numbers each."""
    from sklearn.decomposition import PCA

    flat = points.flatten(1)
    if len(flat) < 2 or flat.shape[1] == 2:
        return torch.eye(2, flat.shape[1], dtype=torch.float64)
    # large sets take a randomised solver; the seed keeps the view the same
    return torch.from_numpy(PCA(2, random_state=0).fit(flat.numpy()).components_)
