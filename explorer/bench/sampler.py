"""What the loop costs: the time of sample() over NFE times the time of one denoiser call.

The baseline calls the denoiser on the very states and levels that the sampler has asked for.  On a
network two times of a second waver by more than they differ; what counts there is 1 + loop/calls,
the loop being what sample() takes beyond its calls on a denoiser that costs next to nothing.  On a
CPU all of it runs on one thread and counts the processor's time, which other programs do not
lengthen.
"""

import time
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn

from ..core.denoisers import Denoiser, Mixture
from ..core.device import pick
from ..core.sampling import sample
from ..core.solvers import SOLVERS
from ..core.timesteps import Rho
from ..data import Spiral
from .report import side_by_side, table, verdict

STEPS = 18
LOOPS = 60  # timed rounds of a bare loop: it takes milliseconds


def options(command) -> None:
    """Declare what `bench sampler` may be given."""
    command.add_argument("--rounds", type=int, default=10, help="timed rounds of each solver")


def measure(given) -> None:
    """Print the ratio of every solver on two networks and on a planar mixture."""
    device, threads = pick(given.device), torch.get_num_threads()
    print(f"{device.label}, {device.note}; {STEPS} steps, {given.rounds} rounds")
    if device.device.type == "cpu":
        torch.set_num_threads(1)
    try:
        _measure(device, given.rounds)
    finally:
        torch.set_num_threads(threads)


def _measure(device, rounds: int) -> None:
    spiral = Spiral(dimension=2)
    plane = Mixture(spiral.points(), spiral.thickness).to(device.device, device.dtype)
    conv = Network().to(device.device).eval()
    dense = Network([Dense(), Dense()]).to(device.device).eval()
    cases = [
        (f"conv network, {conv.size / 1e6:.2f} M, batch 16", conv, 16, 1.05),
        (f"mixture of {len(plane)} in 2-D, batch 512", plane, 512, 1.3),
        # a call as short as 1 M weights allow: a look at the loop itself, without a target
        (f"dense network, {dense.size / 1e6:.2f} M, batch 16", dense, 16, None),
    ]
    for name, denoiser, batch, target in cases:
        rows = [row(denoiser, solver(), batch, device, rounds) for solver in SOLVERS.values()]
        print()
        show(name, rows)
        if target is not None:
            cheap = denoiser is plane  # there the ratio itself is steady enough
            verdict(
                f"sample() over its calls, {name}",
                max(r.ratio if cheap else r.by_loop for r in rows),
                target,
            )


class Row(NamedTuple):
    """Seconds of sample(), of its calls alone, and of the loop by itself."""

    label: str
    nfe: int
    ours: float
    alone: float
    ratio: float
    loop: float

    @property
    def by_loop(self) -> float:
        return 1 + self.loop / self.alone


def show(name: str, rows: list[Row]) -> None:
    """Print them as a table."""
    table(
        (name, "NFE", "sample()", "calls alone", "ratio", "loop", "1 + loop/calls"),
        [
            (
                r.label,
                r.nfe,
                f"{1e3 * r.ours:.2f} ms",
                f"{1e3 * r.alone:.2f} ms",
                f"{r.ratio:.3f}",
                f"{1e3 * r.loop:.2f} ms",
                f"{r.by_loop:.4f}",
            )
            for r in rows
        ],
    )


def clock_of(device):
    """Processor time on a CPU, else the clock on the wall."""
    return time.process_time if device.device.type == "cpu" else time.perf_counter


class Shrink:
    """D = x/(1 + σ²): a call that costs next to nothing, so that a loop shows."""

    def __init__(self, shape):
        self.shape = shape

    def __call__(self, x, sigma):
        sigma = sigma.reshape(-1, *[1] * len(self.shape)) if sigma.ndim else sigma
        return x / (1 + sigma**2)


def row(denoiser, solver, batch: int, device, rounds: int) -> Row:
    """One solver on a denoiser."""
    nfe, ours, alone, ratio = _beside(denoiser, solver, batch, device, rounds)
    _, whole, calls, _ = _beside(Shrink(denoiser.shape), solver, batch, device, LOOPS)
    return Row(solver.label, nfe, ours, alone, ratio, whole - calls)


@torch.no_grad()
def _beside(denoiser, solver, batch: int, device, rounds: int) -> tuple[int, float, float, float]:
    """(NFE, seconds of sample(), of its calls alone, their ratio)."""
    drawn = torch.randn(
        STEPS + 1,
        batch,
        *denoiser.shape,
        dtype=torch.float64,
        generator=torch.Generator().manual_seed(0),
    )
    noise = drawn[0].to(device.device, device.dtype)
    sigmas = torch.cat([Rho().sigmas(STEPS), torch.zeros(1, dtype=torch.float64)])
    asked: list[tuple[Tensor, Tensor]] = []

    def recorder(x: Tensor, sigma: Tensor) -> Tensor:
        asked.append((x.clone(), sigma))
        return denoiser(x, sigma)

    recorder.shape = denoiser.shape  # type: ignore[attr-defined]
    new_noise = lambda i: noise  # for the stochastic ones; drawing it is not the loop's work
    sample(cast(Denoiser, recorder), noise, sigmas, solver, noises=new_noise)

    def calls() -> None:
        for x, sigma in asked:
            denoiser(x, sigma)

    run = lambda: sample(denoiser, noise, sigmas, solver, noises=new_noise)
    return len(asked), *side_by_side(run, calls, rounds, device.synchronize, clock_of(device))


class Conv(nn.Module):
    """Two convolutions with a short cut: 332 thousand parameters at 136 channels."""

    def __init__(self, channels: int = 136):
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(torch.relu(self.first(x)))


class Dense(nn.Module):
    """Two layers with a short cut over the whole image: 2·64·4096 weights."""

    def __init__(self, width: int = 4096):
        super().__init__()
        self.body = nn.Sequential(
            nn.Flatten(),
            nn.Linear(64, width),
            nn.ReLU(),
            nn.Linear(width, 64),
            nn.Unflatten(1, (1, 8, 8)),
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + self.body(x)


class Network(nn.Module):
    """A float32 network on 8 × 8 images in EDM's preconditioning, untrained: only its cost counts.

    D(x; σ) = c_skip x + c_out F(c_in x)                       Karras et al. 2022, Eq. 7
    """

    shape = (1, 8, 8)

    def __init__(self, blocks: list[nn.Module] | None = None, channels: int = 136):
        super().__init__()
        torch.manual_seed(0)
        self.body = nn.Sequential(
            *(
                blocks
                or [
                    nn.Conv2d(1, channels, 3, padding=1),
                    *[Conv(channels) for _ in range(3)],
                    nn.Conv2d(channels, 1, 3, padding=1),
                ]
            )
        )

    @property
    def size(self) -> int:
        return sum(p.numel() for p in self.parameters())

    def forward(self, x: Tensor, sigma: Tensor) -> Tensor:
        sigma = sigma.reshape(-1, 1, 1, 1) if sigma.ndim else sigma
        total = sigma**2 + 0.25  # σ_data = 0.5
        inner = self.body((x * total.rsqrt()).float())
        return (0.25 / total) * x + (0.5 * sigma * total.rsqrt()) * inner
