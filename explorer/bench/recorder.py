"""What recording a run costs: its share of the run's time, seconds a step, and bytes of the file.

A small U-Net at 4 x 64 x 64 runs with and without a recording in turn.  Larger models are not run:
one call of theirs is counted as --network seconds, and what the recorder takes is measured on
states of their size, as seconds of a core of this machine; on a GPU it was not measured.
"""

import argparse
import tempfile
import time
from pathlib import Path

import torch

from ..recorder import Box
from .report import side_by_side, table, verdict

STATES = {  # shape of one sample's state, and steps of its runs
    "latent 4 x 64 x 64": ((4, 64, 64), (30, 50, 100)),
    "latent 16 x 128 x 128": ((16, 128, 128), (30, 50, 100)),
    "video 16 x 21 x 60 x 104": ((16, 21, 60, 104), (30, 50)),
}
SHARE, SIZE = 0.02, 5.0  # of a run's time; MB


def options(parser: argparse.ArgumentParser) -> None:
    """How long."""
    parser.add_argument("--rounds", type=int, default=5, help="of the run with and without")
    parser.add_argument("--network", type=float, default=1.0, help="seconds of a call of a model")


def measure(given: argparse.Namespace) -> None:
    """Print both tables and the verdicts."""
    with tempfile.TemporaryDirectory() as folder:
        _unet(Path(folder), given.rounds)
        rows = []
        for name, (shape, runs) in STATES.items():
            for steps in runs:
                taken, size = recorded(Path(folder) / f"{name} {steps}", shape, steps)
                each = taken / steps
                rows.append([name, steps, f"{1e3 * each:.2f}", f"{size / 1e6:.2f}"])
                about = f"{name}, {steps} steps"
                verdict(f"{about}, share of {given.network:g} s", each / given.network, SHARE)
                verdict(f"{about}, file", size / 1e6, SIZE, " MB")
        table(["state", "steps", "ms a step", "MB"], rows)


def recorded(path: Path, shape: tuple[int, ...], steps: int) -> tuple[float, int]:
    """A loop whose network is a shrinking of the state, recorded: seconds of a core, and bytes."""
    taken = 0.0
    g = torch.Generator().manual_seed(0)
    x, point = (torch.randn(1, *shape, generator=g) for _ in range(2))
    with Box(path, thumbnails=True) as box:
        for i in range(steps):
            sigma = 14.6 * (0.03 / 14.6) ** (i / steps)
            answer = point + x / (1 + sigma)
            began = time.process_time()
            box.step(x, sigma, answer, timestep=999 - i, guidance=7.5)
            taken += time.process_time() - began
            x = x + 0.05 * (answer - x)
        box.end(x)
    return taken, path.stat().st_size


def _unet(folder: Path, rounds: int) -> None:
    """The share of the time of a run of a small network, with and without in turn."""
    try:
        from diffusers import UNet2DModel
    except ImportError:
        print("The U-Net of the diffusers library is not here: pip install diffusers")
        return
    torch.manual_seed(0)
    net = UNet2DModel(
        sample_size=64,
        in_channels=4,
        out_channels=4,
        block_out_channels=(64, 128),
        down_block_types=("DownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "UpBlock2D"),
        layers_per_block=1,
    ).eval()
    count, spent = iter(range(1000)), []

    def run(box: Box | None = None) -> None:
        x = torch.randn(1, 4, 64, 64, generator=torch.Generator().manual_seed(0))
        with torch.no_grad():
            for i in range(10):
                answer = net(x, 999 - 100 * i).sample
                if box is not None:
                    box.step(x, 10.0 - i, answer)
                x = x + 0.1 * (answer - x)

    def watched() -> None:
        with Box(folder / f"unet {next(count)}") as box:
            run(box)
        spent.append(box.seconds)

    ours, without, ratio = side_by_side(watched, run, rounds)
    each = sorted(spent)[len(spent) // 2] / 10
    print(
        f"A U-Net of {sum(p.numel() for p in net.parameters()) / 1e6:.1f} M weights, 10 steps: "
        f"{ours:.3f} s recorded, {without:.3f} s not, ratio {ratio:.3f}; {1e3 * each:.2f} ms a step"
    )
