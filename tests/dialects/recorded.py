"""Reference numbers that were recorded from other tools, and how near ours must come to them."""

import gzip
import json
from math import inf, isnan
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "data/dialects"


def rows(name: str) -> list[dict]:
    """The records of a file of JSON lines."""
    with gzip.open(FOLDER / name, "rt") as file:
        return [json.loads(line) for line in file]


def whole(name: str) -> dict:
    """One gzipped JSON document."""
    with gzip.open(FOLDER / name, "rt") as file:
        return json.load(file)


def near(ours, theirs, relative: float = 0.0, absolute: float = 0.0) -> None:
    """Lists of one length and number by number within a tolerance; not a number equals itself."""
    theirs = [float(v) for v in theirs]
    assert len(ours) == len(theirs), f"{len(ours)} numbers, recorded are {len(theirs)}"
    for i, (a, b) in enumerate(zip(ours, theirs)):
        same = a == b or isnan(a) and isnan(b)
        bound = absolute + relative * abs(b)
        assert same or abs(a - b) <= bound < inf, f"[{i}] {a!r}, recorded is {b!r}"
