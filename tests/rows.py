"""One claim about many rows is one test: a test for each costs more than what it checks."""

from collections.abc import Callable, Iterable
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
