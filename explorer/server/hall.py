"""The one training of this server, in a process of its own, that can be found again."""

import json
import os
import subprocess
import sys
import threading
import time

from ..errors import UserError
from ..settings import flatten
from ..store import places, trainings, weights
from ..training import runs
from ..training.configs import Training, build, chosen
from . import owners

LARGEST = 3_000_000  # parameters of a network that a visitor may train
LONGEST = 3600.0  # seconds that one training may take without being taken up again
KEPT = 40  # trained networks and paused runs that a server holds
allowed = True  # the server owner’s switch


class Session:
    """A training under way or just over: its process, and the newest of what it said."""

    def __init__(self, name: str, letter: str, flat: dict, t: Training):
        self.name, self.training = name, t
        self.seen: dict = {}
        self.problem: str | None = None
        self.state = "starting"  # then running, done, paused, cancelled or failed
        self.started, self._ending = time.monotonic(), None
        self._place = trainings.folder(name)
        trainings.ask_to_stop(self._place, False)
        words = {"name": name, "letter": letter, "flat": flat, "parent": os.getpid()}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "explorer.training.child", json.dumps(words)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=places.ROOT,
            env=os.environ | {"OMP_NUM_THREADS": "1", "CUDA_MODULE_LOADING": "LAZY"},
        )
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    @property
    def busy(self) -> bool:
        return self.state in ("starting", "running", "stopping")

    def stop(self, how: str) -> None:
        """how: paused or cancelled."""
        self._ending = how
        self.state = "stopping"
        trainings.ask_to_stop(self._place)

    def join(self, seconds: float = 30.0) -> None:
        self._thread.join(seconds)

    def _listen(self) -> None:
        errors: list[str] = []
        drain = threading.Thread(
            target=lambda: errors.append(self._process.stderr.read()[-400:]), daemon=True
        )
        drain.start()
        for line in self._process.stdout:
            try:
                news = json.loads(line)
            except ValueError:
                continue
            if "problem" in news:
                self.problem = news["problem"]
            else:
                self.seen = self.seen | news
                if self.state == "starting":
                    self.state = "running"
            if self.state == "running" and time.monotonic() - self.started > LONGEST:
                self.problem = f"Paused after {LONGEST / 60:.0f} minutes; resume it to go on."
                self.stop("paused")
        code = self._process.wait()
        drain.join(5)
        trainings.ask_to_stop(self._place, False)
        if self.seen.get("done"):
            self.state = "done"
        elif self._ending:
            if self._ending == "cancelled":  # gone from the disk before anybody is told
                trainings.forget(self.name)
            self.state = self._ending
        else:
            self.state = "failed"
            why = errors[0].strip().splitlines()[-1][:160] if errors and errors[0].strip() else ""
            self.problem = self.problem or (
                f"The training process ended by itself (code {code}). {why} "
                "Resume it to go on from "
                "its last checkpoint.".replace("  ", " ")
            )


class Hall:
    """The one training of this server."""

    def __init__(self):
        self._lock = threading.Lock()
        self.session: Session | None = None

    def start(self, letter: str, flat: dict, name: str = "", token: str = "") -> Session:
        """Begin, or go on with, a training; token: of whoever does.  Raises UserError."""
        if not allowed:
            raise UserError(
                "The owner of this server has switched training off; it works on a "
                "machine of your own."
            )
        t = chosen(letter, flat)
        size = sum(p.numel() for p in build(t).parameters())
        if size > LARGEST:
            raise UserError(
                f"This network has {size:,} parameters; at most {LARGEST:,} can be "
                "trained here. Use fewer channels or widths."
            )
        with self._lock:
            if self.session is not None and self.session.busy:
                raise UserError(
                    f"“{self.session.name}” is being trained; one at a time. Pause or "
                    "cancel it first."
                )
            waiting = runs.unfinished()
            if not name:
                name = _free(f"{t.data.name}-{letter.lower()}", waiting)
            elif name not in waiting and any(c.name == name for c in weights.checkpoints()):
                raise UserError(f"A network “{name}” is already there; choose another name.")
            if name not in waiting and len(waiting) + _own() >= KEPT:
                raise UserError(
                    f"This server already holds {KEPT} trained networks; its owner has "
                    "to remove some first."
                )
            trainings.folder(name)  # says what is wrong with the name
            if name in waiting:
                owners.check(name, token)
            owners.claim(name, token)
            self.session = Session(name, letter, flat, t)
            return self.session

    def resume(self, name: str, token: str = "") -> Session:
        """Go on with a run that was paused or killed."""
        waiting = runs.unfinished()
        if name not in waiting:
            raise UserError(f"There is no paused training “{str(name)[:64]}”.")
        return self.start("F", flatten(waiting[name]), name, token)

    def stop(self, name: str, how: str, token: str = "") -> None:
        """Pause or cancel; a run that only lies on disk can be cancelled too."""
        session = self.session
        busy = session is not None and session.name == name and session.busy
        if busy or name in runs.unfinished():
            owners.check(name, token)
        if busy:
            session.stop(how)
        elif how == "cancelled" and name in runs.unfinished():
            trainings.forget(name)
        else:
            raise UserError(f"“{str(name)[:64]}” is not being trained.")


HALL = Hall()


def _free(stem: str, waiting) -> str:
    """stem, stem-2, stem-3 …: the first that names nothing yet."""
    taken = {c.name for c in weights.checkpoints()} | set(waiting)
    return next(n for n in (stem, *(f"{stem}-{k}" for k in range(2, 1000))) if n not in taken)


def _own() -> int:
    folder = weights.kept_folder()
    return sum(1 for _ in folder.iterdir()) if folder.is_dir() else 0
