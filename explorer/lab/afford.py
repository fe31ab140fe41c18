"""What a network can afford, from its measured pace: the one place that decides it.

    plan(e) -> Plan or None         how each measure of a slow network is cut down
    cut(e) -> Cut or None           a run of as many samples as there is room for
    opening(e) -> Experiment        the samples and evaluations that a page begins with

A network is slow where the true paths of a few samples would take longer than `cost.LONG`.  Then
each measure has a part of REST, so that all of them are there; to measure one fully lifts that.
Without a plan everything is measured as it always is.
"""

import dataclasses
from collections.abc import Collection

from ..core.timesteps import Custom
from ..numerals import count, duration, short
from . import cost, experiment, sizes
from .experiment import (
    Experiment,
    asked_of,
    evaluations,
    excess,
    kept_paths,
    levels,
    made,
    prepared,
)
from .source import Source

REST = 80.0  # seconds until every panel is there; two minutes are promised
RUN, ERROR, LOSS, STRIP = 0.3, 0.5, 0.1, 0.1  # the part of it that each may take
FULL = 600.0  # seconds of a measure that somebody asked for, where fewer paths would do
OPENED = 10.0  # seconds of the run that a page begins with, of a network that is not slow
ALL, LEVELS = 27, 7  # levels of the loss, and of a slow network's
DRAWN, MOST = 2, 64  # samples at each of them
POINTS = 5  # levels that a path needs to have a bend, and a 3-space to leave
RUNS = 32  # replaced steps that are followed to the end, as in `step_errors`


@dataclasses.dataclass(frozen=True)
class Plan:
    """How a slow network is measured.

    paths: held against the reference.  finer: that is a run of the same solver in twice the steps,
    else Runge-Kutta.  own: curvature and PCA are those of the run, else of `followed` true paths.
    runs: replaced steps that are followed to the end; 0: each step alone.  euler: Euler at the same
    cost is run beside it.
    """

    paths: int
    finer: bool
    own: bool
    followed: int
    runs: int
    euler: bool

    @property
    def error(self) -> tuple:
        """What the error hangs on."""
        return self.paths, self.finer, self.runs, self.euler


@dataclasses.dataclass(frozen=True)
class Cut:
    """A view that was too much: what is left of it, and a word.

    chip: for the headline; words: why.  more: seconds that all of it would take, None where the
    limits of this server stand in the way.
    """

    experiment: Experiment
    chip: str
    words: str
    more: float | None = None


def slow(source: Source) -> bool:
    """Whether true paths are out of reach."""
    return (source.pace or 0.0) * cost.REFERENCE * cost.FEW > cost.LONG


def plan(e: Experiment, full: Collection[str] = ()) -> Plan | None:
    """The plan of a view, or None for what is measured as ever.

    full: the parts ("path", "error") that may take FULL.
    """
    source = prepared(e.data, e.model)
    if not slow(source):
        return None
    each, room = asked_of(e), ERROR * REST / (source.pace or 1.0)
    own, followed = "path" not in full, _fully(e, source, cost.REFERENCE)
    if "error" in full:
        paths = _fully(e, source, cost.REFERENCE + each * (1 + _replaced(e) / 2))
        return Plan(paths, False, own, followed, RUNS, True)
    paths = max(1, min(e.samples, source.compared, int(0.8 * room / (3 * each))))
    left = room / paths - 3 * each  # evaluations of each path: twice the steps, and each step alone
    runs = min(RUNS, max(0, int(2 * left / each) - 2))
    euler = left >= each * (1 + (runs + 2) / 2 * (runs > 0))
    return Plan(paths, True, own, followed, runs, euler)


def loss(source: Source, full: bool = False) -> tuple[int, int] | None:
    """(levels, samples at each) of the loss of a slow network, or None."""
    if source.pace is None or source.pace * ALL * 8 <= cost.LONG:
        return None
    if full:
        return ALL, max(8, min(MOST, int(FULL / (ALL * source.pace))))
    room = LOSS * REST / source.pace
    at = max(LEVELS, min(ALL, int(room / DRAWN)))
    return at, max(DRAWN, min(MOST, int(room / at)))


def strip(source: Source) -> int | None:
    """How many levels the denoised strip of a slow network has, or None."""
    if not slow(source):
        return None
    return max(5, min(11, int(STRIP * REST / (source.pace or 1.0))))


def cut(e: Experiment, full: Collection[str] = ()) -> Cut | None:
    """What is left of a view that is above the limits of this server or takes too long; None of
    one that is not, or of which nothing is left.

    full: with "run" all samples that the limits allow, however long they take.
    """
    if experiment.too_much(e):
        left = _within(e)
        if left is None:
            return None
        again = None if "run" in full else _in_time(left)
        return again and dataclasses.replace(again, more=None) or _said(e, left, _limit(e))
    return None if "run" in full else _in_time(e)


def opening(e: Experiment) -> Experiment:
    """The same with as many samples, and of a slow network evaluations, as its pace affords; the
    same where it affords all."""
    source = prepared(e.data, e.model)
    if source.pace is None:
        return e
    if not slow(source):
        most = int(OPENED / (source.pace * asked_of(e)))
        few = max(cost.FEW, 1 << max(0, most.bit_length() - 1))  # a power of two
        return dataclasses.replace(e, samples=min(e.samples, few))
    least = (POINTS - 1) * e.solver.evaluations + 1
    nfe = max(least, int((RUN + ERROR) * REST / (4 * source.pace)))
    e = dataclasses.replace(e, nfe=min(e.nfe, nfe))
    e = dataclasses.replace(e, nfe=evaluations(e))  # what its steps come to
    most = int(RUN * REST / (source.pace * asked_of(e)))
    return dataclasses.replace(e, samples=max(1, min(e.samples, cost.FEW, most)))


def takes(e: Experiment, name: str) -> float:
    """About how many seconds a part ("run", "path", "error", "loss") of a slow network takes when
    it is measured fully."""
    source, found = prepared(e.data, e.model), plan(e, (name,))
    if found is None or source.pace is None:
        return 0.0
    at, drawn = loss(source, True) or (0, 0)
    count_of = {
        "run": e.samples * asked_of(e),
        "path": found.followed * cost.REFERENCE,
        "error": found.paths * (cost.REFERENCE + asked_of(e) * (1 + _replaced(e) / 2)),
        "loss": at * drawn,
    }
    return count_of[name] * source.pace


def ticks(e: Experiment, found: Plan) -> int:
    """How many steps are counted while the error is measured: the reference, each step, Euler."""
    steps = len(levels(e)) - 1
    reference = 2 * steps + 1 if found.finer else 65
    return reference + steps + found.euler * evaluations(e)


def told(e: Experiment) -> str:
    """What was picked for a slow network, in one line; empty for others."""
    source, found = prepared(e.data, e.model), plan(e)
    if found is None or source.pace is None:
        return ""
    at, drawn = loss(source) or (ALL, 8)
    many = lambda n, what: f"{count(n)} {what}{'s' * (n != 1)}"
    return (
        f"An evaluation of one sample takes {duration(source.pace)} here: "
        f"{many(e.samples, 'sample')}, "
        f"NFE {asked_of(e)}, {many(found.paths, 'path')} against twice the steps, the loss at "
        f"{at} levels with {many(drawn, 'sample')} each."
    )


def _replaced(e: Experiment) -> int:
    return min(RUNS, max(0, len(levels(e)) - 1))


def _fully(e: Experiment, source: Source, each: float) -> int:
    """How many paths of so many evaluations fill FULL, one at least."""
    return cost.affordable(source.pace, each, min(e.samples, source.compared), 1, FULL)


def _within(e: Experiment) -> Experiment | None:
    """As many samples as the limits on work and memory allow; else one, and fewer evaluations."""
    source = prepared(e.data, e.model)
    times, enough = excess(e)
    if times <= 1:
        enough = sizes.holding(source, e, experiment.count(e), kept_paths(source))
    elif enough:
        few = dataclasses.replace(e, samples=enough)
        enough = min(enough, sizes.holding(source, few, experiment.count(e), kept_paths(source)))
    if enough:
        return dataclasses.replace(e, samples=enough)
    if isinstance(e.timesteps, Custom) or times <= 1:
        return None
    nfe = int(e.nfe * e.samples / times)
    one = dataclasses.replace(e, samples=1, nfe=max(1, nfe))
    return one if nfe >= 2 * e.solver.evaluations and not experiment.too_much(one) else None


def _in_time(e: Experiment) -> Cut | None:
    """The run of a slow network within its part of REST."""
    source = prepared(e.data, e.model)
    if not slow(source) or made(e):
        return None
    seconds = asked_of(e) * e.samples * (source.pace or 1.0)
    enough = max(1, int(e.samples * RUN * REST / seconds))
    if enough >= e.samples:
        return None
    why = f"{count(e.samples)} would take {duration(seconds)} on this machine"
    return _said(e, dataclasses.replace(e, samples=enough), why, seconds)


def _limit(e: Experiment) -> str:
    times, _ = excess(e)
    if times <= 1:
        return f"{count(e.samples)} would need more memory than this server may take"
    return f"all of it is {short(times)} × the limit of this machine"


def _said(e: Experiment, left: Experiment, why: str, more: float | None = None) -> Cut:
    few = f"{count(left.samples)} of {count(e.samples)} sample{'s' * (e.samples != 1)}"
    if left.nfe != e.nfe:
        few += f", {count(left.nfe)} of {count(e.nfe)} evaluations"
    return Cut(left, f"cut to {few}", f"Cut to {few}: {why}.", more)
