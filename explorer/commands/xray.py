"""X-ray a file: what it samples, and what is wrong with that."""

import argparse
import json
import sys
from pathlib import Path

from ..errors import UserError
from ..numerals import number

LARGEST = 20_000_000  # bytes; `xray` reads 5 million characters
MARKS = {"wrong": "✗", "know": "!", "note": "·"}


def xray(arguments: list[str]) -> int:
    """python -m explorer xray FILE|- [--model FAMILY] [--json]; 1 when something is wrong."""
    p = argparse.ArgumentParser(
        prog="python -m explorer xray",
        description="Read a scheduler's config, a ComfyUI workflow, an A1111 infotext, a list of "
        "noise levels or a run, as data; print its runs and what is wrong with them. The exit "
        "status is 1 when something is.",
    )
    p.add_argument("file", metavar="FILE", help="a file, or - for standard input")
    p.add_argument("--model", metavar="FAMILY", help="the family of the model: sd15, sdxl, sd3, …")
    p.add_argument("--json", action="store_true", help="print the whole report")
    given = p.parse_args(arguments)
    from ..dialects import xray as room

    report = room.xray(_read(given.file), given.model)
    if given.json:
        print(json.dumps(report.json(), ensure_ascii=False, indent=1))
    else:
        print("\n".join(lines(report)))
    return int(report.wrong)


def lines(report) -> list[str]:
    """A report as text: a line for each run, then each fault and note."""
    said = [report.what, ""]
    for i, run in enumerate(report.runs):
        first, last = (_level(run.levels[k]) if run.levels else "–" for k in (0, -1))
        where = f", {run.where}" if run.where else ""
        said.append(f"{i + 1}. {run.text}{where}")
        told = [run.sampler, run.prediction, run.model]
        named = "".join(f", {word}" for word in told if word)
        said.append(f"   {run.evaluations} evaluations, σ from {first} to {last}{named}")
    said += [] if report.runs else ["Nothing in it is sampled."]
    said += [""] if report.faults or report.notes else []
    for fault in report.faults:
        mend = f" [{fault.mend.label}]" if fault.mend else ""
        said.append(f"{MARKS[fault.severity]} {fault.kind}: {fault.text}{mend}")
    said += [f"{MARKS['note']} {note}" for note in report.notes]
    return said if report.faults else [*said, "", "Nothing is wrong." if report.runs else ""]


def _level(sigma: float) -> str:
    return number(sigma)


def _read(name: str) -> bytes:
    try:
        if name == "-":
            text = sys.stdin.buffer.read(LARGEST + 1)
        else:
            with Path(name).open("rb") as file:
                text = file.read(LARGEST + 1)
    except OSError as error:
        raise UserError(f"{name} cannot be read: {error.strerror or error}.") from None
    if len(text) > LARGEST:
        raise UserError(f"{name} is larger than {LARGEST / 1e6:g} MB; no schedule is.")
    return text
