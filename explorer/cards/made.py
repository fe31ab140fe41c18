"""What a number depends on besides the settings: versions, device, precision, weights."""

import platform
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy
import torch

from .. import __version__
from ..errors import UserError
from ..lab.experiment import Experiment
from ..lab.source import Source, weights
from ..store import predictors

VERSIONS = ("explorer", "python", "torch", "numpy")


def made(source: Source) -> dict[str, Any]:
    """Versions, device and precisions of this process, in plain words and numbers."""
    device = source.device
    return {
        "explorer": __version__,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": numpy.__version__,
        "device": device.device.type,
        "label": device.label,
        "processor": processor(),
        "threads": torch.get_num_threads(),
        "state": str(device.dtype).removeprefix("torch."),
        "sampler": source.precision,
    }


@cache
def processor() -> str:
    """The kind of this machine's CPU: on the same kind the same numbers come out, bit for bit."""
    name = platform.processor()
    if sys.platform == "linux":
        try:
            lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        except OSError:
            lines = []
        name = next(
            (
                v.strip()
                for k, _, v in (x.partition(":") for x in lines)
                if k.strip() == "model name"
            ),
            name,
        )
    return f"{name or 'unknown'} ({platform.machine()}), {torch.backends.cpu.get_cpu_capability()}"


def read_from_disk(e: Experiment) -> list[str]:
    """Digests of all weights that a run reads.  Raises UserError where some are not here."""
    name = getattr(e.solver, "predictor", "")
    return [*weights(e.data, e.model), *([predictors.find(name).digest] if name else [])]


def held(e: Experiment) -> tuple[list[str], str]:
    """(digests, "") of the weights that are here, or (none, why they are not)."""
    try:
        return read_from_disk(e), ""
    except UserError as error:
        return [], str(error)
