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

LARGEST = 4 * 2**20  # bytes; a card of 1,000 levels has 0.2 MB
FORMAT, VERSION = "explorer-card", 1
OF_STUDY = "explorer-study-card"
STUDY = (
    "This is the card of a study, which says what was found and holds no cells to run again: its "
    "“link” opens the study on a page, where Run measures it, and its “command” measures the same "
    "of the view. “replay” takes the card of a view."
)
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
