"""The memory of results: bounded, safe between threads, without a trace of what failed."""

import dataclasses
import sys
import threading

import pytest
import torch

from explorer.errors import Cancelled
from explorer.memo import Memo, size_of, waits

from .waiting import PATIENCE, until


def asking(thread: threading.Thread) -> bool:
    """Whether a thread is inside the memory: it makes a value there, or waits for one."""
    frame = sys._current_frames().get(thread.ident)
    while frame and frame.f_code is not Memo.__call__.__code__:
        frame = frame.f_back
    return frame is not None


def test_a_value_is_made_once():
    memo, made = Memo(1000), []
    for _ in range(3):
        assert memo("a", lambda: made.append(1) or "value") == "value"
    assert len(made) == 1 and len(memo) == 1


def test_the_least_recently_used_goes_first():
    memo = Memo(250)
    for key in "abc":  # 80 bytes each
        memo(key, lambda: torch.zeros(10, dtype=torch.float64))
    memo("a", pytest.fail)
    memo("d", lambda: torch.zeros(10, dtype=torch.float64))
    assert memo.bytes <= 250
    memo("a", pytest.fail), memo("d", pytest.fail)
    made = []
    memo("b", lambda: made.append(1))
    assert made


class Points:
    """What others hold and nobody copies."""

    def __init__(self):
        self.x = torch.zeros(10)


@pytest.mark.parametrize("drop", ["forget", "push out"])
def test_what_was_dropped_and_is_still_held_is_not_made_again(drop):
    memo, made = Memo(40), []
    mine = memo("a", lambda: made.append(1) or Points())
    if drop == "forget":
        memo.forget()
    else:
        memo("b", lambda: "x" * 40)
    assert "a" not in memo
    assert memo("a", pytest.fail) is mine and "a" in memo and memo.bytes == size_of(mine)
    memo.forget()
    del mine
    assert memo("a", lambda: made.append(2) or Points()) is not None and made == [1, 2]
    mine = memo("a", pytest.fail)
    memo.forget()
    memo.clear()  # made for another device, say
    assert memo("a", Points) is not mine


def test_what_began_before_all_was_forgotten_is_not_remembered():
    """It was made for another device, say."""
    memo = Memo(1000)
    assert memo("a", lambda: memo.clear() or "old") == "old"
    assert memo("a", lambda: "new") == "new"


def test_one_value_above_the_limit_is_kept_until_the_next():
    memo = Memo(10)
    memo("big", lambda: torch.zeros(100))
    memo("big", pytest.fail)
    memo("next", lambda: "x")
    assert len(memo) == 1


@pytest.mark.parametrize("error", [Cancelled, ValueError])
def test_what_fails_leaves_nothing_behind(error):
    memo = Memo(1000)

    def fail():
        raise error

    with pytest.raises(error):
        memo("a", fail)
    assert len(memo) == 0 and memo("a", lambda: 7) == 7


def test_two_threads_share_one_making():
    memo, made, got = Memo(1000), [], []

    def make():
        made.append(1)
        until(lambda: all(map(asking, threads)))
        return object()

    threads = [threading.Thread(target=lambda: got.append(memo("a", make))) for _ in range(8)]
    [t.start() for t in threads], [t.join() for t in threads]
    assert len(made) == 1 and len(got) == 8 and len(set(map(id, got))) == 1


def test_a_thread_that_waits_for_a_cancelled_making_makes_it_itself():
    memo, started = Memo(1000), threading.Event()

    def cancelled():
        started.set()
        until(lambda: asking(threading.main_thread()))
        raise Cancelled

    def first():
        with pytest.raises(Cancelled):
            memo("a", cancelled)

    thread = threading.Thread(target=first)
    thread.start()
    assert started.wait(PATIENCE)
    assert memo("a", lambda: "mine") == "mine"
    thread.join()


def test_after_a_cancelled_making_only_one_of_those_who_waited_makes_it():
    memo, made, at_once, got = Memo(1000), [], [], []
    left = threading.Event()

    def cancelled():
        until(lambda: all(map(asking, threads)))
        left.set()
        raise Cancelled

    def make():
        at_once.append(1)
        made.append(len(at_once))
        until(lambda: all(asking(t) or not t.is_alive() for t in threads))
        at_once.pop()
        return "value"

    def first():
        with pytest.raises(Cancelled):
            memo("a", cancelled)

    threads = [threading.Thread(target=lambda: got.append(memo("a", make))) for _ in range(6)]
    maker = threading.Thread(target=first)
    maker.start()
    until(lambda: asking(maker))
    [t.start() for t in threads], [t.join() for t in (*threads, maker)]
    assert left.is_set() and made == [1] and got == ["value"] * 6


def test_who_waits_does_it_as_its_context_says_and_may_give_up():
    """So that a server lets others work meanwhile, and a request that is gone ends."""
    memo, release = Memo(1000), threading.Event()
    maker = threading.Thread(target=lambda: memo("slow", lambda: release.wait(PATIENCE) and 5))
    maker.start()
    until(lambda: asking(maker))

    def give_up(made: threading.Event):
        assert not made.is_set()
        raise Cancelled

    kept = waits.set(give_up)
    try:
        with pytest.raises(Cancelled):
            memo("slow", pytest.fail)
    finally:
        waits.reset(kept)
        release.set()
    maker.join()
    assert memo("slow", pytest.fail) == 5  # who made it was not hurt


def test_other_keys_do_not_wait():
    memo, release = Memo(1000), threading.Event()
    thread = threading.Thread(target=lambda: memo("slow", lambda: release.wait(PATIENCE)))
    thread.start()
    assert memo("fast", lambda: 1) == 1
    release.set()
    thread.join()


def test_clear_forgets():
    memo = Memo(1000)
    memo("a", lambda: 1)
    memo.clear()
    assert memo("a", lambda: 2) == 2


def test_bytes_are_those_of_the_tensors_inside():
    @dataclasses.dataclass
    class Pair:
        a: torch.Tensor
        b: dict

    x = torch.zeros(100, dtype=torch.float64)
    assert size_of(x) == 800
    assert 1600 <= size_of(Pair(x, {"k": [x]})) < 1700
    assert size_of("text") == 4


def test_numbers_text_and_lists_take_room_too():
    """32 bytes a number in a list, 8 a reference, 1 a letter: what grows is counted."""
    assert size_of([0.5] * 10) == 320 and size_of((1, 2)) == 64
    assert size_of(["ab", "cde"]) == 5 + 16 and size_of({"a": "xyz", "b": b"12"}) == 5
    assert size_of([]) == 0 and size_of(None) == 32
    net = torch.nn.Linear(3, 2)  # 8 float32
    assert size_of(net) == 32


def test_what_just_fits_stays_and_is_known_to_be_there():
    memo = Memo(240)
    for key in "abc":
        memo(key, lambda: torch.zeros(10, dtype=torch.float64))
    assert memo.bytes == 240 and all(key in memo for key in "abc") and "d" not in memo
    memo("d", lambda: "x")
    assert "a" not in memo and "b" in memo
