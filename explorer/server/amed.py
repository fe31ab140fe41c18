"""What the AMED page calls beside its jobs."""

from ..errors import UserError
from ..ui import amed
from ..ui.amed import Left
from ..ui.amed_picture import picture, plane
from ..ui.amed_shipped import shipped
from . import owners
from .answer import as_json
from .measurements import job_of, left_by
from .turn import FOLLOWS
from .turns import ROOM
from .visitor import current

OWN = 20  # predictors that one visitor may keep while the server runs
_kept: dict[str, set[str]] = {}  # by visitor


def amed_keep(request: dict) -> dict:
    """Save what a training has learned; the view that samples with it."""
    try:
        left = left_by(job_of(request))
        _check_room(left)
        answer = amed.keep(left)
        _kept.setdefault(current().name, set()).add(answer["name"])
        return answer
    except UserError as error:
        return {"problem": str(error)}


def _check_room(left: Left | None) -> None:
    """Raise UserError where strangers share the server and this one has kept enough: the places of
    the others are theirs."""
    mine = _kept.get(current().name, set())
    known = left is not None and left.trained is not None and left.trained.digest in mine
    if owners.shared and not known and len(mine) >= OWN:
        raise UserError(
            f"You have kept {len(mine)} predictors on this server, which is the most of one "
            "visitor; this one was not saved."
        )


def amed_shipped(request: dict):
    """What the shipped predictors come to at a budget, of the record: see `ui.amed_shipped`."""
    try:
        if not isinstance(request, dict):
            raise UserError("The record is asked for with the values of a view.")
        return as_json(shipped(request))
    except UserError as error:
        return as_json({"problem": str(error)})


def amed_picture(request: dict):
    """One step of true paths, and where every r and c would lead; with “plane”, Fig. 4 instead."""
    try:
        return as_json(_picture(request))
    except UserError as error:
        return as_json({"problem": str(error)})


def _picture(request: dict) -> dict:
    if not isinstance(request, dict):
        raise UserError("A picture is asked for with the values of a view.")
    about = left_by(job_of(request)) if request.get("job") else None
    with ROOM.taking(FOLLOWS):
        return plane(request) if request.get("plane") else picture(request, about)
