"""The numbers of a run as a card keeps them: digests, some values, errors with intervals."""

import hashlib
import math
from typing import Any

import torch
from torch import Tensor

from ..analysis import intervals
from ..core.guided import passes
from ..lab.experiment import Run
from ..lab.judged import judged
from ..lab.source import Watch
from ..lab.view import View

SAMPLES, COORDINATES = 8, 32  # of the values that are written out
SURE = (
    f"{intervals.LEVEL:.0%} intervals over the samples held against the reference: of a median, "
    "and of a ratio path by path, by their order; of a share by a bootstrap over paths of "
    f"{intervals.DRAWS} draws, seed {intervals.SEED}"
)


def fingerprint(t: Tensor) -> dict[str, Any]:
    """Kind, shape and SHA-256 of a tensor's bytes, little endian in C order."""
    plain = t.detach().cpu().contiguous()
    data = plain.view(torch.uint8) if plain.numel() else plain
    return {
        "dtype": str(plain.dtype).removeprefix("torch."),
        "shape": list(plain.shape),
        "sha256": hashlib.sha256(data.numpy().tobytes()).hexdigest(),
    }


def exact(r: Run) -> dict[str, Any]:
    """What a run made: levels, fingerprints of samples and paths, and some samples in full."""
    t = r.trajectory
    few = t.samples[:SAMPLES].flatten(1)[:, :COORDINATES].double().cpu()
    return {
        "sigma": [level(v) for v in t.sigma.double().tolist()],
        "samples": fingerprint(t.samples),
        "x": fingerprint(t.x),
        "denoised": fingerprint(t.denoised),
        "some": few.tolist(),
    }


def level(v: float) -> float | str:
    """A level as JSON can hold it."""
    return "inf" if math.isinf(v) else v


def measured(r: Run, watch: Watch | None = None, errors: bool = True) -> dict[str, Any]:
    """Costs and errors, settled, with their intervals; where there is no error, why.  errors:
    False leaves them out, which take longer than the run."""
    costs = {
        "nfe": r.nfe,
        "steps": r.steps,
        "passes": passes(r.source.denoiser, r.trajectory.evaluated),
        "spread": r.source.sigma_data,
    }
    if not errors:
        return costs
    view = View(r.experiment, watch, exact=True, more=True)
    return {**costs, **judged(view), "intervals": SURE}
