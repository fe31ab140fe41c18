"""What an evaluation costs, and how many of them a page that is looked at can afford.

Exact denoisers are cheap and counted; a network is also timed, once, when it is loaded.
"""

import time

import torch

from ..core.denoisers import Counted
from ..core.device import Device
from ..core.guided import Guided
from ..errors import UserError
from ..models.contract import Fitted
from ..numerals import number

WORK_LIMIT = 4e10  # samples x NFE x data points x coordinates: some 20 s on two cores
NETWORK = 100  # multiplications of a network for one unit of work: ten times faster, and a run that
#                shows its progress and can be cancelled may take ten times longer
REFERENCE = 65 + 3 * 64  # evaluations of the quick reference
SLOW = 0.05  # seconds of one evaluation of one sample: all of it is arithmetic
FEW = 4  # samples of a first picture
WORTH = 0.7  # of the whole run: a draft that takes more of it is none
MANY = 64  # samples of a small batch on a GPU
QUICK, LONG = 2.0, 30.0  # seconds that a measure should take, and may take


def operations(denoiser, law) -> float:
    """Units of work of one evaluation of one sample: data points × coordinates of an exact
    denoiser; law is the data's own mixture, for those that hold no points."""
    if isinstance(denoiser, Counted):
        return denoiser.operations / NETWORK
    if isinstance(denoiser, Guided):
        return operations(denoiser.strong, law) + operations(denoiser.weak, law)
    points, size = getattr(denoiser, "means", law.means).shape
    return float(points * size)


def check_loading(data, model) -> None:
    """Before a model begins to fit: raises UserError where that alone is above the cap on work."""
    if not isinstance(model, Fitted):
        return
    asked = model.fitting(data)
    if asked > WORK_LIMIT:
        raise UserError(
            f"{model.label} on {data.label} takes {number(asked)} operations before the first "
            f"sample; at most {number(WORK_LIMIT)} are allowed. Use fewer points, smaller images "
            "or the exact denoiser, which needs none, or start the page with a larger --max-work."
        )


@torch.no_grad()
def pace(denoiser, device: Device) -> float | None:
    """Seconds that a network takes for each sample of a small batch; None for exact denoisers."""
    if not isinstance(denoiser, Counted):
        return None
    if device.device.type == "cuda":  # bound by its launches unless there are many
        return _least(denoiser, device, MANY, 3) / MANY
    first = _timed(denoiser, device, 1, warm=True)  # chooses its kernels
    each = _timed(denoiser, device, 1, warm=True)
    if each > SLOW:
        return min(first, each)  # a machine that was busy for a moment looks slow for good
    return _least(denoiser, device, 8, 4) / 8


@torch.no_grad()
def least(denoiser, device: Device, each: float | None) -> float:
    """Seconds that one evaluation takes however few the samples: of a small network most of it is
    the calls, not the arithmetic."""
    if each is None or each > SLOW:
        return each or 0.0
    return _least(denoiser, device, FEW, 4)


def _least(denoiser, device: Device, count: int, times: int) -> float:
    """Seconds of the quickest of several evaluations; before the first one, one is not timed."""
    return min(_timed(denoiser, device, count, warm=k > 0) for k in range(times))


def _timed(denoiser, device: Device, count: int, warm: bool = False) -> float:
    x = torch.zeros(count, *denoiser.shape, device=device.device, dtype=device.dtype)
    sigma = torch.tensor(1.0, dtype=device.dtype)
    if not warm:
        denoiser(x, sigma)  # the first call chooses its kernels
    # on a CPU the time of this thread: a network is no slower for what else the machine is at
    clock = time.thread_time if device.device.type == "cpu" else time.perf_counter
    device.synchronize()
    started = clock()
    denoiser(x, sigma)
    device.synchronize()
    return clock() - started


def affordable(
    each: float | None, evaluations: float, most: int, least: int = 4, seconds: float = QUICK
) -> int:
    """How many samples a measure of so many evaluations may take; each: seconds, None if cheap."""
    if each is None:
        return most
    return max(least, min(most, int(seconds / (evaluations * each))))
