"""The one training of this server, in a process of its own, that can be found again."""

import threading
from collections.abc import Sequence

from ..errors import UserError
from ..settings import flatten
from ..store import trainings, weights
from ..training import runs
from ..training.configs import Training, build, chosen
from . import owners
from .session import Session

LARGEST = 3_000_000  # parameters of a network that a visitor may train
KEPT = 40  # trained networks and paused runs that a server holds
PATIENCE = 3.0  # seconds for a process of another server to be gone from a run
allowed = True  # the server owner’s switch


class Hall:
    """The one training of this server."""

    def __init__(self):
        self._lock = threading.Lock()
        self.session: Session | None = None
        self.owner = ""  # of the session, as owners.whose remembers

    def start(
        self,
        letter: str,
        flat: dict,
        name: str = "",
        tokens: Sequence[str] = (),
        own: str = "",
    ) -> Session:
        """Begin, or go on with, a training.  Raises UserError.

        tokens: of whoever asks; own: the token that a new run belongs to.
        """
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
                name = _free(f"{t.data.name}-{letter.lower()}")
            elif name not in waiting and weights.is_taken(name):
                raise UserError(f"A network “{name}” is already there; choose another name.")
            if name not in waiting and len(waiting) + weights.count() >= KEPT:
                raise UserError(
                    f"This server already holds {KEPT} trained networks; its owner has "
                    "to remove some first."
                )
            self.session = _begun(name, letter, flat, t, tokens, own)
            self.owner = owners.whose(own) or trainings.owner(name) or ""
            return self.session

    def resume(self, name: str, tokens: Sequence[str] = ()) -> Session:
        """Go on with a run that was paused or killed."""
        waiting = runs.unfinished()
        if name not in waiting:
            raise UserError(f"There is no paused training “{name[:64]}”.")
        return self.start("F", flatten(waiting[name]), name, tokens)

    def stop(self, name: str, how: str, tokens: Sequence[str] = ()) -> None:
        """Pause or cancel; a run that only lies on disk can be cancelled too."""
        session = self.session
        busy = session is not None and session.name == name and session.busy
        known = busy or name in runs.kept()
        if known:
            owners.check(name, tokens)
        if busy:
            session.stop(how)
        elif how == "cancelled" and known:
            _forget(name)
        else:
            raise UserError(f"“{name[:64]}” is not being trained.")


HALL = Hall()


def _begun(
    name: str, letter: str, flat: dict, t: Training, tokens: Sequence[str], own: str
) -> Session:
    """A process that trains, alone in its folder and owned by one.  Raises UserError."""
    place = trainings.folder(name)  # says what is wrong with the name
    held = trainings.reserve(place, PATIENCE)
    try:
        if trainings.state(place):
            owners.check(name, tokens)
        else:
            trainings.forget(name)  # of a run that died before its first state, with its owner
            owners.claim(name, own)
        return Session(name, letter, flat, t, held)
    except BaseException:
        held.release()
        raise


def _forget(name: str) -> None:
    held = trainings.reserve(trainings.folder(name), patience=0.5)
    try:
        trainings.forget(name)
    finally:
        held.release()


def _free(stem: str) -> str:
    """stem, stem-2, stem-3 …: the first that names nothing yet, and where nobody is at work."""
    taken = {c.name for c in weights.checkpoints()} | set(runs.kept())
    names = (stem, *(f"{stem}-{k}" for k in range(2, 1000)))
    return next(n for n in names if n not in taken and not trainings.is_busy(trainings.folder(n)))
