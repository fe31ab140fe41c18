"""What a network of EDM's ladder is worth, as a cell of a study: its loss, and its samples judged.

All networks of a data set are asked the same: the loss at each of LEVELS on the same images and
noise, and how good samples are that start from the same noise, so that two cells make pairs.
"""

import dataclasses
from typing import Any, ClassVar

import torch
from torch import Tensor

from ..analysis.distance import sliced_wasserstein
from ..analysis.loss import errors_per_sigma
from ..core.sampling import Noise
from ..errors import UserError
from ..lab.experiment import Experiment, exactly
from ..lab.learned import sample
from ..lab.source import Watch, prepared
from ..models import classifier
from ..settings import param, setting
from ..training.configs import draw
from .judge import Judge

LEVELS = (0.02, 0.1, 0.3, 1.0, 3.0, 10.0, 40.0)  # σ of the loss
IMAGES, SAMPLES, BLOCK = 1024, 1024, 128
LEAST, MOST = 64, 16384
JUDGED = 2048  # images of the data that samples are held against


@setting
class Configuration:
    """The loss of the view's network, and its samples held against the data."""

    name: ClassVar[str] = "configuration"
    version: ClassVar[int] = 1
    images: int = param(IMAGES, LEAST, MOST, 1, label="Images of the loss")
    samples: int = param(SAMPLES, LEAST, MOST, 1, label="Samples")

    def __call__(self, e: Experiment, watch: Watch | None = None) -> dict[str, Any]:
        """errors (S, n): ‖D − y‖² per number at LEVELS; good (m,): 1 where a sample lies in the
        data's manifold, in the order of its noise; estimates of the samples.

        Raises UserError for data without a classifier.
        """
        judge = Judge.of(e.data, JUDGED)
        if judge is None:
            raise UserError(f"No classifier ships for {e.data.label}, so no samples are judged.")
        source = prepared(e.data, e.model)
        g = torch.Generator().manual_seed(31)  # the same images and noise for every network
        clean = draw(e.data, self.images, g)[0].double()
        noise = torch.randn(clean.shape, generator=g, dtype=torch.float64)
        fresh = draw(e.data, self.samples, g)[0].double()
        at = torch.tensor(LEVELS, dtype=torch.float64)
        here = clean.to(source.device.device, source.device.dtype)
        errors = errors_per_sigma(source.denoiser, here, at, noise, watch).cpu().double()
        x = self._drawn(e, watch)
        found = judge(x.float())
        estimates = {
            "precision": found.precision,
            "recall": found.recall,
            "frechet": found.frechet,
            "wasserstein": sliced_wasserstein(x, fresh, torch.Generator().manual_seed(32)),
        }
        return {
            "errors": errors.tolist(),
            "good": judge.good(x.float()).int().tolist(),
            **{k: dataclasses.asdict(v) for k, v in estimates.items()},
        }

    def _drawn(self, e: Experiment, watch: Watch | None) -> Tensor:
        """Samples (m, *shape) float64 of the view, from noise that belongs to their number."""
        source = prepared(e.data, e.model)
        where = source.shape, source.device.device, source.device.dtype
        grid = exactly(e)
        sigmas = torch.cat([grid, grid.new_zeros(1)])
        parts = []
        for k, start in enumerate(range(0, self.samples, BLOCK)):
            noise = Noise(k, min(BLOCK, self.samples - start), *where)
            made = sample(
                source.denoiser,
                noise.start,
                sigmas,
                e.solver,
                noises=noise,
                keep=1,
                watch=None if watch is None else lambda i, point: watch(),
            )
            parts.append(made.samples.cpu().double())
        return torch.cat(parts)

    def weights(self, e: Experiment) -> tuple[str, ...]:
        """The classifier's, where one judges."""
        return (classifier.digest(e.data),) if classifier.find(e.data) else ()
