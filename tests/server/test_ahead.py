"""Work that another core does beside an answer."""

import threading

from explorer.errors import UserError
from explorer.lab import experiment
from explorer.lab.memory import ACCOUNT
from explorer.server import ahead
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
