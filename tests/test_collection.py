"""Workers must find the same tests: their names hold no set's order, process id or address."""

import os
import subprocess
import sys

import pytest

from explorer.bench.page import ROOT

from .conftest import COLLECTED


def collected(seed: int) -> list[str]:
    """The ids of all tests in a process with this seed of hashes."""
    line = [sys.executable, "-m", "pytest", "-n", "0", "--collect-only", "-q", "tests"]
    env = {**os.environ, "PYTHONHASHSEED": str(seed), "PYTEST_ADDOPTS": "-p no:cacheprovider"}
    done = subprocess.run(line, cwd=ROOT, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:]
    return [test for test in done.stdout.splitlines() if "::" in test]


@pytest.mark.slow
def test_another_process_finds_the_same_tests(request):
    """What this one collected, held against one whose hashes begin elsewhere; that workers have
    them in the same order, xdist sees to itself.
    """
    if "PYTEST_XDIST_WORKER" in os.environ:  # and each has hashes of its own
        pytest.skip("xdist ends where two of its workers did not collect the same")
    own = request.config.stash[COLLECTED]
    here = set(own)
    assert sorted(own) == sorted(test for test in collected(seed=1) if test in here)
