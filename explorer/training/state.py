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
from .passes import Passes


@dataclasses.dataclass(eq=False)
class State:
    """The only mutable thing here.  seconds: spent so far, over all resumes.  passes: how steps go
    on a GPU, which is no part of what is kept."""

    module: Preconditioned
    average: Preconditioned
    adam: torch.optim.Adam
    images: int = 0
    seconds: float = 0.0
    curve: list = dataclasses.field(default_factory=list)
    first: PerSigma | None = None
    passes: Passes = dataclasses.field(default_factory=Passes)

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
    try:
        _take_up(state, torch.load(last, map_location=device.device, weights_only=True))
    except Exception as problem:  # noqa: BLE001  torch.load and what it fills have no common error
        raise UserError(
            f"The kept state of “{folder.name}” is damaged ({type(problem).__name__}) and cannot "
            "be gone on from; cancel it and begin anew."
        ) from None
    return state


def _take_up(state: State, kept: dict) -> None:
    """Fill a fresh state with what was kept."""
    state.module.load_state_dict(kept["module"])
    state.average.load_state_dict(kept["average"])
    state.adam.load_state_dict(kept["adam"])
    state.images, state.seconds = int(kept["images"]), float(kept["seconds"])
    state.curve = [(int(i), float(v)) for i, v in kept["curve"]]
    state.first = None if kept["first"] is None else PerSigma.of(kept["first"])


def stored(folder: Path) -> Training:
    """The training that a folder holds."""
    try:
        return unflatten(Training, trainings.settings(folder))
    except UserError:
        raise
    except Exception as problem:  # noqa: BLE001  whatever a damaged file holds, in whatever place
        raise UserError(
            f"The settings of “{folder.name}” are damaged ({type(problem).__name__}); cancel it "
            "and begin anew."
        ) from None


def save(t: Training, state: State, folder: Path) -> None:
    """Write the state in one act: whoever is killed while writing, and a disk that is full, leave
    the state before.  Raises Unsaved.
    """
    buffer = io.BytesIO()
    torch.save(state.numbers(), buffer)
    if not (folder / trainings.SETTINGS).exists():  # somebody emptied the cache meanwhile
        trainings.begin(folder, flatten(t))
    trainings.write_state(folder, buffer.getbuffer())
