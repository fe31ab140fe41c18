"""The start of a process of this project, which is for the most part the import of libraries."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def libraries() -> Iterator[None]:
    """Within, what is imported is not looked through for waste, nor ever after: it stays to the
    end.  Half a second of a server's start, and a tenth of each full look at the rest.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
