"""How good the samples of the shipped networks are, judged by the shipped classifiers.

One protocol for all rows: Heun on the ρ grid, all classes equally often, the same number of
samples.  Not FID: the features are those of a small classifier of ours.
"""

import argparse
import itertools
import time

import torch

from ..analysis.quality import Quality, quality
from ..core import known
from ..core.device import pick
from ..core.sampling import Churn, Noise, sample
from ..core.solvers import Heun
from ..core.timesteps import Rho
from ..data import DATASETS
from ..data.contract import Endless
from ..errors import UserError
from ..models import classifier, files
from ..numerals import count, interval, number, percent1
from ..settings import unflatten
from ..store import weights
from ..study.judge import features_of_data
from ..training.configs import Training, draw
from .fid import fid

CPU = pick("cpu")
HEADINGS = (
    ("network", 24),
    ("S_churn", 9),
    ("NFE", 5),
    ("Fréchet", 22),
    ("precision", 20),
    ("recall", 20),
    ("class right", 24),
    ("s", 8),
)
NAMES = {
    "frechet": "Fréchet",
    "precision": "Precision",
    "recall": "Recall",
    "accuracy": "Class right",
}


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
    command.set_defaults(device="cpu")  # where they are drawn
    command.add_argument("--churn", type=float, nargs="*", default=[0.0], help="values of S_churn")


def measure(options) -> None:
    """Print a row for each network and churn, under one for the data itself."""
    if not 50 <= options.samples <= 100_000 or not 3 <= options.nfe <= 2001:
        raise UserError("--samples from 50 to 100000 and --nfe from 3 to 2001 work.")
    device = pick(options.device)
    known = [weights.find(n) for n in options.networks] or [
        c for c in weights.shipped() if len(c.shape) == 3
    ]
    print(
        "Fréchet distance and precision/recall between features of the shipped classifier, 95 %\n"
        f"intervals, {options.samples} samples; not FID. “data” are two draws of the data.\n"
    )
    print("".join(f"{h:>{w}}" if i else f"{h:{w}}" for i, (h, w) in enumerate(HEADINGS)))
    rows: dict[str, dict[str, Quality]] = {}
    for checkpoint in known:
        data = trained_on(checkpoint)
        judge = classifier.find(data)
        if judge is None:
            print(f"{checkpoint.name:24} no classifier is shipped for {data.label}")
            continue
        reference = features_of_data(judge, data, options.samples)
        if data.label not in rows:
            rows[data.label] = {}
            _row(f"data: {data.label}", "", "", floor(judge, data, options.samples), 0.0)
        for churn in options.churn:
            started = time.perf_counter()
            found = judged(
                checkpoint, judge, reference, options.samples, options.nfe, churn, device=device
            )
            name = f"{checkpoint.name}, S_churn {number(churn)}" if churn else checkpoint.name
            rows[data.label][name] = found
            _row(
                checkpoint.name,
                number(churn),
                str(options.nfe),
                found,
                time.perf_counter() - started,
            )
            if options.fid:
                x, _ = drawn(checkpoint, options.samples, options.nfe, churn, device=device)
                real = (
                    draw(data, options.samples, torch.Generator().manual_seed(2))[0]
                    if isinstance(data, Endless)
                    else data.points()
                )
                print(f"{'':24}{fid_words(fid(x, real), len(x), len(real))}")
    for own in rows.values():
        for line in compared(own):
            print(line)


def compared(rows: dict[str, Quality]) -> list[str]:
    """What the intervals say of each two networks of the same data, measure by measure."""
    out = []
    for (a, mine), (b, other) in itertools.combinations(rows.items(), 2):
        samples = count(min(mine.frechet.count, other.frechet.count))
        for measure, better in (("frechet", -1), ("precision", 1), ("recall", 1), ("accuracy", 1)):
            x, y = getattr(mine, measure), getattr(other, measure)
            if x is None or y is None:
                continue
            if x.low <= y.high and y.low <= x.high:
                said = f"{a} and {b} cannot be told apart with {samples} samples"
            else:
                first, second = (a, b) if better * (x.value - y.value) > 0 else (b, a)
                said = f"{first} is better than {second}"
            out.append(f"{NAMES[measure]}: {said}.")
    return out


def fid_words(value: float, samples: int, real: int) -> str:
    """FID comes without an interval, and is comparable at equal counts only."""
    return (
        f"FID {number(value)} of {count(samples)} samples against {count(real)}: no interval; "
        "fewer samples read higher"
    )


def trained_on(checkpoint: weights.Checkpoint):
    """The data set that a network of ours was trained on.  Raises UserError for others."""
    flat = checkpoint.config.get("data")
    if not isinstance(flat, dict) or flat.get("data") not in DATASETS:
        raise UserError(f"{checkpoint.name} does not say what it was trained on.")
    own = dict(flat)
    return unflatten(Training, {"augment": 0.0, **own}).data


def judged(
    checkpoint,
    judge,
    reference,
    count: int,
    nfe: int,
    churn: float = 0.0,
    seed: int = 0,
    device=CPU,
) -> Quality:
    """Quality of `count` samples by Heun on the ρ grid, all classes equally often."""
    x, asked = drawn(checkpoint, count, nfe, churn, seed, device)
    return quality(
        judge.features(x), reference, torch.Generator().manual_seed(0), judge.classes(x), asked
    )


def drawn(checkpoint, count: int, nfe: int, churn: float = 0.0, seed: int = 0, device=CPU):
    """(samples (count, *shape) in [−1, 1], the classes asked for or None)."""
    denoiser = files.load(checkpoint, device.device)
    asked = torch.arange(count) % denoiser.label_dim if denoiser.label_dim else None
    levels = known.nearest(denoiser, known.within(Rho(), denoiser).sigmas((nfe + 1) // 2))
    sigmas = torch.cat([levels, torch.zeros(1).double()])
    parts = []
    for k, start in enumerate(range(0, count, 250)):
        n = min(250, count - start)
        noise = Noise(seed + k, n, denoiser.shape, device.device, device.dtype)
        classes = None if asked is None else asked[start : start + n].to(device.device)
        own = denoiser if classes is None else denoiser.conditioned(classes)
        parts.append(
            sample(
                own, noise.start, sigmas, Heun(), churn=Churn(s_churn=churn), noises=noise, keep=1
            ).samples.cpu()
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
    told = lambda e, write=number: "" if e is None else interval(e.value, e.low, e.high, write)
    cells = [
        churn,
        nfe,
        told(q.frechet),
        told(q.precision),
        told(q.recall),
        told(q.accuracy, percent1),
        number(seconds) if seconds else "",
    ]
    print(f"{name:24}" + "".join(f"{c:>{w}}" for c, (_, w) in zip(cells, HEADINGS[1:])), flush=True)
