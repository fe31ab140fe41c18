"""Samples and paths of a run as an .npz, in the kinds of numbers that they were computed in."""

import io
import json
from typing import Any

import numpy as np

from ..errors import UserError
from ..lab.experiment import Run
from ..settings import flatten, jsonable, to_query
from .made import made

MIB = 2**20


def arrays(r: Run) -> dict[str, Any]:
    """samples (B, *shape); sigma (n,), as they ran; x (n, kept, *shape), the states at them, and
    denoised, what the denoiser answered; settings, query and made: texts."""
    t = r.trajectory
    words = {"settings": jsonable(flatten(r.experiment)), "made": made(r.source)}
    return {
        "samples": t.samples.cpu().numpy(),
        "sigma": t.sigma.cpu().numpy(),
        "x": t.x.cpu().numpy(),
        "denoised": t.denoised.cpu().numpy(),
        "query": np.array(to_query(r.experiment)),
        **{k: np.array(json.dumps(v, ensure_ascii=False)) for k, v in words.items()},
    }


def weight(r: Run) -> int:
    """Bytes of its arrays, before a file is made of them."""
    t = r.trajectory
    return sum(v.numel() * v.element_size() for v in (t.samples, t.sigma, t.x, t.denoised))


def npz_of(r: Run, most: int | None = None) -> bytes:
    """The file.  most: bytes that it may have; counted before it is made.  Raises UserError."""
    if most is not None and (bytes_ := weight(r)) > most:
        raise UserError(
            f"Samples and paths of this run are {bytes_ / MIB:.0f} MiB; at most {most // MIB} "
            "leave the page. Use fewer samples or evaluations, or “python -m explorer export … "
            "--out run.npz”, which has no limit."
        )
    out = io.BytesIO()
    np.savez_compressed(out, **arrays(r))
    return out.getvalue()
