"""Networks that have learned perfectly, but only what their kind can know."""

import dataclasses
from typing import ClassVar

import torch
from torch import Tensor

from explorer.core.denoisers import Mixture
from explorer.models.precond import IDDPM, PRECONDS
from explorer.settings import param, setting


class Ideal:
    """A network with the exact answer at each level that it was trained on.

    It is fed c_in x and told the level that `round_sigma` finds, and says what a perfect network
    would there: for iDDPM the noise of a sample at u_j, whatever σ the sampler means.
    """

    def __init__(self, exact: Mixture, precond):
        self.exact, self.precond, self.shape = exact, precond, exact.shape
        self.sigma_min, self.sigma_max = precond.sigma_min, precond.sigma_max

    def round_sigma(self, sigma: Tensor) -> Tensor:
        return self.precond.round_sigma(sigma)

    def to(self, device=None, dtype=None) -> "Ideal":
        return Ideal(self.exact.to(device, dtype), self.precond)

    def __call__(self, x: Tensor, sigma: Tensor) -> Tensor:
        p, wide = self.precond, lambda v: v.reshape(-1, *[1] * (x.ndim - 1)) if v.ndim else v
        sigma = torch.as_tensor(sigma, dtype=x.dtype)
        u = self.round_sigma(sigma)
        seen = p.c_in(wide(sigma)) / p.c_in(wide(u)) * x
        raw = (self.exact(seen, u) - p.c_skip(wide(u)) * seen) / p.c_out(wide(u))
        return p.c_skip(wide(sigma)) * x + p.c_out(wide(sigma)) * raw


@setting
class Perfect:
    """A model of the page: the ideal network of a column of EDM's Table 1."""

    name: ClassVar[str] = "perfect"
    label: ClassVar[str] = "Perfect network"
    about: ClassVar[str] = "Exact at the levels that it knows."
    column: str = param("iddpm", label="Column", choices=tuple((k, k) for k in PRECONDS))
    steps: int = param(1000, 2, 4000, 1, label="M")

    def load(self, data) -> Ideal:
        p = PRECONDS[self.column]()
        if isinstance(p, IDDPM):
            p = dataclasses.replace(p, steps=self.steps)
        return Ideal(Mixture(data.points(), data.thickness), p)
