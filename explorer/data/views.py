"""The plane that shows most of a set without a drawing."""

import numpy as np
import torch
from torch import Tensor


def principal_plane(points: Tensor) -> Tensor:
    """The first two principal directions, (2, D).  points (K, *shape) with D ≥ 2 numbers each."""
    flat = points.flatten(1)
    if len(flat) < 2 or flat.shape[1] == 2:
        return torch.eye(2, flat.shape[1], dtype=torch.float64)
    return torch.from_numpy(_directions(flat.numpy()))


def _directions(flat: np.ndarray) -> np.ndarray:
    """As sklearn's PCA(2) has them, to the last bit: of many points, from their covariance, without
    the half second that it takes to import.  flat (K, D)."""
    count, size = flat.shape
    if size > 1000 or count < 10 * size:
        from sklearn.decomposition import PCA

        # large sets take a randomised solver; the seed keeps the view the same
        return PCA(2, random_state=0).fit(flat).components_
    mean = flat.mean(0)
    covariance = (flat.T @ flat - count * mean[:, None] * mean[None]) / (count - 1)
    rows = np.linalg.eigh(covariance)[1].T[:-3:-1]
    largest = np.abs(rows).argmax(1, keepdims=True)
    return rows * np.sign(np.take_along_axis(rows, largest, 1))
