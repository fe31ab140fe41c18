"""Where tensors live.  One device for the process, chosen when it starts."""

import dataclasses

import torch

from ..errors import UserError

CHOICES = ("auto", "cuda", "mps", "cpu")


@dataclasses.dataclass(frozen=True)
class Device:
    """A torch device with the dtype of the sampler's state: float64 wherever there is one."""

    device: torch.device
    dtype: torch.dtype
    label: str

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


def pick(name: str = "auto") -> Device:
    """The device of that name; `auto` takes a GPU where there is one.  Raises UserError."""
    if name not in CHOICES:
        raise UserError(f"Unknown device {name!r}. Known: {', '.join(CHOICES)}.")
    has = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        name = next(k for k in ("cuda", "mps", "cpu") if has[k])
    if not has[name]:
        raise UserError(f"This machine has no {name} device. Use --device cpu or auto.")
    if name == "cuda":
        return Device(torch.device("cuda"), torch.float64, torch.cuda.get_device_name())
    if name == "mps":
        return Device(torch.device("mps"), torch.float32, "Apple GPU")
    n = torch.get_num_threads()
    return Device(torch.device("cpu"), torch.float64, f"CPU, {n} thread{'s' if n > 1 else ''}")
