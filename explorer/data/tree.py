"""Two trees that branch from one root: what guidance was explained with."""

import math
from functools import lru_cache
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from ..core.oriented import Oriented
from ..settings import setting

DEPTH, EACH = 7, 8  # generations of branches; Gaussians along one
SHRINK, TURN = 0.8, 0.7  # of a branch and of its angle, from one generation to the next
LENGTH, WIDTH = 0.292, 0.2  # of the first branch; a width goes along with the generation alone
ROOT, SCALE = (0.0030, 0.0325), (1.3136, 1.3844)  # so that the mean is 0 and σ_data 0.5


@setting
class Tree:
    """Karras et al. 2024, arXiv:2406.02507, Sec. 3: two classes, each a tree of 127
    branches in the plane, each branch a row of eight Gaussians, longer along it than across.

    A branch of generation k has the length ℓ = 0.292 · 0.8ᵏ, give or take 20 %, the weight ℓ/2ᵏ
    and two children, which turn left and right by about 0.7ᵏ.  A Gaussian is 0.06 of it long.
    """

    name: ClassVar[str] = "tree"
    label: ClassVar[str] = "Tree"
    about: ClassVar[str] = "Two trees from one root: exact densities, fine branches, two classes."
    source: ClassVar[str] = "Karras et al. 2024, arXiv:2406.02507"
    kind: ClassVar[str] = "plane"
    classes: ClassVar[int] = 2
    names: ClassVar[tuple[str, ...]] = ("upper tree", "lower tree")
    dimension: ClassVar[int] = 2

    @property
    def thickness(self) -> float:
        """The root mean square width of its Gaussians; `law` knows each."""
        whole = _tree()
        return float((whole.shares @ whole.variances.mean(1)).sqrt())

    def points(self) -> Tensor:
        """The middles of the Gaussians, (2032, 2)."""
        return _tree().means

    def labels(self) -> Tensor:
        """(2032,): 0 is the upper tree, 1 the lower."""
        return torch.arange(2).repeat_interleave(len(_tree()) // 2)

    def law(self, mine: Tensor | None = None) -> Oriented:
        """Its density, or that of the Gaussians `mine` (2032,) bool."""
        whole = _tree()
        if mine is None:
            return whole
        weights = whole.shares[mine]
        return Oriented(
            whole.means[mine], whole.variances[mine], whole.axes[mine], weights / weights.sum()
        )

    def draw(self, n: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """n fresh samples (n, 2) float32 and their classes (n,)."""
        x, k = _tree().drawn(n, generator)
        return x.float(), self.labels()[k]

    def view(self) -> Tensor:
        """(2, 2)."""
        return torch.eye(2).double()


@lru_cache(maxsize=1)
def _tree() -> Oriented:
    """Both trees, the upper one first; their branches in the order in which they were drawn there,
    depth first, as the random numbers come in that order."""
    chance = np.random.RandomState(2)  # the paper's
    means: list = []
    covariances: list = []
    weights: list = []

    def grow(start: np.ndarray, angle: float, k: int) -> None:
        way = np.array([math.cos(angle), math.sin(angle)])
        length = LENGTH * SHRINK**k * (1 + 0.2 * chance.randn())
        slim = (WIDTH * SHRINK**k / length) ** 2
        along = np.outer(way, way)
        shape = along + slim * (np.eye(2) - along)
        size = 0.06 * length * np.array(SCALE)
        for u in np.linspace(0.07, 0.93, EACH):
            means.append((start + u * length * way) * SCALE)
            covariances.append(shape * np.outer(size, size))
            weights.append(length * 0.5**k)
        for side in (1, -1):  # the last generation draws its turns too, and has no children
            turn = side * TURN**k * (1 + 0.2 * chance.randn())
            if k + 1 < DEPTH:
                grow(start + length * way, angle + turn, k + 1)

    for angle in (0.25 * math.pi, 1.25 * math.pi):
        grow(np.array(ROOT), angle, 0)
    variances, axes = torch.linalg.eigh(torch.from_numpy(np.stack(covariances)))
    w = torch.tensor(weights, dtype=torch.float64)
    return Oriented(torch.from_numpy(np.stack(means)), variances, axes, w / w.sum())
