"""What the tests share: a quiet environment, one served page and one browser."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).parents[1]
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ["EXPLORER_CACHE"] = tempfile.mkdtemp(prefix="explorer-tests-")
os.environ["GRADIO_TEMP_DIR"] = os.path.join(os.environ["EXPLORER_CACHE"], "gradio")

import pytest  # noqa: E402
import torch  # noqa: E402

torch.set_num_threads(min(2, os.cpu_count() or 1))


def pytest_sessionfinish():
    shutil.rmtree(os.environ["EXPLORER_CACHE"], ignore_errors=True)


def unused_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@pytest.fixture(scope="session")
def server():
    """The address of the real app, started as a newcomer starts it."""
    port = unused_port()
    command = [sys.executable, "app.py", "--port", str(port), "--device", "cpu"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               text=True)
    url = f"http://127.0.0.1:{port}/"
    try:
        for _ in range(600):
            if process.poll() is not None:
                pytest.fail(f"{' '.join(command)} stopped:\n{process.stdout.read()}")
            try:
                urllib.request.urlopen(url, timeout=10).read()
                break
            except OSError:
                time.sleep(0.1)
        else:
            pytest.fail(f"{url} was not served within a minute")
        yield url
    finally:
        process.terminate()
        process.wait(20)


def chromium() -> str | None:
    """The browser to drive: $CHROME, or Chromium or Chrome on the PATH."""
    names = [os.environ.get("CHROME"), "chromium", "chromium-browser", "google-chrome",
             "google-chrome-stable"]
    return next((found for name in names if name and (found := shutil.which(name))), None)


@pytest.fixture(scope="session")
def browser():
    """A headless Chromium; without one the tests that need it are skipped, or fail in CI."""
    path = chromium()
    if path is None:
        advice = "no Chromium found: apt install chromium, or set CHROME=/path/to/chrome"
        if os.environ.get("EXPLORER_REQUIRE_BROWSER") == "1":
            pytest.fail(advice)
        pytest.skip(advice)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield started
        started.close()
