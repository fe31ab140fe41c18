"""Networks that come through the page: from a file, or fetched where the owner allows it."""

from pathlib import Path

from ..errors import UserError
from ..models import catalogue, diffusers_folder
from ..models.edm_pickle import convert
from ..store import room, weights
from ..ui import networks
from ..ui.measurement import Measurement, Watch
from . import visitor
from .api import called, uploaded

ALLOW_FETCH = False  # the owner's switch: --allow-fetch
UPLOADED = "opened through the page"
KEPT, KEPT_BYTES = 20, 4 * 2**30  # of networks that came through the page


def listing(_=None) -> dict:
    """The networks that the menu shows."""
    return networks.listing(ALLOW_FETCH)


def receive(path: Path, name: str) -> dict:
    """Keep the network of an EDM .pkl, or of a zipped diffusers folder, that was just uploaded; it
    is in the list from now on."""
    read = diffusers_folder.convert_zip if name.lower().endswith(".zip") else convert
    kept = read(path, name, origin=UPLOADED, of=visitor.current().name)
    _forget()
    return {"network": kept.name, **listing()}


def fetch(request: dict) -> Measurement:
    """Fetch a published checkpoint, by its “name”.  Raises UserError where the owner forbids it."""
    if not ALLOW_FETCH:
        raise UserError(
            "Fetching is off on this page. Its owner can start it with --allow-fetch, "
            "or fetch with “python -m explorer fetch NAME”."
        )
    entry = catalogue.wanted(str(request.get("name", "")))
    return Measurement(
        entry, lambda watch: _fetched(entry, watch), 1, lambda rows: _so_far(entry, rows)
    )


def _so_far(entry: catalogue.Entry, rows: list) -> dict:
    """Bytes that have arrived, of how many; with the list of networks when it is kept."""
    got, size = rows[-1]
    here = catalogue.is_here(entry)
    return {"bytes": got, "size": size} | ({"network": entry.name, **listing()} if here else {})


def _fetched(entry: catalogue.Entry, watch: Watch):
    got = 0, 0
    for got in catalogue.fetch(entry):
        watch()
        yield got
    yield got  # once more: it is kept now


def _forget() -> None:
    """Of what came through the page keep the newest, and not too much."""
    total, mine = 0, [c for c in weights.checkpoints() if c.config.get("origin") == UPLOADED]
    for i, c in enumerate(mine):
        total += (c.folder / weights.WEIGHTS).stat().st_size
        if i and (i >= KEPT or total > KEPT_BYTES):
            weights.delete(c.name)


# What the page calls


def network_list(_=None) -> dict:
    """The networks that the menu shows."""
    return listing()


def network_open(request: dict) -> dict:
    """Take in an EDM .pkl or a zipped diffusers folder that the browser has just uploaded; it is
    read as data, never run."""
    try:
        path = uploaded(request)
        try:
            return receive(path, called(request, path))
        finally:
            room.taken_in(path)
    except UserError as error:
        return {"problem": str(error)}
