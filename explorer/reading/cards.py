"""Reads a run card from a stranger: JSON within bounds, whose every part is of its kind.

    read(data) -> card        a dict with "settings", "exact", "numbers", "made", "weights"

Nothing in it is executed: the Python that a card holds is text.  Settings are checked once more,
one by one, by whoever makes an experiment of them.
"""

import json
import math
import re
from typing import Any, NoReturn

from ..errors import UserError
from .table import COLUMNS, LINES, is_table

LARGEST = 4 * 2**20  # bytes; a card of 1,000 levels has 0.2 MB
FORMAT, VERSION = "explorer-card", 1
OF_STUDY = "explorer-study-card"
STUDY = (
    "This is the card of a study: its “link” opens the study on a page, where Run measures it, its "
    "“command” measures the same of the view, and “python -m explorer replay” its cells."
)
NO_CELLS = (
    "This study’s card names no cells to run again: its “link” opens the study on a page, where "
    "Run measures it, and its “command” measures the same of the view."
)
WORDS = 20_000  # characters of each text of a study's card
CELLS, THREADS, MEASURES = 2000, 64, 512  # the most of a study’s card
DEEPEST = 12
SETTINGS, LEVELS, SAMPLES, DIGESTS = 400, 4096, 64, 64  # the most that are read of each
NO_NUMBERS = ("nan", "inf", "-inf")
DIGEST = re.compile(r"[0-9a-f]{8,64}")
KINDS: dict[str, type | tuple[type, ...]] = {
    "settings": dict, "exact": dict, "numbers": dict, "made": dict, "weights": list,
}  # fmt: skip
EXACT: dict[str, type | tuple[type, ...]] = {
    "sigma": list, "samples": dict, "x": dict, "denoised": dict, "some": list,
}  # fmt: skip


def read(data: bytes | str) -> dict[str, Any]:
    """The card in a text.  Raises UserError with what was found and what would work."""
    if len(data) > LARGEST:
        _no(f"it has {len(data) / 2**20:.1f} MiB; a card has at most {LARGEST // 2**20}")
    found = _json(data)
    if isinstance(found, dict) and found.get("format") == OF_STUDY:
        raise UserError(STUDY)
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        _no('its JSON does not begin with “"format": "explorer-card"”')
    if found.get("version") != VERSION:
        _no(f"its version is {found.get('version')!r:.40}, and {VERSION} is what is read here")
    _kinds(found, KINDS, "")
    _kinds(found["exact"], EXACT, "exact.")
    _settings(found["settings"])
    _numbers(found["exact"])
    weights = found["weights"]
    if len(weights) > DIGESTS or not all(
        isinstance(w, str) and DIGEST.fullmatch(w) for w in weights
    ):
        _no(f"“weights” must be at most {DIGESTS} digests of the characters 0-9 and a-f")
    return found


def is_study(data: bytes | str) -> bool:
    """Whether a text is the card of a study."""
    text = data[:400].decode("utf-8", "replace") if isinstance(data, bytes) else data[:400]
    return bool(re.match(r'\s*\{\s*"format":\s*"explorer-study-card"', text))


def shown_study(data: bytes | str) -> dict[str, Any]:
    """The card of a study as a page can show it: its words, “table” and “settings”, and what it
    was “made” with.  Raises UserError."""
    found = _study(data)
    _kinds(found, {"settings": dict, "made": dict, "weights": list}, "")
    _settings(found["settings"])
    for name in ("kind", "question", "sentence", "link"):
        if not isinstance(found.get(name), str) or len(found[name]) > WORDS:
            _no(f"“{name}” must be a text of at most {WORDS:,} characters")
    table = found.get("table")
    if table is not None and not (
        isinstance(table, dict) and is_table(table.get("columns"), table.get("rows"))
    ):
        _no(f"“table” must hold at most {COLUMNS} “columns” and {LINES:,} “rows” of as many values")
    return found


def read_study(data: bytes | str) -> dict[str, Any]:
    """The card of a study, whose “cells” can be measured again.  Raises UserError."""
    found = _study(data)
    cells = found.get("cells")
    if not isinstance(cells, dict) or not cells.get("rows"):
        raise UserError(NO_CELLS)
    return _with_cells(found, cells)


def _study(data: bytes | str) -> dict[str, Any]:
    if len(data) > LARGEST:
        _no(f"it has {len(data) / 2**20:.1f} MiB; a card has at most {LARGEST // 2**20}")
    found = _json(data)
    if not isinstance(found, dict) or found.get("format") != OF_STUDY:
        _no('its JSON does not begin with “"format": "explorer-study-card"”')
    if found.get("version") != VERSION:
        _no(f"its version is {found.get('version')!r:.40}, and {VERSION} is what is read here")
    return found


def _with_cells(found: dict[str, Any], cells: dict[str, Any]) -> dict[str, Any]:
    _kinds(cells, {"base": dict, "measures": list, "rows": list}, "cells.")
    threads, rows, measures = cells.get("threads"), cells["rows"], cells["measures"]
    if type(threads) is not int or not 1 <= threads <= THREADS:
        _no(f"“cells.threads” must be a whole number from 1 to {THREADS}")
    if len(rows) > CELLS or len(measures) > MEASURES:
        _no(f"it names more than {CELLS:,} cells, or more than {MEASURES} measures")
    _settings(cells["base"])
    for one in (*rows, *measures):
        if not isinstance(one, dict):
            _no("each cell and each measure must be an object")
    for one in measures:
        _settings(one)
    for row in rows:
        _row(row, len(measures))
    return found


def _row(row: dict, measures: int) -> None:
    _kinds(row, {"set": dict, "drop": list, "numbers": dict}, "cells.rows.")
    _settings(row["set"])
    if len(row["drop"]) > SETTINGS or not all(isinstance(k, str) for k in row["drop"]):
        _no("“cells.rows.drop” must be names of settings")
    if type(row.get("measure")) is not int or not 0 <= row["measure"] < measures:
        _no("“cells.rows.measure” must be the place of one of its measures")
    for name in ("question", "answer"):
        if not isinstance(row.get(name), str) or not DIGEST.fullmatch(row[name]):
            _no(f"“cells.rows.{name}” must be a digest of the characters 0-9 and a-f")
    if not all(_finite(v) for v in row["numbers"].values()):
        _no("“cells.rows.numbers” must be numbers")


def _no(why: str) -> NoReturn:
    raise UserError(
        f"This is no run card: {why}. “python -m explorer card … --out card.json” "
        "writes one, and so does Export on the Explore page."
    )


def _json(data: bytes | str) -> Any:
    try:
        text = data.decode("utf-8") if isinstance(data, bytes) else data
        found = json.loads(
            text, parse_constant=lambda word: _no(f"it holds {word}, which is no JSON")
        )
        json.dumps(found, ensure_ascii=False).encode()  # no half of a character
    except RecursionError:
        _no("it is nested too deeply")
    except UnicodeError:
        _no("it is no text in UTF-8")
    except ValueError as error:  # of JSON, or a number of thousands of digits
        why = re.sub(r"[^\w ,.:;()'-]", "", str(error))[:120]
        _no(f"it is not JSON ({why})")
    if _depth(found) > DEEPEST:
        _no(f"it is nested more than {DEEPEST} deep")
    return found


def _depth(value: Any) -> int:
    level, depth = [value], 0
    while level and depth <= DEEPEST:
        inside = [v for v in level if isinstance(v, dict | list)]
        level = [w for v in inside for w in (v.values() if isinstance(v, dict) else v)]
        depth += bool(inside)
    return depth


def _kinds(found: dict, kinds: dict, where: str) -> None:
    for name, kind in kinds.items():
        if not isinstance(found.get(name), kind):
            what = {dict: "an object", list: "a list"}[kind]
            _no(f"“{where}{name}” must be {what}")


def _settings(settings: dict) -> None:
    if len(settings) > SETTINGS:
        _no(f"it has {len(settings):,} settings; at most {SETTINGS} are read")
    for key, value in settings.items():
        parts = value if isinstance(value, list) else [value]
        if len(key) > 64 or not all(isinstance(v, str | int | float) for v in parts):
            _no(f"the setting {key!r:.60} must be a number, a text, true, false or a list of these")


def _numbers(exact: dict) -> None:
    sigma, some = exact["sigma"], exact["some"]
    if len(sigma) > LEVELS or not all(v == "inf" or _finite(v) for v in sigma):
        _no(f"“exact.sigma” must be at most {LEVELS:,} numbers, or “inf”")
    if len(some) > SAMPLES or not all(
        isinstance(row, list)
        and len(row) <= SAMPLES
        and all(v in NO_NUMBERS or _finite(v) for v in row)
        for row in some
    ):
        _no(
            f"“exact.some” must be at most {SAMPLES} lists of at most {SAMPLES} numbers, or "
            f"{', '.join(NO_NUMBERS)} of a run that blew up"
        )
    for name in ("samples", "x", "denoised"):
        one = exact[name]
        if not isinstance(one.get("sha256"), str) or not DIGEST.fullmatch(one["sha256"]):
            _no(f"“exact.{name}.sha256” must be a digest of the characters 0-9 and a-f")
        if not isinstance(one.get("shape"), list) or not isinstance(one.get("dtype"), str):
            _no(f"“exact.{name}” must hold a “shape” and a “dtype”")


def _finite(v: Any) -> bool:
    if isinstance(v, bool) or not isinstance(v, int | float):
        return False
    return abs(v) < 2**1023 if isinstance(v, int) else math.isfinite(v)
