"""A page served by a process of its own, and a real browser to open it.  The tests use both."""

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from ..errors import UserError
from ..store import places

ROOT = places.ROOT
APP = ("app.py",)
PATIENCE = 300  # seconds for a start, on a machine however busy
CHROMIUM_ADVICE = "No Chromium found: apt install chromium, or set CHROME=/path/to/chrome."


class Served(NamedTuple):
    """A running server: its address, and the seconds from its start to the first page."""

    url: str
    seconds: float
    process: subprocess.Popen


@contextmanager
def served(
    command: tuple[str, ...] = APP, device: str = "cpu", **environment: str
) -> Iterator[Served]:
    """Run `python command --port P --device D` and wait for its page.  UserError if it stops.

    The page is where the process says that it is: P is free now, and may be taken when it starts.
    environment: variables that the process has beside those of this one.
    """
    line = [sys.executable, *command, "--port", str(free_port()), "--device", device]
    with tempfile.TemporaryDirectory(
        prefix="explorer-served-", ignore_cleanup_errors=True
    ) as place:
        said = Path(place) / "said"
        started = time.perf_counter()
        with said.open("w") as out:
            unheld = {**os.environ, "PYTHONUNBUFFERED": "1", **environment}
            process = subprocess.Popen(line, cwd=ROOT, stdout=out, stderr=out, env=unheld)
        try:
            while not _answers(url := _address(said)):
                if process.poll() is not None:
                    raise UserError(f"{' '.join(line)} stopped: {said.read_text()[-2000:]}")
                if time.perf_counter() - started > PATIENCE:
                    raise UserError(
                        f"{' '.join(line)} did not serve {url or ''} within {PATIENCE} s."
                    )
                time.sleep(0.02)
            yield Served(url, time.perf_counter() - started, process)
        finally:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _address(said: Path) -> str:
    """The first address of this machine in what a server has said; empty before it says one."""
    found = re.search(r"http://127\.0\.0\.1:\d+", said.read_text(errors="replace"))
    return f"{found[0]}/" if found else ""


def _answers(url: str) -> bool:
    if not url:
        return False
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status == 200
    except OSError:
        return False


def free_port() -> int:
    """A port of this machine that nobody uses now."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def chromium() -> str | None:
    """The browser to drive: $CHROME, or Chromium or Chrome on the PATH."""
    names = (
        os.environ.get("CHROME"),
        "chromium",
        "chromium-browser",
        "google-chrome",
        "google-chrome-stable",
    )
    return next((found for name in names if name and (found := shutil.which(name))), None)


@contextmanager
def browser(*arguments: str):
    """A headless Chromium, with these arguments too.  Raises UserError where there is none."""
    path = chromium()
    if path is None:
        raise UserError(CHROMIUM_ADVICE)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        given = ["--no-sandbox", *arguments]
        started = playwright.chromium.launch(
            executable_path=path, args=given, timeout=1000 * PATIENCE
        )
        try:
            yield started
        finally:
            started.close()
