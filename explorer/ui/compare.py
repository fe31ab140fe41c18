"""The Compare page's measurements: each a generator of rows, and how its rows are shown."""

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import torch

from ..analysis import distance
from ..analysis.quality import Quality
from ..analysis.quality import quality as measured
from ..analysis.order import fitted_slope
from ..analysis.truncation import local_truncation
from ..bench import quality
from ..core.sampling import Churn
from ..core.solvers import SOLVERS
from ..core.timesteps import Rho
from ..errors import UserError
from ..experiment import Experiment, prepared, reference_for, run
from ..figures import compare as figures
from ..figures.distances import distances
from ..figures.style import short
from ..models import classifier
from ..settings import unflatten
from ..sweep import BUDGETS, COMPARED_SOLVERS, error_against_nfe
from . import words
from .jobs import Jobs

JOBS = Jobs()
RHOS = (1.0, 2.0, 3.0, 5.0, 7.0, 10.0)
SEEDS = 4
LARGEST_BUDGET = 1023
Watch = Callable[[], None]


@dataclasses.dataclass(frozen=True)
class Measurement:
    """What to run and how to show the rows that have come so far."""

    base: Experiment
    rows: Callable[[Watch], Iterator[Any]]
    total: int
    show: Callable[[list], dict]


def start(request: dict) -> dict:
    """Begin a measurement in the background: {"job": name, "total": rows}, or {"problem"}."""
    try:
        if not isinstance(request, dict):
            raise UserError("A measurement is asked for with its kind and values.")
        kinds = {"sweep": _sweep, "local": _local, "distance": _distances}
        kind = request.get("kind")
        if not isinstance(kind, str) or kind not in kinds:
            raise UserError(f"Unknown measurement {kind!r:.40}. Known: {', '.join(kinds)}.")
        values = request.get("values")
        base = unflatten(Experiment, values if isinstance(values, dict) else {})
        measurement = kinds[kind](base, request)
        name = JOBS.start(measurement.rows, measurement.total, measurement)
        return {"job": name, "total": measurement.total}
    except UserError as error:
        return {"problem": str(error)}


def poll(request: dict) -> dict:
    """How far a measurement is, with its figure and table so far."""
    try:
        job = JOBS.get(request.get("job") if isinstance(request, dict) else None)
        done = job.done  # before the rows: what came last must not be missed
        rows = list(job.rows)
        shown = job.about.show(rows) if rows else {}
        return {"count": len(rows), "total": job.total, "done": done, "problem": job.problem,
                **shown}
    except UserError as error:
        return {"problem": str(error)}


def cancel(request: dict) -> dict:
    """Stop a measurement; what it has measured can still be asked for."""
    try:
        JOBS.get(request.get("job") if isinstance(request, dict) else None).cancel()
        return {}
    except UserError as error:
        return {"problem": str(error)}


# ---- error against NFE --------------------------------------------------------------------------

def budgets_of(text) -> list[int]:
    """The budgets in “5, 7, 9”.  Raises UserError for anything else."""
    words_ = str(BUDGETS)[1:-1] if text is None else str(text)
    out = []
    for word in words_.replace(";", ",").split(","):
        if not (word := word.strip()):
            continue
        if not word.isdecimal() or not 1 <= int(word[:6]) <= LARGEST_BUDGET:
            raise UserError(f"A budget must be a whole number from 1 to {LARGEST_BUDGET}; "
                            f"got {word!r:.40}.")
        out.append(int(word))
    if not 1 <= len(set(out)) <= 24:
        raise UserError(f"Give 1 to 24 budgets; got {len(set(out))}.")
    return sorted(set(out))


def _solvers(base: Experiment, names) -> list:
    """The chosen solvers; the one that the page is set to comes with its settings."""
    names = list(COMPARED_SOLVERS) if names is None else names
    if not isinstance(names, list) or not names:
        raise UserError("Choose at least one solver.")
    if unknown := next((n for n in names if not isinstance(n, str) or n not in SOLVERS), None):
        raise UserError(f"Unknown solver {unknown!r:.40}. Known: {', '.join(SOLVERS)}.")
    return [base.solver if n == base.solver.name else SOLVERS[n]() for n in names]


def _sweep(base: Experiment, request: dict) -> Measurement:
    solvers = _solvers(base, request.get("solvers"))
    budgets = budgets_of(request.get("budgets"))
    error_against_nfe(base, solvers, budgets)  # says at once what cannot work

    def show(rows: list) -> dict:
        known = [r for r in rows if r.mean is not None]
        names = list(dict.fromkeys(r.name for r in rows))
        slopes = {n: fitted_slope([r.nfe for r in known if r.name == n],
                                  [r.mean for r in known if r.name == n]) for n in names}
        floor = float(reference_for(base).floor[-1]) or None
        most = max((r.nfe for r in known), default=0)
        best = min((r for r in known if r.nfe >= 0.8 * most), key=lambda r: r.mean, default=None)
        title = "Error against evaluations" if best is None else \
            f"Best near {best.nfe} evaluations: {best.name}, mean end error {short(best.mean)}"
        return {"title": title, "figure": figures.error_vs_nfe(rows, slopes, floor),
                "note": f"{words.data_name(base.data)}, {base.timesteps.label}, "
                        f"{base.schedule.label} frame. Mean over samples against the reference at "
                        "σ_min; the slope is fitted to the straight tail.",
                **_pivot(rows, names, slopes)}

    return Measurement(base, lambda watch: error_against_nfe(base, solvers, budgets, watch),
                       len(solvers) * len(budgets), show)


def _pivot(rows: list, names: list[str], slopes: dict) -> dict:
    """A line for each solver, a column for each measured number of evaluations."""
    budgets = sorted({r.nfe for r in rows if r.mean is not None})
    table = []
    for name in names:
        own = [r for r in rows if r.name == name]
        mean = {r.nfe: r.mean for r in own}
        slope = slopes[name]
        order = "–" if slope is None else f"{slope.order:.1f} ± {slope.half:.1f}"
        note = next((r.note for r in reversed(own) if r.note), "")
        table.append([name, *(mean.get(n) for n in budgets), order, note])
    return {"columns": ["mean end error", *map(str, budgets), "order", ""], "table": table}


# ---- local truncation error, EDM Fig. 13 ---------------------------------------------------------

def _local(base: Experiment, request: dict) -> Measurement:
    source = prepared(base.data, base.model)
    top, bottom = float(base.timesteps.sigma_max), float(base.timesteps.sigma_min)
    if base.solver.family not in ("one-step",):
        raise UserError(f"{base.solver.label} needs its past, and one step from noisy data has "
                        "none; choose a one-step solver such as Heun or Euler.")

    def rows(watch: Watch) -> Iterator[tuple]:
        for rho in RHOS:
            clean = source.clean(64, seed=7)
            grid = Rho(rho, top, bottom).sigmas(64)
            g = torch.Generator().manual_seed(8)
            yield rho, *local_truncation(source.denoiser, base.solver, clean, grid, base.schedule,
                                         g, watch=watch)

    def show(found: list) -> dict:
        levels = (40.0, 10.0, 1.0, 0.3, 0.1, 0.01)
        table = [[f"ρ = {rho:g}", *(_near(sigma, mean, s) for s in levels)]
                 for rho, sigma, mean, _ in found]
        return {"title": f"One step of {words.solver_name(base)}: local error for each ρ",
                "note": "64 levels; each step starts on clean data with noise and is held against "
                        "the exact flow. Karras et al. 2022, App. D.1 and Fig. 13.",
                "figure": figures.truncation_figure({f"ρ = {rho:g}": (sigma, mean, std) for
                                                     rho, sigma, mean, std in found}),
                "columns": ["", *(f"σ = {s:g}" for s in levels)], "table": table}

    return Measurement(base, rows, len(RHOS), show)


def _near(sigma, values, level: float) -> float | None:
    if not float(sigma.min()) <= level <= float(sigma.max()):
        return None
    return float(values[(sigma.log() - torch.tensor(level).log()).abs().argmin()])


# ---- distance to the data ------------------------------------------------------------------------

@dataclasses.dataclass(frozen=True)
class Distance:
    """The samples of one setting, over several seeds, against fresh draws of the data."""

    name: str
    family: str
    nfe: int
    wasserstein: distance.Estimate
    energy: distance.Estimate
    note: str
    judged: Quality | None


def _distances(base: Experiment, request: dict) -> Measurement:
    source = prepared(base.data, base.model)
    count = min(base.samples, 512)
    others = [n for n in ("heun", "dpmpp", "euler_a", "dpmpp_sde") if n != base.solver.name]
    quiet = [dataclasses.replace(base, churn=Churn())] if base.churn.s_churn > 0 else []
    trials = [base, *quiet, *(dataclasses.replace(base, solver=SOLVERS[n](), churn=Churn())
                             for n in others)]
    data = source.clean(count * SEEDS, seed=11)
    zero = distance.floor(distance.sliced_wasserstein, source.mixture.sample, count * SEEDS,
                          torch.Generator().manual_seed(12), repeats=6)

    judge = classifier.find(base.data)
    features = None if judge is None else quality.features_of_data(judge, base.data, count * SEEDS)
    wanted = getattr(base.model, "condition", -1)

    def judged(x) -> Quality | None:
        if judge is None:
            return None
        taken = judge.classes(x.clamp(-1, 1))
        return measured(judge.features(x.clamp(-1, 1)), features, torch.Generator().manual_seed(14),
                        taken, torch.full_like(taken, wanted) if wanted >= 0 else None)

    def rows(watch: Watch) -> Iterator[Distance]:
        for e in trials:
            runs = [run(dataclasses.replace(e, samples=count, seed=base.seed + k), watch)
                    for k in range(SEEDS)]
            x = torch.cat([r.samples for r in runs])
            g = torch.Generator().manual_seed(13)
            yield Distance(words.title(runs[0]).split(",")[0], e.solver.family, runs[0].nfe,
                           distance.sliced_wasserstein(x, data, g),
                           distance.energy_distance(x, data, g), _coverage(source, x), judged(x))

    def show(found: list) -> dict:
        return {"title": f"Distance to the data, {SEEDS} seeds × {count} samples",
                "note": f"Sliced Wasserstein distance with 95 % bootstrap intervals. Two fresh draws "
                        f"of the data lie {short(zero.value)} apart: nothing can be seen below that."
                        + ("" if judge is None else " Fréchet distance, precision and recall are "
                           "in the features of a small classifier that comes with the page; not "
                           "FID."),
                "figure": distances(found, zero),
                "columns": ["", "NFE", "sliced W₁", "energy", *_judged_names(judge, wanted),
                            "note"],
                "table": [[d.name, str(d.nfe), _interval(d.wasserstein), _interval(d.energy),
                           *_judged_cells(d.judged), d.note] for d in found]}

    return Measurement(base, rows, len(trials), show)


def _interval(e: distance.Estimate) -> str:
    return f"{short(e.value)} ({short(e.low)} – {short(e.high)})"


def _judged_names(judge, wanted: int) -> list[str]:
    return [] if judge is None else ["Fréchet", "precision", "recall",
                                     *["class right"] * (wanted >= 0)]


def _judged_cells(q: Quality | None) -> list[str]:
    if q is None:
        return []
    return [_interval(e) for e in (q.frechet, q.precision, q.recall, q.accuracy) if e is not None]


def _coverage(source, x) -> str:
    """Which modes are reached, or how many samples repeat a training point, where either means
    something."""
    law, trained = source.mixture, source.denoiser
    if len(law) <= 64 and float(law.stds.max()) > 0:
        c = distance.mode_coverage(x, law.means, law.stds)
        return f"{c.covered} of {c.modes} modes, {100 * c.inside.value:.0f} % inside"
    if hasattr(trained, "means") and float(trained.stds.max()) == 0 and len(trained) > 2:
        m = distance.memorised(x, trained.means)
        return f"{100 * m.value:.0f} % repeat a training point"
    return ""
