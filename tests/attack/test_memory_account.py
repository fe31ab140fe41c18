"""The account of memory: what is asked for, what is held, who waits, and who is refused."""

import gc
import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
import torch

from explorer import memo as memos
from explorer.errors import Cancelled, UserError
from explorer.lab import machine as machine_of
from explorer.lab import memory
from explorer.memo import Memo

from ..waiting import PATIENCE, until

MB = 10**6


class Value:
    """Something that holds so many bytes."""

    def __init__(self, size: float):
        self.tensor = torch.zeros(int(size), dtype=torch.uint8)


@pytest.fixture
def account(monkeypatch):
    own = memory.Account(100 * MB, [])
    monkeypatch.setattr(memory, "ACCOUNT", own)
    return own


def test_a_value_counts_for_as_long_as_somebody_holds_it(account):
    value = memory.counted(Value(30 * MB))
    other = value
    assert account.held == 30 * MB
    del value
    assert account.held == 30 * MB
    del other
    assert account.held == 0


def test_a_room_is_given_back_and_what_was_made_in_it_is_not_counted_twice(account):
    with memory.room(50 * MB, "A run"):
        assert account.promised == 50 * MB
        kept = memory.counted(Value(20 * MB))
        assert account.promised + account.held == 50 * MB
        with memory.room(30 * MB, "A step"):  # what the outer room has left
            assert account.promised == 30 * MB
        with memory.room(40 * MB, "A larger step"):
            assert account.promised == 40 * MB
    assert account.promised == 0 and account.held == 20 * MB
    del kept


def test_more_than_the_limit_is_refused_at_once_with_both_numbers(account):
    with pytest.raises(UserError, match=r"A run.*about 3.1 GB.*at most 100 MB") as caught:
        with memory.room(3.1e9, "A run"):
            pytest.fail("it began")
    assert "fewer samples" in str(caught.value)
    assert account.promised == 0


def test_what_is_remembered_goes_first_the_least_recently_used_of_all(account):
    first, second = Memo(10**9), Memo(10**9)
    account.memos += [first, second]
    for key, memo in (("a", first), ("b", second), ("c", first)):
        memo(key, lambda: memory.counted(Value(30 * MB)))
    first("a", pytest.fail)  # used again: now b is the oldest
    with memory.room(40 * MB, "A run"):
        assert "b" not in second and "a" in first and "c" in first
        assert account.held == 60 * MB
    with memory.room(90 * MB, "A run"):
        assert not len(first) and account.held == 0


def test_nothing_is_forgotten_for_what_cannot_fit_beside_others(account):
    memo = Memo(10**9)
    account.memos.append(memo)
    memo("kept", lambda: memory.counted(Value(10 * MB)))
    with memory.room(60 * MB, "A run"):
        assert not account.enter(memory.Room(account, 50 * MB, "Another"))
    assert "kept" in memo


def waiting(account, size, log, name):
    """A thread that asks for so much, and notes when it has it."""

    def work():
        try:
            with memory.room(size, name):
                log.append(name)
        except (UserError, Cancelled) as error:
            log.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_who_comes_first_is_served_first_and_small_ones_pass(account):
    log: list = []
    with memory.room(80 * MB, "A run"):
        large = waiting(account, 60 * MB, log, "large")
        until(lambda: len(account._queue) == 1)
        middle = waiting(account, 15 * MB, log, "middle")  # would fit, but came later
        until(lambda: len(account._queue) == 2)
        small = waiting(account, MB, log, "small")
        small.join()
        assert log == ["small"]
    large.join(), middle.join()
    assert log[1:] in (["large", "middle"], ["middle", "large"])  # both at once, now
    assert account.promised == 0


def test_a_value_that_is_let_go_makes_room_for_who_waits(account):
    value, log = memory.counted(Value(80 * MB)), []
    thread = waiting(account, 50 * MB, log, "run")
    until(lambda: len(account._queue) == 1)
    del value
    thread.join()
    assert log == ["run"]


def test_who_waits_in_vain_gets_a_sentence(account, monkeypatch):
    monkeypatch.setattr(memory, "WAIT", 0.0)
    log: list = []
    with memory.room(80 * MB, "A run"):
        waiting(account, 50 * MB, log, "A run of 8 samples").join()
    assert "A run of 8 samples needs about 50 MB" in str(log[0])
    assert "100 MB" in str(log[0]) and "in a moment" in str(log[0])
    assert account.promised == 0 and not account._queue


def test_who_is_cancelled_while_waiting_leaves_the_queue(account):
    def gone(event):
        raise Cancelled

    others = memory.Room(account, 80 * MB, "A run of others")
    assert account.enter(others)
    token = memos.waits.set(gone)
    try:
        with pytest.raises(Cancelled), memory.room(50 * MB, "Another"):
            pytest.fail("it began")
    finally:
        memos.waits.reset(token)
    assert not account._queue
    account.leave(others)
    assert account.promised == 0


FAILURES = {
    "python": MemoryError(),
    "torch": RuntimeError(
        "[enforce fail at alloc_cpu.cpp:117] err == 0. DefaultCPUAllocator: can't allocate memory: "
        "you tried to allocate 8000000000000 bytes. Error code 12 (Cannot allocate memory)"
    ),
    "windows": RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 9"),
    "cuda": torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB"),
}


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES)
def test_an_allocation_that_fails_is_a_sentence_and_forgets_what_is_remembered(account, failure):
    memo = Memo(10**9)
    account.memos.append(memo)
    memo("kept", lambda: "value")
    with pytest.raises(UserError, match="A run of 9 samples did not fit into the memory"):
        with memory.room(MB, "A run of 9 samples"):
            raise failure
    assert not len(memo) and account.promised == 0


def test_a_real_allocation_that_fails_is_a_sentence(account):
    with pytest.raises(UserError, match="did not fit"), memory.room(MB, "A run"):
        torch.empty(2**60, dtype=torch.uint8)


def test_another_fault_stays_what_it_is(account):
    with pytest.raises(RuntimeError, match="shapes"), memory.room(MB, "A run"):
        raise RuntimeError("shapes differ")
    assert account.promised == 0


@pytest.mark.parametrize("error", (Cancelled, UserError))
def test_what_a_cancelled_computation_held_goes_though_its_traceback_is_kept(account, error):
    gc.collect()
    gc.disable()  # by reference counts alone, at once
    try:

        def work():
            held = memory.counted(Value(30 * MB))
            assert held is not None
            raise error("stopped")

        try:
            with memory.room(50 * MB, "A run"):
                work()
        except error as caught:
            kept = caught
        assert kept.__traceback__ is not None and account.held == 0
    finally:
        gc.enable()


def test_another_thread_works_in_the_same_room(account):
    with ThreadPoolExecutor(1) as pool, memory.room(90 * MB, "A view"):
        work = memory.shared(pool, lambda: memory._room.get().need)
        assert work.result() == 90 * MB
    assert account.promised == 0


@pytest.mark.parametrize("deep", [1, 2], ids=["at once", "through another"])
def test_who_makes_what_a_view_waits_for_does_not_wait_for_that_view(account, deep):
    """A source was forgotten while views went on; who came next made it again and stood in the
    queue behind their memory, and they behind what he made."""
    source, menu, told = Memo(10**9), Memo(10**9), []

    def loaded():
        with memory.room(20 * MB, "A source"):
            return "loaded"

    def listed():
        return source("key", loaded)

    ask = [lambda: told.append(source("key", loaded)), lambda: told.append(menu("key", listed))]
    comes = [threading.Thread(target=asks) for asks in ask[:deep]]
    with memory.room(90 * MB, "A view"):
        for thread in comes:
            thread.start()
            until(lambda: account._queue)
        if deep > 1:
            until(lambda: menu._making["key"].needs is source._making["key"])
        assert (source if deep == 1 else menu)("key", pytest.fail) == "loaded"
    for thread in comes:
        thread.join(PATIENCE)
    assert told == ["loaded"] * deep and account.promised == 0  # nobody was refused


def test_work_that_never_began_gives_back_its_part_of_the_room(account):
    free = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        pool.submit(free.wait, PATIENCE)  # somebody else's
        with memory.room(90 * MB, "A view"):
            assert memory.shared(pool, pytest.fail).cancel()
        assert account.promised == 0
        free.set()


@pytest.mark.parametrize(
    "files, machine, limit",
    [
        ({}, 64e9, 4e9),
        ({}, 6e9, 3e9),
        ({"memory.max": "max"}, 6e9, 3e9),
        ({"memory.max": "2000000000\n"}, 64e9, 1e9),
        ({"memory/memory.limit_in_bytes": "1000000000"}, 64e9, 0.5e9),
    ],
)
def test_the_limit_is_half_of_what_machine_and_container_allow(
    files, machine, limit, tmp_path, monkeypatch
):
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(machine_of, "CGROUP", tmp_path)
    pages = {"SC_PHYS_PAGES": machine / 4096, "SC_PAGE_SIZE": 4096}
    monkeypatch.setattr(machine_of, "os", SimpleNamespace(sysconf=pages.__getitem__))
    assert machine_of.default() == limit


def test_a_large_value_goes_when_nobody_asks_for_it_any_more(monkeypatch):
    """From one look to the next; what is within its limit stays, and what was asked for does."""
    large, small = Memo(100), Memo(10_000)
    monkeypatch.setattr(memory, "MEMOS", [large, small])
    ask = lambda memo: memo("key", lambda: bytes(1000))
    ask(large), ask(small)
    memory.let_go()
    assert len(large) == 1
    ask(large)
    memory.let_go()
    assert len(large) == 1
    memory.let_go()
    assert len(large) == 0 and len(small) == 1
    memory.let_go()
