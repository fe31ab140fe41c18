"""Gradio, imported in half the time.

Each import of Gradio reads the source of its eighty components twice, to keep a stub for editors
beside each: 2.3 of 5.7 s on a slow core.  It leaves those alone whose file `inspect` cannot find,
so while it is imported here, none is found.  It also imports pandas, for the tables of apps that
keep their answers; here nothing does, and pandas comes when it is first asked for something.  And
it looks for what its own tools of MCP and its notebooks need, and goes on where that is missing.
"""

import inspect
import sys
from contextlib import contextmanager

from ..start import Later


@contextmanager
def _no_stubs():
    find = inspect.getfile

    def getfile(what):
        if getattr(what, "__module__", "").startswith("gradio."):
            raise OSError("no stub is wanted")
        return find(what)

    inspect.getfile = getfile
    try:
        yield
    finally:
        inspect.getfile = find


@contextmanager
def _later(name: str):
    """Within, an import of the module stands for it alone."""
    stand_in = Later(name)
    if name in sys.modules:
        yield
        return
    sys.modules[name] = stand_in
    try:
        yield
    finally:
        if sys.modules.get(name) is stand_in:
            del sys.modules[name]  # others ask there whether it was imported


@contextmanager
def _without(*names: str):
    """Within, these modules cannot be imported, where nobody had them before."""
    hidden = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


with _no_stubs(), _later("pandas"), _without("mcp", "IPython"):
    import gradio as gr

__all__ = ["gr"]
