"""The numbers of a run as a card keeps them: digests, some values, errors with intervals."""

import hashlib
import math
from typing import Any

import torch
from torch import Tensor

from ..analysis import intervals
from ..core.guided import passes
from ..lab.experiment import BlewUp, Experiment, Run, run
from ..lab.judged import judged
from ..lab.source import Watch
from ..lab.view import View

SAMPLES, COORDINATES = 8, 32  # of the values that are written out
SURE = (
    f"{intervals.LEVEL:.0%} intervals over the samples held against the reference: of a median, "
    "and of a ratio path by path, by their order; of a share by a bootstrap over paths of "
    f"{intervals.DRAWS} draws, seed {intervals.SEED}"
)


def ran(e: Experiment, watch: Watch | None = None, kept: bool = True) -> tuple[Run, str]:
    """The run, and why it has no errors: one that blew up is a run too, and made again it does so
    again.  kept: as of `run`.  Raises UserError for what is refused."""
    try:
        return run(e, watch, kept), ""
    except BlewUp as problem:
        return problem.run, str(problem)


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
        "some": [[level(v) for v in row] for row in few.tolist()],
    }


def level(v: float) -> float | str:
    """A number as JSON can hold it: “inf”, “-inf” and “nan” are words."""
    return v if math.isfinite(v) else f"{v}"


def _writable(found: Any) -> Any:
    """Plain values as JSON can hold them, at any depth."""
    if isinstance(found, dict):
        return {k: _writable(v) for k, v in found.items()}
    if isinstance(found, list):
        return [_writable(v) for v in found]
    return level(found) if isinstance(found, float) else found


def measured(
    r: Run, watch: Watch | None = None, errors: bool = True, why: str = ""
) -> dict[str, Any]:
    """Costs and errors, settled, with their intervals; where there is no error, why.  errors:
    False leaves them out, which take longer than the run.  why: it is known to have none."""
    costs = {
        "nfe": r.nfe,
        "steps": r.steps,
        "passes": passes(r.source.denoiser, r.trajectory.evaluated),
        "spread": r.source.sigma_data,
    }
    if why:
        return {**costs, "why": why}
    if not errors:
        return costs
    view = View(r.experiment, watch, exact=True, more=True)
    return {**costs, **_writable(judged(view)), "intervals": SURE}
