"""What a test asks about the threads that make parts of a view beside its answer."""

import threading

from explorer.server.message import BESIDES
from explorer.server.turns import AT_ONCE

from .waiting import PATIENCE


def nothing_beside():
    """Waits until what earlier answers left at work there has ended: it holds memory, and makes
    values for the device of its time."""
    gate = threading.Barrier(AT_ONCE + 1)  # passed once all threads of the pool are free
    for _ in range(AT_ONCE):
        BESIDES.submit(gate.wait, PATIENCE)
    gate.wait(PATIENCE)
