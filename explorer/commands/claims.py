"""The claims of both papers, measured and judged: `python -m explorer study claims [NAME …]`."""

import argparse
import json
from collections.abc import Iterator
from typing import Any

from ..errors import UserError
from ..numerals import interval, number


def claims(options: argparse.Namespace, how: dict[str, Any]) -> Any:
    """Each claim as soon as it is measured; with --json all of them at the end.  The view of the
    first, for a card; None where only names were asked for.

    Raises UserError for an unknown name, before anything is measured."""
    from ..lab.source import use_device
    from ..study.claims import CLAIMS, claim, record
    from ..study.claims.tried import tried

    if stray := next((w for w in options.settings if "=" in w), None):
        raise UserError(
            f"Claims bring their own views; {stray[:60]!r} is a setting. Give names, or nothing "
            f"for all: {', '.join(list(CLAIMS)[:3])} …"
        )
    chosen = [claim(name) for name in options.settings] or list(CLAIMS.values())
    if options.names:
        print("\n".join(f"{c.name:44} {c.paper:5} {c.source}" for c in chosen))
        return None
    use_device(options.device, "float32")
    rows = []
    for row in tried([c.name for c in chosen], **how):
        rows.append(row)
        if not options.json:
            print(_line(row), flush=True)
    if options.keep:
        record.keep(rows)
    if options.json:
        print(json.dumps({"rows": [r.plain() for r in rows]}, indent=1, ensure_ascii=False))
    else:
        print("\n".join(_counted(rows)))
    return chosen[0].experiment


def fine(value: float) -> str:
    """Four digits: much that is claimed lies near 1."""
    return number(value, 4)


def _line(row) -> str:
    """“does not hold here   rho-3-equalises-heun   1.32 (1.29–1.35), at most 0   EDM App. D.1”"""
    c, f = row.claim, row.found
    numbers = row.problem if f is None else interval(f.value, f.low, f.high, fine)
    return f"{row.verdict or 'not measured':18}  {c.name:44}  {numbers}; claimed {c.relation}"


def _counted(rows: list) -> Iterator[str]:
    from ..study.claims.contract import VERDICTS

    counts = {v: sum(r.verdict == v for r in rows) for v in ("", *VERDICTS)}
    yield ", ".join(f"{n} {v or 'not measured'}" for v, n in counts.items() if n)
