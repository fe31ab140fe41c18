"""“Run on data”: which step of each list makes the error, on exact data of a kind that one knows.

The denoiser is exact, so the whole error is the list's and its solver's.  Every list is run with
the solver of the list that was pasted.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ...analysis.shares import Blame, runs_of
from ...data import DATASETS
from ...errors import UserError
from ...lab import error
from ...lab.experiment import Experiment, Watch, run
from ...numerals import percent, short, span
from ...settings import unflatten
from ..measurement import Measurement
from . import explore, found, rows
from .asked import Asked
from .found import Found
from .row import Row

PATHS = 64
DATA = ("digits", "spiral", "moons", "rings", "grid", "checkerboard", "glyphs", "diracs")


@dataclass(frozen=True)
class Shared:
    """One list, measured.  share: of every step that ends above 0.  why: no number, and the
    reason."""

    name: str
    label: str
    levels: tuple[float, ...]
    share: tuple[float, ...] = ()
    median: Any = None
    mean: float = 0.0
    blame: Blame | None = None
    paths: int = 0
    why: str = ""


def shares(request: dict) -> Measurement:
    """The shares of every list of the page's question; request: that, and "data".

    Raises UserError where nothing can be run.
    """
    asked = Asked.of(request)
    f = found.found(asked)
    shown, _ = rows.rows(f, asked.rows)
    data = data_of(request)
    base = experiment(f, shown[0].levels, data)
    kind = DATASETS[data].label
    mine = next(k for k, r in enumerate(shown) if r.name == "yours")
    order = [shown[mine], *shown[:mine], *shown[mine + 1 :]]
    return Measurement(
        base,
        lambda watch: _measured(f, order, data, watch),
        len(order),
        lambda done: told(done, kind),
    )


def data_of(request: dict) -> str:
    """The name of the data that is asked for.  Raises UserError for one without a denoiser."""
    name = request.get("data") or DATA[0]
    if name not in DATA:
        raise UserError(f"Lists are run on {', '.join(DATA)}; got {name!r:.40}.")
    return name


def experiment(f: Found, levels: tuple[float, ...], data: str) -> Experiment:
    """A list on data.  Raises UserError where it cannot be run."""
    values = explore.values(levels, f)
    return unflatten(Experiment, {**values, "data": data, "samples": PATHS})


def _measured(f: Found, order: list[Row], data: str, watch: Watch) -> Iterator[Shared]:
    for row in order:
        try:
            done = error.errors_of(run(experiment(f, row.levels, data), watch), watch, exact=True)
        except UserError as problem:
            yield Shared(row.name, row.label, row.levels, why=str(problem))
            continue
        yield Shared(
            row.name,
            row.label,
            row.levels,
            tuple(done.steps.share.tolist()),
            done.middle,
            float(done.end.mean()),
            done.blame,
            done.end.shape[0],
        )


def told(done: list[Shared], kind: str) -> dict[str, Any]:
    """The lists so far: numbers for the bars, and sentences."""
    first = done[0]
    return {
        "lists": [
            {"name": s.name, "share": [float(f"{v:.4g}") for v in s.share], "why": s.why}
            for s in done
        ],
        "status": _status(first, kind),
        "note": first.why or worst(first.blame),
        "table": [_line(s) for s in done],
    }


def _status(s: Shared, kind: str) -> str:
    if s.why:
        return s.why
    return (
        f"error on {kind}: {short(s.median.value)} median "
        f"({span(s.median.low, s.median.high)}), {short(s.mean)} mean, {s.paths} paths"
    )


def _line(s: Shared) -> list[str]:
    if s.why:
        return [s.label, "–", s.why]
    return [s.label, short(s.median.value), span(s.median.low, s.median.high)]


def worst(blame: Blame | None) -> str:
    """Which steps make half of the error, with the interval of their share."""
    if blame is None or not blame.steps:
        return "No step makes an error that shows."
    if not blame.decided:
        return _undecided(blame)
    low, high = blame.share.low, blame.share.high
    several = len(blame.steps) > 1
    return (
        f"Step{'s' * several} {_steps(blame.steps)} make{'s' * (not several)} "
        f"{percent(blame.share.value)} ({span(low, high, percent)}) of the end error."
    )


def _undecided(blame: Blame) -> str:
    """The steps that most draws over paths agree on, where they do not agree on all."""
    sure, maybe = _steps(blame.sure), _steps(blame.maybe)
    if not sure:
        return "Which steps make half of the error cannot be told from these paths."
    more = f"; {maybe} may be too" if maybe else ""
    return f"Among the steps that make half of the error: {sure}{more}."


def _steps(steps: Sequence[int]) -> str:
    """Steps counted from 1, neighbours together."""
    return ", ".join(
        f"{r[0] + 1}" if len(r) == 1 else f"{r[0] + 1} to {r[-1] + 1}" for r in runs_of(steps)
    )


def config() -> list[dict[str, str]]:
    """The data that a list can be run on: [{name, label}]."""
    return [{"name": name, "label": DATASETS[name].label} for name in DATA if name in DATASETS]
