"""The record that ships: what `python -m explorer study claims --keep` found, and when.

Each row carries the digest of all that its number depends on.  Where that is another one today the
row is stale: it is shown as such, and never as fresh.
"""

import datetime
import json
import os
import platform
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

from ... import __version__
from ...errors import UserError
from ...store import places, writing
from . import CLAIMS
from .tried import Row, digest, estimate


def place() -> Path:
    """Where it is."""
    return places.assets("claims.json")


def read(path: Path | None = None) -> dict[str, Any]:
    """{"version", "on", "with", "rows": {name: numbers}}; without a file no rows.

    Raises UserError for a file that is no record."""
    path = path or place()
    if not path.exists():
        return {"version": "", "on": "", "with": "", "rows": {}}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return {k: found[k] for k in ("version", "on", "with", "rows")}
    except (ValueError, KeyError, TypeError):
        raise UserError(
            "The record of the claims is damaged; python -m explorer study claims --keep makes it "
            "again."
        ) from None


def keep(rows: Iterable[Row], path: Path | None = None) -> dict[str, Any]:
    """Write what was found; rows of other claims stay as they are.  Raises Unsaved."""
    path = path or place()
    old = {k: v for k, v in read(path)["rows"].items() if k in CLAIMS}
    new = {
        r.claim.name: {
            "digest": digest(r.claim),
            **{k: r.plain()[k] for k in ("low", "value", "high", "count", "verdict")},
        }
        for r in rows
        if r.found is not None
    }
    both = old | new
    record = {
        "version": __version__,
        "on": datetime.date.today().isoformat(),
        "with": made_with(),
        "rows": {name: both[name] for name in CLAIMS if name in both},
    }
    writing.write_json(path, record, indent=1)
    return record


def rows(path: Path | None = None) -> list[dict[str, Any]]:
    """Every claim as JSON has it, with “stale”: "" for a number that is of today, else why not."""
    kept = read(path)["rows"]
    out = []
    for c in CLAIMS.values():
        row = kept.get(c.name)
        found = Row(c, None if row is None else estimate(row))
        out.append({**found.plain(), "stale": stale(c.name, row)})
    return out


def stale(name: str, row: dict[str, Any] | None) -> str:
    """Why the row that was kept of a claim is not of today; "" where it is."""
    if row is None:
        return "not measured yet"
    try:
        return "" if _digest(name) == row["digest"] else "of an earlier version; measure it again"
    except UserError as problem:
        return str(problem)


@lru_cache(512)
def _digest(name: str) -> str:
    return digest(CLAIMS[name])


def made_with() -> str:
    """On what a record is made: the version of torch, cores, the machine."""
    import torch

    return f"torch {torch.__version__.split('+')[0]}, {os.cpu_count()} cores, {platform.machine()}"
