"""What changes while a network is trained, and how it is kept and taken up again."""

import copy
import dataclasses
import io
from pathlib import Path

import torch

from ..core.device import Device
from ..errors import UserError
from ..models.denoiser import Preconditioned
from ..settings import flatten, unflatten
from ..store import trainings
from .configs import Training, build
from .measure import PerSigma


@dataclasses.dataclass(eq=False)
class State:
    """The only mutable thing here.  seconds: spent so far, over all resumes."""

    module: Preconditioned
    average: Preconditioned
    adam: torch.optim.Adam
    images: int = 0
    seconds: float = 0.0
    curve: list = dataclasses.field(default_factory=list)
    first: PerSigma | None = None

    def numbers(self) -> dict:
        """Plain values and tensors, as they are kept."""
        first = None if self.first is None else self.first.flat()
        return {
            "module": self.module.state_dict(),
            "average": self.average.state_dict(),
            "adam": self.adam.state_dict(),
            "images": self.images,
            "seconds": self.seconds,
            "curve": self.curve,
            "first": first,
        }


def resume(t: Training, folder: Path, device: Device) -> State:
    """The state in `folder`, or a fresh one.  Raises UserError if another training is in there."""
    module = build(t).to(device.device)
    if device.device.type == "cuda":
        module = module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    average = copy.deepcopy(module).eval().requires_grad_(False)
    adam = torch.optim.Adam(
        module.parameters(),
        lr=t.hyper.lr,
        betas=(0.9, 0.999),
        eps=1e-8,
        fused=device.device.type in ("cpu", "cuda"),
    )
    state = State(module, average, adam)
    if (last := trainings.state(folder)) is None:
        trainings.begin(folder, flatten(t))
        return state
    if stored(folder) != t:
        raise UserError(
            f"The folder {folder.name} holds another training; choose another name, or "
            "repeat its settings to go on with it."
        )
    kept = torch.load(last, map_location=device.device, weights_only=True)
    module.load_state_dict(kept["module"])
    average.load_state_dict(kept["average"])
    adam.load_state_dict(kept["adam"])
    state.images, state.seconds = kept["images"], kept["seconds"]
    state.curve = [tuple(v) for v in kept["curve"]]
    state.first = None if kept["first"] is None else PerSigma.of(kept["first"])
    return state


def stored(folder: Path) -> Training:
    """The training that a folder holds."""
    return unflatten(Training, trainings.settings(folder))


def save(t: Training, state: State, folder: Path) -> None:
    """Write the state in one act: whoever is killed while writing leaves the state before."""
    buffer = io.BytesIO()
    torch.save(state.numbers(), buffer)
    trainings.write_state(folder, buffer.getbuffer())
