"""The ideal denoiser against its two matrix products alone, and the memory it takes.

D(x; σ) = softmax((x · y − |y|²/2)/σ²) Y        baseline: x Yᵀ, and p Y with p at hand
"""

from pathlib import Path

import torch

from ..core.denoisers import Mixture
from ..core.device import Device, pick
from .report import resident, side_by_side, table, verdict

SHAPES = ((256, 1797, 64), (64, 20000, 768))  # batch, data, dimension: digits, a larger set
SIGMA = 0.5
TARGET = 1.5


def options(command) -> None:
    """Declare what `bench denoiser` may be given."""
    command.add_argument("--rounds", type=int, default=40, help="timed rounds of each shape")


@torch.no_grad()
def measure(given) -> None:
    """Print time and memory for both shapes."""
    device = pick(given.device)
    print(f"{device.label}, {device.note}; ideal denoiser, {given.rounds} rounds\n")
    rows, ratios, parts = [], [], []
    for shape in SHAPES:
        ours, baseline, ratio = _times(shape, device, given.rounds)
        extra = _memory(shape, device)
        full = 8 * shape[0] * shape[1] * shape[2]
        ratios.append(ratio)
        parts += [extra / full] if extra is not None else []
        rows.append(
            (
                " x ".join(map(str, shape)),
                f"{1e3 * ours:.2f} ms",
                f"{1e3 * baseline:.2f} ms",
                f"{ratio:.3f}",
                "?" if extra is None else f"{extra / 2**20:.0f} MiB",
                f"{full / 2**20:.0f} MiB",
            )
        )
    table(
        (
            "batch x data x dimension",
            "D(x; σ)",
            "two products",
            "ratio",
            "extra memory",
            "if held whole",
        ),
        rows,
    )
    verdict("D over its two matrix products", max(ratios), TARGET)
    if parts:
        verdict("extra memory over batch x data x dimension", max(parts), 0.2)


def _problem(shape, device: Device):
    batch, data, dimension = shape
    g = torch.Generator().manual_seed(0)
    draw = lambda *size: torch.randn(*size, generator=g, dtype=torch.float64).to(
        device.device, device.dtype
    )
    points = 0.5 * draw(data, dimension)
    pick_one = torch.randint(data, (batch,), generator=g).to(device.device)
    return points, points[pick_one] + SIGMA * draw(batch, dimension)


def _times(shape, device: Device, rounds: int) -> tuple[float, float, float]:
    points, x = _problem(shape, device)
    denoiser, sigma = Mixture(points), torch.tensor(SIGMA, dtype=torch.float64)
    weights = torch.softmax(-(torch.cdist(x, points) ** 2) / (2 * SIGMA**2), -1)

    def products() -> None:
        x @ points.T
        weights @ points

    return side_by_side(lambda: denoiser(x, sigma), products, rounds, device.synchronize)


def _memory(shape, device: Device) -> int | None:
    """Bytes that one call takes beyond what was there, at the worst moment; None if unknown."""
    points, x = _problem(shape, device)
    denoiser, sigma = Mixture(points), torch.tensor(SIGMA, dtype=torch.float64)
    denoiser(x[:1], sigma)  # libraries load on first use
    if device.device.type == "cuda":
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        denoiser(x, sigma)
        return torch.cuda.max_memory_allocated() - before
    try:
        Path("/proc/self/clear_refs").write_text("5")  # Linux: the peak falls to what is there now
    except OSError:
        return None
    before = resident("VmHWM")
    denoiser(x, sigma)
    return resident("VmHWM") - before
