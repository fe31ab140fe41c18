"""What a recording of a run elsewhere shows: its steps, curvature and plane, and its schedule."""

import argparse
import json
from pathlib import Path
from typing import Any

from ..errors import UserError
from .tables import told


def recording(arguments: list[str]) -> int:
    """python -m explorer recording FILE [--beside DENSER] [--json] [--out FILE.html]"""
    options = _options(arguments)
    if options.out and not Path(options.out).absolute().parent.is_dir():
        raise UserError(f"There is no folder {str(Path(options.out).parent)!r} to save in.")
    from ..recorder import read
    from ..ui import recorded

    mine = read(options.file)
    denser = read(options.beside) if options.beside else None
    found = recorded.numbers(mine, denser)
    report = _xray(options.file)
    if options.out:
        _save(found["strips"], options)
    if options.json:
        print(json.dumps({**found, "xray": report.json()}, indent=1, ensure_ascii=False))
        return 0
    print(f"{recorded.title(mine, found['strips'])}\n{recorded.note(mine)}")
    for line in [*found["notes"], *_faults(report)]:
        print(f"- {line}")
    for name in ("curvature", "plane"):
        _strip(name, found["strips"][name])
    if denser is not None:
        _beside(mine, denser)
    return 0


def _options(arguments: list[str]) -> argparse.Namespace:
    p = argparse.ArgumentParser(
        prog="python -m explorer recording",
        description="Open a recording that explorer.record made and print what it shows.",
    )
    p.add_argument("file", metavar="FILE", help="the recording")
    p.add_argument("--beside", metavar="DENSER", help="a recording of the same noise, more steps")
    p.add_argument("--out", default=None, metavar="FILE.html", help="save a strip as a figure")
    p.add_argument("--strip", default="curvature", help="of the figure: steps, curvature, plane, …")
    p.add_argument("--choice", default="", help="of the figure: what a reader chooses to see")
    p.add_argument("--json", action="store_true", help="print JSON with all digits")
    return p.parse_args(arguments)


def _xray(file: str) -> Any:
    from ..dialects.xray import xray
    from ..ui.recorded import bare

    return xray(bare(Path(file).read_bytes()))


def _faults(report: Any) -> list[str]:
    return [f"{f.severity}: {f.text}" for f in report.faults] or ["X-ray: no fault found."]


def _strip(name: str, numbers: dict[str, Any]) -> None:
    print(f"\n{name}")
    if "why" in numbers:
        print(numbers["why"])
        return
    if name == "curvature":  # one measure of four: the others are in --json
        numbers = {"sigma": numbers["bend"]["sigma"], "bend": numbers["bend"]["curves"]}
    from ..cards.tables import rows

    print(told(rows(numbers)))


def _beside(mine: Any, denser: Any) -> None:
    from ..recorder.beside import beside
    from ..ui import recorded

    found = beside(mine, denser)
    said = recorded.words(mine, found)
    print("\n" + "\n".join([said["title"], said["note"], *found.notes]))
    print(told({"rows": [dict(zip(said["columns"], row, strict=True)) for row in said["rows"]]}))


def _save(numbers: dict[str, Any], options: argparse.Namespace) -> None:
    from ..strips import recorded
    from ..strips.figure import figure

    known = recorded.drawings(numbers)
    if options.strip not in known:
        raise UserError(f"Unknown --strip {options.strip!r:.40}. Known: {', '.join(known)}.")
    shown = known[options.strip]
    choice = options.choice or next(iter(shown.drawn))
    if choice not in shown.drawn:
        names = ", ".join(filter(None, shown.drawn)) or "none"
        raise UserError(f"Unknown --choice {choice!r:.40}. Known: {names}.")
    if "empty" in shown.drawn[choice]:
        raise UserError(shown.drawn[choice]["empty"])
    figure(shown.strip, shown.drawn[choice], 900, 330).write_html(options.out)
