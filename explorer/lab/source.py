"""What is sampled from: data and denoiser on the device of this process, loaded once.

prepared(data, model) -> Source
"""

import copy
import dataclasses
import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ..core.denoisers import Mixture
from ..core.device import Device, pick
from ..core.law import law
from ..errors import UserError
from ..memo import Kept, Memo
from ..models import precision
from ..models.contract import Stored
from . import cost, memory, sizes
from .memory import MEMOS as MEMOS
from .shapes import check_shape
from .watched import watched

COMPARED = 64  # samples held against the reference while a slider moves
SETTLED = 256  # and at rest; fewer where one is large, as their paths are kept
LARGE = 1024  # coordinates of a large sample
SHARE = 0.5  # of a GPU's free memory, for what views hold
WIDE = 256  # samples that a GPU is given at once at least

Watch = Callable[[], None]

_sources = Memo(64 * 2**20)
MEMOS.append(_sources)
_device: list[Device] = []
_precision = ["auto"]  # of the sampler; measures and references are float32 or better in any case
_compiles = [False]  # whether large networks that sample are compiled while they run


def use_device(name: str, sampler: str = "auto", compiles: bool = False) -> Device:
    """Choose the device of this process, the precision of networks that sample and whether large
    ones are compiled, and forget what was computed otherwise.  Raises UserError for what there is
    none of.
    """
    device = pick(name)
    precision.check(sampler, device.device.type)
    _device[:], _precision[:], _compiles[:] = [device], [sampler], [compiles]
    if device.device.type == "cuda":
        memory.at_least(SHARE * torch.cuda.mem_get_info(device.device)[0])
    for memo in MEMOS:
        memo.clear()
    return _device[0]


def current_device() -> Device:
    """The device of this process; the best there is, where none was chosen."""
    if not _device:
        use_device("auto")
    return _device[0]


@dataclasses.dataclass(frozen=True, eq=False)
class Source:
    """Data and denoiser on their device.  clean(n) draws data; mixture is the data's own law."""

    data: Any
    denoiser: Any
    mixture: Mixture
    labels: Tensor | None
    kind: str
    sigma_data: float
    device: Device
    pace: float | None = None  # seconds for one evaluation of one sample, of networks
    least: float = 0.0  # seconds for one evaluation, however few the samples
    sampler: Any = None  # the denoiser as runs use it, where its weights have another precision
    precision: str = "float64"  # of the sampler
    replicas: tuple[Any, ...] = ()  # of the sampler, one on each of several devices

    @Kept
    def view(self) -> Tensor:
        """The plane that is drawn, (2, D).  Of images it takes longer to find than all else here,
        and most measurements draw none."""
        return self.data.view().to(self.device.device, self.device.dtype)

    @property
    def compared(self) -> int:
        """How many samples a draft holds against the reference."""
        return cost.affordable(self.pace, cost.REFERENCE, sizes.affordable(self, COMPARED))

    @property
    def settled(self) -> int:
        """How many samples are held against it at rest, and in every table."""
        most = SETTLED if math.prod(self.shape) <= LARGE else COMPARED
        most = min(most, self.together)
        most = sizes.affordable(self, most)
        return cost.affordable(self.pace, cost.REFERENCE, most, seconds=4 * cost.QUICK)

    @property
    def together(self) -> int:
        """Paths of a network that are followed at most: on a GPU what it does at once, for there
        the count of evaluations takes the time, and not that of samples."""
        gpu = self.pace is not None and self.device.device.type == "cuda"
        return cost.MANY if gpu else SETTLED

    @property
    def shape(self) -> tuple[int, ...]:
        return self.mixture.shape

    def seconds(self, count: int) -> float:
        """About how long one evaluation of so many samples takes; of networks."""
        return max(self.least, count * (self.pace or 0.0))

    def watched(self, watch: Watch | None, sampling: bool = False):
        """The denoiser; a network asks watch(), or its `check`, while it is at a batch.

        sampling: in the precision of runs; without, exact.
        """
        denoiser = self.denoiser if self.sampler is None or not sampling else self.sampler
        return watched(denoiser, self.pace, watch, 1 if self.device.device.type == "cpu" else WIDE)

    def clean(self, n: int, seed: int = 0) -> Tensor:
        """n clean samples of the data, (n, *shape).  Raises UserError where there is no data."""
        if why := getattr(self.data, "lacking", None):
            raise UserError(why)
        return self.mixture.sample(n, torch.Generator().manual_seed(seed))


def weights(data, model) -> tuple[str, ...]:
    """The digests of the weights that a model reads from disk: part of what a run is known by."""
    # asked for a hundred times a view, and isinstance() of a protocol takes Python 3.11 12 µs
    digests = getattr(model, "digests", None)
    return () if digests is None else digests(data)


def prepared(data, model) -> Source:
    """Data and denoiser, loaded once."""

    def make() -> Source:
        if isinstance(model, Stored):
            check_shape(model.found(data), data)
        cost.check_loading(data, model)
        with memory.room(sizes.loading(data, model), f"{model.label} on {data.label}"):
            return memory.counted(load())

    def load() -> Source:
        device = current_device()
        denoiser = model.load(data)
        mixture = law(data)
        move = lambda v: v.to(device.device, device.dtype)
        labels = data.labels()
        moved = move(denoiser)
        pace = cost.pace(moved, device)
        named = precision.chosen(_precision[0], moved, device.device.type)
        sampler = precision.held(moved, named, _compiles[0])
        return Source(
            data,
            moved,
            move(mixture),
            labels,
            data.kind,
            mixture.sigma_data,
            device,
            pace,
            cost.least(moved, device, pace),
            None if sampler is moved else sampler,
            named,
            tuple(_replica(sampler, place) for place in device.parts),
        )

    return _sources((data, model, *weights(data, model)), make)


def _replica(denoiser: Any, place: torch.device) -> Any:
    """The same denoiser on another device; on a CPU all parts share one."""
    return denoiser if place.type == "cpu" else copy.deepcopy(denoiser).to(place)
