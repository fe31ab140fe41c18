"""What leaves the Explore page as a file, and a run card that is opened there.

leave({values, what, of, link}) -> {name, text} or {name, bytes}        or {"problem"}
card_open({text}) -> {query, equal, said}, or of a study {study}
"""

import base64
import json
import shlex
from typing import Any
from urllib.parse import parse_qsl

from .. import cards
from ..cards import arrays, citations
from ..cards.replay import experiment_of as of_card
from ..cards.rows import parquet_bytes
from ..cards.study import opened, study_card
from ..errors import Cancelled, UserError
from ..lab.experiment import Experiment, run
from ..lab.view import View
from ..reading import cards as reading
from ..reading.table import COLUMNS, LINES, is_table
from ..settings import flatten, jsonable, to_query
from ..strips import table
from ..study.names import sampler_name
from .answer import as_json
from .asked import experiment_of
from .measurements import cells_of
from .turn import SETTLED, breathe
from .turns import ROOM

MOST = 16 * 2**20  # bytes of samples and paths
SAME = ("sweep", "churn", "round", "edit", "between", "likelihood", "conservative", "guidance",
        "stochastic", "sde", "heat", "equal", "learned", "information", "fit", "foundry", "plane",
        "ablation")  # fmt: skip
COMMANDS = {  # of kinds of measurement
    **{kind: f"study {kind}" for kind in SAME},
    "local": "study truncation",
    "distance": "study distances",
    "advise": "advise",
}
DIFFERENCES = 12  # that are said of a card


def leave(request: dict) -> Any:
    """A file of the settings on show (“values”).  what: "card", "python", "bibtex", "csv" (of: a
    strip, or "samples") or "npz".  link: the query of the page, for a card."""
    try:
        e = experiment_of(request)
        make = MAKE.get(what) if isinstance(what := request.get("what"), str) else None
        if make is None:
            raise UserError(f"Unknown file {what!r:.40}. Known: {', '.join(MAKE)}.")
        with ROOM.taking(SETTLED), View(e, exact=True).room():
            return as_json({"name": _named(e), **make(e, request)})
    except Cancelled:
        return {"stale": True}
    except UserError as error:
        return {"problem": str(error)}


def _named(e: Experiment) -> str:
    return f"{sampler_name(e)} {e.nfe} {e.data.label}"


def _card(e: Experiment, request: dict) -> dict[str, Any]:
    found = cards.card(e, breathe, request.get("link", ""))
    return {"text": _written(found)}


def _csv(e: Experiment, request: dict) -> dict[str, Any]:
    return {"text": table.csv_of(e, str(request.get("of", "error")), breathe)}


def _npz(e: Experiment, _: dict) -> dict[str, Any]:
    data = arrays.npz_of(run(e, breathe), MOST)
    return {"bytes": base64.b64encode(data).decode("ascii")}


def _python(e: Experiment, _: dict) -> dict[str, Any]:
    return {"text": cards.python(e)}


def _bibtex(e: Experiment, _: dict) -> dict[str, Any]:
    return {"text": "\n\n".join(entry["bibtex"] for entry in citations.cited(e)) + "\n"}


def _study(e: Experiment, request: dict) -> dict[str, Any]:
    """The card of a study as the page shows it: what was asked and found, beside the view that it
    is of.  Its words and table are the page's own and come back as they are."""
    words = {
        k: str(request.get(k) or "")[: reading.WORDS]
        for k in ("kind", "question", "sentence", "link")
    }
    command = _command(words["kind"], e)
    cells = cells_of(request.get("job"))
    found = study_card(e, words, command, request.get("table"), cells)
    text = _written(found)
    if len(text) > reading.LARGEST:
        raise UserError("The table of this study is too large for a card; save it as CSV.")
    return {"text": text}


def _command(kind: str, e: Experiment) -> str:
    """The line that measures the same of the view, with the usual values of what the page may have
    chosen otherwise; nothing where only a page measures it."""
    verb = COMMANDS.get(kind)
    given = {"nfe": e.nfe, **dict(parse_qsl(to_query(e)))}  # a command may have another usual one
    of = [shlex.quote(f"{k}={v}") for k, v in given.items()]
    return " ".join(["python -m explorer", verb, *of]) if verb else ""


def _parquet(e: Experiment, request: dict) -> dict[str, Any]:
    """The table of a study, one row a cell: its columns as they are called on the page, and beside
    them every setting of the view that it is of, under “view.…”."""
    given = request.get("table")
    table = given if isinstance(given, dict) else {}
    columns, lines = table.get("columns"), table.get("rows")
    if not is_table(columns, lines):
        raise UserError(
            f"“table” must hold “columns”, at most {COLUMNS} names, and “rows”, at most {LINES:,} "
            "lists of as many texts or numbers."
        )
    of = {f"view.{k}": v for k, v in jsonable(flatten(e)).items()}
    data, _ = parquet_bytes({**dict(zip(columns, row, strict=True)), **of} for row in lines)
    return {"bytes": base64.b64encode(data).decode("ascii")}


def _written(found: dict[str, Any]) -> str:
    """As JSON.  Raises UserError where what the page sent cannot be written."""
    try:
        text = json.dumps(found, indent=1, ensure_ascii=False, allow_nan=False)
        text.encode("utf-8")
    except (ValueError, RecursionError):
        raise UserError(
            "The link or the table holds what no card can: NaN, or half a character."
        ) from None
    return text + "\n"


MAKE = {
    "study": _study,
    "card": _card,
    "python": _python,
    "bibtex": _bibtex,
    "csv": _csv,
    "npz": _npz,
    "parquet": _parquet,
}


def card_open(request: dict) -> Any:
    """The view of a card (“text”), and in sentences what differs here from what it says; of the
    card of a study what it asks and found, and nothing is measured."""
    try:
        text = request.get("text") if isinstance(request, dict) else None
        if not isinstance(text, str):
            raise UserError("“text” must be the text of a run card.")
        if reading.is_study(text):
            with ROOM.taking(SETTLED):
                return as_json({"study": opened(reading.shown_study(text))})
        card = reading.read(text)
        e = of_card(card)
        with ROOM.taking(SETTLED), View(e, exact=True).room():
            found = cards.replay(card, breathe, alone=False)
    except Cancelled:
        return {"stale": True}
    except UserError as error:
        return {"problem": str(error)}
    said = [found.verdict, *found.elsewhere, *found.differs[:DIFFERENCES]]
    if (left := len(found.differs) - DIFFERENCES) > 0:
        said.append(f"and {left} more; “python -m explorer replay --all” says every one")
    return as_json({"query": to_query(e), "equal": found.equal, "said": said})
