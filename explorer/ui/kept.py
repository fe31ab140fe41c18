"""Where the page keeps the cells that it has measured, so that none is measured twice."""

from pathlib import Path

from ..store import places
from ..store.results import Results

LARGEST = 128 * 2**20  # bytes of all that pages have asked for; the oldest go


def cells() -> Path:
    """The folder, with room for more."""
    folder = places.cache("studies", "page")
    Results(folder).trim(LARGEST)
    return folder
