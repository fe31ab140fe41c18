"""What runs beside the users of `bench load --with-jobs`: a training of a network and four of AMED
predictors, asked for as a page does and stopped at the end."""

import asyncio
import secrets

from .caller import Caller, Fault

AMED = 4
LOOKS = 2.0  # seconds between two questions how far a job is
VALUES = {"data": "moons", "data.dimension": 2, "timesteps": "vp_time"}
LONG = {"paths": 200_000, "rounds": 64, "inner": 4}  # more than any row takes


class Jobs:
    """The jobs while the users are there.  Raises Fault where one does not start."""

    def __init__(self, url: str, wanted: bool):
        self._wanted = wanted
        self._callers = [Caller(url, secrets.token_hex(8)) for _ in range(AMED + 1)] * wanted
        self._names: list[str] = []
        self._looking: asyncio.Task | None = None

    async def __aenter__(self) -> "Jobs":
        if self._wanted:
            for caller in self._callers:
                await caller.open()
            await self._started(self._callers[0], "training", _training("start"))
            for caller in self._callers[1:]:
                asked = {"kind": "train", "values": VALUES, "student": "amed", "nfe": 5}
                job = await self._started(caller, "job_start", {**asked, "how": LONG})
                self._names.append(job["job"])
            self._looking = asyncio.create_task(self._look())
        return self

    async def _started(self, caller: Caller, function: str, request: dict) -> dict:
        answer = await caller.call(function, request)
        if "problem" in answer:
            raise Fault(f"{function}: {answer['problem']}")
        return answer

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(LOOKS)
            await self._callers[0].call("training", _training("look"))
            for caller, name in zip(self._callers[1:], self._names):
                await caller.call("job_poll", {"job": name})

    async def __aexit__(self, *_) -> None:
        if self._looking is None:
            return
        self._looking.cancel()
        await asyncio.gather(self._looking, return_exceptions=True)
        for caller, name in zip(self._callers[1:], self._names):
            await caller.call("job_cancel", {"job": name})
        await self._callers[0].call("training", _training("cancel"))
        for caller in self._callers:
            caller.close()


def _training(do: str) -> dict:
    return {
        "do": do,
        "name": "load",
        "token": "the bench's",
        "config": "F",
        "values": {"data": "moons", "data.dimension": 2},
        "training": {"kimg": 100_000},
    }
