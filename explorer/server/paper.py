"""Figures for print, of what a page shows: its strips and charts as it sends them, its stage anew.

    paper({"panels": [...], "query", "kind", "width", "font", "grey"})  ->  {"file", "caption", ...}

Few are made at once, and nobody waits behind many: matplotlib makes one at a time.
"""

import base64
import dataclasses
import threading
from typing import Any

from ..errors import Cancelled, UserError
from ..figures.paper import asked as sent
from ..figures.paper.look import FORMATS
from ..figures.paper.sheet import Sheet
from ..lab import afford
from ..lab.experiment import Experiment, made
from ..settings import to_query
from ..strips import STRIPS
from ..ui import figure
from ..ui.figure import beside, caption, lists, recording, tables
from . import recordings
from .answer import as_json
from .asked import experiment_of
from .turn import FOLLOWS, breathe
from .turns import ROOM

PLACES = threading.BoundedSemaphore(4)  # figures that are made or wait for the one that is
TYPES = {"pdf": "application/pdf", "svg": "image/svg+xml", "png": "image/png"}
GLANCE = 110  # dots an inch of a preview
LONGEST = 2000  # letters of what a chart says of itself


def paper(request: dict):
    """A figure of the page: “panels” as it shows them, or “stage” with what it shows of it;
    “title”, “told”: what a chart says of itself, “parts”: the strips by name, “pins”: queries; or
    “lists” or “recording”, of the Schedules page; “table”, of Design or Claims; or “beside”, what
    A/B shows."""
    if not PLACES.acquire(blocking=False):
        return as_json({"problem": "Other figures are being made; try again in a moment."})
    try:
        with ROOM.taking(FOLLOWS):
            return as_json(_made(request))
    except Cancelled:
        return as_json({"stale": True})
    except UserError as error:
        return as_json({"problem": str(error)})
    finally:
        PLACES.release()


def _made(request: dict) -> dict[str, Any]:
    kind = request.get("kind", "pdf")
    if kind not in FORMATS:
        raise UserError(f"A figure is written as {', '.join(FORMATS)}; got {kind!r:.20}.")
    if "table" in request:
        return _written(_table(request), request, kind)
    if "lists" in request:
        return _written(lists.sheet(request["lists"]), request, kind)
    if "recording" in request:
        return _written(_recorded(request), request, kind)
    e = experiment_of(request)
    cursor = request.get("cursor")
    if cursor is not None and not isinstance(cursor, int | float):
        raise UserError(f"“cursor” is a noise level; got {cursor!r:.20}.")
    stage = request.get("stage")
    if isinstance(stage, dict):
        e = _held(e)
        sheet = _stage(e, stage, cursor)
    else:
        if "beside" in request:  # what the page shows of A/B
            sheet = beside.sheet(request["beside"])
        else:
            sheet = sent.of_page(request.get("panels"), request.get("span"), cursor)
        sheet = dataclasses.replace(sheet, caption=_said(e, request, cursor))
    title = str(request.get("title") or caption.title(e))[:200]
    return _written(dataclasses.replace(sheet, title=title, query=to_query(e)), request, kind)


def _table(request: dict) -> Sheet:
    """A table of the Design page, for the data of “values”, or of Claims: “only” of a paper and a
    verdict."""
    values, only = request.get("values"), request.get("only")
    known = {k: v for k, v in only.items() if isinstance(v, str)} if isinstance(only, dict) else {}
    name = str(request["table"])[:40]
    return tables.of(name, values if isinstance(values, dict) else {}, known)


def _recorded(request: dict) -> Sheet:
    """The digest of a recording, with that of another “beside” it."""
    given = request["recording"]
    if not isinstance(given, dict):
        raise UserError("“recording” holds the “digest” of a recording, and what is “beside” it.")
    mine, denser = recordings.both(given)
    choices = given.get("choices")
    known = {str(k)[:40]: str(v)[:40] for k, v in choices.items()} if _plain(choices) else {}
    title = str(request.get("title") or "recording")[:200]
    return dataclasses.replace(recording.sheet(mine, denser, known), title=title)


def _plain(choices: Any) -> bool:
    return isinstance(choices, dict) and len(choices) <= 16


def _written(sheet: Sheet, request: dict, kind: str) -> dict[str, Any]:
    breathe()
    width = request.get("width", "iclr")
    dots = GLANCE if request.get("glance") is True else None
    body = sent.written(
        sheet, kind, width if isinstance(width, int | float) else str(width)[:40],
        str(request.get("font", "serif"))[:20], request.get("grey") is True, dots,
    )  # fmt: skip
    return {"file": base64.b64encode(body).decode(), "type": TYPES[kind], "caption": sheet.caption}


def _held(e: Experiment) -> Experiment:
    """The view as the page has it: one that is too much is cut down.  Raises UserError where its
    run would have to be made again at length."""
    left = afford.cut(e, frozenset())
    shown = left.experiment if left else e
    if not made(shown) and left is not None:
        raise UserError("The run on show is no longer held; run the view again, then save it.")
    return shown


def _stage(e: Experiment, stage: dict, cursor: float | None) -> Sheet:
    show = stage.get("show")
    if stage.get("denoise") is True:
        return figure.sheet(e, ["denoise"], exact=False, watch=breathe)
    known = [n for n in figure.stage.LAYERS if isinstance(show, list) and n in show]
    pick = stage.get("pick", -1)
    if not isinstance(pick, int) or isinstance(pick, bool):
        raise UserError(f"“pick” is the number of a sample; got {pick!r:.20}.")
    look = figure.stage.Look(
        str(stage.get("what", "x")), stage.get("true") is True, pick, tuple(known)
    )
    return figure.sheet(e, ["stage"], cursor, exact=False, watch=breathe, look=look)


def _said(e: Experiment, request: dict, cursor: float | None) -> str:
    """The caption of strips, or of a chart."""
    parts = request.get("parts")
    if isinstance(parts, list):
        names = [n for n in parts if n in STRIPS]
        pins = request.get("pins")
        pins = pins[:4] if isinstance(pins, list) else []
        kept = [experiment_of({"query": q}) for q in pins if isinstance(q, str)]
        return caption.of(e, names, cursor, kept)
    return caption.of(e, (), told=str(request.get("told") or "")[:LONGEST], base=True)
