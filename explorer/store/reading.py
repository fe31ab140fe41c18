"""Small files of the cache, read so that a damaged one breaks only itself.

    text(path, longest)     json(path, longest)     why(problem)

Whatever is in its place is an OSError or a ValueError: a folder, a circle of links, a pipe that
nobody writes to, a file without end, JSON that is nested without end.
"""

import errno
import json as _json
import os
from pathlib import Path
from typing import Any


def text(path: Path, longest: int) -> str:
    """UTF-8.  longest: bytes.  Raises OSError or ValueError."""
    if path.exists() and not path.is_file():
        raise OSError(errno.EISDIR, "no file is there")
    if (size := path.stat().st_size) > longest:
        raise ValueError(f"it has {size:,} bytes; at most {longest:,} are read")
    return path.read_text(encoding="utf-8")


def json(path: Path, longest: int) -> Any:
    """Plain values, whose texts can be written again.  Raises OSError or ValueError."""
    try:
        found = _json.loads(text(path, longest))
        _json.dumps(found, ensure_ascii=False).encode()  # no half of a character
        return found
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except UnicodeError:
        raise ValueError("it is no text in UTF-8") from None


def why(problem: Exception) -> str:
    """What is wrong, for a sentence: no path of this machine."""
    if isinstance(problem, OSError):
        return os.strerror(problem.errno) if problem.errno else type(problem).__name__
    return " ".join(str(problem).split())[:160] or type(problem).__name__
