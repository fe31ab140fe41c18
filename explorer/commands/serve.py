"""Open the page."""

import argparse
import os
from typing import Any

from .. import __version__, start
from ..errors import UserError
from ..server import logs
from ..server.hosts import bare
from ..store import places, room, uploads
from ..store.unsaved import Unsaved
from .devices import compile_option, device_option, precision_option
from .listen import (
    LOCAL,
    default_host,
    default_port,
    framers,
    free_port,
    in_link,
    read_auth,
    space_names,
)
from .sizes import of_bytes
from .study_way import engine_of, engine_options

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
    p.add_argument(
        "--port",
        type=int,
        default=None,
        help="the next free one if it is taken; $GRADIO_SERVER_PORT, and then no other, or 7860 if "
        "not given",
    )
    device_option(p)
    precision_option(p)
    compile_option(p)
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
    _running_options(p)
    return p


def _running_options(p: argparse.ArgumentParser) -> None:
    p.add_argument(
        "--mcp",
        action="store_true",
        help="tools for language models at /mcp: run a view, X-ray a schedule, sweep, convert",
    )
    p.add_argument(
        "--log",
        choices=logs.KINDS,
        default="plain",
        help="plain: what goes wrong; json: a line for each request too, all as JSON",
    )
    engine_options(
        p, "offer Compare's studies other machines too: dask://HOST:PORT, slurm, or local"
    )
    p.add_argument("--version", action="version", version=__version__)


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


def prepare() -> None:
    """What must be said before Gradio is imported."""
    # nothing leaves this machine; read by Gradio when it is imported
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    # on a Space Gradio would reload the page's code from elsewhere, and close ways into its API
    os.environ.pop("SYSTEM", None)
    # the browser shares these cores: idle worker threads sleep instead of spinning
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    if "GRADIO_TEMP_DIR" in os.environ:
        return
    try:  # what browsers send lies where its room is counted, and goes when it is read
        os.environ["GRADIO_TEMP_DIR"] = str(room.arriving())
    except Unsaved as problem:
        logs.say(f"Nothing can be saved here. {problem}")


def _serve(options) -> None:
    logs.use(options.log)
    default_port()  # says what is wrong with it, which Gradio breaks off over when it is imported
    prepare()
    with start.libraries():
        import torch

        from ..lab import cost, experiment, machine, memory
        from ..server import app, hall, networks, owners, tidy
        from ..study import offered

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
    if options.compile:  # PyTorch's compiler keeps there what it makes
        os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", str(places.cache(room.COMPILED)))
    device = experiment.use_device(options.device, options.precision, options.compile)
    if given := engine_of(options):
        offered.connect(*given)
    demo, local, shared = _launched(options)
    logs.say(
        f"Diffusion Sampler Explorer {__version__} on {local} ({device.label}, {device.note})"
        + (f"\nShared as {shared}" if shared else "")
        + (f"\nTools for language models (MCP): {local}mcp" if options.mcp else "")
        + "\nStop with Ctrl+C."
    )
    if owners.shared and hall.allowed:
        _tell_owner(local, owners.master)
    tidy.start()
    app.wait(demo)


def _launched(options) -> tuple[Any, str, str | None]:
    """Launch the page on the first port that is free: it, its address here, and the public one."""
    from ..server import app

    host = bare(options.host)
    given = {
        "share": options.share,
        "auth": read_auth(options.auth),
        "max_file_size": int(min(of_bytes(options.max_upload, "--max-upload"), 2**60)),
        "embed": framers(options.embed),
        "tools": options.mcp,
        "allowed_hosts": [*options.allowed_host, *space_names()],
    }
    fixed = default_port() if options.port is None else None
    wanted = port = options.port if options.port is not None else fixed or 7860
    for _ in range(TRIES):
        port = free_port(host, port, "GRADIO_SERVER_PORT" if fixed else "")
        if port != wanted:
            logs.say(f"Port {wanted} is taken; using the next free one, {port}.")
        try:
            demo, _, local, shared = app.launch(
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
            return demo, local, shared
    raise UserError(f"Port {port} and those before it were taken meanwhile; choose another.")


def _tell_owner(local: str, token: str) -> None:
    """The link that opens every training; it is a secret, and a log is no place for one."""
    told = "Who starts a training here is the only one who can pause or cancel it"
    if logs.kind == "json":
        logs.say(f"{told}; the owner’s link to any of them is said where --log is plain.")
        return
    logs.say(
        f"{told}; to do so with any of them, open this once in your browser:\n"
        f"{local}?tab=train#trainer={token}"
    )


def _threads(wanted: int | None) -> int:
    """For PyTorch: half the cores if not told, for the browser draws on the others."""
    from ..lab.machine import cores

    threads = max(1, cores() // 2) if wanted is None else wanted
    if not 1 <= threads <= 256:
        raise UserError(f"--threads = {threads} is out of range; 1 to 256 works.")
    return threads
