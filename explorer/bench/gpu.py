"""What a GPU does for this page: every row is a ratio, or a time beside the same work done plainly.

On a CPU the same rows run with small sizes, to show that they can; their figures mean nothing.
"""

import copy
import dataclasses
import math
import statistics
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import nn

from ..core.device import Device, pick
from ..core.sampling import sample
from ..core.solvers import SOLVERS, Heun
from ..core.timesteps import Rho
from ..data import DATASETS
from ..errors import UserError
from ..lab import experiment
from ..lab.experiment import Experiment
from ..models import MODELS, files, precision
from ..models.denoiser import NetworkDenoiser, Preconditioned
from ..models.edm_unet import SongUNet
from ..store import weights
from ..ui import parts
from . import denoiser, networks, sampler, training
from .report import table

Row = tuple[str, str, str, str]  # what, figure, beside, target

DDPMPP = dict(img_resolution=32, in_channels=3, out_channels=3)  # EDM's CIFAR-10: 55.7 M
TINY: dict[str, Any] = dict(
    img_resolution=16, in_channels=3, out_channels=3, model_channels=16, num_blocks=1
)
NFE = 35


def options(command) -> None:
    """Declare what `bench gpu` may be given."""
    command.add_argument("--only", default="", help="rows, by the first word: large,digits,…")
    command.add_argument("--rounds", type=int, default=5, help="timed rounds of each row")


def measure(given) -> None:
    """Print each row as it is measured, and the table at the end."""
    device = pick(given.device)
    small = device.device.type == "cpu"
    print(f"{device.label}, {device.note}" + ("; sizes cut down: this is a CPU" if small else ""))
    wanted = [name for name in given.only.split(",") if name] or list(ROWS)
    if unknown := [name for name in wanted if name not in ROWS]:
        raise UserError(f"No row {unknown[0]!r}. There are {', '.join(ROWS)}.")
    if len(wanted) > 1 and not small:
        _apart(given, wanted)
        return
    rows = []
    for name in wanted:
        started = time.perf_counter()
        try:
            for row in ROWS[name](device, small, max(1, given.rounds)):
                print(" | ".join(row), flush=True)
                rows.append(row)
        except (RuntimeError, UserError) as problem:  # the other rows are worth their time
            rows.append((f"{name}: failed", str(problem).split("\n")[0][:120], "", ""))
            traceback.print_exc()
        print(f"({name}: {time.perf_counter() - started:.1f} s)", flush=True)
    print()
    table(("", "here", "beside", "target"), rows)


def _apart(given, wanted: list[str]) -> None:
    """Each row in a process of its own: what goes wrong on a device stays wrong in its process."""
    for name in wanted:
        row = ["--device", given.device, "--only", name, "--rounds", str(given.rounds)]
        subprocess.run([sys.executable, "-m", "explorer", "bench", "gpu", *row], check=False)


def _timed(work: Callable[[], Any], device: Device, rounds: int) -> float:
    """Median seconds; the first three calls are warm-ups."""
    took = []
    for i in range(rounds + 3):
        device.synchronize()
        started = time.perf_counter()
        work()
        device.synchronize()
        took.append(time.perf_counter() - started)
        if i > 2 and sum(took) > 4:
            break
    return statistics.median(took[3:])


def _levels() -> torch.Tensor:
    return torch.cat([Rho().sigmas((NFE + 1) // 2), torch.zeros(1, dtype=torch.float64)])


def _random(kwargs: dict, device: Device) -> NetworkDenoiser:
    """A U-Net of random weights whose last layers do something."""
    torch.manual_seed(0)
    net = SongUNet(**kwargs)
    for p in net.parameters():
        p.data += 0.02 * torch.randn_like(p)
    shape = 3, kwargs["img_resolution"], kwargs["img_resolution"]
    return NetworkDenoiser(Preconditioned(net, shape=shape)).to(device.device)


class PlainHalf(nn.Module):
    """The same U-Net of plain modules, held in 16 bits, run one operation after the other."""

    def __init__(self, net: Any, dtype: torch.dtype):
        super().__init__()
        self.net, self.dtype = networks.Plain(copy.deepcopy(net)).to(dtype).eval(), dtype

    def forward(self, x: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
        s = float(sigma)
        c = (s**2 + 0.25) ** 0.5
        told = torch.full((len(x),), math.log(s) / 4, device=x.device)
        out = self.net((x / c).to(self.dtype), told)
        return (0.25 / c**2) * x + (s * 0.5 / c) * out


@torch.no_grad()
def _large(device: Device, small: bool, rounds: int) -> Iterator[Row]:
    batch = 2 if small else 256
    dtype = "bfloat16" if small else "float16"
    exact = _random(TINY if small else DDPMPP, device)
    fast = precision.held(exact, dtype)
    noise = torch.randn(batch, *exact.shape, dtype=device.dtype, device=device.device)
    x, level = noise * 2, torch.tensor(2.0, dtype=torch.float64)
    few = x[:16]
    off = (fast(few, level) - exact(few, level)).norm() / exact(few, level).norm()
    plain = PlainHalf(exact.module.model, precision.DTYPES[dtype]).to(device.device)
    run = lambda d: sample(d, noise, _levels(), Heun(), keep=0)
    mine = _timed(lambda: run(fast), device, min(rounds, 3))
    each = _timed(lambda: plain(x.float(), level), device, 3)
    theirs = NFE * each
    name = "DDPM++ 55.7 M" if not small else "a small DDPM++"
    yield (
        f"large: {name}, Heun NFE {NFE}, batch {batch}, {dtype}",
        f"{batch / mine:.0f} img/s",
        f"{batch / theirs:.0f} img/s, plain eager {dtype}",
        "≥ 250 img/s",
    )
    yield "large: the same over plain eager", f"{theirs / mine:.2f} ×", "1", "≥ 2 ×"
    yield f"large: {dtype} against float32, one evaluation", f"{float(off):.1e}", "", ""


@torch.no_grad()
def _digits(device: Device, small: bool, rounds: int) -> Iterator[Row]:
    batch = 4 if small else 256
    d = files.load(weights.find("digits-f")).to(device.device)
    noise = torch.randn(batch, *d.shape, dtype=device.dtype, device=device.device)
    x, level = noise * 2, torch.tensor(2.0, dtype=torch.float64)
    alone = NFE * _timed(lambda: d.evaluate(x, level), device, rounds)
    for name in ("float32", "bfloat16") if small else ("float32", "tf32", "float16"):
        low = precision.held(d, name)
        run = lambda low=low: sample(low, noise, _levels(), Heun(), keep=0)
        off = (run().samples - sample(d, noise, _levels(), Heun(), keep=0).samples).abs()
        yield (
            f"digits: digits-f, {batch} samples, NFE {NFE}, {name}",
            f"{1e3 * _timed(run, device, rounds):.1f} ms",
            f"{1e3 * alone:.0f} ms, {NFE} plain evaluations in float32; ends move "
            f"{float(off.median()):.0e} in the median",
            "≤ 20 ms",
        )


def _sampler(device: Device, small: bool, rounds: int) -> Iterator[Row]:
    from ..core.denoisers import Mixture
    from ..data import Spiral

    spiral = Spiral(dimension=2)
    plane = Mixture(spiral.points(), spiral.thickness).to(device.device, device.dtype)
    batch, worst = (64 if small else 512), []
    solver: Any
    for solver in SOLVERS.values():
        _, ours, alone, ratio = sampler._beside(plane, solver(), batch, device, 2 + 2 * rounds)
        worst.append((ratio, solver.label, ours, alone))
    for ratio, label, ours, alone in sorted(worst, reverse=True)[:3]:
        yield (
            f"sampler: 2-D mixture, batch {batch}, {label}",
            f"{ratio:.2f}",
            f"{1e3 * ours:.2f} over {1e3 * alone:.2f} ms of its calls",
            "≤ 1.3",
        )


@torch.no_grad()
def _denoiser(device: Device, small: bool, rounds: int) -> Iterator[Row]:
    for shape in [(64, 500, 64)] if small else denoiser.SHAPES:
        ours, baseline, ratio = denoiser._times(shape, device, 10 * rounds)
        yield (
            f"denoiser: ideal, {' x '.join(map(str, shape))}",
            f"{ratio:.2f}",
            f"{1e3 * ours:.3f} over {1e3 * baseline:.3f} ms of its two products",
            "≤ 1.2",
        )


@torch.no_grad()
def _networks(device: Device, small: bool, rounds: int) -> Iterator[Row]:
    for name, (batch, kwargs) in list(networks.SHAPES.items())[: 1 if small else None]:
        ours, plain, ratio, off = networks._pair(batch, kwargs, device, 4 * rounds)
        yield (
            f"networks: U-Net {name}, batch {batch}",
            f"{ratio:.2f}",
            f"{1e3 * ours:.2f} over {1e3 * plain:.2f} ms of plain modules; differ by {off:.0e}",
            "≤ 1.0",
        )


def _training(device: Device, small: bool, rounds: int) -> Iterator[Row]:
    alone, whole, t = training.times("digits", device, 2 if small else 6 * rounds)
    yield (
        f"training: a step, {t.data.label}, batch {t.hyper.batch}",
        f"{whole / alone:.2f}",
        f"{1e3 * whole:.1f} over {1e3 * alone:.1f} ms of forward and backward",
        "≤ 1.1",
    )


def _view(device: Device, small: bool, rounds: int) -> Iterator[Row]:
    experiment.use_device(device.device.type)
    cases = {
        "spiral": (Experiment(), "≤ 40 ms"),
        "digits, exact": (Experiment(data=DATASETS["digits"]()), ""),
        "digits, network": (
            Experiment(data=DATASETS["digits"](), model=MODELS["network"]()),
            "≤ 120 ms",
        ),
    }
    for name, (e, target) in cases.items():
        e = dataclasses.replace(e, samples=16) if small else e
        took = []
        for seed in range(1 if small else 4 + 2 * rounds):
            started = time.perf_counter()
            parts.numbers(experiment.run(dataclasses.replace(e, seed=seed)), [])
            took.append(time.perf_counter() - started)
        yield (
            f"view: at rest, {name}",
            f"{1e3 * statistics.median(took[len(took) // 3 :]):.0f} ms",
            f"first {1e3 * took[0]:.0f} ms",
            target,
        )


ROWS: dict[str, Callable[[Device, bool, int], Iterator[Row]]] = {
    "large": _large,
    "digits": _digits,
    "sampler": _sampler,
    "denoiser": _denoiser,
    "networks": _networks,
    "training": _training,
    "view": _view,
}
