"""How near samples are to single training samples, and whether they copy them."""

import torch
from torch import Tensor

from ..core.denoisers import CHUNK
from ..errors import UserError
from .distance import Estimate, share


def nearest_training(x: Tensor, points: Tensor, chunk: int = CHUNK) -> tuple[Tensor, Tensor]:
    """RMS distance per coordinate to the nearest training sample, and which it is; (n,) each.

    x (n, *shape), points (K, *shape); `chunk` is the size of the (x, points) matrix held at once.
    """
    distance, index = _nearest(x, points, 1, chunk)
    return distance[:, 0], index[:, 0]


def memorised(x: Tensor, points: Tensor, factor: float = 1 / 3, chunk: int = CHUNK) -> Estimate:
    """Share of samples whose nearest training sample is closer than `factor` of the second nearest.

    Calls nothing memorised that is equally near to two training samples, so a data set that
    repeats itself hides its copies.  Means little in few dimensions, where the nearest of K fresh
    points often is that close: hold it against fresh data.  The interval is Wilson's.
    Yoon et al. 2023, "Diffusion Probabilistic Models Generalize when They Fail to Memorize".
    """
    if len(points) < 2:
        raise UserError(
            "Memorisation compares the two nearest training samples, and there is only "
            f"{len(points)}. Take a data set with two or more."
        )
    distance, _ = _nearest(x, points, 2, chunk)
    return share(distance[:, 0] < factor * distance[:, 1])


@torch.no_grad()
def _nearest(x: Tensor, points: Tensor, k: int, chunk: int) -> tuple[Tensor, Tensor]:
    """RMS distances to the k nearest points, ascending, and their indices; (n, k) each.

    A matrix product finds candidates, whose distances are then taken without cancellation: the
    product alone would see a copy 1e-3 away in single precision.
    """
    x, points = x.flatten(1), points.flatten(1).to(x)
    centre = points.mean(0)
    x, points = x - centre, points - centre
    half, spare = points.square().sum(1) / 2, min(k + 2, len(points))
    distances, indices = [], []
    for part in x.split(max(1, chunk // max(len(points), spare * x.shape[1]))):
        near = torch.addmm(half, part, points.T, alpha=-1).topk(spare, largest=False).indices
        distance = (part[:, None] - points[near]).square().mean(-1).sqrt()
        distance, order = distance.sort(-1)
        distances.append(distance[:, :k])
        indices.append(near.gather(1, order[:, :k]))
    return torch.cat(distances), torch.cat(indices)
