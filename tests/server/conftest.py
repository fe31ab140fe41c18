"""One process measures for all of these tests: a second one, warm, would cost each run seconds."""

import math

import pytest

from explorer.server import workers


@pytest.fixture(autouse=True, scope="module")
def none_is_kept_warm():
    """Whoever is asked for starts, and then stays."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(workers, "SPARE", 0)
        patch.setattr(workers, "IDLE", math.inf)
        yield
