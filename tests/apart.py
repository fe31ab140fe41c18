"""Readers of strangers' files without a process for each: for tests of what they read."""

import pytest

from explorer.store import apart, apart_child


@pytest.fixture
def in_this_process(monkeypatch):
    """From now on a file is read here, without limits, by the same function with the same words."""

    def run(job: dict, patience: float) -> tuple[int, bool]:
        apart_child.serve(job, apart_child.found(job))
        return 0, False

    monkeypatch.setattr(apart, "_run", run)
