"""How far a training is: end errors of the same unseen seeds, by what is let to choose.

    untrained   r = ½, c = 1 on the steps that were given
    searched    the stops placed, c = 1
    shared      r, c and a the best that all samples share
    learned     the predictor as it is

Each is held against the one before it, path by path; what learning adds is learned over shared.
"""

import dataclasses
from collections.abc import Callable

import torch
from torch import Tensor

from ..analysis.error import rms
from ..analysis.intervals import Estimate, mean, median, ratio
from ..analysis.reference import reference
from ..core.sampling import Noise

HELD_OUT = 128  # samples of other seeds, on which the error is watched
OTHER_SEEDS = 2**30  # where theirs begin
UNTRAINED, SEARCHED, SHARED, LEARNED = "untrained", "searched", "shared", "learned"


@dataclasses.dataclass(frozen=True, eq=False)
class Standing:
    """errors: (n,) of the same seeds, RMS per coordinate at σ_min, by who chose; in the order in
    which a training comes by them.
    """

    errors: dict[str, Tensor]

    def median(self, name: str) -> Estimate:
        """Of the end error, with its 95 % interval over the seeds."""
        return median(self.errors[name])

    def mean(self, name: str) -> Estimate:
        """Of the end error; one path of a hundred can make half of it."""
        return mean(self.errors[name])

    def spread(self, name: str) -> tuple[float, float]:
        """10 and 90 % of the seeds."""
        low, high = torch.quantile(
            self.errors[name].double(), torch.tensor([0.1, 0.9], dtype=torch.float64)
        ).tolist()
        return low, high

    def ratio(self, name: str, other: str) -> Estimate:
        """How many times the other's error, seed by seed."""
        return ratio(self.errors[name], self.errors[other])

    def before(self, name: str) -> str:
        """Whom this one came from: the last one before it."""
        known = list(self.errors)
        return known[max(known.index(name) - 1, 0)]

    def plain(self) -> dict[str, dict]:
        """For a record: of each its median with interval, its mean, and its ratio to the last."""
        out = {}
        for name in self.errors:
            m, r = self.median(name), self.ratio(name, self.before(name))
            out[name] = {
                "median": [m.value, m.low, m.high],
                "mean": self.mean(name).value,
                "ratio": [r.value, r.low, r.high],
            }
        return out


class Unseen:
    """Seeds that no update sees, and where their paths truly end; errors of whoever is asked."""

    def __init__(
        self,
        denoiser,
        top: float,
        bottom: float,
        seed: int,
        where: dict,
        watch: Callable[[], None] | None = None,
        count: int = HELD_OUT,
    ):
        self.noise = Noise(
            OTHER_SEEDS + seed, count, denoiser.shape, where["device"], where["dtype"]
        ).start
        self.truth = reference(denoiser, self.noise * top, top, bottom, 41, watch).x[-1]
        self.errors: dict[str, Tensor] = {}

    def tell(self, name: str, end: Tensor) -> Standing:
        """The standing with what this one has come to."""
        self.errors[name] = rms(end - self.truth).detach().cpu()
        return Standing(dict(self.errors))
