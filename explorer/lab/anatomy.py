"""One path of an experiment, its steps taken apart: see `analysis.anatomy`."""

import dataclasses

import torch

from ..analysis.anatomy import Anatomy, How, dissect
from ..core.noise import Noise
from ..core.ode import adapts
from ..errors import UserError
from .budget import cap, exactly, rounds
from .experiment import Experiment, too_much
from .learned import ready
from .source import Watch, prepared


def anatomy(e: Experiment, path: int, until: int, watch: Watch | None = None) -> Anatomy:
    """The first `until` steps of sample `path`, which is followed once more, alone.

    Each sample owns its seed, so it goes where it went among the others.  Raises UserError for a
    sample that the run has not, and for work above the cap.
    """
    if not 0 <= path < e.samples:
        raise UserError(f"This run has samples 1 to {e.samples}; got {path + 1}.")
    if why := too_much(dataclasses.replace(e, samples=1)):
        raise UserError(why)
    source = prepared(e.data, e.model)
    sigmas = exactly(e)
    if e.last == "zero":
        sigmas = torch.cat([sigmas, sigmas.new_zeros(1)])
    device = source.device
    noises = lambda: Noise(e.seed, 1, source.shape, device.device, device.dtype, path)
    denoise = e.last == "denoise"
    most = cap(e) - denoise if adapts(e.solver) else None
    how = How(ready(e.solver), e.schedule, e.churn, rounds(e), noises, e.afs, denoise, most)
    start = noises().start
    sigmas = torch.as_tensor(sigmas, dtype=start.dtype).cpu()
    return dissect(source.watched(watch, sampling=True), start, sigmas, how, until)
