"""The card of a study: what was asked and found, its table, and which cells were measured.

study_card(view, words, command, table, cells) -> card         opened(card) -> what a page shows
"""

from typing import Any

from ..lab.experiment import Experiment
from ..lab.view import View
from ..reading.cards import OF_STUDY, VERSION
from ..settings import flatten, jsonable, to_query, unflatten
from .citations import cited
from .code import python
from .made import held, made, read_from_disk
from .replay import elsewhere


def study_card(
    e: Experiment, words: dict[str, str], command: str, table: Any, cells: dict[str, Any]
) -> dict[str, Any]:
    """Plain values, fit for JSON.  words: "kind", "question", "sentence", "link"; cells: as
    `cells.Kept` lists them, or nothing."""
    return {
        "format": OF_STUDY,
        "version": VERSION,
        **words,
        "command": command,
        "table": table,
        "settings": jsonable(flatten(e)),
        "python": python(e),
        "weights": read_from_disk(e),
        "made": made(View(e).source),
        "citations": cited(e),
        "cells": cells,
    }


def opened(card: dict[str, Any]) -> dict[str, Any]:
    """A card that was read, as a page shows it: its words and its table, the view that it is of as
    a query, and in sentences what is other here.  Nothing is measured.  Raises UserError for
    settings that are none."""
    e = unflatten(Experiment, card["settings"])
    digests, why = held(e)
    if why or digests != card["weights"]:
        said = [why or "The weights of its networks are other ones here."]
    else:
        said = elsewhere(card["made"], made(View(e).source))
    words = {k: card[k] for k in ("kind", "question", "sentence", "link")}
    return {**words, "table": card.get("table"), "query": to_query(e), "said": said}
