"""What the page says of images that go up as one class and come down as another."""

from ..analysis.intervals import Estimate, apart
from ..errors import UserError
from ..figures.pictures import picture_table
from ..lab.experiment import Experiment
from ..numerals import factor, interval, number, percent1, short
from ..study import edit as study
from ..study.edit import ORIGINS, Edits
from . import words
from .measurement import Measurement

ROWS = 10  # of images on show


def edit(base: Experiment, request: dict) -> Measurement:
    """Images of each class under every other.  request: "classes", text as “3, 8”, and "origin"."""
    origin = request.get("origin", "data")
    if not isinstance(origin, str) or origin not in dict(ORIGINS):
        raise UserError(f"Start from one of {', '.join(dict(ORIGINS))}; got {origin!r:.40}.")
    given = request.get("classes", "")
    if not isinstance(given, str):
        raise UserError(f"Classes are text, as “3, 8”; got {given!r:.40}.")
    plan = study.edit_plan(base, study.classes_of(given), origin)  # says at once what cannot work
    return Measurement(
        base,
        lambda watch: study.edits(base, study.classes_of(given), origin, watch),
        len(plan),
        lambda found: shown(base, found[-1], origin),
    )


def shown(base: Experiment, rows: list[Edits], origin: str) -> dict:
    """The classes so far."""
    first = rows[0]
    each = -(-ROWS // len(rows)) if len(rows) < ROWS else 1
    tiles = [
        (f"class {r.condition}" if k == 0 else "", picture)
        for r in rows
        for k, picture in enumerate(r.pictures[:each])
    ]
    source = "images of the data" if origin == "data" else "samples of the run"
    top, bottom = first.ends
    table = [_line(r) for r in rows]
    return {
        "title": title(rows),
        "note": f"{stays(rows)}{words.data_name(base.data)}, "
        f"{sum(len(r.missed) for r in rows)} {source}, each up to its latent as its own class and "
        f"down as every other, {base.solver.label}, {first.nfe} evaluations each way (NFE in the "
        f"settings), σ = {number(bottom)} to {number(top)}. Seen: what {words.judge(base.data)} "
        "takes an edit for; kept: the ratio of "
        "distances, below 1 something stays. 95 % intervals over images.",
        "figure": picture_table(
            tiles,
            ["image", "back", *(f"→ {c}" for c in first.targets)],
            ["", "↩", *map(str, first.targets)],
        ),
        "columns": ["class", "images", "missed on the way back", "seen as meant", "kept"],
        "table": [
            [f"{r.condition}", str(len(r.missed)), *(told(e, w) for e, w in line)]
            for r, line in zip(rows, table, strict=True)
        ],
        "exact": {
            "columns": ["class", "images"]
            + [f"{k}{e}" for k in ("missed", "seen", "kept") for e in ("", " from", " to")],
            "rows": [
                [r.condition, len(r.missed)]
                + [v for e, _ in line for v in ((e.value, e.low, e.high) if e else (None,) * 3)]
                for r, line in zip(rows, table, strict=True)
            ],
        },
    }


def _line(row: Edits) -> list[tuple]:
    return [
        (study.missed([row]), short),
        (study.taken([row]), percent1),
        (study.kept([row]), short),
    ]


def told(found: Estimate | None, write) -> str:
    """A value with its interval, or a dash where there is none."""
    return "–" if found is None else interval(found.value, found.low, found.high, write)


def title(rows: list[Edits]) -> str:
    """“Seen as asked: 97.8 % (…) of edits; the way back misses 0.0041 (…)”."""
    seen, back = study.taken(rows), told(study.missed(rows), short)
    if seen is None:
        return f"Images edited; the way back misses {back}"
    return f"Seen as asked: {told(seen, percent1)} of edits; the way back misses {back}"


def stays(rows: list[Edits]) -> str:
    """Whether an edit has something of its image."""
    found = study.kept(rows)
    if found is None:
        return ""
    much = factor(found.value, found.low, found.high)
    if not apart(found):
        return f"Whether something of the image stays cannot be told: {much}. "
    return f"An edit is {much} as far from its image as the same edit of another is. "
