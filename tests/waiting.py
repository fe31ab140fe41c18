"""To wait for what is meant: a condition or an answer, never a length of time."""

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

PATIENCE = 300.0  # seconds; only a fault takes them, on a machine however busy


def until(condition: Callable[[], Any], patience: float = PATIENCE) -> Any:
    """The first answer of `condition` that is true; the test fails if none ever is."""
    pause, end = threading.Event(), time.monotonic() + patience
    seconds = 0.01  # longer each time, up to a tenth: what is looked at often is held up by it
    while not (answer := condition()):
        if time.monotonic() > end:
            pytest.fail(f"never came: {condition}")
        pause.wait(seconds)
        seconds = min(1.2 * seconds, 0.1)
    return answer


def answer_of(work: Coroutine) -> Any:
    """What a coroutine gives, run in a thread of its own: where a browser was asked for, this one
    has a loop already.
    """
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()
