"""Where tensors live.  One device for the process, chosen when it starts."""

import dataclasses
import importlib.util
from functools import lru_cache

import torch

from ..errors import UserError

CHOICES = ("auto", "cuda", "mps", "cpu")
AUTO = ("cuda", "mps", "cpu")  # the first that there is


@dataclasses.dataclass(frozen=True)
class Device:
    """A torch device with the dtype of the sampler's state: float64 wherever there is one."""

    device: torch.device
    dtype: torch.dtype
    label: str
    parts: tuple[torch.device, ...] = ()  # several, among which a batch is split; else none

    @property
    def note(self) -> str:
        """What a reader of the numbers must know."""
        return f"{str(self.dtype).removeprefix('torch.')} state"

    def synchronize(self) -> None:
        """Wait until the device has done what it was given, so that a clock can be read."""
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
        elif self.device.type == "mps":
            torch.mps.synchronize()


def exactly() -> None:
    """float32 means float32: convolutions of a GPU would round what they multiply to 10 bits."""
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cuda.matmul.allow_tf32 = False


@lru_cache(maxsize=1)
def fuses() -> bool:
    """Whether Triton is there, which comes with PyTorch for CUDA."""
    return importlib.util.find_spec("triton") is not None


def pick(name: str = "auto") -> Device:
    """The device of that name; `auto` takes a GPU where there is one, and names between commas are
    several of one kind, among which a batch is split by its samples.  Raises UserError.
    """
    names = [n.strip() for n in name.split(",")]
    if len(names) == 1:
        return _one(names[0])
    found = [_one(n) for n in names]
    if len({d.device.type for d in found}) > 1:
        raise UserError(f"{name!r} names devices of several kinds; a batch is split among equals.")
    parts = tuple(d.device for d in found)
    if len(set(parts)) == 1 and parts[0].type == "cuda":
        raise UserError(f"{name!r} names one GPU twice; name each once, as in cuda:0,cuda:1.")
    return dataclasses.replace(found[0], label=f"{len(found)} × {found[0].label}", parts=parts)


def _one(name: str) -> Device:
    kind, _, number = name.partition(":")
    if kind not in CHOICES or (number and not (kind == "cuda" and number.isdecimal())):
        raise UserError(f"Unknown device {name!r}. Known: {', '.join(CHOICES)}.")
    has = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if kind == "auto":
        kind = next(k for k in AUTO if has[k])
    if not has[kind]:
        raise UserError(f"This machine has no {kind} device. Use --device cpu or auto.")
    if kind == "cuda":
        if number and int(number) >= (count := torch.cuda.device_count()):
            raise UserError(f"This machine has no {name}; its GPUs are cuda:0 to cuda:{count - 1}.")
        exactly()
        place = torch.device("cuda", int(number)) if number else torch.device("cuda")
        return Device(place, torch.float64, torch.cuda.get_device_name(place))
    if kind == "mps":
        return Device(torch.device("mps"), torch.float32, "Apple GPU")
    n = torch.get_num_threads()
    return Device(torch.device("cpu"), torch.float64, f"CPU, {n} thread{'s' if n > 1 else ''}")
