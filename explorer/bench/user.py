"""One user of `bench load`: a page that is moved by hand, and what it asks the server for.

As assets/js/net.js does it: while an answer is on its way the newest change waits, 120 ms at most,
and then overtakes it; what the page holds is not sent again; what an answer announces is asked for
at once, the settled error after 600 ms at rest; and after 700 ms the page asks how far it is.
"""

import asyncio
import contextlib
import dataclasses
import random
import time
from collections.abc import Callable
from typing import Any

from .caller import Caller, Fault

THINKING = (1.0, 2.0)  # seconds between a picture and the next move, evenly spread
OVERTAKES, REST = 0.12, 0.6  # seconds, as in net.js and answers.js
LOOKS, AGAIN = 0.7, 0.3  # seconds until a page asks how far it is, and between two of these,
#                          three times as long in a queue
DRAGS, STEPS, PAUSE = 0.25, 3, 0.06  # of the moves are drags, of so many values, so far apart
TOGETHER = 0.2  # of the moves go to a view that others go to as well
SLIDERS = {  # (low, high) of the values that a hand visits
    "timesteps.rho": (2, 12),
    "nfe": (11, 79),
    "timesteps.sigma_max": (20, 300),
    "timesteps.sigma_min": (0.001, 0.02),
    "s_churn": (5, 60),
    "samples": (64, 512),
    "seed": (1, 1000),
}
WHOLE = {"nfe", "samples", "seed"}
LESSONS = [  # what many users look at, as a class does that follows one sheet
    {"solver": solver, "nfe": nfe, "timesteps.rho": rho}
    for solver in ("heun", "euler", "dpmpp")
    for nfe in (11, 35)
    for rho in (3.0, 7.0)
]


@dataclasses.dataclass
class Seen:
    """What a user has seen: seconds from a move to its first picture and to the whole, and all
    that is to be checked when the load is over."""

    first: list[float] = dataclasses.field(default_factory=list)
    whole: list[float] = dataclasses.field(default_factory=list)
    faults: list[str] = dataclasses.field(default_factory=list)
    answers: list[tuple[dict, dict]] = dataclasses.field(default_factory=list)
    overtaken: int = 0
    drafts: int = 0


class User:
    """A page, and the hand that moves it."""

    def __init__(self, url: str, name: str, seed: int):
        self.caller, self.name, self.seen = Caller(url, name), name, Seen()
        self._hand = random.Random(seed)
        self._values: dict[str, Any] = {}
        self._parts: dict[str, str] = {}  # the key of each part on show
        self._asked = self._newest = 0
        self._flying: set[int] = set()  # open questions about an act; others follow of themselves
        self._moved = 0.0
        self._landed = asyncio.Event()  # nothing is open that an act must wait for
        self._landed.set()
        self._shown = asyncio.Event()
        self._tasks: set[asyncio.Task] = set()
        self._rests: asyncio.Task | None = None

    async def lives(
        self, seconds: float, enough: Callable[[Seen], bool] = lambda seen: False
    ) -> None:
        """Open the page, look at it and move it until the time is over, or enough is seen."""
        end = time.monotonic() + seconds
        try:
            await asyncio.sleep(self._hand.uniform(0, THINKING[1]))  # they do not come at once
            await self.caller.open()
            self._act({})
            await self._shown.wait()
            while time.monotonic() < end and not enough(self.seen):
                await asyncio.sleep(self._hand.uniform(*THINKING))
                for values in self._move():
                    self._act(values)
                    await asyncio.sleep(PAUSE)
                await self._shown.wait()
        except Fault as fault:
            self.seen.faults.append(str(fault))
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            self.caller.close()

    def _move(self) -> list[dict]:
        """The values of a move, one after another: a step of a slider, a drag, or a lesson."""
        hand = self._hand
        if hand.random() < TOGETHER:
            return [dict(hand.choice(LESSONS))]
        key = hand.choice(list(SLIDERS))
        low, high = SLIDERS[key]
        steps = STEPS if hand.random() < DRAGS else 1
        spread = [low * (high / low) ** hand.random() for _ in range(steps)]
        return [{key: round(v) if key in WHOLE else float(f"{v:.4g}")} for v in spread]

    def _act(self, values: dict) -> None:
        self._values, self._moved = values, time.monotonic()
        self._shown.clear()
        if self._rests:
            self._rests.cancel()
        self._start(self._acts())

    async def _acts(self) -> None:
        moved = self._moved
        if not self._landed.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._landed.wait(), OVERTAKES)
        if moved == self._moved:  # else a newer value is sent instead
            await self._ask(None, moved)

    async def _ask(self, want: list[str] | None, moved: float) -> None:
        self._asked += 1
        number, held = self._asked, dict(self._parts)
        request = {"values": dict(self._values), "have": held, "page": self.name, "id": number}
        request |= {"want": want} if want else {}
        if not want:
            self._flying.add(number)
            self._landed.clear()
        looks = asyncio.Event()
        self._start(self._looks(looks))
        try:
            answer = await self.caller.call("explore", request)
        except Fault as fault:
            return self._lost(str(fault))
        finally:
            looks.set()
            self._flying.discard(number)
            if not self._flying:
                self._landed.set()
        if answer.get("stale"):
            self.seen.overtaken += 1
            if number == self._asked and moved == self._moved:
                self._lost("the newest question was dropped")
        elif number > self._newest and (number == self._asked or not want):
            self._newest = number
            self._show(request, answer, held, moved)

    def _show(self, request: dict, answer: dict, held: dict, moved: float) -> None:
        if "problem" in answer:
            self._lost(answer["problem"])
            return
        self.seen.answers.append((request, answer))
        new = {name: part["key"] for name, part in answer["parts"].items()}
        self._parts = {k: v for k, v in held.items() if k not in answer["drop"]} | new
        if request["id"] != self._asked or moved != self._moved:
            return
        if not self._shown.is_set():
            self.seen.first.append(time.monotonic() - moved)
            self.seen.drafts += "first" in answer["parts"].get("run", {})
            self._shown.set()
        pending = answer["pending"]
        if not pending:
            self.seen.whole.append(time.monotonic() - moved)
        elif pending[0] == "exact":
            self._rests = self._start(self._follows(pending, moved, REST))
        else:
            self._start(self._follows(pending, moved, 0.0))

    def _lost(self, why: str) -> None:
        self.seen.faults.append(why)
        self._shown.set()

    async def _follows(self, pending: list[str], moved: float, rest: float) -> None:
        await asyncio.sleep(rest)
        if moved == self._moved:
            await self._ask(pending, moved)

    async def _looks(self, answered: asyncio.Event) -> None:
        """How far it is, asked as long as an answer is on its way."""
        pause = LOOKS
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(answered.wait(), pause)
                return
            try:
                far = await self.caller.call("progress", self.name)
            except Fault as fault:
                self.seen.faults.append(str(fault))
                return
            pause = AGAIN * (3 if "waits" in far else 1)

    def _start(self, work) -> asyncio.Task:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
