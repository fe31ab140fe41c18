"""What the server writes down of its work, and for which request.

    2026-11-27 06:53:44 WARNING [3f9c2a] unexpected, in explore             --log plain
    {"time": …, "level": "info", "request": "3f9c2a", "event": …}           --log json

Each request has an id: the one that it brings as X-Request-Id, if that is a plain word, or a new
one.  It goes back with the answer and stands in every line that is written for it, in whichever
thread or process (`lines` has more of requests; workers know nothing of these).
"""

import json
import logging
import sys
import threading
import time
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

KINDS = ("plain", "json")
LONGEST = 20_000  # characters of a text, and of the end of a traceback
PLAIN = "%(asctime)s %(levelname)s%(about)s %(message)s"
SERVERS = ("uvicorn", "uvicorn.error", "uvicorn.access")  # which write with handlers of their own

log = logging.getLogger("explorer")
kind = "plain"  # of this process
_asked: ContextVar["Asked | None"] = ContextVar("explorer_asked", default=None)
_handler: logging.Handler = logging.NullHandler()
_all: "Asked | None" = None  # in a process that works for one request at a time
queued: Callable[[], "Asked | None"] = lambda: None  # whose call another's queue runs here


@dataclass
class Asked:
    """One request.  id: its word; call: the function of the page's that it asks for, once that is
    known."""

    id: str
    call: str = ""


def current() -> Asked | None:
    """The request that this thread or task works for; None of what no request asked for."""
    return queued() or _asked.get() or _all


def current_id() -> str:
    """Its id, or nothing."""
    asked = current()
    return asked.id if asked else ""


def asks(asked: Asked | None) -> None:
    """From now on this thread or task works for this request."""
    _asked.set(asked)


def work_for(request: str) -> None:
    """From now on all that this process writes is for this request; "" for none."""
    global _all
    _all = Asked(request) if request else None


def calling(name: str) -> None:
    """The function of the page's that this request asks for."""
    if (asked := _asked.get()) is not None:
        asked.call = name


def say(text: str) -> None:
    """A sentence for whoever started the server: on its output, or as a line of the log."""
    if kind == "json":
        log.info(text)
    else:
        print(text, flush=True)


def use(chosen: str) -> None:
    """Write like this from now on, in the whole process."""
    global kind, _handler
    kind = chosen
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Json() if chosen == "json" else Plain())
    root = logging.getLogger()
    root.removeHandler(_handler)
    root.addHandler(handler)
    _handler = handler
    log.setLevel(logging.INFO if chosen == "json" else logging.WARNING)
    if chosen == "json":  # each line is one of JSON
        logging.captureWarnings(True)
        threading.excepthook = _fallen
        sys.excepthook = lambda *about: _ended(about)
        take_servers()


def take_servers() -> None:
    """The web server's own lines go the same way; it sets its handlers up when it is made."""
    for name in SERVERS:
        its = logging.getLogger(name)
        its.handlers.clear()
        its.propagate = True


def _fallen(fall: threading.ExceptHookArgs) -> None:
    if fall.exc_value is not None and not isinstance(fall.exc_value, SystemExit):
        about = (fall.exc_type, fall.exc_value, fall.exc_traceback)
        log.error("a thread ended by an error", exc_info=about)


def _ended(about: Any) -> None:
    log.error("the process ended by an error", exc_info=about)


class Plain(logging.Formatter):
    """Time, level, the request's id where there is one, and the words."""

    def __init__(self):
        super().__init__(PLAIN, "%Y-%m-%d %H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        request = current_id()
        record.about = f" [{request}]" if request else ""
        return super().format(record)


class Json(logging.Formatter):
    """One line of JSON in ASCII, which nothing takes for several; a traceback is a text in it."""

    def format(self, record: logging.LogRecord) -> str:
        at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        line: dict[str, Any] = {
            "time": f"{at}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
        }
        if request := current_id():
            line["request"] = request
        line |= getattr(record, "facts", None) or {
            "event": "note",
            "text": record.getMessage()[:LONGEST],
        }
        if record.name != log.name:
            line["from"] = record.name
        if record.exc_info and record.exc_info[0] is not None:
            line["trace"] = self.formatException(record.exc_info)[-LONGEST:]
        return json.dumps(line, default=str)
