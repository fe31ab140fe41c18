"""The Compare page's jobs: a measurement begins, is asked how far it is, and stops."""

from ..errors import UserError
from ..lab.experiment import Experiment
from ..settings import unflatten
from ..ui import amed, compare
from ..ui.churn import churn_effect
from ..ui.distances import distances
from .jobs import Jobs

JOBS = Jobs()


def start(request: dict) -> dict:
    """Begin a measurement in the background: {"job": name, "total": rows}, or {"problem"}."""
    try:
        if not isinstance(request, dict):
            raise UserError("A measurement is asked for with its kind and values.")
        kinds = {
            "sweep": compare.sweep,
            "local": compare.local,
            "distance": distances,
            "churn": churn_effect,
            **amed.KINDS,
        }
        kind = request.get("kind")
        if not isinstance(kind, str) or kind not in kinds:
            raise UserError(f"Unknown measurement {kind!r:.40}. Known: {', '.join(kinds)}.")
        if kind in amed.KINDS:
            before = request.get("resume")
            measurement = kinds[kind](request, JOBS.get(before).about if before else None)
        else:
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
        JOBS.get(request.get("job") if isinstance(request, dict) else None).cancel()
        return {}
    except UserError as error:
        return {"problem": str(error)}
