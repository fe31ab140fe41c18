"""Ready is a server that has just run something; how it is told costs next to nothing."""

import json
import threading

from explorer import __version__
from explorer.server import health
from tests.waiting import answer_of


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


def ask(watched: health.Health, **facts) -> tuple[int, dict]:
    sent = []

    async def send(message):
        sent.append(message)

    answer_of(watched.answer(send, **facts))
    return sent[0]["status"], json.loads(sent[1]["body"])


def test_it_is_ready_once_a_run_has_worked_and_tries_again_only_later():
    tries, clock = [], Clock()
    watched = health.Health(lambda: tries.append(1), clock)
    status, said = ask(watched, device="CPU", waiting=3)
    assert status == 200 and said["ready"] and said["version"] == __version__
    assert said["device"] == "CPU" and said["waiting"] == 3 and "why" not in said
    ask(watched)
    assert len(tries) == 1
    clock.now += health.TRIES + 1
    assert ask(watched)[1]["uptime"] == health.TRIES + 1 and len(tries) == 2


def test_it_is_not_ready_when_a_run_fails_and_says_nothing_of_the_inside(caplog):
    def fails():
        raise OSError("/home/ada/weights is gone")

    status, said = ask(health.Health(fails, Clock()))
    assert status == 503 and said["why"] == health.FAILED
    assert "/home" not in json.dumps(said) and "/home" in caplog.text


def test_a_busy_server_is_ready_and_one_that_hangs_is_not(monkeypatch):
    monkeypatch.setattr(health, "FIRST", 0.0)
    clock, gate = Clock(), threading.Event()
    waits = [lambda: None, gate.wait]
    watched = health.Health(lambda: waits.pop(0)(), clock)
    watched._run()
    clock.now += health.TRIES + 1
    assert ask(watched)[0] == 200, "a try is under way, and the last one worked"
    clock.now += health.STUCK + 1
    status, said = ask(watched)
    assert status == 503 and "has not ended for 61 s" in said["why"]
    gate.set()


def test_it_says_that_it_stops():
    watched = health.Health(lambda: None, Clock())
    watched.stopping = True
    assert ask(watched) == (503, {"ready": False, "why": health.STOPPING, "version": __version__,
                                  "uptime": 0.0})  # fmt: skip


def test_the_trial_is_a_run_and_never_a_remembered_one(monkeypatch):
    from explorer.lab import experiment

    ran = []
    real = experiment._run
    monkeypatch.setattr(experiment, "_run", lambda e, watch: ran.append(e) or real(e, watch))
    monkeypatch.setattr(experiment, "run", lambda e: experiment._run(e, None))
    health.trial()
    health.trial()
    assert len(set(ran)) == 2 and all(e.samples == 4 for e in ran)
