"""Engines of other machines, through the libraries that know them: Dask, and SLURM by submitit.

    with elsewhere("dask://host:8786", folder, {}) as engine: ...
    with elsewhere("slurm", folder, {"partition": "gpu", "time": "60"}) as engine: ...

Both are optional; what is missing is said with the command that brings it.
"""

import asyncio
import contextlib
import dataclasses
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

from ..errors import UserError

JOBS = {"slurm": 16, "local": 2}  # that a study is cut into where nothing is said
MINUTES = 240  # that a job may take where nothing is said
PATIENCE = 10.0  # seconds in which a scheduler answers
POLL = {"slurm": 2.0, "local": 0.1}  # seconds between two looks at the jobs
GENERIC = {"time": "timeout_min", "gpus": "gpus_per_node", "cpus": "cpus_per_task", "mem": "mem_gb"}


@dataclasses.dataclass(frozen=True)
class Engine:
    """Whoever works.  slots(): batches under way at once; jobs: a fixed number of batches instead,
    all handed in together.  shared: whether workers see the folder.  apart: whether each batch has
    a worker to itself.
    """

    executor: Executor
    slots: Callable[[], int]
    shared: bool = True
    jobs: int = 0
    together: Callable[[], Any] = contextlib.nullcontext
    apart: bool = False


@contextlib.contextmanager
def elsewhere(on: str, folder: Path | None, options: Mapping[str, str]) -> Iterator[Engine]:
    """The engine of that name.  Raises UserError for one unknown, not installed or not there."""
    known(on)
    if on.startswith("dask://"):
        if options:
            raise UserError("Dask takes no options here; its workers have theirs.")
        with _dask(on.removeprefix("dask://")) as engine:
            yield engine
    else:
        with _jobs(on, folder, options) as engine:
            yield engine


def known(on: str) -> None:
    """Raises UserError for what no engine is called."""
    if not on.startswith("dask://") and on not in JOBS:
        raise UserError(f"Unknown engine {on!r:.60}. Known: dask://HOST:PORT, slurm, local.")


def needs(what: str, package: str) -> UserError:
    """What to do about an optional package that is not there."""
    return UserError(f"{what} needs {package}: pip install {package}")


@contextlib.contextmanager
def _dask(address: str) -> Iterator[Engine]:
    try:
        from distributed import Client
    except ImportError:
        raise needs("--on dask://…", "distributed") from None
    try:
        client = Client(f"tcp://{address}", timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        raise UserError(
            f"No Dask scheduler answers at {address:.60} ({type(error).__name__}). Start one with "
            "“dask scheduler”, its workers with “dask worker HOST:PORT”."
        ) from None
    try:
        slots = lambda: max(1, 2 * sum(client.ncores().values()))  # one works, one waits
        yield Engine(Tasks(client), slots, shared=False)
    finally:
        client.close()  # and with it what is not done


@contextlib.contextmanager
def _jobs(cluster: str, folder: Path | None, options: Mapping[str, str]) -> Iterator[Engine]:
    try:
        import submitit
    except ImportError:
        raise needs(f"--on {cluster}", "submitit") from None
    if folder is None:
        raise UserError(f"--on {cluster} needs a folder that all its machines see.")
    given = dict(options)
    jobs = _whole("jobs", given.pop("jobs", str(JOBS[cluster])))
    try:
        own = submitit.AutoExecutor(folder / ".jobs", cluster=cluster)
        own.update_parameters(timeout_min=MINUTES, name="explorer")
        own.update_parameters(**_parameters(cluster, given))
    except (RuntimeError, NameError, ValueError, AssertionError) as error:
        said = " ".join(str(error).split())[:300]
        raise UserError(f"SLURM through submitit cannot begin: {said}") from None
    executor = Jobs(own, POLL[cluster])
    try:
        yield Engine(executor, lambda: jobs, jobs=jobs, together=executor.together, apart=True)
    finally:
        executor.shutdown()


def _parameters(cluster: str, given: Mapping[str, str]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for key, value in given.items():
        if key in GENERIC:
            out[GENERIC[key]] = _whole(key, value)
        else:
            out[f"slurm_{key}"] = int(value) if value.isdecimal() else value
    return out


def _whole(key: str, value: str) -> int:
    if not value.isdecimal() or len(value) > 6 or not 1 <= int(value) <= 100_000:
        raise UserError(f"--slurm {key}={value:.20} is no whole number from 1 to 100,000.")
    return int(value)


class Tasks(Executor):
    """Dask's tasks as the futures that the rest knows.

    Dask's own executor leaves a future open for good where an answer is lost with its worker on the
    way here and then fails where it is asked for again.
    """

    def __init__(self, client: Any):
        self.client = client

    def submit(self, fn: Callable, /, *args: Any, **kwargs: Any) -> Future:
        """Hand in a task; whose future is cancelled, Dask forgets."""
        task = self.client.submit(fn, *args, pure=False, **kwargs)
        brought = self.client.gather(task, asynchronous=True)
        return asyncio.run_coroutine_threadsafe(brought, self.client.loop.asyncio_loop)


class Jobs(Executor):
    """submitit's jobs as the futures that the rest knows."""

    def __init__(self, own: Any, poll: float):
        self.own, self.poll = own, poll
        self.waiting: list[tuple[Any, Future]] = []
        self.lock, self.ended = threading.RLock(), threading.Event()
        self.looks = threading.Thread(target=self._look, daemon=True)
        self.looks.start()

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """What is handed in here goes as one array."""
        with self.lock, self.own.batch():
            yield

    def submit(self, fn: Callable, /, *args: Any, **kwargs: Any) -> Future:
        """Hand in a job; cancelling its future cancels it."""
        future: Future = Future()
        with self.lock:
            self.waiting.append((self.own.submit(fn, *args, **kwargs), future))
        return future

    def _look(self) -> None:
        while not self.ended.wait(self.poll):
            with self.lock:
                self.waiting = [(j, f) for j, f in self.waiting if not self._settled(j, f)]

    def _settled(self, job: Any, future: Future) -> bool:
        if future.cancelled():
            job.cancel()
            return True
        if not job.done():
            return False
        if future.set_running_or_notify_cancel():
            try:
                made = job.result()
            except Exception as error:  # noqa: BLE001  whatever ended the job
                future.set_exception(error)
            else:
                future.set_result(made)
        return True

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = True) -> None:
        """Cancel what is not done."""
        self.ended.set()
        self.looks.join()
        with self.lock:
            for job, future in self.waiting:
                if not job.done():
                    job.cancel()
                future.cancel()
            self.waiting = []
