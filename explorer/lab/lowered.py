"""What the precision of a sampler costs: its run against the same run in float32."""

import dataclasses

from ..analysis.error import rms
from ..analysis.intervals import Estimate, median
from ..memo import Memo
from . import memory
from .experiment import MEMOS, Run, Watch, sampled, weights

_costs = Memo(2**20)
MEMOS.append(_costs)


def cost(r: Run, watch: Watch | None = None) -> Estimate | None:
    """How far the ends lie from those of the same run in float32, the median over its samples of
    the RMS per coordinate with its 95 % interval; None where it ran in that.

    Both begin at the same points, and take the same new noise.
    """
    source, e = r.source, r.experiment
    if source.sampler is None or source.precision == "float32":
        return None

    def measure() -> Estimate:
        device = dataclasses.replace(source.device, parts=())
        exact = dataclasses.replace(source, sampler=None, precision="float32", device=device)
        with memory.room(0, "The same run in float32"):
            return median(rms(r.samples - sampled(e, exact, 1, watch).samples))

    return _costs((e, *weights(e.data, e.model)), measure)
