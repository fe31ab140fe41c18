"""A server as its owner starts it, with what it says in files, and ended by its number alone."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from explorer.bench.page import ROOT, free_port
from tests.waiting import PATIENCE, until

# the server as it is started, but for the process that waits for a first measurement
ALONE = (
    "-c",
    "import runpy; from explorer.server import workers; workers.SPARE = 0; "
    'runpy.run_path("app.py", run_name="__main__")',
)


class Started:
    """A process, where it answers, and what it has said."""

    def __init__(self, process: subprocess.Popen, out: Path, err: Path):
        self.process, self._out, self._err = process, out, err
        self.url = ""

    @property
    def out(self) -> str:
        return self._out.read_text(errors="replace")

    @property
    def err(self) -> str:
        return self._err.read_text(errors="replace")

    def find(self) -> str:
        """Where it answers, once it says so; the test fails if it ends before."""
        assert self.process.poll() is None, self.out + self.err
        found = re.search(r"on (http://127\.0\.0\.1:\d+)/", self.out + self.err)
        return found[1] if found else ""

    def end(self, by: int = signal.SIGTERM) -> int:
        """Its exit code, after a signal; it ends itself within 8 s, by its own clock."""
        self.process.send_signal(by)
        return self.process.wait(PATIENCE)


@contextmanager
def started(
    place: Path,
    *options: str,
    at: Path = ROOT,
    command: tuple[str, ...] = (),
    user: dict | None = None,
    **environment: str,
) -> Iterator[Started]:
    """`python app.py options` with these variables, until the block ends; at: the folder it is run
    in; place: for what it says and keeps; user: as whom."""
    place.mkdir(parents=True, exist_ok=True)
    if user:
        os.chown(place, user["user"], -1)
    variables = {
        **os.environ,
        "PYTHONUNBUFFERED": "1",
        "EXPLORER_CACHE": str(place / "cache"),
        "GRADIO_TEMP_DIR": str(place / "gradio"),
        "GRADIO_SERVER_PORT": str(free_port()),
        **environment,
    }
    line = [*(command or (sys.executable, "app.py")), *options]
    with (place / "out").open("w") as out, (place / "err").open("w") as err:
        process = subprocess.Popen(
            line, cwd=at, stdout=out, stderr=err, env=variables, **(user or {})
        )
    server = Started(process, place / "out", place / "err")
    try:
        server.url = until(server.find)
        yield server
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
