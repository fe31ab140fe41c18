"""The card of a study: what was asked and found, its table, and which cells were measured."""

from typing import Any

from ..lab.experiment import Experiment
from ..lab.view import View
from ..reading.cards import OF_STUDY, VERSION
from ..settings import flatten, jsonable
from .citations import cited
from .code import python
from .made import made, read_from_disk


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
