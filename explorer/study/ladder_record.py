"""The table of configurations A to F that ships: `python -m explorer study ladder --keep` wrote it.

Each row carries the digest of the weights it was measured on; where those are others today, the row
is stale and says so.
"""

import datetime
import json
import platform
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .. import __version__
from ..core.device import Device
from ..errors import UserError
from ..store import places, weights, writing
from .configuration import LEVELS
from .ladder import LETTERS, NFE, Rung, plain

KEYS = ("levels", "nfe", "sets")
COMMAND = "python -m explorer study ladder --keep"
DAMAGED = f"The table of A to F is damaged; {COMMAND} makes it again."


def place() -> Path:
    """Where it is."""
    return places.assets("ladder.json")


def made_with(device: Device) -> str:
    """“torch 2.4.1, CPU, x86_64”: what a record says that it was measured with."""
    import torch

    return f"torch {torch.__version__.split('+')[0]}, {device.label}, {platform.machine()}"


def own(folder: Path, device: Device) -> Path:
    """Where cells of a record lie, within the folder of all: an answer names nothing of what it was
    measured with, so those of another torch or device are apart and never read as these."""
    return folder / re.sub(r"[^\w.]+", "-", made_with(device))


def table(found: Mapping[str, Sequence[Rung]], device: Device) -> dict[str, Any]:
    """All that was measured, as plain values, and with what."""
    made = {
        "version": __version__,
        "on": datetime.date.today().isoformat(),
        "with": made_with(device),
    }
    return {
        "levels": list(LEVELS),
        "nfe": NFE,
        "sets": {
            data: {**made, "command": _command(data, rows[0]), "rows": plain(rows)}
            for data, rows in found.items()
        },
    }


def _command(data: str, rung: Rung) -> str:
    """What makes these rows again."""
    sizes = f"images={rung.errors.shape[1]} samples={len(rung.good)}"
    return f"python -m explorer study ladder data={data} {sizes} --keep"


def keep(new: Mapping[str, Any], path: Path | None = None) -> dict[str, Any]:
    """Write a table; sets that it lacks stay as they are.  Raises Unsaved."""
    path = path or place()
    old = read(path)["sets"]
    both = {**old, **new["sets"]}
    record = {**new, "sets": {data: both[data] for data in sorted(both)}}
    writing.write_json(path, record, indent=1)
    return record


def read(path: Path | None = None) -> dict[str, Any]:
    """The table, without a file one of no sets.  Raises UserError for a file that is none."""
    path = path or place()
    if not path.exists():
        return {"levels": [], "nfe": NFE, "sets": {}}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return {k: found[k] for k in KEYS}
    except (ValueError, KeyError, TypeError):
        raise UserError(DAMAGED) from None


def stale(data: str, rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Letters whose network is another one than the one that was measured, or is not here."""
    here = {c.name: c.digest for c in weights.ladder()}
    return [r["letter"] for r in rows if here.get(r["network"]) != r["digest"]] or [
        x for x in LETTERS if x not in {r["letter"] for r in rows}
    ]
