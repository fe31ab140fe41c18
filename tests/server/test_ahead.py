"""Work that another core does beside an answer, and what the threads of both take for 0."""

import threading

import torch

from explorer.errors import UserError
from explorer.lab import experiment, source
from explorer.lab.memory import ACCOUNT
from explorer.server import ahead, in_turn
from explorer.server.message import message
from explorer.server.turns import AT_ONCE
from tests.waiting import PATIENCE


def test_an_answer_that_fails_leaves_what_was_never_begun_beside_it(monkeypatch):
    def blows_up(e, watch):
        raise UserError("Heun blew up.")

    monkeypatch.setattr(experiment, "_run", blows_up)
    monkeypatch.setattr(ahead, "CORES", 2)
    free = threading.Event()
    for _ in range(AT_ONCE):
        ahead.BESIDES.submit(free.wait, PATIENCE)  # others have all its threads
    try:
        answer = message({"values": {"data": "moons", "samples": 8, "nfe": 9, "seed": 4711}})
        assert answer["problem"] == "Heun blew up."
        assert ACCOUNT.promised == 0  # no memory is kept for it
    finally:
        free.set()


def test_the_threads_of_an_answer_take_numbers_below_doubles_for_0():
    tiny = lambda: float(torch.tensor(1e-300, dtype=torch.float64) * 1e-10)
    for pool in (in_turn.THREADS, ahead.BESIDES):
        found = pool.submit(tiny).result(PATIENCE)
        assert found == 0 or not pool.submit(torch.set_flush_denormal, True).result(PATIENCE)
    assert tiny() == 1e-310  # this thread counts them


def test_an_answer_is_the_same_without_numbers_below_doubles(monkeypatch):
    monkeypatch.setattr(ahead, "CORES", 1)

    def answer() -> dict:
        for memo in source.MEMOS:
            memo.clear()
        parts = message({"values": {"samples": 16, "timesteps.sigma_min": 0.001}})["parts"]
        del parts["run"]["status"]  # how long it took
        return parts

    assert in_turn.THREADS.submit(answer).result(PATIENCE) == answer()
