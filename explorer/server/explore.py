"""What the Explore page calls: a request in, a message out; how far it is; a list reshaped."""

import math

from ..dialects import edits
from ..errors import Cancelled, UserError
from ..lab.experiment import Experiment
from ..settings import unflatten
from ..ui.anatomy import of_path
from ..ui.beside import beside as compared
from .answer import as_json
from .asked import LIST, experiment_of
from .desk import DESK
from .message import message
from .turn import SETTLED, breathe
from .turns import ROOM

NAME = 40  # letters of a name that a person gives a run


def explore(request: dict):
    """The page's own call: a request in, a message out, as JSON without detours."""
    return as_json(message(request))


def progress(page: str) -> dict:
    """How far the newest request of a page is; where it waits, "waits" tells its place and about
    how long."""
    page = str(page)[:64]
    waits = ROOM.place(page)
    return {"waits": waits} if waits else DESK.progress(page)


def cancel(page: str) -> dict:
    """Stop what this page waits for; the last picture stays."""
    page = str(page)[:64]
    DESK.cancel(page)
    ROOM.drop(page)
    return {}


def beside(request: dict):
    """The settings on show ("values") beside a pinned run ("pin", a query; "called", if a person
    named it), both settled, on the same noise: {value, html, text}.  Yields to whatever the reader
    of this page does next."""
    try:
        e = experiment_of(request)
        pinned = experiment_of({"query": request.get("pin")})
        named = str(request.get("called") or "")[:NAME]
        wanted = DESK.yielding(str(request.get("page", ""))[:64])

        def check() -> None:
            wanted()
            breathe()

        with ROOM.taking(SETTLED):
            return as_json(compared(e, pinned, check, named))
    except Cancelled:
        return {"stale": True}
    except UserError as error:
        return {"problem": str(error)}


def reshape(request: dict) -> dict:
    """A list of levels with another number of them, along the same curve in ln σ; or, with
    “insert”, with one more in the middle of that step."""
    try:
        levels = request.get("levels") if isinstance(request, dict) else None
        e = unflatten(Experiment, {"timesteps": "custom", LIST: levels})
        if "insert" in request:
            return {"levels": _written(edits.insert(e.timesteps.levels, request["insert"]))}
        n = request.get("count")
        if not isinstance(n, int) or isinstance(n, bool) or not 2 <= n <= edits.LONGEST:
            raise UserError(
                f"Levels must be a whole number from 2 to {edits.LONGEST}; got {n!r:.40}."
            )
        return {"levels": _written(edits.resample(e.timesteps.levels, n))}
    except UserError as error:
        return {"problem": str(error)}


def _written(levels) -> list[float | str]:
    return ["inf" if math.isinf(s) else float(f"{s:.6g}") for s in levels]


def anatomy(request: dict):
    """The steps around step "at" of sample "path" of the settings on show ("values"), with their
    numbers put in: see `ui.anatomy`.  Yields to whatever the reader of this page does next."""
    e = experiment_of(request)
    path, at = request.get("path"), request.get("at")
    for name, value in (("path", path), ("at", at)):
        if not isinstance(value, int) or isinstance(value, bool):
            raise UserError(f"“{name}” must be a whole number; got {value!r:.40}.")
    wanted = DESK.yielding(str(request.get("page", ""))[:64])

    def check() -> None:
        wanted()
        breathe()

    return as_json(of_path(e, path, at, check))
