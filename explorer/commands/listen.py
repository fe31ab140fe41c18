"""What the server is told of where it listens and whom it lets in, read and checked."""

import errno
import os
import socket
from pathlib import Path

from ..errors import UserError

LOCAL = ("127.0.0.1", "localhost", "::1")  # where nobody but the owner of the machine comes


def in_link(host: str) -> str:
    """A host as it stands in a link."""
    return f"[{host}]" if ":" in host else host


def free_port(host: str, port: int, exactly: str = "") -> int:
    """This port, or the next that is free.  Raises UserError if none of a hundred is.

    exactly: who asks for this one and no other, as a container's engine or a Space does.
    """
    if not 1 <= port <= 65535:
        raise UserError(f"--port = {port} is out of range; 1 to 65535 works.")
    family = _family(host, port)
    for candidate in range(port, min(port + 100, 65536)):
        with socket.socket(family, socket.SOCK_STREAM) as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                s.bind((host, candidate))
            except OSError as error:
                if error.errno in (errno.EADDRINUSE, 10048):  # the second: of Windows
                    if exactly:
                        raise UserError(
                            f"Port {port} is taken, and {exactly} asks for no other; "
                            "set another there, or give --port."
                        ) from None
                    continue
                place = f"{in_link(host)}:{candidate}"
                raise UserError(f"Cannot listen on {place}: {error.strerror}.") from None
            return candidate
    raise UserError(f"Ports {port} to {port + 99} are all taken; choose another with --port.")


def _family(host: str, port: int) -> socket.AddressFamily:
    """Of IP, 4 or 6.  Raises UserError for what is no address or name of this machine."""
    try:
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM)
        return next(family for family, *_ in found)
    except (OSError, UnicodeError, StopIteration):
        raise UserError(
            f"--host = {host!r:.80} is no address of this machine; 127.0.0.1, ::1, a name of it "
            "or, for all of them, 0.0.0.0 works."
        ) from None


def read_auth(text: str | None) -> list[tuple[str, str]] | None:
    """user:password, or a file with one pair a line.  Raises UserError."""
    if text is None:
        return None
    lines = [text]
    try:
        path = Path(text)
        if path.is_dir():
            raise UserError(
                f"--auth = {text!r:.120} is a folder; it wants a file or user:password."
            )
        if path.exists():
            lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UserError:
        raise
    except UnicodeDecodeError:
        raise UserError(
            f"--auth: {text!r:.120} is no text in UTF-8; save it as such, one user:password a line."
        ) from None
    except (OSError, ValueError) as error:
        if ":" not in text:  # a password may have any sign in it
            why = getattr(error, "strerror", None) or "that is no name of a file"
            raise UserError(f"--auth: cannot read {text!r:.120}: {why}.") from None
    pairs = [line.strip().partition(":") for line in lines if line.strip()]
    if not pairs or not all(user and password for user, _, password in pairs):
        raise UserError("--auth wants user:password, or a file with one user:password a line.")
    return [(user, password) for user, _, password in pairs]


def default_host() -> str:
    """Where to listen if not told: where Gradio's variable says, else on this machine alone, but on
    a Space for its proxy."""
    given = os.environ.get("GRADIO_SERVER_NAME", "").strip()
    return given or ("0.0.0.0" if os.environ.get("SPACE_ID") else "127.0.0.1")


def default_port() -> int | None:
    """The port of Gradio's variable; None where it is not set.  Raises UserError."""
    given = os.environ.get("GRADIO_SERVER_PORT", "").strip()
    if not given:
        return None
    if not (given.isascii() and given.isdigit() and 1 <= int(given[:9]) <= 65535):
        raise UserError(
            f"GRADIO_SERVER_PORT = {given!r:.40} is no port; a number from 1 to 65535 works."
        )
    return int(given)


def space_names() -> list[str]:
    """The names of a Hugging Face Space, if this is one: its owner chose them there."""
    if not os.environ.get("SPACE_ID"):
        return []
    given = os.environ.get("SPACE_HOST", "").split(",")
    return ["*.hf.space", *(name.strip() for name in given if name.strip())]


def framers(origins: list[str] | None) -> list[str]:
    """Whose pages may show this one in a frame: nobody's, unless the owner says so; on a Space the
    pages of Hugging Face, and with --embed alone those of notebooks on this machine."""
    space = ["https://huggingface.co", "https://*.hf.space"] if os.environ.get("SPACE_ID") else []
    if origins == []:
        origins = [f"{way}://{name}:*" for way in ("http", "https") for name in LOCAL[:2]]
    return [*space, *(origins or [])]
