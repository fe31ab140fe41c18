"""Figures for print: a view's stage and strips, or a sweep of solvers, as PDF, SVG or PNG."""

import argparse
import sys
from pathlib import Path
from typing import Any

from ..errors import UserError
from .devices import device_option
from .words import pairs

COMPARE = "compare"  # error against evaluations, beside the parts of a view
AB = "ab"  # the view beside another from the same noise
OF_FILE = {"schedules": "the lists in a file", "recording": "the strips of a recorded run"}


def figure(arguments: list[str]) -> int:
    """python -m explorer figure stage steps data=moons --out fig.pdf --width iclr [--grey]"""
    from ..ui.figure import NAMES

    options = _options(arguments, NAMES)
    from ..lab.experiment import Experiment, use_device
    from ..settings import from_query, unflatten

    known = (*NAMES, COMPARE, AB, *OF_FILE)
    names = [word for word in options.words if "=" not in word]
    if unknown := next((n for n in names if n not in known), None):
        raise UserError(f"Unknown figure {unknown!r:.40}. Known: {', '.join(known)}.")
    if not names:
        raise UserError(f"Name what to draw: {', '.join(known)}.")
    _check(options.out)
    use_device(options.device, "float32")
    e = unflatten(Experiment, pairs([word for word in options.words if "=" in word]))
    how = {"width": options.width, "font": options.font, "grey": options.grey}
    if alone := next((n for n in names if n in OF_FILE), None):
        written = _of_file(alone, names, options, how)
    elif AB in names:
        written = _ab(e, names, options, how)
    elif COMPARE in names:
        written = _compare(e, names, options, how)
    else:
        from ..ui import figure as figures

        pin = None if options.pin is None else from_query(Experiment, options.pin.lstrip("?"))
        choices = pairs(options.choice)
        look = figures.stage.Look(options.what, options.true, options.pick)
        beside: dict[str, Any] = {"cursor": options.cursor, "pin": pin, "choices": choices}
        written = figures.save(e, names, options.out, **how, **beside, look=look)
    print("\n".join(map(str, written)))
    return 0


def _options(arguments: list[str], names) -> argparse.Namespace:
    from ..figures.paper.look import FONTS, WIDTHS

    p = argparse.ArgumentParser(
        prog="python -m explorer figure",
        description="Draw parts of a view below each other for print, and write the caption beside "
        "the file: NAME.txt.",
        epilog=f"Parts: {', '.join(names)}; or alone {COMPARE}, {AB}, or with --file "
        f"{' or '.join(OF_FILE)}. Widths: "
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


def _ab(e, names, options, how) -> list[Path]:
    """The view beside the one of --pin, from the same noise."""
    from ..lab.experiment import Experiment
    from ..settings import from_query
    from ..ui.figure import beside

    if len(names) > 1 or options.pin is None:
        raise UserError(f"{AB} is drawn alone, beside the view of --pin QUERY.")
    return beside.save(e, from_query(Experiment, options.pin.lstrip("?")), options.out, **how)


def _of_file(name: str, names, options, how) -> list[Path]:
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
        return lists.save(text, options.out, **how, **chosen)
    from ..recorder import read

    denser = read(options.beside) if options.beside else None
    choices = {k: str(v) for k, v in pairs(options.choice).items()}
    mine = read(options.file)
    return recording.save(mine, options.out, **how, denser=denser, choices=choices)


def _check(out: str) -> None:
    from ..figures.paper.look import FORMATS

    path = Path(out)
    if path.suffix.lower().removeprefix(".") not in FORMATS:
        raise UserError(f"--out ends in .{', .'.join(FORMATS)}; got {path.name!r:.60}.")
    if not path.absolute().parent.is_dir():
        raise UserError(f"There is no folder {str(path.parent)!r} to save in.")


def _compare(e, names, options, how) -> list[Path]:
    """Error against evaluations of several solvers, as the Compare page draws it."""
    if len(names) > 1:
        raise UserError(f"{COMPARE} is drawn alone; leave out {names[-1]!r:.40}.")
    from ..figures import paper
    from ..settings import to_query
    from ..ui import compare
    from ..ui.figure import caption

    asked = {"budgets": options.budgets}
    asked["solvers"] = options.solvers and options.solvers.split(",")
    measured = compare.sweep(e, asked)
    rows = []
    for row in measured.rows(lambda: None):
        rows.append(row)
        print(f"\r{len(rows)} of {measured.total}", end="", file=sys.stderr)
    print(file=sys.stderr)
    shown = measured.show(rows)
    told = f"{shown['title']}. {shown['note']}"
    said = caption.of(e, (), told=told, base=True)
    return paper.save(shown["figure"], options.out, **how, caption=said, title=shown["title"],
                      query=to_query(e))  # fmt: skip
