"""How good images are, in the feature space of a small classifier of ours.

The Fréchet distance here is of the same form as FID but of other features, so it is no FID and
cannot be held against published numbers; only against other rows of the same table.
"""

import dataclasses

import torch
from torch import Tensor

from .distance import Estimate, share, spread

NEAREST = 3  # neighbours that make the manifold of precision and recall
RESAMPLES = 48


@dataclasses.dataclass(frozen=True)
class Quality:
    """Fréchet distance to the data, precision, recall, and how often the class is the one asked
    for (None without classes); each with its 95 % interval and its number of samples."""

    frechet: Estimate
    precision: Estimate
    recall: Estimate
    accuracy: Estimate | None


def quality(
    samples: Tensor,
    data: Tensor,
    generator: torch.Generator,
    taken: Tensor | None = None,
    asked: Tensor | None = None,
) -> Quality:
    """samples (n, D) and data (m, D) are features; taken, asked (n,) classes."""
    right = None if taken is None or asked is None else share(taken == asked)
    return Quality(
        frechet_distance(samples, data, generator), *precision_recall(samples, data), right
    )


@torch.no_grad()
def frechet_distance(
    x: Tensor, y: Tensor, generator: torch.Generator, resamples: int = RESAMPLES
) -> Estimate:
    """|μ − ν|² + tr(A + B − 2 (A^½ B A^½)^½) of Gaussians with the means and covariances of x, y.

    x (n, D), y (m, D).  It is above 0 for equal distributions, by about the trace of the
    covariance times (1/n + 1/m), and more for fewer samples: hold it against the distance of two
    draws of the data of the same sizes.  The interval is the value ± 1.96 bootstrap standard
    deviations over both sets.  Dowson & Landau 1982; Heusel et al. 2017, arXiv:1706.08500.
    """
    x, y = x.double(), y.double()
    value = _frechet(x, y)
    draws = torch.tensor(
        [
            _frechet(x[_again(len(x), generator)], y[_again(len(y), generator)])
            for _ in range(resamples)
        ],
        dtype=torch.float64,
    )
    half = spread(draws)
    return Estimate(value, max(0.0, value - half), value + half, len(x))


def _again(n: int, generator: torch.Generator) -> Tensor:
    return torch.randint(n, (n,), generator=generator)


def _frechet(x: Tensor, y: Tensor) -> float:
    gap = x.mean(0) - y.mean(0)
    a, b = torch.cov(x.T, correction=0), torch.cov(y.T, correction=0)
    values, vectors = torch.linalg.eigh(a)
    root = vectors * values.clamp(min=0).sqrt() @ vectors.T
    cross = torch.linalg.eigvalsh(root @ b @ root).clamp(min=0).sqrt().sum()
    return max(0.0, float(gap @ gap + a.trace() + b.trace() - 2 * cross))


@torch.no_grad()
def precision_recall(x: Tensor, y: Tensor, k: int = NEAREST) -> tuple[Estimate, Estimate]:
    """The share of samples x inside the data's manifold, and of data y inside the samples'.

    A manifold is the union of balls about its points, each as large as the distance to its k-th
    nearest neighbour.  Wilson's interval of each share, with the manifolds as they are.
    Kynkäänniemi et al. 2019, arXiv:1904.06991.
    """
    between = torch.cdist(x.double(), y.double())
    inside_data = (between <= _radii(y.double(), k)).any(1)
    inside_samples = (_radii(x.double(), k) >= between.T).any(1)
    return share(inside_data), share(inside_samples)


def _radii(x: Tensor, k: int) -> Tensor:
    """Distance of each point to its k-th neighbour, itself not counted; (n,)."""
    return torch.cdist(x, x).kthvalue(min(k + 1, len(x)), 1).values
