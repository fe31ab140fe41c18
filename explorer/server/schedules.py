"""The Schedules page: what is pasted, read and drawn on one axis."""

from ..errors import UserError
from ..ui.schedules import schedules as read
from .answer import as_json


def schedules(request: dict):
    """The lists in a text with their rulers, faults and copies (see `ui.schedules`), or
    {"problem"}."""
    try:
        return as_json(read(request))
    except UserError as error:
        return as_json({"problem": str(error)})
