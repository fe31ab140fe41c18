"""Where the page keeps the cells that it has measured, so that none is measured twice."""

from pathlib import Path

from ..errors import UserError
from ..store import places
from ..store.results import Results

LARGEST = 128 * 2**20  # bytes of all that pages have asked for; the oldest go


def cells() -> Path:
    """The folder, with room for more."""
    folder = places.cache("studies", "page")
    Results(folder).trim(LARGEST)
    return folder


def offered() -> Path | None:
    """The same where something can be kept; a study that is only shown needs no disk."""
    try:
        folder = cells()
        Results(folder).begin()
    except (UserError, OSError):
        return None
    return folder
