"""The AMED page: a predictor is trained on the open view, and what is said of that."""

import dataclasses
from collections.abc import Iterator
from functools import cached_property
from typing import Any

from ..core.solvers import AMED, Plugin
from ..core.solvers.inside import INNER
from ..core.trained import Trained
from ..errors import UserError
from ..figures import amed as figures
from ..lab.experiment import Experiment
from ..numerals import duration, number, short
from ..settings import flatten, jsonable, to_query, unflatten
from ..store import predictors as store
from ..study import predictors
from ..study.optimise import with_levels
from ..training.amed import AMEDTraining, Trainer
from ..training.amed_state import packed
from ..training.recipe import Progress
from ..training.shared import Settled
from ..training.standing import LEARNED
from ..training.stops import Placed
from . import amed_words, words
from .measurement import Measurement, Watch

STUDENTS = {
    "amed": "AMED-Solver",
    **{f"plugin:{k}": f"AMED-Plugin on {v[0]}" for k, v in INNER.items()},
}
PLACING = 20  # rounds of the search for stops, for the progress bar
STAGES = ["", "median end error", "mean", "of the one before"]


def view_of(request: dict) -> Experiment:
    """The open view with the page's student and budget, as it is trained on."""
    values = request.get("values")
    e = unflatten(Experiment, values if isinstance(values, dict) else {})
    name = request.get("student", "amed")
    if not isinstance(name, str) or name not in STUDENTS:
        raise UserError(f"Unknown student {name!r:.40}. Known: {', '.join(STUDENTS)}.")
    kind, _, inner = name.partition(":")
    solver = AMED() if kind == "amed" else Plugin(inner)
    e = dataclasses.replace(e, solver=solver)
    budget = request.get("nfe", 5)
    return predictors.student(unflatten(Experiment, {"nfe": budget, "afs": True}, e))


def _how(request: dict, solver) -> AMEDTraining:
    given = request.get("how")
    return unflatten(
        AMEDTraining, given if isinstance(given, dict) else {}, predictors.usual(solver)
    )


@dataclasses.dataclass(frozen=True)
class Left:
    """What a training has come to, wherever it ran.  levels: where its stops were placed, None
    while they are those of the view; trained: what has been learned; state: with what it goes on.
    """

    request: dict
    levels: list[float] | None = None
    trained: Trained | None = None
    state: bytes = b""

    @staticmethod
    def of(request: dict, told: dict, state: bytes = b"") -> "Left":
        """From what `Measurement.left` told."""
        trained = told.get("trained")
        return Left(request, told.get("levels"), trained and store.of(trained), state)

    @cached_property
    def base(self) -> Experiment:
        """The view it was asked for."""
        return view_of(self.request)


def train(request: dict, before: Left | None = None) -> Measurement:
    """Train a predictor.  before: a training that was stopped and goes on."""
    if before is not None and before.state:
        e = before.base
        trainer = predictors.gone_on(e, before.state)
    else:
        e = view_of(request)
        trainer = predictors.trainer(e, _how(request, e.solver))
    known = list(trainer.history)

    def rows(watch: Watch) -> Iterator[Any]:
        yield from trainer.run(watch)

    def show(new: list) -> dict:
        return shown(e, trainer, [*known, *new])

    ahead = PLACING if trainer.how.place != "view" and trainer.placed is None else 0
    ahead += trainer.how.settle if trainer.settled is None else 0
    total = ahead + trainer.batches - len(known)
    state = lambda: packed(trainer) if trainer.done < trainer.batches else b""
    return Measurement(e, rows, total, show, lambda: _left(e, trainer), state)


def _left(e: Experiment, trainer: Trainer) -> dict:
    return {
        "levels": None if trainer.placed is None else trainer.sigmas.tolist(),
        "trained": store.plain(predictors.learned(trainer, e)) if trainer.done else None,
    }


def shown(e: Experiment, trainer: Trainer, rows: list) -> dict:
    """The page's picture of a training so far; rows: Placed, then Settled, then Progress."""
    last = rows[-1]
    if isinstance(last, Placed):
        return _placing(e, [p for p in rows if isinstance(p, Placed)])
    if isinstance(last, Settled):
        return _settling(e, trainer, [p for p in rows if isinstance(p, Settled)])
    return _learning(e, trainer, [p for p in rows if isinstance(p, Progress)])


def _learning(e: Experiment, trainer: Trainer, rows: list[Progress]) -> dict:
    """The page's picture while a predictor learns, and when it has learned."""
    last = rows[-1]
    standing = next((p.standing for p in reversed(rows) if p.standing is not None), None)
    name, nfe = STUDENTS[e.solver.purpose], 2 * (len(trainer.sigmas) - 1) - trainer.afs
    table = [
        [f"{k + 1}", f"{number(float(a))} → {number(float(b))}", _pm(r), _pm(c, 3), short(v)]
        for k, (a, b, r, c, v) in enumerate(
            zip(trainer.sigmas, trainer.sigmas[1:], last.r, last.c, last.loss)
        )
    ]
    said, count = "", 0
    if standing is not None:
        said, count = amed_words.steps_of(standing), standing.median(LEARNED).count
    return {
        "title": f"Training {name} at {nfe} evaluations"
        if standing is None
        else amed_words.title(name, nfe, standing),
        "note": f"{said} {words.data_name(e.data)}, {e.model.label}, {_on(e, trainer)}. Batch "
        f"{last.batch} of {last.batches}, {duration(last.seconds)}. Median end errors of {count} "
        "seeds that no update sees, against the reference at the last level; ratios seed by seed.",
        "figure": figures.learning(rows),
        "choices": figures.choices(rows),
        "columns": ["step", "σ", "r", "c", "loss"],
        "table": table,
        "stages": standing and {"columns": STAGES, "table": amed_words.rows(standing)},
        "standing": standing and standing.plain(),
        "learned": True,
    }


def _on(e: Experiment, trainer: Trainer) -> str:
    """Which steps a training is on, in words."""
    named = {"view": e.timesteps.label, "gits": "steps by GITS", "search": "steps searched"}
    found = trainer.placed
    return named[trainer.how.place] + (f" ({found.tried} lists tried)" if found else "")


def _placing(e: Experiment, rows: list[Placed]) -> dict:
    """The page's picture while stops are searched, before anything is learned."""
    last = rows[-1]
    table = [
        [f"{k + 1}", f"{number(a)} → {number(b)}", f"{r:.2f}", "1", "–"]
        for k, (a, b, r) in enumerate(zip(last.levels, last.levels[1:], last.r))
    ]
    return {
        "title": f"Placing the stops of {STUDENTS[e.solver.purpose]}: error "
        f"{short(last.error)} after {last.tried} lists",
        "note": f"{words.data_name(e.data)}, {e.model.label}. First the levels and the points "
        "inside them move until the measured error no longer falls; the network then "
        "starts from there.",
        "figure": figures.placing(rows),
        "choices": figures.stops(rows),
        "columns": ["step", "σ", "r", "c", "loss"],
        "table": table,
        "learned": False,
    }


def _settling(e: Experiment, trainer: Trainer, rows: list[Settled]) -> dict:
    """The page's picture while r, c and a are found that all samples share."""
    last, levels = rows[-1], trainer.sigmas.tolist()
    table = [
        [f"{k + 1}", f"{number(a)} → {number(b)}", f"{r:.2f}", f"{c:.3f}", "–"]
        for k, (a, b, r, c) in enumerate(zip(levels, levels[1:], last.r, last.c))
    ]
    return {
        "title": f"What all samples share, {STUDENTS[e.solver.purpose]}: error {short(last.error)}",
        "note": f"{words.data_name(e.data)}, {e.model.label}, {_on(e, trainer)}. Update "
        f"{last.update} of {last.updates}: the best r, c and a for all samples alike, from which "
        "the network then starts to tell them apart.",
        "figure": figures.settling(rows),
        "choices": figures.choices([_alike(s) for s in rows]),
        "columns": ["step", "σ", "r", "c", "loss"],
        "table": table,
        "learned": False,
    }


def _alike(s: Settled) -> Progress:
    """What all samples share, as choices without a spread."""
    r, c, a = (tuple((v, 0.0) for v in values) for values in (s.r, s.c, s.a))
    return Progress(s.update, s.updates, (), r, c, a, 0.0)


def _pm(pair, digits: int = 2) -> str:
    return f"{pair[0]:.{digits}f} ± {pair[1]:.{digits}f}"


def keep(left: Left | None) -> dict:
    """Save what a training has learned, by its digest: the name and the view that uses it."""
    if left is None or left.trained is None:
        raise UserError("There is nothing to keep yet; train for a moment first.")
    store.check_room()
    e = predictors.student(left.base)
    if left.levels is not None:
        e = with_levels(e, left.levels)
    view = predictors.with_predictor(e, store.keep(left.trained))
    return {
        "name": view.solver.predictor,
        "values": jsonable(flatten(view)),
        "query": to_query(view),
    }
