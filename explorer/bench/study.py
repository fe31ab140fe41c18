"""Studies: what a second worker brings, what the engine costs a cell, and how soon one goes on.

Cells of a mixture of points in the plane, one thread each.  One worker and several take turns on
other seeds of the same views, so that a machine which slows down moves no ratio; their start is
told apart.  The overhead is that of cells that measure nothing; a finished study is run again from
its folder alone.  Each verdict is by the clock.  Where other programs work too the clock is slow
for their sake: so the processor's seconds stand beside it, which decide nothing.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any, ClassVar

from ..lab import cost
from ..lab.experiment import Experiment
from ..lab.source import use_device
from ..settings import setting, unflatten
from ..store.results import Results, digest_of
from ..study.end_error import EndError
from ..study.engine import run
from ..study.plan import Cell, grid, over_seeds
from ..study.processes import Lanes, processes
from ..study.spread import Here, Spread
from ..study.work import Facts
from .report import table, verdict

RATE, OVERHEAD, RESUME = 1.7, 2.0, 2.0  # times one worker's; ms a cell; seconds
VIEW = {"data": "mixture", "data.dimension": 2, "samples": 64}
AXES: dict[str, list] = {"solver": ["ddim", "heun", "dpmpp"], "nfe": [9, 17]}


@setting
class Nothing:
    """As many numbers as an error has of 64 paths, measured in no time."""

    name: ClassVar[str] = "nothing"
    version: ClassVar[int] = 1

    def __call__(self, e: Experiment, watch: Any = None) -> dict[str, Any]:
        """The fields of an end error."""
        each = [1 / (3 + e.seed + i) for i in range(64)]
        return {"nfe": e.nfe, "mean": sum(each) / 64, "each": each, "note": "", "ends": [80, 0.002]}

    def weights(self, e: Experiment) -> tuple[str, ...]:
        """Nothing is read."""
        return ()


def options(parser: argparse.ArgumentParser) -> None:
    """How much."""
    parser.add_argument("--cells", type=int, default=1000, help="of the mixture, each way")
    parser.add_argument("--kept", type=int, default=10_000, help="of the finished study")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=8, help="turns of one worker and several")


def measure(given: argparse.Namespace) -> None:
    """Print the table and the verdicts."""
    use_device("cpu", "float32")
    with tempfile.TemporaryDirectory() as place:
        rates(Path(place) / "rates", given.cells, max(2, given.workers), max(2, given.rounds))
        overhead(Path(place) / "overhead", min(2000, max(100, given.kept)))
        resume(Path(place) / "kept", max(100, given.kept))


def rates(folder: Path, cells: int, workers: int, rounds: int) -> None:
    """Cells a second of one process and of several, in turns."""
    facts = Facts(1, "cpu", cost.WORK_LIMIT)
    plan = grid(unflatten(Experiment, VIEW), AXES, EndError())
    rows, each = [], -(-cells // (rounds * len(plan)))
    began = time.perf_counter()
    with processes(1, facts) as one, processes(workers, facts) as several:
        lanes = {1: one, workers: several}
        for many, own in lanes.items():  # their start, and what each learns once
            seconds = _spread(Here(own), over_seeds(plan, range(4 * many)), folder, facts)
            rows.append([f"start of {many} and its first cells", f"{seconds:.2f} s"])
        found: dict[int, list[float]] = {1: [], workers: []}
        spent: dict[int, list[float]] = {1: [], workers: []}
        for i in range(rounds):
            for k, (many, own) in enumerate(list(lanes.items())[:: 1 if i % 2 else -1]):
                first = 100 + (2 * i + k) * each
                part = over_seeds(plan, range(first, first + each))
                before = _spent(own)
                found[many].append(len(part) / _spread(Here(own), part, folder, facts))
                busiest = max(b - a for a, b in zip(before, _spent(own), strict=True))
                spent[many].append(len(part) / busiest)
    for many, measured in found.items():
        rows.append([f"{many} at work", f"{statistics.median(measured):.1f} cells/s"])
    rows.append(["all of it", f"{time.perf_counter() - began:.1f} s"])
    table(["processes", "measured"], rows)
    times, aside = (
        statistics.median(b / a for a, b in zip(rate[1], rate[workers], strict=True))
        for rate in (found, spent)
    )
    verdict(f"{workers} workers over one, by the clock", times, RATE, " times", least=True)
    print(f"      beside it, by the processor seconds of the busiest worker: {aside:.4g} times")


def _spent(lanes: Lanes) -> list[float]:
    """Processor seconds of each process so far."""
    return [lane.submit(time.process_time).result() for lane in lanes.lanes]


def _spread(hands: Here, plan: list[Cell], folder: Path, facts: Facts) -> float:
    """Seconds in which they are answered."""
    began, results = time.perf_counter(), Results(folder)
    digests = {i: digest_of(c.question) for i, c in enumerate(plan)}
    done = list(Spread(hands, dict(enumerate(plan)), digests, facts, results).answers(None))
    assert len(done) == len(plan)
    return time.perf_counter() - began


def overhead(folder: Path, cells: int) -> None:
    """What the engine takes for each cell, in this process and with another."""
    plan = over_seeds([Cell(unflatten(Experiment, VIEW), Nothing())], range(cells))
    clock, cpu = time.perf_counter(), time.process_time()
    list(run(plan, folder / "here"))
    seconds, spent = time.perf_counter() - clock, time.process_time() - cpu
    facts = Facts(1, "cpu", cost.WORK_LIMIT)
    with processes(1, facts) as lanes:
        _spread(Here(lanes), plan[:50], folder / "first", facts)
        cpu = time.process_time()
        there = _spread(Here(lanes), plan, folder / "there", facts)
        asked = time.process_time() - cpu
    ms = [[1e3 * v / cells for v in pair] for pair in ((seconds, spent), (there, asked))]
    rows = [
        [name, f"{clock:.3f}", f"{cpu:.3f}"]
        for name, (clock, cpu) in zip(("in this process", "by another: here"), ms, strict=True)
    ]
    table(["a cell that measures nothing", "ms", "ms of this processor"], rows)
    for name, (clock, _) in zip(("here", "by a worker"), ms, strict=True):
        verdict(f"overhead of a cell, {name}, by the clock", clock, OVERHEAD, " ms")


def resume(folder: Path, cells: int) -> None:
    """A study that is finished, run again."""
    plan = over_seeds([Cell(unflatten(Experiment, VIEW), Nothing())], range(cells))
    list(run(plan, folder))
    clock, cpu = time.perf_counter(), time.process_time()
    assert all(d.known for d in run(plan, folder))
    seconds, spent = time.perf_counter() - clock, time.process_time() - cpu
    clock = time.perf_counter()
    assert all(d.known for d in run(plan, folder, workers=2))  # no process begins
    rows = [
        ["in this process", f"{seconds:.2f}", f"{spent:.2f}"],
        ["with workers", f"{time.perf_counter() - clock:.2f}", ""],
    ]
    table([f"{cells:,} cells that are kept", "s", "s of this processor"], rows)
    verdict(f"resume of {cells:,} finished cells, by the clock", seconds, RESUME, " s")
