"""Long work of every page: it begins, is asked how far it is, and stops."""

import json
from typing import Any

from fastapi import Response

from ..errors import UserError
from ..study import offered
from ..study.ways import DEFAULT
from ..ui.amed import Left
from . import kinds, networks
from .answer import as_json
from .here import Here
from .jobs import JOBS, Job, waiting
from .visitor import current
from .workers import Away

AT_ONCE = 20.0  # seconds in which a job that has a place says whether it can begin
LARGEST = 2**18  # characters of a request


def start(request: dict) -> dict:
    """Begin a measurement in the background, or put it in line: {"job": name, "total": rows} with
    "place", "wait" and "waiting" of one that waits; or {"problem"}."""
    try:
        if not isinstance(request, dict):
            raise UserError("A measurement is asked for with its kind and values.")
        work = _work(request)
        visitor = current().name
        job = JOBS.start(work, visitor, owned=visitor.startswith("visitor "))
        if isinstance(work, Away) and not job.waits:
            work.known.wait(AT_ONCE)
            if job.problem and not work.total:  # it could not begin
                return {"problem": job.problem}
        return {"job": job.name, "total": work.total, **waiting(JOBS.place(job))}
    except UserError as error:
        return {"problem": str(error)}


def _work(request: dict) -> Away | Here:
    kind = kinds.known(request.get("kind"), ("fetch",))
    if kind == "fetch":
        work = networks.fetch(request)
        return Here(work.rows, work.total, work.show)
    if len(json.dumps(request)) > LARGEST:
        raise UserError(f"A measurement is asked for in at most {LARGEST:,} characters.")
    if kind == "train" and request.get("resume"):
        return _gone_on(request)
    about = _about(request.get("training")) if kind == "table" else None
    before = about and {"request": about.request, "left": about.left}
    engine = request.get("engine", offered.HERE)
    way = offered.way_of(engine) if kind in kinds.CELLS else DEFAULT
    return Away(request, kind in kinds.LONG, before, way=way)


def _gone_on(request: dict) -> Away:
    """A training that was stopped, from where it stood; one that was not begins again."""
    job = _job(request["resume"])
    about = job.work
    if not isinstance(about, Away) or job.problem is None:
        return Away({k: v for k, v in request.items() if k != "resume"}, True)
    if not about.state:
        raise UserError("This training ended before it could be kept to go on; start it again.")
    before = {"request": about.request, "left": about.left}
    return Away(about.request, True, before, about.state)


def _about(name: Any) -> Away | None:
    """The training whose predictor takes part in a table, or None; one that is gone does not."""
    try:
        work = _job(name).work if name else None
    except UserError:
        return None
    return work if isinstance(work, Away) and work.left else None


def poll(request: dict) -> dict:
    """How far a measurement is, with its figure and table so far; in line, which place it has."""
    try:
        job = job_of(request)
        return _standing(job) | job.work.news()
    except UserError as error:
        return {"problem": str(error)}


def _standing(job: Job) -> dict:
    done = job.done  # before what it has: what came last must not be missed
    begins = not done and isinstance(job.work, Away) and not job.work.known.is_set()
    alone = job.work.alone if isinstance(job.work, Away) else ""
    return {
        **({"waiting": "It begins …"} if begins else {}),
        **({"alone": alone} if alone else {}),
        "total": job.work.total,
        "done": done,
        "problem": job.problem if done else None,
        **waiting(JOBS.place(job)),
    }


def cancel(request: dict) -> dict:
    """Stop a measurement; what it has measured can still be asked for."""
    try:
        JOBS.cancel(job_of(request))
        return {}
    except UserError as error:
        return {"problem": str(error)}


def job_of(request: dict) -> Job:
    """The job that a request names.  Raises UserError if it is gone."""
    return _job(request.get("job") if isinstance(request, dict) else None)


def _job(name: Any) -> Job:
    return JOBS.get(name, current().name)


def left_by(job: Job) -> Left | None:
    """What a training has come to; None of other work, and before there is anything."""
    work = job.work
    if not isinstance(work, Away) or not work.left:
        return None
    return Left.of(work.request, work.left)


def cells_of(name: Any) -> dict[str, Any]:
    """What the cells of a job were, for the card of its study; none of one that is gone."""
    try:
        work = _job(name).work
    except UserError:
        return {}
    return json.loads(work.cells) if isinstance(work, Away) else {}


# What the page calls


def job_start(request: dict) -> dict:
    """Begin a measurement, a training of a predictor or a download."""
    return start(request)


def job_poll(request: dict):
    """What it has so far."""
    try:
        job = job_of(request)
    except UserError as error:
        return as_json({"problem": str(error)})
    if not isinstance(job.work, Away):
        return as_json(poll(request))
    standing = _standing(job)  # then what it has shown, as its worker has written it
    head = json.dumps(standing | {"count": job.work.count}, ensure_ascii=False)
    shown = job.work.shown
    body = head if len(shown) < 3 else f"{head[:-1]}, {shown[1:].decode()}"
    return Response(body, media_type="application/json")


def job_cancel(request: dict) -> dict:
    """Stop it; what it has stays."""
    return cancel(request)
