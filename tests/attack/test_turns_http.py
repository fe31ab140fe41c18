"""The real server under a flood, and requests whose client has left: by raw sockets."""

import asyncio
import http.client
import json
import socket
import threading

import httpx
import pytest

from explorer.bench.caller import Caller, Fault
from explorer.bench.page import free_port
from explorer.errors import Cancelled
from explorer.lab import experiment
from explorer.server import ahead, api, app, visitor
from explorer.server.turns import AT_ONCE, ROOM
from tests.beside import given_slots, nothing_beside
from tests.waiting import PATIENCE, answer_of, until

pytestmark = pytest.mark.slow  # real servers and processes

FLOOD = 64
HEAVY = {"samples": 4096, "nfe": 200}  # seconds of work each, below the cap


@pytest.fixture(scope="module")
def served():
    """The real server in this process, so that what it computes can be counted; its port and the
    id of its page."""
    port = free_port()
    demo, *_ = app.launch("127.0.0.1", port, prevent_thread_lock=True)
    nothing_beside()  # the first view is warm
    yield port, next(k for k, b in demo.blocks.items() if b.get_block_name() == "html")
    demo.close()


class Stuck:
    """A run that never ends by itself: its steps are counted, and whether they were wanted."""

    def __init__(self, seed: int):
        self.seed, self.steps, self.unwanted, self.begun, self.ended = seed, 0, 0, 0, 0
        self._real = experiment._run

    def __call__(self, e, watch):
        if e.seed != self.seed or self.begun:
            return self._real(e, watch)
        self.begun += 1
        pause = threading.Event()
        try:
            while True:
                self.unwanted += visitor.current().gone.is_set()
                self.steps += 1
                watch()
                pause.wait(0.002)  # as long as a step of a larger view
        except Cancelled:
            self.ended += 1
            raise


@pytest.fixture
def stuck(monkeypatch):
    def of(seed: int) -> Stuck:
        run = Stuck(seed)
        monkeypatch.setattr(experiment, "_run", run)
        monkeypatch.setattr(ahead, "CORES", 1)  # no helper beside it
        return run

    return of


def asks(served, seed: int, page: str) -> socket.socket:
    """A connection on which a view is asked for, and nothing is read."""
    port, component = served
    values = {"samples": 8, "nfe": 9, "seed": seed}
    data = {"values": values, "page": page, "id": 1}
    call = {"data": data, "component_id": component, "session_hash": page, "fn_name": "explore"}
    body = json.dumps(call).encode()
    line = socket.create_connection(("127.0.0.1", port))
    head = (
        f"POST /gradio_api/component_server HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    line.sendall(head.encode() + body)
    return line


def answer_on(line: socket.socket) -> dict:
    answer = http.client.HTTPResponse(line)
    answer.begin()
    return json.loads(answer.read())


def test_an_abandoned_request_ends_at_the_next_step(served, stuck):
    """Not one step is made after the server knows that the client has left."""
    run = stuck(8000)
    line = asks(served, 8000, "leaves")
    until(lambda: run.steps > 3)
    line.close()
    until(lambda: run.ended)
    assert run.unwanted <= 1 and (run.begun, run.ended) == (1, 1)
    until(lambda: not ROOM._everywhere())


def test_an_abandoned_request_that_waits_never_begins(served, stuck):
    run = stuck(8100)
    held = [ROOM.enter(visitor.Visitor(f"holder {k}", "page")) for k in range(AT_ONCE)]
    try:
        line = asks(served, 8100, "waits and leaves")
        until(lambda: ROOM.waiting)
        line.close()
        until(lambda: not ROOM.waiting)
    finally:
        for turn in held:
            ROOM.leave(turn)
    assert run.begun == 0


def test_who_shares_the_run_of_one_who_leaves_is_not_hurt(served, stuck):
    """Two ask for the same view; whose request made it leaves, and the other gets it."""
    run = stuck(8200)
    maker = asks(served, 8200, "maker")
    until(lambda: run.steps > 3)
    other = asks(served, 8200, "other")
    until(lambda: ROOM._outside)
    maker.close()
    until(lambda: run.ended)
    answer = answer_on(other)
    other.close()
    assert answer["values"]["seed"] == 8200 and "run" in answer["parts"]


def test_a_newer_move_ends_the_older_one_at_work(served, stuck):
    run = stuck(8300)
    old = asks(served, 8300, "hand")
    until(lambda: run.steps > 3)
    port, component = served
    caller = Caller(f"http://127.0.0.1:{port}/", "hand")
    caller._component = component
    values = {"samples": 8, "nfe": 9, "seed": 8301}

    async def moves():
        new = await caller.call("explore", {"values": values, "page": "hand", "id": 2})
        caller.close()
        return new

    assert answer_of(moves())["values"]["seed"] == 8301
    assert answer_on(old) == {"stale": True} and run.ended == 1
    old.close()


def test_a_bystander_is_answered_while_a_visitor_s_flood_waits(server):
    """Sixty-four views of seconds each, of one visitor: another's picture comes before the second
    dozen of them, and so do the place that is told and the page itself."""
    done: list[int] = []

    async def all_of_it():
        flood, other = Caller(server, "flood"), Caller(server, "bystander")
        await flood.open()
        await other.open()

        async def heavy(k: int):
            values = {**HEAVY, "seed": 9000 + k}
            await flood.call("explore", {"values": values, "page": f"flood {k}", "id": 1})
            done.append(k)

        tasks = [asyncio.create_task(heavy(k)) for k in range(FLOOD)]
        told = {}
        while "waits" not in told:  # they wait
            told = await flood.call("progress", f"flood {FLOOD - 1}")
        values = {"samples": 8, "nfe": 9, "seed": 9999}
        async with asyncio.timeout(PATIENCE):
            answer = await other.call("explore", {"values": values, "page": "other", "id": 1})
            await other.open()
        before = len(done)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        flood.close()
        other.close()
        return told, answer, before

    told, answer, before = answer_of(all_of_it())
    assert told["waits"].startswith("Place ") and "about " in told["waits"]
    assert answer["values"]["seed"] == 9999 and "run" in answer["parts"]
    assert before < FLOOD // 4
    assert (
        answer_of(_answers(server))["values"]["seed"] == 9998
    )  # the flood has gone with its client


async def _answers(server: str) -> dict:
    caller = Caller(server, "afterwards")
    try:
        await caller.open()
        values = {"samples": 8, "nfe": 9, "seed": 9998}
        return await caller.call("explore", {"values": values, "page": "later", "id": 1})
    finally:
        caller.close()


def test_more_requests_than_may_wait_are_refused_with_a_sentence(server):
    """Beyond the places of one visitor each answer is a sentence with its number; nothing fails."""

    async def all_of_it() -> list[dict]:
        flood = Caller(server, "too many")
        await flood.open()

        async def heavy(k: int):
            values = {**HEAVY, "seed": 9100 + k}
            answer = await flood.call("explore", {"values": values, "page": f"many {k}", "id": 1})
            if "problem" in answer:
                await refused.put(answer)

        refused: asyncio.Queue[dict] = asyncio.Queue()
        tasks = [asyncio.create_task(heavy(k)) for k in range(FLOOD + 20)]
        told = [await refused.get() for _ in range(10)]
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        assert not [e for e in ended if isinstance(e, Fault)]
        flood.close()
        return told

    for answer in answer_of(all_of_it()):
        assert f"{FLOOD} of your requests wait already" in answer["problem"], answer
        assert f"number {FLOOD + 1}, about" in answer["problem"]


def joins(port: int, cookie: str, seed: int) -> None:
    """A call of /explore, put into Gradio's queue."""
    names = api._named_arguments(api.explore_endpoint, strips=str).__signature__.parameters
    # its error, which new noise leaves undefined, would be all of its work
    given = {"solver": "euler_a", "samples": 4, "nfe": 5, "seed": seed}
    sent = httpx.post(
        f"http://127.0.0.1:{port}/gradio_api/call/explore",
        json={"data": [given.get(name) for name in names]},
        headers={"Cookie": cookie},
        timeout=PATIENCE,
    )
    assert sent.status_code == 200, sent.text


def test_a_script_is_served_while_the_flood_of_another_waits(served, monkeypatch):
    """Both come by the API.  Nine calls of one wait; the other's is the next but one, though
    Gradio's own queue is first come, first served."""
    port, _ = served
    flood, other = (
        httpx.get(f"http://127.0.0.1:{port}/", timeout=PATIENCE)
        .headers["set-cookie"]
        .partition(";")[0]
        for _ in range(2)
    )
    held = [ROOM.enter(visitor.Visitor(f"holder {k}", "page")) for k in range(AT_ONCE)]
    try:
        for k in range(9):
            joins(port, flood, 8400 + k)
        until(lambda: len(ROOM.waiting) == 9)
        joins(port, other, 8500)
        until(lambda: len(ROOM.waiting) == 10)
        given = given_slots(monkeypatch)
    finally:
        for turn in held:
            ROOM.leave(turn)
    until(lambda: not ROOM._everywhere())
    name = other.partition("=")[2].partition(".")[0]
    order = [t.who.name for t in given]
    assert len(order) == 10 and order.index(f"visitor {name}") <= AT_ONCE
