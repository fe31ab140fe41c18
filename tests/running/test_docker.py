"""The container's steps: each tried without an engine, and the whole of it where there is one."""

import os
import re
import shutil
import subprocess
import sys
from importlib import metadata

import httpx
import pytest

from explorer.bench.page import ROOT, free_port
from tests.waiting import until

from . import dockerfile
from .servers import started

NOBODY = 65534  # a user without rights, where tests run as one who may do everything


def test_its_steps_are_in_an_order_that_an_engine_can_keep():
    words = [word for word, _ in dockerfile.steps()]
    assert words[0] == "FROM" and re.fullmatch(r"python:3\.1[1-9]-slim", dockerfile.of("FROM")[0])
    assert words.index("USER") > max(i for i, word in enumerate(words) if word == "RUN")
    assert dockerfile.of("USER")[-1] not in ("root", "0")
    set_ = dockerfile.variables()
    assert dockerfile.of("VOLUME") == [set_["EXPLORER_CACHE"]]
    assert dockerfile.of("EXPOSE") == [set_["GRADIO_SERVER_PORT"]]
    assert set_["GRADIO_SERVER_NAME"] == "0.0.0.0"


def test_what_it_installs_is_what_the_page_needs_and_no_test_does(tmp_path):
    called, required = dockerfile.tried(tmp_path, dockerfile.copied(tmp_path))
    first = next(line for line in called.splitlines() if line.startswith("pip"))
    torch = re.search(r"^torch==\S+", (ROOT / "requirements.txt").read_text(), re.MULTILINE)[0]
    assert first.endswith(torch) and "--index-url https://" in first
    names = [re.match(r"[\w-]+", line)[0] for line in required]
    assert "gradio" in names and "torch" in names and "pytest" not in names
    assert " mcp>=" in called and "useradd" in called
    assert all(metadata.version(name) for name in names), "each is a package that is here"


def lowered(app) -> dict:
    """Whom to run it as: one without rights, if this process may change and that one may read."""
    if os.name == "nt" or os.geteuid():
        return {}
    try:
        there = subprocess.run(
            [sys.executable, "-c", "import explorer, torch"], cwd=app, user=NOBODY, timeout=120,
            capture_output=True, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return {}
    return {"user": NOBODY} if there.returncode == 0 else {}


@pytest.mark.slow  # a real server
def test_it_runs_from_what_is_copied_alone_and_its_health_check_works(tmp_path):
    app = dockerfile.copied(tmp_path)
    start = dockerfile.command("ENTRYPOINT", dockerfile.of("ENTRYPOINT")[0])
    check = dockerfile.command("HEALTHCHECK", dockerfile.of("HEALTHCHECK")[0])
    assert start[0] == check[0] == "python"
    set_ = dockerfile.variables() | {"GRADIO_SERVER_NAME": "127.0.0.1"}  # a test's, of this machine
    del set_["EXPLORER_CACHE"], set_["GRADIO_SERVER_PORT"]
    line = (sys.executable, *start[1:], "--mcp")
    with started(tmp_path / "run", at=app, command=line, user=lowered(app), **set_) as server:
        port = server.url.rpartition(":")[2]
        probe = [sys.executable, *check[1:]]
        env = {**os.environ, "GRADIO_SERVER_PORT": port}
        assert subprocess.run(probe, env=env, timeout=120, check=False).returncode == 0
        page = httpx.get(server.url, timeout=120)
        assert page.status_code == 200
        sheet = re.search(r"/explorer/[^/]+-[0-9a-f]{12}/css/page\.css", page.text)[0]
        assert httpx.get(server.url + sheet, timeout=120).status_code == 200
        assert server.end() == 0
        failed = subprocess.run(probe, env=env, timeout=120, check=False, capture_output=True)
        assert failed.returncode != 0, "of a server that is gone"
    assert "Traceback" not in server.err


def engine() -> bool:
    """Whether a container engine runs here, and not its client alone."""
    if not shutil.which("docker"):
        return False
    return subprocess.run(["docker", "info"], capture_output=True, timeout=60).returncode == 0


@pytest.mark.slow  # an image of a gigabyte
def test_an_engine_builds_it_and_it_is_healthy():
    if not engine():
        pytest.skip("no container engine runs here: its steps are tried one by one above")
    name, port = f"explorer-test-{os.getpid()}", free_port()
    build = ["docker", "build", "--quiet", "-f", str(dockerfile.FILE), "-t", name, str(ROOT)]
    subprocess.run(build, check=True, timeout=1500)
    run = ["docker", "run", "--detach", "--name", name, "-p", f"127.0.0.1:{port}:7860", name]
    try:
        subprocess.run(run, check=True, timeout=120)

        def ready() -> bool:
            try:
                return httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=20).json()["ready"]
            except httpx.HTTPError:
                return False

        until(ready)
        subprocess.run(["docker", "stop", name], check=True, timeout=60)
        state = ["docker", "inspect", "--format", "{{.State.ExitCode}}", name]
        assert subprocess.check_output(state, text=True, timeout=60).strip() == "0"
    finally:
        subprocess.run(["docker", "rm", "--force", name], check=False, timeout=60)
        subprocess.run(["docker", "rmi", "--force", name], check=False, timeout=120)
