"""Open the page."""

import argparse
import os
import socket
from pathlib import Path

from ..errors import UserError
from ..store import places, room, uploads
from .sizes import of_bytes

LEAST_CACHE = 1e8  # bytes: a few uploads of the largest kind
LOCAL = ("127.0.0.1", "localhost", "::1")  # where nobody but the owner of the machine comes


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
    p.add_argument("--host", default="127.0.0.1", help="address to listen on; 0.0.0.0 for all")
    p.add_argument(
        "--allowed-host",
        metavar="NAME",
        action="append",
        default=[],
        help="a name that this server answers to, beside the machine's own; may be repeated",
    )
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
    _cache_option(p)
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


def _cache_option(p: argparse.ArgumentParser) -> None:
    p.add_argument(
        "--max-cache",
        default="10gb",
        metavar="SIZE",
        help="of the cache folder; above it the oldest uploads go, and no more are taken",
    )


def _environment() -> None:
    # nothing leaves this machine; read by Gradio when it is imported
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    # the browser shares these cores: idle worker threads sleep instead of spinning
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    # what browsers send lies where its room is counted, and goes when it is read
    os.environ.setdefault("GRADIO_TEMP_DIR", str(places.cache(room.ARRIVING)))


def _serve(options) -> None:
    _environment()
    import torch

    from ..lab import cost, experiment
    from ..server import app, hall, networks, owners, tidy

    uploads.limit = of_bytes(options.max_cache, "--max-cache", least=LEAST_CACHE)
    hall.allowed = not options.no_training
    owners.shared = bool(options.share or options.auth or options.host not in LOCAL)
    torch.set_num_threads(_threads(options.threads))
    if not options.max_work > 0:
        raise UserError(f"--max-work = {options.max_work} must be above 0.")
    if options.queue_size < 1:
        raise UserError(f"--queue-size = {options.queue_size} must be at least 1.")
    cost.WORK_LIMIT = options.max_work
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
        allowed_hosts=[*options.allowed_host, *space_names()],
        prevent_thread_lock=True,
    )
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


def space_names() -> list[str]:
    """The names of a Hugging Face Space, if this is one: its owner chose them there."""
    if not os.environ.get("SPACE_ID"):
        return []
    given = os.environ.get("SPACE_HOST", "").split(",")
    return ["*.hf.space", *(name.strip() for name in given if name.strip())]


def _threads(wanted: int | None) -> int:
    """For PyTorch: half the cores if not told, for the browser draws on the others."""
    threads = max(1, (os.cpu_count() or 2) // 2) if wanted is None else wanted
    if not 1 <= threads <= 256:
        raise UserError(f"--threads = {threads} is out of range; 1 to 256 works.")
    return threads


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
    pairs = [line.strip().partition(":") for line in lines if line.strip()]
    if not pairs or not all(user and password for user, _, password in pairs):
        raise UserError("--auth wants user:password, or a file with one user:password a line.")
    return [(user, password) for user, _, password in pairs]
