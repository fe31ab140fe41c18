"""Networks that come through the page: from a file, or fetched where the owner allows it."""

from pathlib import Path

from ..errors import UserError
from ..models import catalogue, diffusers_folder
from ..models.edm_pickle import convert
from ..store import weights
from ..ui import networks
from .jobs import Jobs

ALLOW_FETCH = False  # the owner's switch: --allow-fetch
UPLOADED = "opened through the page"
KEPT, KEPT_BYTES = 20, 4 * 2**30  # of networks that came through the page
JOBS = Jobs()


def listing(_=None) -> dict:
    """The networks that the menu shows."""
    return networks.listing(ALLOW_FETCH)


def receive(path: Path, name: str) -> dict:
    """Keep the network of an EDM .pkl, or of a zipped diffusers folder, that was just uploaded; it
    is in the list from now on."""
    read = diffusers_folder.convert_zip if name.lower().endswith(".zip") else convert
    kept = read(path, name, origin=UPLOADED)
    _forget()
    return {"network": kept.name, **listing()}


def fetch(request: dict) -> dict:
    """Begin to fetch, or ask how far it is.  Raises UserError where the owner does not allow it."""
    if not ALLOW_FETCH:
        raise UserError(
            "Fetching is off on this page. Its owner can start it with --allow-fetch, "
            "or fetch with “python -m explorer fetch NAME”."
        )
    job = request.get("job")
    if not job:
        entry = catalogue.wanted(str(request.get("name", "")))
        return {"job": JOBS.start(lambda watch: _fetched(entry, watch), 1, entry)}
    running = JOBS.get(job)
    if request.get("cancel"):
        running.cancel()
    done, total = running.rows[-1] if running.rows else (0, 0)
    out = {"done": done, "total": total, "finished": running.done}
    if running.problem:
        raise UserError(running.problem)
    return out | ({"network": running.about.name, **listing()} if running.done else {})


def _fetched(entry: catalogue.Entry, watch):
    for progress in catalogue.fetch(entry):
        watch()
        yield progress


def _forget() -> None:
    """Of what came through the page keep the newest, and not too much."""
    total, mine = 0, [c for c in weights.checkpoints() if c.config.get("origin") == UPLOADED]
    for i, c in enumerate(mine):
        total += (c.folder / weights.WEIGHTS).stat().st_size
        if i and (i >= KEPT or total > KEPT_BYTES):
            weights.delete(c.name)
