"""A flood of jobs drops nobody else's; who has too many is told, and who waits knows the place."""

import threading

import pytest

from explorer.errors import UserError
from explorer.server import jobs as room
from explorer.server.here import Here
from explorer.server.jobs import EXTRA, KEPT, OWN, RUNNING, Jobs, waiting

from ..waiting import until


class Held:
    """Work that goes on until it is let go, and then ends well."""

    def __init__(self, long: bool = False, size: int = 0):
        self.long, self.total = long, 1
        self.stopped = ""
        self._size, self.ended = size, None

    def begin(self, ended):
        self.ended = ended

    def stop(self, why):
        self.stopped = why
        self.ended(why)

    def news(self):
        return {"count": 0}

    def size(self):
        return self._size


@pytest.fixture
def jobs():
    made = Jobs()
    yield made
    made.close()


def finished(jobs: Jobs, visitor: str, size: int = 0):
    job = jobs.start(Held(size=size), visitor)
    job.work.ended(None)
    return job


def flood(jobs: Jobs, visitor: str, count: int) -> list:
    """What came of each: the job, or the sentence that refused it."""
    out = []
    for _ in range(count):
        try:
            out.append(jobs.start(Held(), visitor))
        except UserError as error:
            out.append(str(error))
    return out


def test_a_flood_of_one_visitor_drops_neither_a_strangers_job_nor_its_result(jobs):
    result, sweep = finished(jobs, "stranger"), jobs.start(Held(), "stranger")
    began = flood(jobs, "flooder", 40)
    for job in [j for j in began if isinstance(j, room.Job)]:
        jobs.cancel(job)
    for _ in range(40):
        finished(jobs, "flooder")
    assert jobs.get(sweep.name, "stranger").runs and not sweep.work.stopped
    assert jobs.get(result.name, "stranger").done


def test_too_many_are_refused_in_a_sentence_that_says_how_many_run(jobs):
    began = flood(jobs, "flooder", OWN + 3)
    assert all(isinstance(j, room.Job) for j in began[:OWN])
    assert sum(j.runs for j in began[:OWN]) == RUNNING
    refused = began[OWN:]
    said = f"{RUNNING} of your measurements are running and {OWN - RUNNING} wait"
    assert all(said in sentence for sentence in refused)
    assert all("cancel one" in s for s in refused)
    jobs.cancel(began[0])
    assert isinstance(flood(jobs, "flooder", 1)[0], room.Job)


def test_strangers_begin_at_once_beside_a_flood(jobs):
    flood(jobs, "flooder", OWN)
    guests = [jobs.start(Held(long=True), f"guest {k}") for k in range(EXTRA + 1)]
    assert [j.runs for j in guests] == [True] * EXTRA + [False]
    # the guest who waits comes before the flooder's own next ones
    assert jobs.place(guests[-1])[0] == 1


def test_who_has_least_at_work_comes_next(jobs):
    mine = flood(jobs, "flooder", OWN)
    guests = [jobs.start(Held(), f"guest {k}") for k in range(EXTRA + 1)]
    for job in mine[: EXTRA + 1]:
        job.work.ended(None)
    assert guests[-1].runs and not any(j.runs for j in mine[RUNNING:])


def test_a_quick_one_need_not_wait_for_trainings(jobs):
    trainings = [jobs.start(Held(long=True), "one") for _ in range(4)]
    assert [j.runs for j in trainings] == [True] * 3 + [False]
    assert jobs.start(Held(), "one").runs


def test_place_and_time_are_told_and_not_guessed(jobs):
    began = flood(jobs, "flooder", OWN)
    last = began[-1]
    assert jobs.place(last) == (OWN - RUNNING, None) and jobs.place(began[0]) is None
    assert waiting(jobs.place(last))["waiting"] == "In line, place 4; how long is not known yet."
    for took in (2.0, 20.0, 400.0):
        jobs._took[False].append(took)
    assert jobs.place(last) == (4, 20.0)  # four places on, where four at once take 20 s
    told = waiting(jobs.place(last))
    assert (told["place"], told["wait"]) == (4, 20.0)
    assert told["waiting"] == "In line, place 4; about 20.0 s."
    assert waiting(None) == {}


def test_each_keeps_the_own_newest_results(jobs):
    mine = [finished(jobs, "one") for _ in range(KEPT + 2)]
    other = finished(jobs, "two")
    kept = [j for j in mine if j.name in jobs._jobs]
    assert kept == mine[2:] and jobs.get(other.name).done


def test_results_are_bounded_in_bytes_and_who_has_most_loses_first(jobs, monkeypatch):
    monkeypatch.setattr(room, "BYTES", 100)
    monkeypatch.setattr(room, "BYTES_ALL", 150)
    small = finished(jobs, "small", 30)
    large = [finished(jobs, "large", 60) for _ in range(3)]
    kept = lambda j: j.name in jobs._jobs
    assert kept(small) and [kept(j) for j in large] == [False, False, True]
    more = [finished(jobs, f"large {k}", 60) for k in range(3)]
    assert kept(small) and sum(map(kept, [*large, *more])) == 2


def test_a_line_that_is_full_says_so(jobs, monkeypatch):
    monkeypatch.setattr(room, "ALL", 5)
    for k in range(5):
        jobs.start(Held(), f"visitor {k}")
    with pytest.raises(UserError, match="5 measurements run or wait"):
        jobs.start(Held(), "another")


def test_another_visitor_can_neither_ask_nor_cancel(jobs):
    job = jobs.start(Held(), "visitor a", owned=True)
    for who in ("visitor b", "address 127.0.0.1", ""):
        with pytest.raises(UserError, match="no longer there"):
            jobs.get(job.name, who)
    assert jobs.get(job.name, "visitor a") is job and len(job.name) >= 32
    open_ = jobs.start(Held(), "address 10.0.0.1")  # of a client without a cookie: by its name
    assert jobs.get(open_.name, "visitor b") is open_


@pytest.mark.parametrize("waits", [False, True])
def test_what_nobody_asks_about_ends(jobs, monkeypatch, waits):
    monkeypatch.setattr(room, "TICK", 0.01)
    if waits:
        flood(jobs, "one", RUNNING)
    job = jobs.start(Held(), "one")
    assert job.waits == waits
    monkeypatch.setattr(room, "ABANDONED", 0.0)
    until(lambda: job.done)
    assert job.problem == room.NOBODY


def test_an_old_result_goes(jobs, monkeypatch):
    monkeypatch.setattr(room, "TICK", 0.01)
    job = finished(jobs, "one")
    assert jobs.get(job.name) is job
    monkeypatch.setattr(room, "FORGOTTEN", 0.0)
    until(lambda: job.name not in jobs._jobs)


def test_a_fault_of_ours_ends_in_a_sentence_and_in_the_log(jobs, caplog):
    def broken(watch):
        yield 1
        raise ZeroDivisionError("in /somewhere/of/ours")

    job = jobs.start(Here(broken, 2), "one")
    until(lambda: job.done)
    assert job.work.rows == [1] and "ZeroDivisionError" in job.problem
    assert "/somewhere" not in job.problem and "/somewhere" in caplog.text


def test_work_in_the_server_stops_at_its_next_row(jobs):
    ended = threading.Event()

    def endless(watch):
        try:
            while True:
                watch()
                yield 1
        finally:
            ended.set()

    job = jobs.start(Here(endless, 1), "one")
    until(lambda: job.work.rows)
    jobs.cancel(job)
    until(lambda: job.done)
    assert ended.is_set() and job.problem == room.CANCELLED
