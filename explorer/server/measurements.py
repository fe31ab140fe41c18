"""Long work of every page: it begins, is asked how far it is, and stops."""

from ..errors import UserError
from ..lab.experiment import Experiment
from ..settings import unflatten
from ..ui import amed, amed_table, compare
from ..ui.asymmetry import conservative
from ..ui.churn import churn_effect
from ..ui.distances import distances
from ..ui.likelihood import likelihood
from ..ui.measurement import Measurement
from ..ui.round_trip import round_trip
from . import networks
from .answer import as_json
from .jobs import JOBS, Job

OF_A_VIEW = {
    "sweep": compare.sweep,
    "local": compare.local,
    "distance": distances,
    "churn": churn_effect,
    "round": round_trip,
    "likelihood": likelihood,
    "conservative": conservative,
}
OTHERS = {
    "train": lambda request: amed.train(request, _before(request)),
    "table": lambda request: amed_table.table(request, _training(request)),
    "optimise": amed_table.better_steps,
    "fetch": networks.fetch,
}


def start(request: dict) -> dict:
    """Begin a measurement in the background: {"job": name, "total": rows}, or {"problem"}."""
    try:
        if not isinstance(request, dict):
            raise UserError("A measurement is asked for with its kind and values.")
        work = _measurement(request.get("kind"), request)
        return {"job": JOBS.start(work.rows, work.total, work), "total": work.total}
    except UserError as error:
        return {"problem": str(error)}


def _measurement(kind, request: dict) -> Measurement:
    if not isinstance(kind, str) or kind not in OF_A_VIEW | OTHERS:
        known = ", ".join(OF_A_VIEW | OTHERS)
        raise UserError(f"Unknown measurement {kind!r:.40}. Known: {known}.")
    if kind in OTHERS:
        return OTHERS[kind](request)
    values = request.get("values")
    base = unflatten(Experiment, values if isinstance(values, dict) else {})
    return OF_A_VIEW[kind](base, request)


def _before(request: dict):
    """The training that goes on, or None."""
    return JOBS.get(request["resume"]).about if request.get("resume") else None


def _training(request: dict):
    """The training whose predictor takes part in a table, or None; one that is gone does not."""
    try:
        return JOBS.get(request["training"]).about if request.get("training") else None
    except UserError:
        return None


def poll(request: dict) -> dict:
    """How far a measurement is, with its figure and table so far."""
    try:
        job = job_of(request)
        done = job.done  # before the rows: what came last must not be missed
        rows = list(job.rows)
        shown = job.about.show(rows) if rows else {}
        return {
            "count": len(rows),
            "total": job.total,
            "done": done,
            "problem": job.problem,
            **shown,
        }
    except UserError as error:
        return {"problem": str(error)}


def cancel(request: dict) -> dict:
    """Stop a measurement; what it has measured can still be asked for."""
    try:
        job_of(request).cancel()
        return {}
    except UserError as error:
        return {"problem": str(error)}


def job_of(request: dict) -> Job:
    """The job that a request names.  Raises UserError if it is gone."""
    return JOBS.get(request.get("job") if isinstance(request, dict) else None)


# What the page calls


def job_start(request: dict) -> dict:
    """Begin a measurement, a training of a predictor or a download."""
    return start(request)


def job_poll(request: dict):
    """What it has so far."""
    return as_json(poll(request))


def job_cancel(request: dict) -> dict:
    """Stop it; what it has stays."""
    return cancel(request)
