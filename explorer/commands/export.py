"""Data as files: samples and paths, the numbers of a strip, the cells of a study."""

import argparse
from pathlib import Path
from typing import Any

from ..errors import UserError
from .devices import device_option, precision_option
from .words import pairs, within

ENDINGS = (".npz", ".csv", ".parquet")


def export(arguments: list[str]) -> int:
    """python -m explorer export data=spiral nfe=15 --out run.npz"""
    given = _options(arguments)
    within(given.out)
    if (ending := Path(given.out).suffix) not in ENDINGS:
        raise UserError(f"{given.out!r:.80} ends in none of {', '.join(ENDINGS)}.")
    if given.study is not None:
        return _study(given, ending)
    if ending == ".parquet":
        raise UserError("Parquet is for the cells of a study: export --study --out study.parquet.")
    from ..lab.experiment import Experiment, run, use_device
    from ..settings import unflatten
    from ..store.writing import write_bytes, write_text

    use_device(given.device, given.precision)
    e = unflatten(Experiment, pairs(given.settings))
    if ending == ".npz":
        from ..cards.arrays import npz_of

        write_bytes(Path(given.out), npz_of(run(e)))
    else:
        from ..strips.table import csv_of

        write_text(Path(given.out), csv_of(e, given.of))
    print(given.out)
    return 0


def _options(arguments: list[str]) -> argparse.Namespace:
    from ..strips.table import TABLES

    p = argparse.ArgumentParser(
        prog="python -m explorer export",
        description="Write the data of a view or of studies, every number with all its digits.",
        epilog=".npz: samples, levels, states and denoised paths. .csv: one table of the view. "
        "--study: one row a cell with all its settings, as .parquet or .csv.",
    )
    p.add_argument("settings", nargs="*", metavar="key=value", help="the view, as in a link")
    p.add_argument("--out", required=True, metavar="FILE", help="ends in .npz, .csv or .parquet")
    p.add_argument("--of", default="error", choices=TABLES, help="of a .csv: which table")
    p.add_argument(
        "--study",
        nargs="?",
        const="",
        default=None,
        metavar="FOLDER",
        help="the cells that studies have kept: of this folder, or of the cache",
    )
    p.add_argument("--measure", default="", metavar="NAME", help="of a study: these cells alone")
    device_option(p)
    precision_option(p)
    return p.parse_intermixed_args(arguments)


def _study(given: argparse.Namespace, ending: str) -> int:
    from ..cards import rows, tables
    from ..store import places
    from ..store.results import Results
    from ..store.writing import write_text

    folder = Path(given.study) if given.study else places.cache("studies")
    if given.settings:
        raise UserError("--study writes what is kept, and takes no settings beside it.")
    found: Any = rows.rows_of(Results(folder), given.measure)
    if ending == ".parquet":
        count = rows.parquet_of(found, given.out)
    elif ending == ".csv":
        found = list(found)
        if not (count := len(found)):
            raise UserError(rows.NOTHING)
        write_text(Path(given.out), tables.csv_of(found))
    else:
        raise UserError("The cells of a study are written as .parquet or .csv.")
    print(f"{given.out}: {count} cells")
    return 0
