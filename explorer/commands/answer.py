"""The end error along one setting, as a table."""

import argparse
import json
from pathlib import Path

from ..errors import UserError
from .devices import device_option
from .tables import told
from .words import pairs


def answer(arguments: list[str]) -> int:
    """python -m explorer answer data=spiral nfe=35 rho [--json]"""
    options = _options(arguments)
    from ..lab.experiment import Experiment, use_device
    from ..settings import unflatten
    from ..store import places

    use_device(options.device, "float32")
    names = [w for w in options.words if "=" not in w]
    if len(names) != 1:
        raise UserError(
            f"Name one setting to go along, as in “answer nfe=35 rho”; got {len(names)}."
        )
    base = unflatten(Experiment, pairs([w for w in options.words if "=" in w]))
    folder = Path(options.folder) if options.folder else places.cache("studies")
    found = _measured(base, names[0], folder)
    print(json.dumps(found, indent=1, ensure_ascii=False) if options.json else _table(found))
    return 0


def _options(arguments: list[str]) -> argparse.Namespace:
    p = argparse.ArgumentParser(
        prog="python -m explorer answer",
        description="The median end error along one numeric setting, all else as it is, and which "
        "of its values are near the best.",
    )
    p.add_argument(
        "words",
        nargs="+",
        metavar="key=value | SETTING",
        help="the view, as in a link, and the setting by its key or the end of it: rho",
    )
    p.add_argument("--json", action="store_true", help="print JSON with all digits")
    p.add_argument("--folder", default=None, metavar="FOLDER", help="keep what is measured in here")
    device_option(p)
    return p.parse_intermixed_args(arguments)


def _measured(base, word: str, folder: Path) -> dict:
    """The whole curve; how many points there are so far is told on a terminal."""
    from ..study.setting_error import along, axis_of, rounds
    from ..ui.answer import answer as said
    from ..ui.answer import unasked
    from .rows import counted_done

    axis = axis_of(base, word)
    plan, known = rounds(base, axis, full=True), {}
    if not unasked(base, axis, plan):
        known = dict(counted_done(along(base, axis, folder=folder)))
    return said(base, axis, plan, known)


def _table(found: dict) -> str:
    rows = [
        {
            found["key"]: p["value"],
            "nfe": p["nfe"],
            "median end error": p["median"] if p["median"] is None else _estimate(p),
            "paths": p["paths"] or None,
            "note": p["note"],
        }
        for p in found["points"]
    ]
    text = f"{found['lead']} {found['rest']}".strip()
    return f"{told({'rows': rows})}\n\n{text}" if rows else text


def _estimate(p: dict) -> dict:
    return {"value": p["median"], "low": p["low"], "high": p["high"]}
