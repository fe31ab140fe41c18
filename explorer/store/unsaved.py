"""What could not be saved, in a sentence: what, why, and what would work.

    with saving("The network “mine”"): ...        an OSError in there becomes Unsaved

The sentence names no path, for whoever asked may be a stranger.
"""

import contextlib
import errno
from collections.abc import Iterator
from typing import Self

from ..errors import UserError

_ROOM = "“python -m explorer cache clear” frees some, then try again"
_ELSEWHERE = "whoever runs this can make it writable, or set EXPLORER_CACHE to another folder"
_KNOWN = {
    errno.ENOSPC: ("the disk is full", _ROOM),
    errno.EDQUOT: ("the quota of this disk is used up", _ROOM),
    errno.EFBIG: ("the file is larger than this system lets it be", _ROOM),
    errno.EROFS: ("the disk is read-only", _ELSEWHERE),
    errno.EACCES: ("the cache folder may not be written to", _ELSEWHERE),
    errno.EPERM: ("the cache folder may not be written to", _ELSEWHERE),
    errno.ENOTDIR: ("a file is where the cache folder should be", _ELSEWHERE),
    errno.EEXIST: ("a file is where a folder should be", _ELSEWHERE),
    errno.EISDIR: ("a folder is where a file should be", _ELSEWHERE),
    errno.ELOOP: ("a link leads round in a circle", _ELSEWHERE),
    errno.ENOENT: ("its folder was removed meanwhile", "try again"),
    errno.EIO: ("the disk does not answer as it should", "another disk would"),
    errno.EMFILE: ("too many files are open", "try again in a moment"),
    errno.ENFILE: ("too many files are open", "try again in a moment"),
}


class Unsaved(UserError):
    """It is not on disk.  why: half a sentence; code: the system's errno, or None."""

    def __init__(self, what: str, code: int | None):
        self.what, self.code = what, code
        self.why, self.advice = _KNOWN.get(
            code or 0, ("the disk refuses it", "look at the disk, then try again")
        )
        super().__init__(f"{what} could not be saved: {self.why}; {self.advice}.")

    def __reduce__(self):
        return type(self), (self.what, self.code)  # on its way from another process

    def of(self, what: str) -> Self:
        """The same reason, of a thing that a person knows by this name."""
        return type(self)(what, self.code)


@contextlib.contextmanager
def saving(what: str) -> Iterator[None]:
    """Whatever the disk refuses in here is said to be unsaved; so is what was unsaved already, by
    its own name.
    """
    try:
        yield
    except OSError as error:
        raise Unsaved(what, error.errno) from error
    except Unsaved as error:
        raise error.of(what) from error
