"""Train a network or a classifier."""

import argparse
import contextlib
import time
from pathlib import Path

from ..errors import UserError
from ..numerals import count, number, percent1
from .train_amed import train_amed
from .words import pairs


def train(arguments: list[str]) -> int:
    """python -m explorer train config=F data=digits name=mine [key=value ...] [--out FOLDER]
    python -m explorer train amed data=digits solver=plugin nfe=5 [key=value ...]"""
    if arguments[:1] == ["amed"]:
        return train_amed(arguments[1:])
    options = _options(arguments)
    import torch

    from ..core.device import pick
    from ..data import allow_fetch
    from ..training import runs
    from ..training.bank import read as read_bank
    from ..training.configs import chosen

    if options.threads is not None:
        if not 1 <= options.threads <= 256:
            raise UserError(f"--threads = {options.threads} is out of range; 1 to 256 works.")
        torch.set_num_threads(options.threads)
    if "classifier" in options.settings:
        return _train_classifier(options)
    allow_fetch()  # who sits at the command line owns the machine
    flat = pairs(options.settings)
    wanted, name = flat.pop("config", "F"), flat.pop("name", None)
    t = chosen(wanted, flat)
    name = name or "-".join([t.data.name, wanted.lower(), *["cond"] * t.conditional])
    bank = None if options.images is None else read_bank(options.images, t.data)
    print(f"Training {runs.title(t)} as {name}.", flush=True)
    shown = 0.0
    how = dict(device=pick(options.device), replace=options.replace, half=options.half)
    how |= dict(look=60.0, bank=bank)
    try:  # closed before anything is said: a state that the disk refuses is no pause
        with contextlib.closing(runs.run(t, name, out=options.out, **how)) as reports:
            for p in reports:
                if p.done or time.monotonic() - shown > 5:
                    shown = time.monotonic()
                    _tell(p)
    except KeyboardInterrupt:
        print("\nPaused; the same command goes on.")
        return 130
    return 0


def _options(arguments: list[str]) -> argparse.Namespace:
    p = argparse.ArgumentParser(
        prog="python -m explorer train",
        description="Train a network and keep it as a checkpoint. Ctrl+C or a crash pauses: the "
        "same command goes on.",
    )
    p.add_argument(
        "settings",
        nargs="*",
        metavar="key=value",
        help="config=A to F is where the settings begin; name= of the result; then any "
        "setting: data=digits kimg=300 batch=64 conditional=true precond=vp ...",
    )
    p.add_argument("--device", default="auto")
    p.add_argument("--threads", type=int, default=None, help="CPU threads; all if not given")
    p.add_argument("--out", default=None, metavar="FOLDER", help="keep the checkpoint in here")
    p.add_argument(
        "--images",
        default=None,
        metavar="FILE",
        help="an .npz with `images` (N, C, H, W) of bytes and `labels` (N,): train on these, "
        "where the data set is a part of them",
    )
    p.add_argument("--replace", action="store_true", help="replace a checkpoint of this name")
    p.add_argument(
        "--half", action="store_true", help="keep the weights in half precision: half the file"
    )
    return p.parse_intermixed_args(arguments)


def _train_classifier(options: argparse.Namespace) -> int:
    """python -m explorer train classifier data=glyphs [steps=4000] [seed=0]: a judge of samples."""
    from ..core.device import pick
    from ..models import classifier
    from ..training.bank import read as read_bank
    from ..training.classifier import train_classifier
    from ..training.configs import chosen

    flat = pairs([w for w in options.settings if w != "classifier"])
    try:
        steps, seed = int(flat.pop("steps", "1500")), int(flat.pop("seed", "0"))
    except ValueError:
        raise UserError("steps and seed are whole numbers.") from None
    if not 1 <= steps <= 10**6 or not 0 <= seed < 2**31:
        raise UserError("steps from 1 to 1000000 and seed from 0 to 2147483647 work.")
    data = chosen("F", flat).data
    bank = None if options.images is None else read_bank(options.images, data)
    for step in train_classifier(data, steps, seed, bank, pick(options.device).device):
        print(f"{step.done} of {step.total} steps, loss {number(step.loss)}", flush=True)
    assert step.accuracy is not None  # the last step says it
    path = classifier.save(
        step.classifier,
        data,
        {
            "data": data.name,
            "steps": steps,
            "seed": seed,
            "accuracy": round(step.accuracy, 4),
            "checked": step.checked,
            **({} if bank is None else {"bank": len(bank.images)}),
        },
        options.out and Path(options.out),
    )
    print(
        f"{percent1(step.accuracy)} of {step.checked} unseen images are taken for what they "
        f"are.\nKept as {path}."
    )
    return 0


def _tell(p) -> None:
    loss = "" if p.loss is None else f", loss {number(p.loss)}"
    left = f", {number(p.left / 60, 2)} minutes left" if 0 < p.left < 1e6 else ""
    print(
        f"{p.images:,} of {p.total:,} images{loss}, {count(round(p.rate))} a second{left}",
        flush=True,
    )
    if p.done:
        print("     σ    at first       now     ideal   (E‖D − y‖² per number)")
        for row in zip(p.now.sigma, p.first.mean, p.now.mean, p.now.floor):
            print("".join(f"{number(v):>10}" for v in row))
