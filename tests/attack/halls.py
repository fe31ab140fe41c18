"""A training of the page, small, and looked at until something is so."""

import json

from explorer.server import hall, train
from explorer.store import trainings

from .. import waiting

POINTS = {"data": "spiral", "data.dimension": 2}
# so long that it cannot be over before something is done to it
SMALL = {"kimg": 20_000, "network.width": 16, "network.depth": 1, "batch": 64}


def ask(do: str, **more) -> dict:
    """What the page is answered; always JSON that a browser reads."""
    answer = train.act({"do": do, **more})
    json.dumps(answer, allow_nan=False).encode()
    return answer


def start(name: str, **more) -> dict:
    answer = ask("start", values=POINTS, config="F", name=name, training=SMALL, **more)
    assert "problem" not in answer, answer
    return answer


def until(condition, **more) -> dict:
    """The first look at the training of which `condition` holds."""
    return waiting.until(lambda: answer if condition(answer := ask("look", **more)) else None)


def running(name: str) -> None:
    """Begin, and wait for its first state on disk and the first report."""
    start(name)
    until(lambda a: a["state"] == "running" and a.get("part", 0) > 0)


def child():
    """The process that trains."""
    return hall.HALL.session._process


def empty() -> None:
    """No training goes on after a test."""
    if (session := hall.HALL.session) is not None and session.busy:
        session.stop("cancelled")
        session.join()
        session._process.kill()
    hall.HALL.session = None


def names(rows: list) -> list[str]:
    return [row["name"] for row in rows]


def folder(name: str):
    return trainings.folder(name)
