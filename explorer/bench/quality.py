"""How good the samples of the shipped networks are, judged by the shipped classifiers.

One protocol for all rows: Heun on the ρ grid, all classes equally often, the same number of
samples.  Not FID: the features are those of a small classifier of ours.
"""

import argparse
import time

import torch

from ..analysis.quality import Quality, quality
from ..core import known
from ..core.sampling import Churn, Noise, sample
from ..core.solvers import Heun
from ..core.timesteps import Rho
from ..data import DATASETS
from ..data.contract import Endless
from ..errors import UserError
from ..models import classifier, files
from ..settings import unflatten
from ..store import weights
from ..study.judge import features_of_data
from ..training.configs import Training, draw
from .fid import fid

HEADINGS = ("network", "S_churn", "NFE", "Fréchet", "precision", "recall", "class right", "s")


def options(command: argparse.ArgumentParser) -> None:
    """What can be asked for."""
    command.add_argument(
        "--networks",
        nargs="*",
        default=[],
        metavar="NAME",
        help="all shipped image networks if none",
    )
    command.add_argument("--samples", type=int, default=1000, help="of each network")
    command.add_argument("--nfe", type=int, default=35, help="evaluations of Heun's method")
    command.add_argument(
        "--fid",
        action="store_true",
        help="FID too: needs torch-fidelity, torchvision and, once, a network",
    )
    command.add_argument("--churn", type=float, nargs="*", default=[0.0], help="values of S_churn")


def measure(options) -> None:
    """Print a row for each network and churn, under one for the data itself."""
    if not 50 <= options.samples <= 100_000 or not 3 <= options.nfe <= 2001:
        raise UserError("--samples from 50 to 100000 and --nfe from 3 to 2001 work.")
    known = [weights.find(n) for n in options.networks] or [
        c for c in weights.shipped() if len(c.shape) == 3
    ]
    print(
        "Fréchet distance and precision/recall between features of the shipped classifier, 95 %\n"
        f"intervals, {options.samples} samples; not FID. “data” are two draws of the data.\n"
    )
    print("".join(f"{h:>14}" if i else f"{h:24}" for i, h in enumerate(HEADINGS)))
    shown = set()
    for checkpoint in known:
        data = trained_on(checkpoint)
        judge = classifier.find(data)
        if judge is None:
            print(f"{checkpoint.name:24} no classifier is shipped for {data.label}")
            continue
        reference = features_of_data(judge, data, options.samples)
        if judge not in shown:
            shown.add(judge)
            _row(f"data: {data.label}", "", "", floor(judge, data, options.samples), 0.0)
        for churn in options.churn:
            started = time.perf_counter()
            found = judged(checkpoint, judge, reference, options.samples, options.nfe, churn)
            _row(
                checkpoint.name,
                f"{churn:g}",
                str(options.nfe),
                found,
                time.perf_counter() - started,
            )
            if options.fid:
                x, _ = drawn(checkpoint, options.samples, options.nfe, churn)
                real = (
                    draw(data, options.samples, torch.Generator().manual_seed(2))[0]
                    if isinstance(data, Endless)
                    else data.points()
                )
                print(f"{'':24}FID {fid(x, real):.2f} of {len(x)} samples against {len(real)}")


def trained_on(checkpoint: weights.Checkpoint):
    """The data set that a network of ours was trained on.  Raises UserError for others."""
    flat = checkpoint.config.get("data")
    if not isinstance(flat, dict) or flat.get("data") not in DATASETS:
        raise UserError(f"{checkpoint.name} does not say what it was trained on.")
    own = dict(flat)
    return unflatten(Training, {"augment": 0.0, **own}).data


def judged(
    checkpoint, judge, reference, count: int, nfe: int, churn: float = 0.0, seed: int = 0
) -> Quality:
    """Quality of `count` samples by Heun on the ρ grid, all classes equally often."""
    x, asked = drawn(checkpoint, count, nfe, churn, seed)
    return quality(
        judge.features(x), reference, torch.Generator().manual_seed(0), judge.classes(x), asked
    )


def drawn(checkpoint, count: int, nfe: int, churn: float = 0.0, seed: int = 0):
    """(samples (count, *shape) in [−1, 1], the classes asked for or None)."""
    denoiser = files.load(checkpoint)
    asked = torch.arange(count) % denoiser.label_dim if denoiser.label_dim else None
    levels = known.nearest(denoiser, known.within(Rho(), denoiser).sigmas((nfe + 1) // 2))
    sigmas = torch.cat([levels, torch.zeros(1).double()])
    parts = []
    for k, start in enumerate(range(0, count, 250)):
        n = min(250, count - start)
        noise = Noise(seed + k, n, denoiser.shape)
        own = denoiser if asked is None else denoiser.conditioned(asked[start : start + n])
        parts.append(
            sample(
                own, noise.start, sigmas, Heun(), churn=Churn(s_churn=churn), noises=noise, keep=1
            ).samples
        )
    return torch.cat(parts).clamp(-1, 1), asked


def floor(judge, data, count: int) -> Quality:
    """The data against itself: two fresh draws, or draws with replacement from a finite set."""
    x, labels = draw(data, count, torch.Generator().manual_seed(2))
    return quality(
        judge.features(x),
        features_of_data(judge, data, count),
        torch.Generator().manual_seed(0),
        judge.classes(x),
        labels,
    )


def _row(name: str, churn: str, nfe: str, q: Quality, seconds: float) -> None:
    short = lambda e: "" if e is None else f"{e.value:.3f} ±{(e.high - e.low) / 2:.3f}"
    cells = [
        churn,
        nfe,
        short(q.frechet),
        short(q.precision),
        short(q.recall),
        short(q.accuracy),
        f"{seconds:.1f}" if seconds else "",
    ]
    print(f"{name:24}" + "".join(f"{c:>14}" for c in cells), flush=True)
