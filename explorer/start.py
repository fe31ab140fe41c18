"""The start of a process of this project, which is for the most part the import of libraries."""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType

COMPILER = "torch._dynamo"


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


class Later(ModuleType):
    """A module that is imported with the first thing that is wanted of it."""

    def __getattr__(self, what: str):
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(import_module(self.__name__), what)


def compiler_later() -> None:
    """Let PyTorch's optimizers do without its compiler until something is compiled.

    They import it, a second of each training's start, to say two things of themselves: that it is
    to leave their functions alone, and to break its graph.  Where it is not, neither says anything.
    """
    if COMPILER in sys.modules:
        return
    stand_in = Later(COMPILER)
    stand_in.disable = lambda function, *_, **__: function  # type: ignore[attr-defined]
    stand_in.graph_break = lambda *_, **__: None  # type: ignore[attr-defined]
    sys.modules[COMPILER] = stand_in
