"""What the strips of the spine show, and one step as AMED sees it, in numbers."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from ..errors import UserError
from .devices import device_option
from .tables import told
from .words import pairs

AMED = "amed"  # beside the strips: one step of true paths, and the best r and c for each


def measure(arguments: list[str]) -> int:
    """python -m explorer measure loss data=moons [--json] [--out FILE.html]"""
    options = _options(arguments)
    from ..cards.tables import rows
    from ..dialects.lists import read_list
    from ..lab.experiment import Experiment, use_device
    from ..lab.notes import known_by
    from ..settings import to_query, unflatten

    if options.out and not Path(options.out).absolute().parent.is_dir():
        raise UserError(f"There is no folder {str(Path(options.out).parent)!r} to save in.")
    use_device(options.device, "float32")
    if options.what == AMED:
        learned = {"solver": "amed", "afs": True, "nfe": 5}
        found = _step(unflatten(Experiment, learned | pairs(options.settings)), options.step)
    else:
        e = unflatten(Experiment, read_list(pairs(options.settings))[0])
        found = {"query": to_query(e), **_strip(e, options)}
        for note in known_by(e):
            print(note, file=sys.stderr)
    print(json.dumps(found, indent=1, ensure_ascii=False) if options.json else told(rows(found)))
    return 0


def _options(arguments: list[str]) -> argparse.Namespace:
    from ..strips import STRIPS

    p = argparse.ArgumentParser(
        prog="python -m explorer measure",
        description="Measure what one strip of a view shows and print its numbers.",
        epilog="; ".join([*(f"{s.name}: {s.title}" for s in STRIPS.values()), f"{AMED}: a step"]),
    )
    p.add_argument("what", choices=[*STRIPS, AMED], help="the strip")
    p.add_argument("settings", nargs="*", metavar="key=value", help="the view, as in a link")
    p.add_argument("--exact", action="store_true", help="hold errors against the best reference")
    p.add_argument("--step", type=int, default=0, help=f"of {AMED}: which, from 0")
    p.add_argument("--out", default=None, metavar="FILE.html", help="save it as a figure")
    p.add_argument("--choice", default="", help="of the figure: what a reader chooses to see")
    p.add_argument("--json", action="store_true", help="print JSON with all digits")
    device_option(p)
    return p.parse_intermixed_args(arguments)


def _strip(e, options) -> dict[str, Any]:
    from ..lab.view import View
    from ..strips import STRIPS

    strip = STRIPS[options.what]
    numbers = strip.measure(View(e, exact=options.exact))
    if options.out:
        _save(strip, numbers, options)
    return numbers


def _save(strip, numbers: dict[str, Any], options) -> None:
    from ..strips.figure import figure

    drawings = strip.drawn(numbers)
    choice = options.choice or next(iter(drawings))
    if choice not in drawings:
        known = ", ".join(filter(None, drawings)) or "none"
        raise UserError(f"Unknown --choice {choice!r:.40}. Known: {known}.")
    figure(strip, drawings[choice], 900, 330).write_html(options.out)


def _step(e, step: int) -> dict[str, Any]:
    from ..lab.experiment import levels
    from ..study.predictors import student
    from ..study.step_picture import numbers

    e = student(e)
    if not 0 <= step < (steps := len(levels(e)) - 1):
        raise UserError(f"--step = {step} is out of range; 0 to {steps - 1} works.")
    return numbers(e, step)
