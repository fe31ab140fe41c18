"""The AMED page: train a predictor on the open view, see why it works, make the table.

Long work runs as a job like the Compare page's; the picture of a step is one quick call, and its
sliders never ask the server.
"""

import dataclasses
import math
from collections.abc import Iterator
from typing import Any

import torch

from ..analysis import direction, geometry
from ..core.solvers import AMED, Plugin
from ..core.solvers.inside import INNER, spoken
from ..errors import UserError
from ..figures import amed as figures
from ..figures.style import rounded
from ..lab.experiment import Experiment, levels, prepared, weights
from ..lab.truth import reference_for
from ..memo import Memo
from ..numerals import duration, number, percent, short
from ..settings import flatten, to_query, unflatten
from ..store import predictors as store
from ..strips.plane import without
from ..study import optimise, predictors
from ..study import table as contest
from ..training.amed import AMEDTraining, Trainer
from ..training.gits import GITS
from ..training.stops import Placed
from . import words
from .measurement import Measurement, Watch

STUDENTS = {
    "amed": "AMED-Solver",
    **{f"plugin:{k}": f"AMED-Plugin on {v[0]}" for k, v in INNER.items()},
}
PICTURED = 32  # paths in the picture of a step
GRID = 41  # values of r in it
PLACING = 20  # rounds of the search for stops, for the progress bar
TABLED = 256  # held-out seeds of the table on the page; the bench takes 1,000

_menus = Memo(2**20)  # asked for with every move of a slider


# ---- what is asked for ---------------------------------------------------------------------------


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
class Training(Measurement):
    """A measurement that leaves a trainer behind, which can go on and be kept."""

    trainer: Trainer | None = None


def train(request: dict, before: Any = None) -> Training:
    """Train a predictor.  before: a training of the same page that was stopped and goes on."""
    if isinstance(before, Training) and before.trainer.done < before.trainer.batches:
        e, trainer = before.base, before.trainer
    else:
        e = view_of(request)
        trainer = predictors.trainer(e, _how(request, e.solver))
    known = list(trainer.history)

    def rows(watch: Watch) -> Iterator[Any]:
        yield from trainer.run(watch)

    def show(new: list) -> dict:
        return shown(e, trainer, [*known, *new])

    to_place = PLACING if trainer.how.place != "view" and trainer.placed is None else 0
    return Training(e, rows, to_place + trainer.batches - len(known), show, trainer)


def shown(e: Experiment, trainer: Trainer, rows: list) -> dict:
    """The page's picture of a training so far; rows: Placed, then Progress."""
    if isinstance(rows[-1], Placed):
        return _placing(e, trainer, rows)
    rows = [p for p in rows if not isinstance(p, Placed)]
    looked = [p for p in rows if p.error is not None]
    before, now = (looked[-1].before, looked[-1].error) if looked else (None, None)
    name, nfe = STUDENTS[e.solver.purpose], 2 * (len(trainer.sigmas) - 1) - trainer.afs
    title = f"Training {name} at {nfe} evaluations"
    if now is not None:
        ratio = f"{short(before / now)} × less" if now < before else "no gain yet"
        title = (
            f"{name}, {nfe} evaluations: error {short(now)}, untrained {short(before)} ({ratio})"
        )
    last = rows[-1]
    table = [
        [f"{k + 1}", f"{number(float(a))} → {number(float(b))}", _pm(r), _pm(c, 3), short(v)]
        for k, (a, b, r, c, v) in enumerate(
            zip(trainer.sigmas, trainer.sigmas[1:], last.r, last.c, last.loss)
        )
    ]
    return {
        "title": title,
        "note": f"{words.data_name(e.data)}, {e.model.label}, {_on(e, trainer)}. Batch "
        f"{last.batch} of {last.batches}, {duration(last.seconds)}. Held-out seeds that no "
        "update sees, held against the reference at the last level.",
        "figure": figures.learning(rows, before),
        "choices": figures.choices(rows),
        "columns": ["step", "σ", "r", "c", "loss"],
        "table": table,
        "learned": True,
    }


def _on(e: Experiment, trainer: Trainer) -> str:
    """Which steps a training is on, in words."""
    named = {"view": e.timesteps.label, "gits": "steps by GITS", "search": "steps searched"}
    found = trainer.placed
    return named[trainer.how.place] + (
        f" (error {short(found.error)} before it learned)" if found else ""
    )


def _placing(e: Experiment, trainer: Trainer, rows: list) -> dict:
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


def _pm(pair, digits: int = 2) -> str:
    return f"{pair[0]:.{digits}f} ± {pair[1]:.{digits}f}"


def keep(job) -> dict:
    """Save what a training has learned, by its digest: the name and the view that uses it."""
    about = job.about
    if not isinstance(about, Training) or not about.trainer.done:
        raise UserError("There is nothing to keep yet; train for a moment first.")
    view = predictors.keep(about.trainer, about.base)
    return {"name": view.solver.predictor, "values": flatten(view), "query": to_query(view)}


# ---- the predictors of the solver menu -----------------------------------------------------------


def menu(e: Experiment) -> list[dict]:
    """The predictors that were trained for the view's model, each with its settings."""
    names = tuple(predictors.trained_for(e))
    key = e.data, e.model, *weights(e.data, e.model), *map(store.find, names)
    return _menus(key, lambda: _menu(e, names))


def _menu(e: Experiment, names: tuple[str, ...]) -> list[dict]:
    out = []
    for name in names:
        trained = store.find(name)
        view = flatten(predictors.with_predictor(e, name))
        own = {
            k: v
            for k, v in view.items()
            if k.split(".")[0]
            in ("solver", "timesteps", "schedule", "nfe", "afs", "last", "s_churn", "repeats")
        }
        out.append(
            {
                "name": name,
                "solver": trained.solver.partition(":")[0],
                "values": own,
                "label": f"{spoken(trained.solver)}, {trained.nfe} NFE · {name}",
            }
        )
    return out


# ---- why it works --------------------------------------------------------------------------------


def picture(request: dict) -> dict:
    """One step of true paths: its chord, its tangents, and where every r and c would lead.

    Numbers for the sliders: u = x − x', w = (σ' − σ) ε_m, so an end (r, c) is off by
    √(uu + 2c uw + c² ww) and lies at start + c w in the plane of the picture.
    """
    e, about = view_of(request), request.get("training")
    if isinstance(about, Training) and about.base == e and about.trainer.placed is not None:
        e = optimise.with_levels(e, about.trainer.sigmas.tolist())
    source, sigma = prepared(e.data, e.model), levels(e)
    n = request.get("step", 0)
    if not isinstance(n, int) or isinstance(n, bool) or not 0 <= n < len(sigma) - 1:
        raise UserError(f"Step must be a whole number from 0 to {len(sigma) - 2}; got {n!r:.40}.")
    k = request.get("pick", 0)
    k = k % PICTURED if isinstance(k, int) and not isinstance(k, bool) else 0
    start, end = float(sigma[n]), float(sigma[n + 1])
    truth = reference_for(dataclasses.replace(e, samples=64))
    own = direction.along(truth, start, end, count=PICTURED)
    x = truth.at(sigma[n : n + 1], PICTURED)[0]
    f = direction.family(source.denoiser, x, start, end, GRID, e.afs and n == 0)
    goal = own.x[-1]
    u, size = f.start - goal, own.x.shape[2] ** 0.5
    errors = {
        name: rounded((v - goal).norm(dim=1) / size)
        for name, v in {"ddim": f.ddim, "heun": f.dpm2(GRID - 1), "dpm2": f.dpm2(GRID // 2)}.items()
    }
    axes = _axes(own.x[:, k])
    flat = lambda v: rounded(((v - own.x[0, k]) @ axes.T).flatten(), 5)
    off = own.x[:, k] - own.x[0, k]
    beyond = (off - (off @ axes.T) @ axes).norm(dim=1).max() / off.norm(dim=1).max().clamp(
        min=1e-12
    )
    out = {
        "step": n,
        "steps": len(sigma) - 1,
        "sigma": [start, end],
        "r": rounded(f.r),
        "levels": rounded(sigma, 5),
        "path": flat(own.x[:, k]),
        "points": flat(f.points[:, k]),
        "moves": rounded((f.moves[:, k] @ axes.T).flatten(), 5),
        "tangents": rounded((own.tangent[:, k] @ axes.T * (end - start)).flatten(), 5),
        "uu": rounded(u.square().sum(1) / size**2, 6),
        "uw": rounded(((u * f.moves).sum(2) / size**2).T.flatten(), 6),
        "ww": rounded((f.moves.square().sum(2) / size**2).T.flatten(), 6),
        "pick": k,
        "errors": errors,
        "marks": {
            "DDIM": flat(f.ddim[k]),
            "Heun": flat(f.dpm2(GRID - 1)[k]),
            "DPM-Solver-2": flat(f.dpm2(GRID // 2)[k]),
        },
        "best": {"r": rounded(own.r), "c": rounded(own.c, 5), "angle": rounded(own.angle)},
        "outside": float(beyond),
        "learned": _learned(request, e, source, x, start, end, n),
    }
    return out


def _axes(path):
    """(2, D): along the chord, and the direction in which the path leaves it most."""
    chord = torch.nn.functional.normalize(path[-1] - path[0], dim=0)
    off = path - path[0]
    off = off - (off @ chord)[:, None] * chord
    if path.shape[1] == 1:
        return torch.stack([chord, torch.zeros_like(chord)])
    far = off[off.norm(dim=1).argmax()]
    if float(far.norm()) < 1e-12:
        far = torch.linalg.svd(chord[None])[2][1]
    return torch.stack([chord, torch.nn.functional.normalize(far, dim=0)])


@torch.no_grad()
def _learned(request: dict, e: Experiment, source, x, start: float, end: float, n: int):
    """r and c of the predictor in use, or of the training under way, for the pictured paths."""
    from ..core.ode import Ode

    trained = None
    about = request.get("training")
    if (
        isinstance(about, Training)
        and about.trainer.done
        and about.base.solver.purpose == e.solver.purpose
        and rounded(about.trainer.sigmas, 5) == rounded(levels(e), 5)
    ):
        trained = about.trainer.predictor
    else:
        values = request.get("values") or {}
        name = values.get("solver.predictor") or next(
            (
                p
                for p in predictors.trained_for(e)
                if store.find(p).solver == e.solver.purpose
                and store.find(p).afs == e.afs
                and rounded(store.find(p).sigmas, 5) == rounded(levels(e), 5)
            ),
            None,
        )
        if name:
            found = store.find(str(name))
            if found.solver == e.solver.purpose and rounded(found.sigmas, 5) == rounded(
                levels(e), 5
            ):
                trained = found.predictor
    if trained is None:
        return None
    ode = Ode(source.denoiser, looks=True)
    t = torch.tensor(start, dtype=torch.float64)
    point = ode.analytic(x, t) if e.afs and n == 0 else ode.evaluate(x, t)
    r, c, _ = trained(point.features, start, end, len(x))
    c = torch.ones(len(x)) if isinstance(c, float) else c
    return {"r": rounded(r), "c": rounded(c, 5)}


def plane(request: dict) -> dict:
    """AMED Fig. 4 for the open model: how far paths leave their own line, plane and 3-space."""
    e = view_of(request)
    source = prepared(e.data, e.model)
    if math.prod(source.shape) < 3:
        return {"why": without(math.prod(source.shape))}
    truth = reference_for(dataclasses.replace(e, samples=64))
    pick = torch.linspace(0, len(truth.sigma) - 1, 41).round().long()
    path, sigma = truth.x[pick], truth.sigma[pick]
    residual = geometry.residuals(path).mean(2)
    walk = geometry.residuals(
        geometry.walk_like(path, torch.Generator().manual_seed(4)),
        scale=path.flatten(2).norm(dim=2),
        ks=(2,),
    )[0].mean(1)
    peak = float(residual[1].max())
    return {
        "figure": figures.plane(sigma.tolist(), residual.tolist(), walk.tolist()),
        "words": f"Two components leave out at most {percent(peak)} of a path, three at most "
        f"{percent(float(residual[2].max()))}; of a random walk with the same steps "
        f"two leave out {percent(float(walk.max()))}.",
    }


# ---- the table, and better steps -----------------------------------------------------------------


def table(request: dict, before: Any = None) -> Measurement:
    """Every solver at 3, 5, 7 and 9 evaluations, on the usual and on GITS steps."""
    e = view_of(request)
    total = len(contest.BUDGETS) * len(contest.contestants(5)) * 2 + len(predictors.trained_for(e))

    def show(cells: list) -> dict:
        names = list(dict.fromkeys((c.name, c.steps) for c in cells))
        at = {(c.name, c.steps, c.nfe): c for c in cells}
        best = {
            n: min((c for c in cells if c.nfe == n), key=lambda c: c.error.value, default=None)
            for n in contest.BUDGETS
        }
        lines = []
        for name, steps in names:
            own = [at.get((name, steps, n)) for n in contest.BUDGETS]
            lines.append([name, steps, *("–" if c is None else _cell(c, best[c.nfe]) for c in own)])
        found = best[5]
        title = (
            "Error at equal evaluations"
            if found is None
            else f"Best at 5 evaluations: {found.name}, {found.steps} steps, error "
            f"{short(found.error.value)}"
        )
        return {
            "title": title,
            "note": f"{words.data_name(e.data)}, {e.model.label}: mean end error against the "
            f"reference, RMS per number, {TABLED} held-out seeds, ± 95 %. Below it the "
            "sliced Wasserstein distance to the data.",
            "columns": ["", "steps", *map(str, contest.BUDGETS)],
            "table": lines,
        }

    rows = lambda watch: contest.amed_table(e, contest.BUDGETS, TABLED, watch=watch)
    return Measurement(e, rows, total, show)


def _cell(c, best) -> str:
    error = f"{short(c.error.value)} ± {number(c.error.value - c.error.low, 1)}"
    error = f"<b>{error}</b>" if c is best else error
    return f"{error}<small>{short(c.distance.value)}</small>"


def better_steps(request: dict, before: Any = None) -> Measurement:
    """Better levels for the open view: GITS, then a search on the measured error."""
    values = request.get("values")
    e = unflatten(Experiment, values if isinstance(values, dict) else {})

    def show(found: list) -> dict:
        last = found[-1]
        error = "" if math.isnan(last.error) else f", error {short(last.error)}"
        out = {
            "stage": f"{last.stage}{error}, {last.tried} lists tried",
            "levels": [float(f"{s:.6g}") for s in last.levels],
        }
        if last.verdict:
            names = {"now": "the steps before", "GITS": "GITS", "search": "the search"}
            said = ", ".join(f"{names[k]} {short(v)}" for k, v in last.verdict.items())
            winner = names[last.won].capitalize()
            out |= {
                "won": last.won,
                "verdict": f"On held-out seeds: {said}. {winner} won.",
                "candidates": {
                    k: [float(f"{s:.6g}") for s in v] for k, v in last.candidates.items()
                },
            }
        return out

    given = request.get("gits")
    how = unflatten(GITS, given if isinstance(given, dict) else {})
    next(optimise.better_levels(e, how))  # says at once what cannot work
    return Measurement(e, lambda watch: optimise.better_levels(e, how, watch=watch), 24, show)


KINDS = {"train": train, "table": table, "optimise": better_steps}
