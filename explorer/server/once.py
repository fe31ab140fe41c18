"""Gradio's app, made once.

While a page is put together, Gradio makes an app of all its routes, and a description of each of
its components, every time that a part is closed or the queue is set: a second of the server's start
for four apps that nobody is served.  The launch makes its own.  And for each of some eight hundred
components it reads the signatures of its class anew.
"""

import inspect
from collections.abc import Callable
from contextlib import contextmanager
from functools import cache

from .quick import gr


@contextmanager
def unserved():
    """Within, Blocks are closed without an app of their own: `launch` gives them one, outside."""
    app, blocks = gr.routes.App, gr.Blocks
    create, describe = app.create_app, blocks.get_config_file
    app.create_app, blocks.get_config_file = staticmethod(lambda *_, **__: None), lambda _: {}
    try:
        yield
    finally:
        app.create_app, blocks.get_config_file = staticmethod(create), describe


@contextmanager
def read_once():
    """Within, the signature of a function is read once."""
    plain = inspect.signature, inspect.getfullargspec
    inspect.signature, inspect.getfullargspec = map(_kept, plain)
    try:
        yield
    finally:
        inspect.signature, inspect.getfullargspec = plain


def _kept(read: Callable) -> Callable:
    kept = cache(read)

    def reading(of, *given, **named):
        try:
            return kept(of, *given, **named)
        except TypeError:  # what cannot be a key, or has no signature
            return read(of, *given, **named)

    return reading
