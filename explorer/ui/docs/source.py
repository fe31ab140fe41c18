"""The code that a page speaks of: found by its dotted name and read where it stands, so that a
formula and what runs can be held against each other, and neither can drift unseen."""

import importlib
import inspect
import textwrap
from html import escape
from typing import Any

from ...errors import UserError

LONGEST = 60  # lines of an excerpt


def named(dotted: str) -> Any:
    """What `explorer.core.loop.steps` names.  Raises UserError where nothing is called so."""
    pieces = dotted.split(".")
    for cut in range(len(pieces), 0, -1):
        try:
            found = importlib.import_module(".".join(pieces[:cut]))
        except ModuleNotFoundError:
            continue
        try:
            for name in pieces[cut:]:
                found = getattr(found, name)
        except AttributeError:
            break
        return found
    raise UserError(f"A page names {dotted!r:.80}, and there is nothing of that name.")


def function(dotted: str) -> Any:
    """What it names; of a property the function behind it."""
    found = named(dotted)
    return found.fget if isinstance(found, property) else found


def excerpt(dotted: str) -> str:
    """Its source, without the indentation of its class.  Raises UserError where it is too long to
    stand beside a formula."""
    text = textwrap.dedent(inspect.getsource(function(dotted))).rstrip()
    if (lines := text.count("\n") + 1) > LONGEST:
        raise UserError(f"{dotted} has {lines} lines; a page shows at most {LONGEST}: name a part.")
    return text


def listing(dotted: str, opened: bool = True) -> str:
    """The excerpt as HTML, under its name."""
    name = escape(dotted.removeprefix("explorer."))
    start = " open" if opened else ""
    return (
        f'<details class="code"{start}><summary><code>{name}</code></summary>'
        f'<pre tabindex="0"><code>{escape(excerpt(dotted))}</code></pre></details>'
    )
