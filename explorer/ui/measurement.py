"""What a page measures: rows that come one by one, and how those that have come are shown."""

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

Watch = Callable[[], None]


@dataclasses.dataclass(frozen=True)
class Measurement:
    """What to run and how to show the rows that have come so far; base: the view it belongs to.

    left: what there is so far for other calls, as plain values.  state: with what it could go on in
    another process, empty where there is nothing more to do.  Both are asked between two rows.
    """

    base: Any
    rows: Callable[[Watch], Iterator[Any]]
    total: int
    show: Callable[[list], dict]
    left: Callable[[], dict] | None = None
    state: Callable[[], bytes] | None = None
