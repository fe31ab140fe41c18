"""What the AMED page calls beside its jobs."""

from ..errors import UserError
from ..ui import amed
from ..ui.amed_picture import picture, plane
from .answer import as_json
from .measurements import job_of, left_by
from .turn import FOLLOWS
from .turns import ROOM


def amed_keep(request: dict) -> dict:
    """Save what a training has learned; the view that samples with it."""
    try:
        return amed.keep(left_by(job_of(request)))
    except UserError as error:
        return {"problem": str(error)}


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
