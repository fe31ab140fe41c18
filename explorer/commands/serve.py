"""Open the page."""

import argparse
import os

from ..errors import UserError
from ..server.hosts import bare
from ..store import room, uploads
from ..store.unsaved import Unsaved
from .devices import device_option, precision_option
from .listen import (
    LOCAL,
    default_host,
    framers,
    free_port,
    in_link,
    read_auth,
    space_names,
)
from .sizes import of_bytes

LEAST_CACHE = 1e8  # bytes: a few uploads of the largest kind
LEAST_MEMORY = 1e8  # bytes: a view of an image data set and its error
TRIES = 5  # ports that another program may take while the page is made ready


def serve(arguments: list[str] | None = None) -> int:
    """Open the page and stay."""
    parser = _serve_options()
    options = parser.parse_args(arguments)
    try:
        _serve(options)
    except UserError as error:
        parser.error(str(error))
    return 0


def _serve_options() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(
        prog="python app.py",
        description="Open the page.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    _door_options(p)
    p.add_argument("--port", type=int, default=7860)
    device_option(p)
    precision_option(p)
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
    _cache_option(p)
    _memory_option(p)
    p.add_argument("--max-upload", default="64mib", metavar="SIZE", help="largest uploaded file")
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


def _door_options(p: argparse.ArgumentParser) -> None:
    p.add_argument("--host", default=default_host(), help="address to listen on; 0.0.0.0 for all")
    p.add_argument(
        "--allowed-host",
        metavar="NAME",
        action="append",
        default=[],
        help="a name that this server answers to, beside the machine's own; may be repeated",
    )
    p.add_argument(
        "--embed",
        metavar="ORIGIN",
        nargs="*",
        default=None,
        help="pages that may show this one in a frame, like https://example.org; without an ORIGIN "
        "those of notebooks on this machine",
    )


def _cache_option(p: argparse.ArgumentParser) -> None:
    p.add_argument(
        "--max-cache",
        default="10gb",
        metavar="SIZE",
        help="of the cache folder; above it the oldest uploads go, and no more are taken",
    )


def _memory_option(p: argparse.ArgumentParser) -> None:
    p.add_argument(
        "--max-memory",
        default=None,
        metavar="SIZE",
        help="what all views together hold; half of the machine, at most 4gb, if not given",
    )


def _environment() -> None:
    # nothing leaves this machine; read by Gradio when it is imported
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    # the browser shares these cores: idle worker threads sleep instead of spinning
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    if "GRADIO_TEMP_DIR" in os.environ:
        return
    try:  # what browsers send lies where its room is counted, and goes when it is read
        os.environ["GRADIO_TEMP_DIR"] = str(room.arriving())
    except Unsaved as problem:
        print(f"Nothing can be saved here. {problem}", flush=True)


def _serve(options) -> None:
    _environment()
    import torch

    from ..lab import cost, experiment, machine, memory
    from ..server import app, hall, networks, owners, tidy

    uploads.limit = of_bytes(options.max_cache, "--max-cache", least=LEAST_CACHE)
    hall.allowed = not options.no_training
    owners.shared = bool(options.share or options.auth or bare(options.host) not in LOCAL)
    torch.set_num_threads(_threads(options.threads))
    if not options.max_work > 0:
        raise UserError(f"--max-work = {options.max_work} must be above 0.")
    if options.queue_size < 1:
        raise UserError(f"--queue-size = {options.queue_size} must be at least 1.")
    cost.WORK_LIMIT = options.max_work
    machine.let_go_early()
    if options.max_memory is not None:
        memory.use(of_bytes(options.max_memory, "--max-memory", least=LEAST_MEMORY))
    networks.ALLOW_FETCH = options.allow_fetch
    device = experiment.use_device(options.device, options.precision)
    local, shared = _launched(options)
    print(
        f"Diffusion Sampler Explorer on {local} ({device.label}, {device.note})"
        + (f"\nShared as {shared}" if shared else "")
        + "\nStop with Ctrl+C.",
        flush=True,
    )
    if owners.shared and hall.allowed:
        print(
            "Who starts a training here is the only one who can pause or cancel it; to do so with "
            f"any of them, open this once in your browser:\n{local}?tab=train#trainer="
            f"{owners.master}",
            flush=True,
        )
    tidy.start()
    app.wait()


def _launched(options) -> tuple[str, str | None]:
    """Launch the page on the first port that is free: its address here, and the public one."""
    from ..server import app

    host = bare(options.host)
    given = {
        "share": options.share,
        "auth": read_auth(options.auth),
        "max_file_size": int(min(of_bytes(options.max_upload, "--max-upload"), 2**60)),
        "embed": framers(options.embed),
        "allowed_hosts": [*options.allowed_host, *space_names()],
    }
    port = options.port
    for _ in range(TRIES):
        port = free_port(host, port)
        if port != options.port:
            print(f"Port {options.port} is taken; using the next free one, {port}.", flush=True)
        try:
            _, _, local, shared = app.launch(
                in_link(host),
                port,
                queue_size=options.queue_size,
                inbrowser=options.open,
                prevent_thread_lock=True,
                **given,
            )
        except OSError as error:  # taken between the look and the start
            if "Cannot find empty port" not in str(error):
                raise UserError(f"Cannot listen on {in_link(host)}:{port}: {error}.") from None
            port += 1
        else:
            return local, shared
    raise UserError(f"Port {port} and those before it were taken meanwhile; choose another.")


def _threads(wanted: int | None) -> int:
    """For PyTorch: half the cores if not told, for the browser draws on the others."""
    threads = max(1, (os.cpu_count() or 2) // 2) if wanted is None else wanted
    if not 1 <= threads <= 256:
        raise UserError(f"--threads = {threads} is out of range; 1 to 256 works.")
    return threads
