"""Write the run card of a view."""

import argparse
import json
import shlex
import sys
from pathlib import Path

from .devices import device_option, precision_option
from .words import pairs, within


def card(arguments: list[str]) -> int:
    """python -m explorer card data=spiral nfe=15 --out card.json"""
    p = argparse.ArgumentParser(
        prog="python -m explorer card",
        description="Run a view and write its card: settings, link, Python, noise levels for other "
        "tools, numbers with intervals, versions and citations. “replay” makes it again.",
    )
    p.add_argument("settings", nargs="*", metavar="key=value", help="as in a link")
    p.add_argument(
        "--out", default=None, metavar="FILE.json", help="write it here; else it is printed"
    )
    p.add_argument("--bibtex", action="store_true", help="print the citations alone")
    p.add_argument("--python", action="store_true", help="print the Python alone")
    device_option(p)
    precision_option(p)
    given = p.parse_intermixed_args(arguments)
    from .. import cards
    from ..cards.citations import cited
    from ..dialects.lists import read_list
    from ..lab import experiment
    from ..settings import unflatten
    from ..store.writing import write_text

    within(given.out)
    flat, told = read_list(pairs(given.settings))
    e = unflatten(experiment.Experiment, flat)
    print(*told, sep="\n", end="\n" * bool(told), file=sys.stderr)
    if given.python:
        print(cards.python(e), end="")
    if given.bibtex:
        print("\n\n".join(entry["bibtex"] for entry in cited(e)))
    if given.python or given.bibtex:
        return 0
    experiment.use_device(given.device, given.precision)
    text = json.dumps(cards.card(e), indent=1, ensure_ascii=False)
    if given.out:
        write_text(Path(given.out), text + "\n")
        print(f"{given.out}: make it again with “python -m explorer replay {given.out}”.")
    else:
        print(text)
    return 0


def of_study(base, options: argparse.Namespace, kept, arguments: list[str]) -> None:
    """Write a study’s card, of which “replay” measures cells again; kept: its cells."""
    from ..cards.study import study_card
    from ..settings import to_query
    from ..store.writing import write_text

    words = {"kind": options.what, "question": options.what, "sentence": ""}
    words["link"] = to_query(base)
    command = shlex.join(["python", "-m", "explorer", "study", *arguments])
    cells = kept.listed(options.threads)
    found = study_card(base, words, command, None, cells)
    write_text(Path(options.card), json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    told = f"“python -m explorer replay {options.card}” measures cells of it again."
    print(f"{options.card}: {told if cells else 'it names no cells.'}", file=sys.stderr)
