"""Figures for print: a view's stage and strips, or a sweep of solvers, as PDF, SVG or PNG."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import UserError
from .devices import device_option
from .words import pairs

if TYPE_CHECKING:
    from ..figures.paper import Sheet

COMPARE = "compare"  # error against evaluations, beside the parts of a view
AB = "ab"  # the view beside another from the same noise
TABLES = ("design", "ladder", "claims")
OF_FILE = {"schedules": "the lists in a file", "recording": "the strips of a recorded run"}


def figure(arguments: list[str]) -> int:
    """python -m explorer figure stage steps data=moons --out fig.pdf --width iclr [--grey]"""
    from ..ui.figure import NAMES

    options = _options(arguments, NAMES)
    from ..figures import paper
    from ..lab.experiment import Experiment, use_device
    from ..settings import from_query, unflatten

    known = (*NAMES, COMPARE, AB, *TABLES, *OF_FILE)
    names = [word for word in options.words if "=" not in word]
    if unknown := next((n for n in names if n not in known), None):
        raise UserError(f"Unknown figure {unknown!r:.40}. Known: {', '.join(known)}.")
    if not names:
        raise UserError(f"Name what to draw: {', '.join(known)}.")
    _check(options.out)
    use_device(options.device, "float32")
    e = unflatten(Experiment, pairs([word for word in options.words if "=" in word]))
    if alone := next((n for n in names if n in OF_FILE), None):
        made = _of_file(alone, names, options)
    elif table := next((n for n in names if n in TABLES), None):
        made = _table(e, table, names, options)
    elif AB in names:
        made = _ab(e, names, options)
    elif COMPARE in names:
        made = _compare(e, names, options)
    else:
        from ..ui import figure as figures

        pin = None if options.pin is None else from_query(Experiment, options.pin.lstrip("?"))
        choices = pairs(options.choice)
        look = figures.stage.Look(options.what, options.true, options.pick)
        beside: dict[str, Any] = {"cursor": options.cursor, "pin": pin, "choices": choices}
        made = figures.sheet(e, names, **beside, look=look)
    written = paper.save(made, options.out, options.width, options.font, options.grey)
    print("\n".join(map(str, written)))
    return 0


def _options(arguments: list[str], names) -> argparse.Namespace:
    from ..figures.paper.look import FONTS, WIDTHS

    p = argparse.ArgumentParser(
        prog="python -m explorer figure",
        description="Draw parts of a view below each other for print, and write the caption beside "
        "the file: NAME.txt.",
        epilog=f"Parts: {', '.join(names)}; or alone {COMPARE}, {AB}, {', '.join(TABLES)}, "
        f"or with --file {' or '.join(OF_FILE)}. Widths: "
        + "; ".join(f"{k} ({v.label}, {v.width:g} in)" for k, v in WIDTHS.items())
        + "; or 2 to 20 inches.",
    )
    p.add_argument("words", nargs="+", metavar="PART or key=value", help="stage steps nfe=20")
    p.add_argument("--out", required=True, metavar="FILE", help="fig.pdf, fig.svg or fig.png")
    p.add_argument("--width", default="iclr", metavar="VENUE", help="of the column; iclr")
    p.add_argument("--font", default="serif", choices=[*FONTS])
    p.add_argument("--grey", action="store_true", help="told apart without colour")
    p.add_argument("--cursor", type=float, default=None, metavar="σ", help="a level to point at")
    p.add_argument("--pin", default=None, metavar="QUERY",
                   help=f"a run to show dotted beside it; of {AB}: B")  # fmt: skip
    p.add_argument("--choice", action="append", default=[], metavar="key=value",
                   help="of a strip: weight=vp, measure=angle")  # fmt: skip
    p.add_argument("--what", default="x", choices=["x", "D", "e"], help="of the stage")
    p.add_argument("--true", action="store_true", help="of the stage: at true size")
    p.add_argument("--pick", type=int, default=-1, help="of the stage: the path in ink")
    p.add_argument("--file", metavar="FILE", help="of schedules: a config, workflow, infotext or "
                   "list; of recording: a run that explorer.record kept")  # fmt: skip
    p.add_argument("--lists", metavar="A,B", help="of schedules: those to draw, as yours,edm")
    p.add_argument("--beside", metavar="FILE", help="of recording: a denser one, the same noise")
    p.add_argument("--solvers", metavar="A,B", help=f"of {COMPARE}")
    p.add_argument("--budgets", metavar="N,N", help=f"of {COMPARE}: evaluations")
    device_option(p)
    return p.parse_intermixed_args(arguments)


def _ab(e, names, options) -> "Sheet":
    """The view beside the one of --pin, from the same noise."""
    from ..lab.experiment import Experiment
    from ..settings import from_query
    from ..ui.figure import beside

    if len(names) > 1 or options.pin is None:
        raise UserError(f"{AB} is drawn alone, beside the view of --pin QUERY.")
    return beside.run(e, from_query(Experiment, options.pin.lstrip("?")))


def _table(e, name: str, names, options) -> "Sheet":
    """A table of the Design page or of Claims; --choice paper=EDM, verdict=holds."""
    from ..settings import flatten
    from ..ui.figure import tables

    if len(names) > 1:
        raise UserError(f"{name} is drawn alone.")
    return tables.of(name, flatten(e), pairs(options.choice))


def _of_file(name: str, names, options) -> "Sheet":
    """The lists of the Schedules page, or the strips of a recording."""
    if len(names) > 1 or not options.file:
        raise UserError(f"{name} is drawn alone, of a file: --file FILE.")
    from ..ui.figure import lists, recording

    if name == "schedules":
        try:
            text = Path(options.file).read_text(encoding="utf-8", errors="replace")
        except OSError as error:
            raise UserError(f"{options.file} cannot be read: {error.strerror}.") from None
        chosen = {"rows": options.lists.split(",")} if options.lists else {}
        return lists.sheet({"text": text, **chosen})
    from ..recorder import read

    denser = read(options.beside) if options.beside else None
    choices = {k: str(v) for k, v in pairs(options.choice).items()}
    return recording.sheet(read(options.file), denser, choices)


def _check(out: str) -> None:
    from ..figures.paper.look import FORMATS

    path = Path(out)
    if path.suffix.lower().removeprefix(".") not in FORMATS:
        raise UserError(f"--out ends in .{', .'.join(FORMATS)}; got {path.name!r:.60}.")
    if not path.absolute().parent.is_dir():
        raise UserError(f"There is no folder {str(path.parent)!r} to save in.")


def _compare(e, names, options) -> "Sheet":
    """Error against evaluations of several solvers, as the Compare page draws it."""
    if len(names) > 1:
        raise UserError(f"{COMPARE} is drawn alone; leave out {names[-1]!r:.40}.")
    from ..ui import compare
    from ..ui.figure import chart

    asked = {"budgets": options.budgets}
    asked["solvers"] = options.solvers and options.solvers.split(",")
    measured = compare.sweep(e, asked)
    rows = []
    for row in measured.rows(lambda: None):
        rows.append(row)
        print(f"\r{len(rows)} of {measured.total}", end="", file=sys.stderr)
    print(file=sys.stderr)
    shown = measured.show(rows)
    return chart(e, shown["figure"], shown["title"], shown["note"])
