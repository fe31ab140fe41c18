"""How a study works, as the command line says it: engine, part, threads; and folders merged."""

import argparse
import contextlib
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ..errors import UserError
from .rows import told_cell
from .words import pairs

UNSAID = (  # which workers there are where nobody said
    "Measured in this process alone; --workers 2 shares the cells among two.",
    "Measured by {} processes, one for each GPU; --workers 0 works in this one.",
)


def engine_options(p: argparse.ArgumentParser, of_on: str) -> None:
    """Declare which other machines do the work, and what is asked of their jobs."""
    p.add_argument("--on", default="", metavar="ENGINE", help=of_on)
    p.add_argument(
        "--slurm",
        action="append",
        default=[],
        metavar="key=value",
        help="of jobs: partition, time (minutes), gpus, cpus, mem (GB), jobs (how many), …",
    )


def way_options(p: argparse.ArgumentParser) -> None:
    """--on, --slurm, --shard, --threads, --workers, --folder."""
    p.add_argument(
        "--workers",
        type=int,
        default=None,
        help="processes; 0 works in this one; unsaid: one for each GPU where there are several, "
        "else this one alone",
    )
    engine_options(p, "dask://HOST:PORT, slurm, or local (submitit)")
    p.add_argument("--shard", default="", metavar="i/n", help="answer one of n parts, then merge")
    p.add_argument(
        "--threads",
        type=int,
        default=0,
        help="of each cell: equal threads give equal bytes on one kind of processor",
    )
    p.add_argument("--folder", default=None, metavar="FOLDER", help="keep what is measured in here")


def how_of(options: argparse.Namespace) -> dict[str, Any]:
    """Where and by how many processes a study is done."""
    from ..store import places
    from ..study.processes import gpus

    workers = options.workers
    if workers is not None and not 0 <= workers <= 256:
        raise UserError(f"--workers = {workers} is out of range; 0 to 256 works.")
    if workers is None:
        several = gpus() if options.device in ("auto", "cuda") and not options.on else 0
        workers = several if several > 1 else 0
        if sys.stderr.isatty() and not options.on and not getattr(options, "names", False):
            print(UNSAID[workers > 0].format(workers), file=sys.stderr)
    folder = Path(options.folder) if options.folder else places.cache("studies")
    return {"folder": folder, "workers": workers}


@contextlib.contextmanager
def working(options: argparse.Namespace, tell: Callable[[Any], None] = told_cell) -> Iterator[None]:
    """Studies in here work as the options say, and tell a terminal how far they are."""
    from ..study.ways import Shard, Way, way

    if not 0 <= options.threads <= 1024:
        raise UserError(f"--threads = {options.threads} is out of range; 0 to 1024 works.")
    chosen = Way(
        *(engine_of(options) or ("", {})),
        Shard.of(options.shard),
        options.threads,
        options.device,
        tell,
    )
    with way(chosen):
        yield


def engine_of(options: argparse.Namespace) -> tuple[str, dict[str, str]] | None:
    """--on and --slurm: an engine of other machines with its options; None where none is named."""
    given = {k: str(v) for k, v in pairs(options.slurm).items()}
    if given and options.on not in ("slurm", "local"):
        raise UserError("--slurm goes with --on slurm, or --on local to try it.")
    return (options.on, given) if options.on else None


def merged(options: argparse.Namespace) -> int:
    """python -m explorer study merge FOLDER ... --folder OUT.  1 where answers differ."""
    from ..study.merging import merge

    if not options.folder:
        raise UserError("Say where the merged answers go: --folder OUT.")
    found = merge(options.settings, options.folder)
    said = {
        "added": found.added,
        "same": found.same,
        "differing": [
            {"one": str(d.one), "other": str(d.other), "by": d.by, "key": d.key}
            for d in found.differing
        ],
        "damaged": [str(p) for p in found.damaged],
    }
    if options.json:
        print(json.dumps(said, indent=1, ensure_ascii=False))
    else:
        print(f"{found.added} answers added, {found.same} were there or in several folders.")
    for d in found.differing:
        print(f"Differ by {d.by:.2g} (relative): {d.one} and {d.other}", file=sys.stderr)
    for path in found.damaged:
        print(f"No answer to its name, left out: {path}", file=sys.stderr)
    if found.differing:
        many = len(found.differing)
        print(
            f"{many} question{'s' * (many > 1)} with two answers: none was chosen. They come from "
            "other processors, other counts of threads or other versions; the study measures them "
            "anew.",
            file=sys.stderr,
        )
    return 1 if found.differing else 0
