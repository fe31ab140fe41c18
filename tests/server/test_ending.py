"""A stop is heard anywhere in a job that asks nobody, and nowhere where it would do harm."""

import importlib
import signal
import sys
import threading
from types import SimpleNamespace

import pytest

from explorer.errors import Cancelled
from explorer.server.ending import Ending


@pytest.fixture
def ending():
    before = signal.getsignal(signal.SIGINT)
    yield Ending()
    signal.signal(signal.SIGINT, before)


def stopped(ending: Ending, job: str = "a") -> None:
    """As the thread that reads the server's words does it."""
    thread = threading.Thread(target=ending.stop, args=(job,))
    thread.start()
    thread.join()


def work(steps: int = 10**6) -> int:
    """Asks nobody; much longer than a signal takes."""
    return sum(1 for _ in range(steps))


def test_a_job_that_asks_nobody_hears_it_while_it_works(ending):
    with pytest.raises(Cancelled), ending.anywhere("a"):
        stopped(ending)
        work()
        pytest.fail("it went on")


def test_it_comes_after_an_import_and_leaves_no_half_of_a_module(ending, tmp_path, monkeypatch):
    """Half a module would stay in sys.modules, for all jobs that follow in this process."""
    lines = ["from threading import Event", "from told import stop", "stop()"]
    slow = "\n".join([*lines, *["Event().wait(0.005)"] * 20, "whole = True"])
    (tmp_path / "slow_module.py").write_text(slow)
    monkeypatch.syspath_prepend(str(tmp_path))
    told = SimpleNamespace(
        stop=lambda: stopped(ending)
    )  # while it is imported, however long it takes
    monkeypatch.setitem(sys.modules, "told", told)
    with pytest.raises(Cancelled), ending.anywhere("a"):
        assert importlib.import_module("slow_module").whole
        for _ in range(1000):
            threading.Event().wait(0.005)
        pytest.fail("it went on")
    assert sys.modules.pop("slow_module").whole


def test_one_that_was_stopped_before_it_began_hears_it_when_it_asks(ending):
    stopped(ending)
    with ending.anywhere("a"):
        work()
        with pytest.raises(Cancelled):
            ending.watch("a")
    ending.forget("a")
    ending.watch("a")


@pytest.mark.parametrize("inside", ["asked only", "held", "another", "over"])
def test_it_does_not_come_where_it_would_do_harm(ending, inside):
    with ending.anywhere("b" if inside == "another" else "a") as asked_only:
        if inside == "asked only":
            asked_only()
        if inside == "held":
            with ending.held():
                stopped(ending)
                work()
        elif inside != "over":
            stopped(ending)
        work()
    if inside == "over":
        stopped(ending)
    work()
    with pytest.raises(Cancelled):
        ending.watch("a")


def test_a_line_that_another_thread_writes_holds_nothing_back(ending):
    inside, over = threading.Event(), threading.Event()

    def write() -> None:
        with ending.held():
            inside.set()
            over.wait(30)

    writer = threading.Thread(target=write)
    writer.start()
    inside.wait(30)
    try:
        with pytest.raises(Cancelled), ending.anywhere("a"):
            stopped(ending)
            work()
    finally:
        over.set()
        writer.join()


def test_ctrl_c_is_for_the_server(ending):
    with ending.anywhere("a"):
        signal.raise_signal(signal.SIGINT)
        work()
