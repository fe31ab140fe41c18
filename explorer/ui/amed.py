"""The AMED page: train a predictor on the open view, see why it works, make the table.

Long work runs as a job like the Compare page's; the picture of a step is one quick call, and its
sliders never ask the server.
"""

import dataclasses
import math
from collections.abc import Iterator
from html import escape
from typing import Any

import torch

from .. import learning
from ..analysis import direction, geometry
from ..core import shelf
from ..core.solvers import AMED, Plugin
from ..core.solvers.learned import INNER
from ..errors import UserError
from ..experiment import Experiment, levels, prepared, reference_for
from ..figures import amed as figures
from ..figures.style import level, percent, rounded, short
from ..settings import flatten, parameters, to_query, unflatten
from ..training.amed import AMEDTraining, Trainer
from . import words
from .jobs import Measurement, Watch

STUDENTS = {"amed": "AMED-Solver", **{f"plugin:{k}": f"AMED-Plugin on {v[0]}"
                                      for k, v in INNER.items()}}
BUDGETS = (3, 5, 7, 9)
PICTURED = 32  # paths in the picture of a step
GRID = 41  # values of r in it
TABLED = 256  # held-out seeds of the table on the page; the bench takes 1,000
# Zhou et al. 2024, Table 2: FID at 3, 5, 7, 9 evaluations
QUOTED = {
    "CIFAR-10": {"DDIM": (93.36, 49.66, 27.93, 18.43), "Heun + AFS": (306.2, 97.67, 37.28, 15.76),
                 "DPM-Solver-2 + AFS": (155.7, 57.30, 10.20, 4.98),
                 "DPM-Solver++(3M)": (110.0, 24.97, 6.74, 3.42), "UniPC": (109.6, 23.98, 5.83, 3.21),
                 "iPNDM": (47.98, 13.59, 5.08, 3.17), "AMED-Solver": (18.49, 7.59, 4.36, 3.67),
                 "AMED-Plugin, iPNDM": (10.81, 6.61, 3.65, 2.63)},
    "ImageNet-64": {"DDIM": (82.96, 43.81, 27.46, 19.27), "Heun + AFS": (249.4, 89.63, 37.65, 16.76),
                    "DPM-Solver-2 + AFS": (140.2, 42.41, 12.03, 6.64),
                    "DPM-Solver++(3M)": (91.52, 25.49, 10.14, 6.48),
                    "UniPC": (91.38, 24.36, 9.57, 6.34), "iPNDM": (58.53, 18.99, 9.17, 5.91),
                    "AMED-Solver": (38.10, 10.74, 6.66, 5.44),
                    "AMED-Plugin, iPNDM": (28.06, 13.83, 7.81, 5.60)},
    "FFHQ-64": {"DDIM": (78.21, 43.93, 28.86, 21.01), "DPM-Solver-2 + AFS": (266.0, 87.10, 22.59, 9.26),
                "DPM-Solver++(3M)": (86.45, 22.51, 8.44, 4.77), "UniPC": (86.43, 21.40, 7.44, 4.47),
                "iPNDM": (45.98, 17.17, 7.79, 4.58), "AMED-Solver": (47.31, 14.80, 8.82, 6.31),
                "AMED-Plugin, iPNDM": (26.87, 12.49, 6.64, 4.24)},
    "LSUN Bedroom-256": {"DDIM": (86.13, 34.34, 19.50, 13.26),
                         "DPM-Solver-2 + AFS": (210.6, 80.60, 23.25, 9.61),
                         "DPM-Solver++(3M)": (111.9, 23.15, 8.87, 6.45),
                         "UniPC": (112.3, 23.34, 8.73, 6.61), "iPNDM": (80.99, 26.65, 13.80, 8.38),
                         "AMED-Solver": (58.21, 13.20, 7.10, 5.65),
                         "AMED-Plugin, DPM-Solver-2": (101.5, 25.68, 8.63, 7.82)}}


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
    return learning.student(unflatten(Experiment, {"nfe": budget, "afs": True}, e))


def _how(request: dict, solver) -> AMEDTraining:
    given = request.get("how")
    return unflatten(AMEDTraining, given if isinstance(given, dict) else {}, learning.usual(solver))


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
        trainer = learning.trainer(e, _how(request, e.solver))
    known = list(trainer.history)

    def rows(watch: Watch) -> Iterator[Any]:
        yield from trainer.run(watch)

    def show(new: list) -> dict:
        return shown(e, trainer, [*known, *new])

    return Training(e, rows, trainer.batches - len(known), show, trainer)


def shown(e: Experiment, trainer: Trainer, rows: list) -> dict:
    """The page's picture of a training so far."""
    looked = [p for p in rows if p.error is not None]
    before, now = (looked[-1].before, looked[-1].error) if looked else (None, None)
    name, nfe = STUDENTS[e.solver.purpose], 2 * (len(trainer.sigmas) - 1) - trainer.afs
    title = f"Training {name} at {nfe} evaluations"
    if now is not None:
        ratio = f"{before / now:.1f} × less" if now < before else "no gain yet"
        title = f"{name}, {nfe} evaluations: error {short(now)}, untrained {short(before)} ({ratio})"
    last = rows[-1]
    table = [[f"{k + 1}", f"{level(float(a))} → {level(float(b))}", _pm(r), _pm(c, 3), short(v)]
             for k, (a, b, r, c, v) in enumerate(zip(trainer.sigmas, trainer.sigmas[1:], last.r,
                                                     last.c, last.loss))]
    return {"title": title,
            "note": f"{words.data_name(e.data)}, {e.model.label}, {e.timesteps.label}. Batch "
                    f"{last.batch} of {last.batches}, {last.seconds:.1f} s. Held-out seeds that no "
                    "update sees, held against the reference at the last level.",
            "figure": figures.learning(rows, before), "choices": figures.choices(rows),
            "columns": ["step", "σ", "r", "c", "loss"], "table": table}


def _pm(pair, digits: int = 2) -> str:
    return f"{pair[0]:.{digits}f} ± {pair[1]:.{digits}f}"


def keep(job) -> dict:
    """Save what a training has learned, by its digest: the name and the view that uses it."""
    about = job.about
    if not isinstance(about, Training) or not about.trainer.done:
        raise UserError("There is nothing to keep yet; train for a moment first.")
    view = learning.keep(about.trainer, about.base)
    return {"name": view.solver.predictor, "values": flatten(view), "query": to_query(view)}


# ---- the predictors of the solver menu -----------------------------------------------------------

def menu(e: Experiment) -> list[dict]:
    """The predictors that were trained for the view's model, with the settings that go with each."""
    out = []
    for name in learning.fitting(e):
        trained = shelf.find(name)
        view = flatten(learning.with_predictor(e, name))
        own = {k: v for k, v in view.items() if k.split(".")[0] in
               ("solver", "timesteps", "schedule", "nfe", "afs", "last", "s_churn", "repeats")}
        out.append({"name": name, "solver": trained.solver.partition(":")[0], "values": own,
                    "label": f"{shelf.spoken(trained.solver)}, {trained.nfe} NFE · {name}"})
    return out


# ---- why it works --------------------------------------------------------------------------------

def picture(request: dict) -> dict:
    """One step of true paths: its chord, its tangents, and where every r and c would lead.

    Numbers for the sliders: u = x − x', w = (σ' − σ) ε_m, so an end (r, c) is off by
    √(uu + 2c uw + c² ww) and lies at start + c w in the plane of the picture.
    """
    e = view_of(request)
    source, sigma = prepared(e.data, e.model), levels(e)
    n = request.get("step", 0)
    if not isinstance(n, int) or isinstance(n, bool) or not 0 <= n < len(sigma) - 1:
        raise UserError(f"Step must be a whole number from 0 to {len(sigma) - 2}; got {n!r:.40}.")
    k = request.get("pick", 0)
    k = k % PICTURED if isinstance(k, int) and not isinstance(k, bool) else 0
    start, end = float(sigma[n]), float(sigma[n + 1])
    truth = reference_for(dataclasses.replace(e, samples=64))
    own = direction.along(truth, start, end, count=PICTURED)
    x = truth.at(sigma[n:n + 1], PICTURED)[0]
    f = direction.family(source.denoiser, x, start, end, GRID, e.afs and n == 0)
    goal = own.x[-1]
    u, size = f.start - goal, own.x.shape[2] ** 0.5
    errors = {name: rounded((v - goal).norm(dim=1) / size) for name, v in
              {"ddim": f.ddim, "heun": f.dpm2(GRID - 1), "dpm2": f.dpm2(GRID // 2)}.items()}
    axes = _axes(own.x[:, k])
    flat = lambda v: rounded(((v - own.x[0, k]) @ axes.T).flatten(), 5)
    off = (own.x[:, k] - own.x[0, k])
    beyond = (off - (off @ axes.T) @ axes).norm(dim=1).max() / off.norm(dim=1).max().clamp(min=1e-12)
    out = {"step": n, "steps": len(sigma) - 1, "sigma": [start, end], "r": rounded(f.r),
           "levels": rounded(sigma, 5), "path": flat(own.x[:, k]), "points": flat(f.points[:, k]),
           "moves": rounded((f.moves[:, k] @ axes.T).flatten(), 5),
           "tangents": rounded((own.tangent[:, k] @ axes.T * (end - start)).flatten(), 5),
           "uu": rounded(u.square().sum(1) / size**2, 6),
           "uw": rounded(((u * f.moves).sum(2) / size**2).T.flatten(), 6),
           "ww": rounded((f.moves.square().sum(2) / size**2).T.flatten(), 6),
           "pick": k, "errors": errors,
           "marks": {"DDIM": flat(f.ddim[k]), "Heun": flat(f.dpm2(GRID - 1)[k]),
                     "DPM-Solver-2": flat(f.dpm2(GRID // 2)[k])},
           "best": {"r": rounded(own.r), "c": rounded(own.c, 5), "angle": rounded(own.angle)},
           "outside": float(beyond), "learned": _learned(request, e, source, x, start, end, n)}
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
    from ..core.sampling import Ode

    trained = None
    if (about := request.get("training")) is not None and isinstance(about, Training) \
            and about.base == e and about.trainer.done:
        trained = about.trainer.predictor
    else:
        values = request.get("values") or {}
        name = values.get("solver.predictor") or next(
            (p for p in learning.fitting(e) if shelf.find(p).solver == e.solver.purpose
             and shelf.find(p).afs == e.afs and rounded(shelf.find(p).sigmas, 5)
             == rounded(levels(e), 5)), None)
        if name:
            found = shelf.find(str(name))
            if found.solver == e.solver.purpose and rounded(found.sigmas, 5) == rounded(levels(e), 5):
                trained = found.predictor
    if trained is None:
        return None
    ode = Ode(source.denoiser)
    ode.looks = True
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
        return {"why": words.no_plane(math.prod(source.shape))}
    truth = reference_for(dataclasses.replace(e, samples=64))
    pick = torch.linspace(0, len(truth.sigma) - 1, 41).round().long()
    path, sigma = truth.x[pick], truth.sigma[pick]
    residual = geometry.residuals(path).mean(2)
    walk = geometry.residuals(geometry.walk_like(path, torch.Generator().manual_seed(4)),
                              scale=path.flatten(2).norm(dim=2), ks=(2,))[0].mean(1)
    peak = float(residual[1].max())
    return {"figure": figures.plane(sigma.tolist(), residual.tolist(), walk.tolist()),
            "words": f"Two components leave out at most {percent(peak)} of a path, three at most "
                     f"{percent(float(residual[2].max()))}; of a random walk with the same steps two "
                     f"leave out {percent(float(walk.max()))}."}


# ---- the table, and better steps -----------------------------------------------------------------

def table(request: dict, before: Any = None) -> Measurement:
    """Every solver at 3, 5, 7 and 9 evaluations, on the usual and on GITS steps."""
    e = view_of(request)
    total = len(BUDGETS) * len(learning.contestants(5)) * 2 + len(learning.fitting(e))

    def show(cells: list) -> dict:
        names = list(dict.fromkeys((c.name, c.steps) for c in cells))
        at = {(c.name, c.steps, c.nfe): c for c in cells}
        best = {n: min((c for c in cells if c.nfe == n), key=lambda c: c.error.value, default=None)
                for n in BUDGETS}
        lines = []
        for name, steps in names:
            own = [at.get((name, steps, n)) for n in BUDGETS]
            lines.append([name, steps, *("–" if c is None else _cell(c, best[c.nfe]) for c in own)])
        found = best[5]
        title = "Error at equal evaluations" if found is None else \
            f"Best at 5 evaluations: {found.name}, {found.steps} steps, error {short(found.error.value)}"
        return {"title": title,
                "note": f"{words.data_name(e.data)}, {e.model.label}: mean end error against the "
                        f"reference, RMS per number, {TABLED} held-out seeds, ± 95 %. Below it the "
                        "sliced Wasserstein distance to the data.",
                "columns": ["", "steps", *map(str, BUDGETS)], "table": lines}

    return Measurement(e, lambda watch: learning.table(e, BUDGETS, TABLED, watch=watch), total, show)


def _cell(c, best) -> str:
    error = f"{short(c.error.value)} ± {short(c.error.value - c.error.low, 1)}"
    error = f"<b>{error}</b>" if c is best else error
    return f"{error}<small>{short(c.distance.value)}</small>"


def optimise(request: dict, before: Any = None) -> Measurement:
    """Better levels for the open view: GITS, then a search on the measured error."""
    values = request.get("values")
    e = unflatten(Experiment, values if isinstance(values, dict) else {})

    def show(found: list) -> dict:
        last = found[-1]
        error = "" if math.isnan(last.error) else f", error {short(last.error)}"
        out = {"stage": f"{last.stage}{error}, {last.tried} lists tried",
               "levels": [float(f"{s:.6g}") for s in last.levels]}
        if last.verdict:
            names = {"now": "the steps before", "GITS": "GITS", "search": "the search"}
            said = ", ".join(f"{names[k]} {short(v)}" for k, v in last.verdict.items())
            out |= {"won": last.won, "verdict": f"On held-out seeds: {said}. {names[last.won].capitalize()}"
                                                " won.",
                    "candidates": {k: [float(f"{s:.6g}") for s in v]
                                   for k, v in last.candidates.items()}}
        return out

    next(learning.optimise(e))  # says at once what cannot work
    return Measurement(e, lambda watch: learning.optimise(e, watch=watch), 24, show)


KINDS = {"train": train, "table": table, "optimise": optimise}


# ---- the page ------------------------------------------------------------------------------------

def panel() -> str:
    """The training's settings as inputs, from the one table of parameters."""
    students = "".join(f'<option value="{k}">{escape(v)}</option>' for k, v in STUDENTS.items())
    budgets = "".join(f'<option{" selected" if n == 5 else ""}>{n}</option>' for n in BUDGETS)
    rows = [f'<label>Student <select id="amed-student">{students}</select></label>',
            f'<label>NFE <select id="amed-nfe">{budgets}</select></label>']
    fields = {p.name: _field(p) for p in parameters(AMEDTraining)}
    shown = "".join(fields.pop(k) for k in ("teacher", "inner", "paths"))
    return (f'{"".join(rows)}{shown}<details class="fold"><summary>More</summary>'
            f'<div>{"".join(fields.values())}<span class="recipes"><button class="reset" '
            'type="button" id="amed-paper">as published</button><button class="reset" type="button" '
            'id="amed-here">for small models</button></span></div></details>')


def _field(p) -> str:
    title = f'title="{escape(p.spec.help)}"'
    name = f'id="amed-{p.name}" data-how="{p.name}"'
    if p.spec.choices:
        options = "".join(f'<option value="{str(v).lower() if isinstance(v, bool) else v}"'
                          f'{" selected" if v == p.default else ""}>{escape(t)}</option>'
                          for v, t in p.spec.choices)
        return f'<label {title}>{escape(p.spec.label)} <select {name}>{options}</select></label>'
    return (f'<label {title}>{escape(p.spec.label)} <input type="text" inputmode="decimal" {name} '
            f'value="{p.default:g}" spellcheck="false"></label>')


def quoted() -> dict:
    """The published table, for the page to show as what it is: a quotation."""
    return {name: [[solver, *values] for solver, values in rows.items()]
            for name, rows in QUOTED.items()}


def recipes() -> dict:
    """What each student is trained with: here, and in the paper."""
    out = {}
    for name in STUDENTS:
        kind, _, inner = name.partition(":")
        solver = AMED() if kind == "amed" else Plugin(inner)
        both = {"here": learning.usual(solver), "paper": learning.published(solver)}
        out[name] = {k: {f: str(v).lower() if isinstance(v, bool) else v
                         for f, v in flatten(how).items()} for k, how in both.items()}
    return out
