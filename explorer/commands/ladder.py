"""EDM's configurations A to F, measured: `python -m explorer study ladder [data=digits]`."""

import argparse
import json
from collections.abc import Sequence
from typing import Any

from ..errors import UserError
from ..numerals import interval, number, percent1
from .words import pairs


def ladder(options: argparse.Namespace, how: dict[str, Any]) -> Any:
    """Each network as soon as it is measured, then what each rung changed; with --json all of it.
    The view of the first, for a card.

    Raises UserError for data without a ladder, before anything is measured."""
    from ..lab.source import use_device
    from ..study import ladder_record
    from ..study.ladder import ladder_plan, rungs
    from ..ui.ladder import told

    if options.keep and options.on:
        raise UserError(
            "The record that ships names this machine as what it was measured with: --keep goes "
            "without --on."
        )
    flat = pairs(options.settings)
    if stray := next((k for k in flat if k not in ("data", "images", "samples")), None):
        raise UserError(
            f"The networks are as they ship; {stray!r:.40} cannot be set, only data, images and "
            "samples."
        )
    sets = [flat["data"]] if "data" in flat else []
    asked = sets, _many(flat, "images"), _many(flat, "samples")
    plan, device = ladder_plan(*asked), use_device(options.device, "float32")
    if options.keep:
        how = how | {"folder": ladder_record.own(how["folder"], device)}
    found: dict[str, list] = {}
    for rung in rungs(*asked, **how):
        rows = found.setdefault(rung.data, [])
        rows.append(rung)
        if not options.json:
            print(_line(rung, rows[-2:-1]), flush=True)
    table: dict[str, Any] = ladder_record.table(found, device)
    if options.keep:
        ladder_record.keep(table)
    if options.json:
        print(json.dumps(table, indent=1, ensure_ascii=False))
    else:
        print("\n".join(f"{s['label']}: {s['said']}" for s in told(table)["sets"]))
    return plan[0][-1].experiment


def _many(flat: dict[str, Any], key: str) -> int:
    """How many images of the loss, or samples; 1024 if nothing is said.  Raises UserError."""
    given = str(flat.get(key, 1024))
    if not given.isdecimal() or not 64 <= int(given[:6]) <= 16384:
        raise UserError(f"{key}={given:.20} is no number from 64 to 16384.")
    return int(given)


def _line(rung, before: Sequence) -> str:
    """“digits C  good 80 % (77 %–82 %), 8.1 % (5 %–11 %) more; sliced Wasserstein …”"""
    from ..study.ladder import gain
    from ..ui.ladder import UNEQUAL

    share, way, rest = rung.share, rung.wasserstein, ""
    for last in before:
        more, fair = gain(rung, last), rung.images == last.images
        rest = f", {interval(more.value, more.low, more.high, percent1)} more"
        rest += "" if fair else f", {UNEQUAL}"
    return (
        f"{rung.data} {rung.letter}  good {interval(share.value, share.low, share.high, percent1)}"
        f"{rest}; sliced Wasserstein {interval(way.value, way.low, way.high, number)}"
    )
