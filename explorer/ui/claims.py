"""The Claims page: both papers' claims with what this project found, and one measured again."""

from ..errors import UserError
from ..lab.experiment import Experiment
from ..numerals import interval, number
from ..study.claims import claim, record
from ..study.claims.tried import Row, estimate, tried
from .measurement import Measurement

CHIPS = {"holds": "holds", "does not hold here": "not", "cannot be told": "open", "": "none"}


def listing() -> dict:
    """Every claim with the numbers of the record that ships, and when that was made.

    A number of an earlier version says so, and no verdict stands on it."""
    kept, rows = record.read(), [shown(row) for row in record.rows()]
    return {"rows": rows, "said": _said(kept, rows)}


def again(request: dict) -> Measurement:
    """One claim, by its “name”, measured now.  Raises UserError for an unknown one."""
    name = request.get("name")
    if not isinstance(name, str):
        raise UserError("A claim is measured by its name.")
    asked = claim(name)
    return Measurement(
        Experiment(), lambda watch: tried([asked.name], watch=watch), 1, lambda rows: _now(rows[-1])
    )


def shown(row: dict) -> dict:
    """A row of JSON as the page shows it: its numbers in words, and how its verdict looks."""
    verdict = "" if row["stale"] else row["verdict"]
    return row | {
        "verdict": verdict,
        "chip": CHIPS[verdict],
        "found": "" if row["value"] is None else _numbers(row),
    }


def _now(row: Row) -> dict:
    if row.found is None:
        raise UserError(row.problem)
    return {"row": shown({**row.plain(), "stale": ""})}


def _numbers(row: dict) -> str:
    found = estimate(row)
    return interval(found.value, found.low, found.high, lambda v: number(v, 4))


def _said(kept: dict, rows: list[dict]) -> str:
    if not kept["rows"]:
        return "Nothing is measured yet: python -m explorer study claims --keep does it."
    old = sum(bool(r["stale"]) for r in rows)
    stale = f" {old} of them are not of today’s version and say so." if old else ""
    return (
        f"Measured with version {kept['version']} on {kept['on']} ({kept['with']}); intervals of "
        f"95 %, so of {len(rows)} verdicts a few are chance.{stale}"
    )
