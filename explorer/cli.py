"""The command line: python -m explorer serve | sample | train | fetch | bench."""

import argparse
import json
import os
import socket
import sys
import time
from pathlib import Path

from .errors import UserError

LOCAL = ("127.0.0.1", "localhost", "::1")  # where nobody but the owner of the machine comes


def main(arguments: list[str] | None = None) -> int:
    """Run a command; bad input gives a sentence and exit code 2."""
    arguments = sys.argv[1:] if arguments is None else arguments
    commands = {"serve": serve, "sample": sample, "train": train, "fetch": fetch, "bench": bench}
    if not arguments or arguments[0] not in commands:
        wanted = (
            f"Unknown command {arguments[0]!r}. " if arguments and arguments[0][0] != "-" else ""
        )
        print(
            f"{wanted}Usage: python -m explorer serve|sample|train|fetch|bench ...\n"
            "  serve    open the page (serve --help lists host, port, device, auth, limits)\n"
            "  sample   key=value ...  run an experiment and print its numbers\n"
            "  train    config=F data=digits name=mine ...  train a network; Ctrl+C pauses\n"
            "  train amed  solver=plugin nfe=5 ...  train a predictor for AMED\n"
            "  fetch    NAME|FILE|FOLDER  bring a network into the model menu; alone, list the "
            "published\n"
            "  bench    ui|sampler|solvers|denoiser|networks|amed  speed and claims, against a "
            "baseline"
        )
        return 0 if not arguments or arguments[0] in ("-h", "--help") else 2
    try:
        return commands[arguments[0]](arguments[1:]) or 0
    except UserError as error:
        print(error, file=sys.stderr)
        return 2


def _serve_options() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(
        prog="python app.py",
        description="Open the page.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    p.add_argument("--host", default="127.0.0.1", help="address to listen on; 0.0.0.0 for all")
    p.add_argument("--port", type=int, default=7860)
    p.add_argument("--device", default="auto", help="auto, cuda, mps or cpu")
    p.add_argument("--share", action="store_true", help="ask Gradio for a public address")
    p.add_argument(
        "--auth",
        metavar="USER:PASSWORD|FILE",
        default=None,
        help="ask for a password; a file holds one user:password a line",
    )
    p.add_argument("--queue-size", type=int, default=64, help="API calls that may wait")
    p.add_argument(
        "--max-work",
        type=float,
        default=4e10,
        metavar="N",
        help="cap on samples × NFE × data points × coordinates of one run",
    )
    p.add_argument("--max-upload", default="64mb", metavar="SIZE", help="largest uploaded file")
    p.add_argument(
        "--threads",
        type=int,
        default=None,
        help="CPU threads for PyTorch; half the cores if not given",
    )
    p.add_argument(
        "--allow-fetch",
        action="store_true",
        help="whoever opens the page may have it download published checkpoints",
    )
    p.add_argument("--no-training", action="store_true", help="visitors cannot train networks")
    p.add_argument("--open", action="store_true", help="open a browser window")
    return p


def serve(arguments: list[str] | None = None) -> int:
    """Open the page and stay."""
    parser = _serve_options()
    options = parser.parse_args(arguments)
    try:
        _serve(options)
    except UserError as error:
        parser.error(str(error))
    return 0


def _serve(options) -> None:
    # nothing leaves this machine; read by Gradio when it is imported
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    # the browser shares these cores: idle worker threads sleep instead of spinning
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    import torch

    from .lab import experiment
    from .server import app, networks, owners, train

    train.allowed = not options.no_training
    owners.shared = bool(options.share or options.auth or options.host not in LOCAL)
    threads = options.threads
    if threads is None:  # half the cores: the browser draws on the others
        threads = max(1, (os.cpu_count() or 2) // 2)
    if not 1 <= threads <= 256:
        raise UserError(f"--threads = {threads} is out of range; 1 to 256 works.")
    torch.set_num_threads(threads)
    if not options.max_work > 0:
        raise UserError(f"--max-work = {options.max_work} must be above 0.")
    if options.queue_size < 1:
        raise UserError(f"--queue-size = {options.queue_size} must be at least 1.")
    experiment.WORK_LIMIT = options.max_work
    networks.ALLOW_FETCH = options.allow_fetch
    device = experiment.use_device(options.device)
    port = free_port(options.host, options.port)
    if port != options.port:
        print(f"Port {options.port} is taken; using the next free one, {port}.", flush=True)
    _, _, local, shared = app.launch(
        options.host,
        port,
        share=options.share,
        auth=read_auth(options.auth),
        queue_size=options.queue_size,
        max_file_size=options.max_upload,
        inbrowser=options.open,
        prevent_thread_lock=True,
    )
    print(
        f"Diffusion Sampler Explorer on {local} ({device.label}, {device.note})"
        + (f"\nShared as {shared}" if shared else "")
        + "\nStop with Ctrl+C.",
        flush=True,
    )
    if owners.shared and train.allowed:
        print(
            "Who starts a training here is the only one who can pause or cancel it; to do so with "
            f"any of them, open this once in your browser:\n{local}?tab=train&trainer="
            f"{owners.master}",
            flush=True,
        )
    app.wait()


def free_port(host: str, port: int) -> int:
    """This port, or the next that is free.  Raises UserError if none of a hundred is."""
    if not 1 <= port <= 65535:
        raise UserError(f"--port = {port} is out of range; 1 to 65535 works.")
    for candidate in range(port, min(port + 100, 65536)):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                s.bind((host, candidate))
            except OSError as error:
                if error.errno in (98, 48, 10048):  # in use: Linux, macOS, Windows
                    continue
                raise UserError(f"Cannot listen on {host}:{candidate}: {error.strerror}.") from None
            return candidate
    raise UserError(f"Ports {port} to {port + 99} are all taken; choose another with --port.")


def read_auth(text: str | None) -> list[tuple[str, str]] | None:
    """user:password, or a file with one pair a line."""
    if text is None:
        return None
    path = Path(text)
    lines = path.read_text().splitlines() if path.is_file() else [text]
    pairs = [tuple(line.strip().split(":", 1)) for line in lines if line.strip()]
    if not pairs or any(len(p) != 2 or not all(p) for p in pairs):
        raise UserError("--auth wants user:password, or a file with one user:password a line.")
    return pairs


def sample(arguments: list[str]) -> int:
    """python -m explorer sample solver=rk2 solver.alpha=0.5 [--device D] [--out FILE]"""
    p = argparse.ArgumentParser(
        prog="python -m explorer sample",
        description="Run an experiment and print its numbers as JSON.",
    )
    p.add_argument(
        "settings",
        nargs="*",
        metavar="key=value",
        help="as in a link: data=moons solver=rk2 solver.alpha=0.5 nfe=20",
    )
    p.add_argument("--device", default="auto")
    p.add_argument("--out", default=None, metavar="FILE.npz", help="save samples and paths here")
    options = p.parse_intermixed_args(arguments)
    from .dialects.lists import read_list
    from .lab import experiment, truth
    from .settings import to_query, unflatten

    if options.out and not Path(options.out).absolute().parent.is_dir():
        raise UserError(f"There is no folder {str(Path(options.out).parent)!r} to save in.")
    experiment.use_device(options.device)
    flat, notes = read_list(_pairs(options.settings))
    for note in notes:
        print(note, file=sys.stderr)
    e = unflatten(experiment.Experiment, flat)
    r = experiment.run(e)
    if options.out:  # first, for the error may take longer than the run
        import numpy as np

        t = r.trajectory
        np.savez_compressed(
            options.out,
            samples=t.samples.cpu(),
            sigma=t.sigma,
            x=t.x.cpu(),
            denoised=t.denoised.cpu(),
        )
    out = {
        "query": to_query(e),
        "nfe": r.nfe,
        "steps": r.steps,
        "seconds": round(r.seconds, 4),
        "ms_per_evaluation": r.ms_per_evaluation,
        "device": r.source.device.label,
        "mean_error": None,
    }
    if why := experiment.incomparable(e):
        out["why"] = why
    else:
        out["mean_error"] = float(truth.errors_of(r, exact=True).end.mean())
    print(json.dumps(out, indent=1, ensure_ascii=False))
    return 0


def _pairs(words: list[str]) -> dict[str, str]:
    """{key: value} of “key=value” words."""
    pairs = [w.partition("=") for w in words]
    if bad := [k for k, sep, _ in pairs if not sep]:
        raise UserError(f"{bad[0]!r} is not of the form key=value.")
    return {k: v for k, _, v in pairs}


def train(arguments: list[str]) -> int:
    """python -m explorer train config=F data=digits name=mine [key=value ...] [--out FOLDER]
    python -m explorer train amed data=digits solver=plugin nfe=5 [key=value ...]"""
    if arguments[:1] == ["amed"]:
        return train_amed(arguments[1:])
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
    p.add_argument("--replace", action="store_true", help="replace a checkpoint of this name")
    options = p.parse_intermixed_args(arguments)
    import torch

    from .core.device import pick
    from .data import allow_fetch
    from .training import runs
    from .training.configs import chosen

    if options.threads is not None:
        if not 1 <= options.threads <= 256:
            raise UserError(f"--threads = {options.threads} is out of range; 1 to 256 works.")
        torch.set_num_threads(options.threads)
    if "classifier" in options.settings:
        return _train_classifier([w for w in options.settings if w != "classifier"])
    allow_fetch()  # who sits at the command line owns the machine
    flat = _pairs(options.settings)
    wanted, name = flat.pop("config", "F"), flat.pop("name", None)
    t = chosen(wanted, flat)
    name = name or "-".join([t.data.name, wanted.lower(), *["cond"] * t.conditional])
    print(f"Training {runs.title(t)} as {name}.", flush=True)
    shown = 0.0
    try:
        for p in runs.run(
            t,
            name,
            out=options.out,
            device=pick(options.device),
            replace=options.replace,
            look=60.0,
        ):
            if p.done or time.monotonic() - shown > 5:
                shown = time.monotonic()
                _tell(p)
    except KeyboardInterrupt:
        print("\nPaused; the same command goes on.")
        return 130
    return 0


def train_amed(arguments: list[str]) -> int:
    """python -m explorer train amed data=digits solver=plugin nfe=5 [teacher=heun …] [--name N]"""
    p = argparse.ArgumentParser(
        prog="python -m explorer train amed",
        description="Train a predictor for AMED-Solver or AMED-Plugin on a view and keep it.",
    )
    p.add_argument(
        "settings",
        nargs="*",
        metavar="key=value",
        help="the view as in a link (data=digits solver=plugin timesteps=vp_time nfe=5), "
        "and the training: teacher, inner, scale_dir, scale_time, look, place "
        "(view, gits or search), paths, batch, rounds, rate, finish, anneal, seed",
    )
    p.add_argument(
        "--published",
        action="store_true",
        help="begin with the paper's settings instead of those for small models",
    )
    p.add_argument("--device", default="auto")
    p.add_argument("--name", default=None, help="what to call it; its digest if not given")
    p.add_argument("--out", default=None, metavar="FOLDER", help="keep it in here")
    options = p.parse_intermixed_args(arguments)
    from .lab import experiment
    from .settings import flatten, to_query, unflatten
    from .study import learning
    from .training.amed import AMEDTraining
    from .training.stops import Placed

    experiment.use_device(options.device)
    flat = _pairs(options.settings)
    own = {k: flat.pop(k) for k in list(flat) if k in flatten(AMEDTraining())}
    e = unflatten(experiment.Experiment, {"solver": "amed", "afs": True, "nfe": 5, **flat})
    how = unflatten(
        AMEDTraining,
        own,
        (learning.published if options.published else learning.usual)(learning.student(e).solver),
    )
    e = learning.student(e)
    trainer = learning.trainer(e, how)
    for step in trainer.run():
        if isinstance(step, Placed):
            print(
                f"{step.tried:5d} lists of stops: error {step.error:.4f} at σ "
                + ", ".join(f"{s:.4g}" for s in step.levels),
                flush=True,
            )
        elif step.error is not None:
            r = ", ".join(f"{m:.2f} ± {s:.2f}" for m, s in step.r)
            print(
                f"{step.batch:5d} of {step.batches}, {step.seconds:5.1f} s: "
                f"error {step.error:.4f}, "
                f"untrained {step.before:.4f}; r {r}",
                flush=True,
            )
    view = learning.keep(trainer, e, options.out and Path(options.out), options.name)
    print(f"Predictor {view.solver.predictor}: {to_query(view)}")
    return 0


def _train_classifier(words: list[str]) -> int:
    """python -m explorer train classifier data=glyphs [steps=4000] [seed=0]: a judge of samples."""
    from .models import classifier
    from .training.classifier import train_classifier
    from .training.configs import chosen

    flat = _pairs(words)
    try:
        steps, seed = int(flat.pop("steps", "1500")), int(flat.pop("seed", "0"))
    except ValueError:
        raise UserError("steps and seed are whole numbers.") from None
    if not 1 <= steps <= 10**6 or not 0 <= seed < 2**31:
        raise UserError("steps from 1 to 1000000 and seed from 0 to 2147483647 work.")
    data = chosen("F", flat).data
    for step in train_classifier(data, steps, seed):
        print(f"{step.done} of {step.total} steps, loss {step.loss:.4f}", flush=True)
    path = classifier.save(
        step.classifier,
        data,
        {
            "data": data.name,
            "steps": steps,
            "seed": seed,
            "accuracy": round(step.accuracy, 4),
            "checked": step.checked,
        },
    )
    print(
        f"{100 * step.accuracy:.1f} % of {step.checked} unseen images are taken for what they "
        f"are.\nKept as {path}."
    )
    return 0


def _tell(p) -> None:
    loss = "" if p.loss is None else f", loss {p.loss:.4f}"
    left = f", {p.left / 60:.1f} minutes left" if 0 < p.left < 1e6 else ""
    print(f"{p.images:,} of {p.total:,} images{loss}, {p.rate:.0f} a second{left}", flush=True)
    if p.done:
        print("     σ    at first       now     ideal   (E‖D − y‖² per number)")
        for row in zip(p.now.sigma, p.first.mean, p.now.mean, p.now.floor):
            print("".join(f"{v:10.4g}" for v in row))


def fetch(arguments: list[str]) -> int:
    """python -m explorer fetch [NAME|FOLDER|FILE|OWNER/NAME ...] [--name NAME]"""
    p = argparse.ArgumentParser(
        prog="python -m explorer fetch",
        description="Bring networks into the model menu: published checkpoints are downloaded and "
        "converted (a download that was cut goes on where it ended), files and folders "
        "of your own are read as data and kept.",
    )
    p.add_argument(
        "networks",
        nargs="*",
        metavar="NETWORK",
        help="a name from the list; an EDM .pkl; a folder or .zip of a diffusers "
        "UNet2DModel; or owner/name of one on the Hugging Face hub; none: show the "
        "list",
    )
    p.add_argument("--name", default="", help="what links call it, of one network of your own")
    options = p.parse_args(arguments)
    from .models import catalogue

    if not options.networks:
        _show_list(catalogue)
    if options.name and (len(options.networks) != 1 or catalogue.entry(options.networks[0])):
        raise UserError("--name goes with one network of your own.")
    for given in options.networks:
        if "/" in given or "\\" in given or Path(given).exists():
            c = _kept(given, options.name)
            print(f"{c.label} is in the model menu now: model=network&model.checkpoint={c.name}")
            continue
        e = catalogue.wanted(given)
        if catalogue.is_here(e):
            print(f"{e.name} is already here.")
            continue
        print(f"{e.label}, {e.licence}\n{e.url}")
        _show_download(catalogue.fetch(e))
        print(f"{e.name} is in the model menu now.")
    return 0


def _kept(given: str, name: str):
    """The checkpoint of a file, of a folder, or of a model on the hub."""
    from .models import diffusers_folder, edm_pickle

    path = Path(given)
    if path.is_dir():
        return diffusers_folder.convert(path, name)
    if path.is_file():
        return (
            diffusers_folder.convert_zip(path, path.name, name)
            if path.suffix.lower() == ".zip"
            else edm_pickle.convert(path, name=name)
        )
    return diffusers_folder.keep_hub(given, name)


def _show_list(catalogue) -> None:
    for e in catalogue.entries().values():
        here = "here" if catalogue.is_here(e) else f"{e.megabytes} MB"
        print(f"{e.name:44}{here:>8}  {e.licence}  {e.label}; {e.note}")


def _show_download(progress) -> None:
    """One line that counts; Ctrl+C pauses, and what has arrived stays."""
    shown = 0.0
    try:
        for done, total in progress:
            if sys.stdout.isatty() and time.monotonic() - shown > 0.2 or done == total:
                shown = time.monotonic()
                part = f" of {total / 1e6:.0f} MB, {100 * done / total:.0f} %" if total else " MB"
                print(f"\r{done / 1e6:.0f}{part}   ", end="", flush=True)
    except KeyboardInterrupt:
        raise UserError("\nPaused; the same command goes on from here.") from None
    finally:
        print()


def bench(arguments: list[str]) -> int:
    """python -m explorer bench ui|sampler|solvers|denoiser|networks"""
    from .bench import main as run_bench

    return run_bench(arguments)
