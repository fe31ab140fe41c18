"""One claim about many rows is one test: a test for each costs more than what it checks."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest


def each(rows: Iterable, check: Callable[[Any], Any], said: Callable[[Any], str] = repr) -> None:
    """`check(row)` for every row, whatever the others do; the test fails with each row that broke.

    rows: at least one; said: how a row is named.
    """
    count, broken = 0, []
    for row in rows:
        count += 1
        try:
            check(row)
        except (Exception, pytest.fail.Exception) as error:  # noqa: BLE001  any is said
            broken.append(f"{said(row)[:200]}: {type(error).__name__} {str(error)[:1000]}")
    assert count, "there are no rows"
    assert not broken, f"{len(broken)} of {count}:\n" + "\n".join(broken[:20])


def places(value, before: tuple = ()) -> Iterator[tuple]:
    """Where each part of plain data lies, as keys from the outside in; of a list, its first two."""
    items = value.items() if isinstance(value, dict) else enumerate(value[:2])
    for key, inner in items:
        yield (*before, key)
        if isinstance(inner, dict | list):
            yield from places(inner, (*before, key))
