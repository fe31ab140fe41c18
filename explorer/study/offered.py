"""Which engines a server offers for the studies of its pages: its own process, several processes of
its machine, and what its owner has named at the start.

    offered.connect("dask://host:8786", {})       the owner, once
    offered.engines()                             {"here": "this process", "processes": …}
    offered.way_of("processes")                   how such a study works

A visitor says a name of these; an address never comes with a request.
"""

import dataclasses

from ..errors import UserError
from ..lab.machine import cores
from ..lab.source import current_device
from .executors import JOBS, known
from .processes import gpus
from .ways import Way

HERE, PROCESSES = "here", "processes"
MOST = 8  # processes of one machine that pages are given
THREADS = 1  # of each cell, whichever engine: so the answers are equal in bytes


@dataclasses.dataclass(frozen=True)
class Engine:
    """What is offered under a name.  label: as the menu says it; note: what to expect of it."""

    label: str
    way: Way
    note: str


_own: dict[str, Engine] = {}  # what the owner has named


def connect(on: str, options: dict[str, str]) -> None:
    """Offer an engine of other machines beside those of this one.  Raises UserError for what is no
    engine; whether it answers is seen when it is asked."""
    known(on)
    name = on.partition(":")[0]
    label = {"dask": "Dask", "slurm": "SLURM", "local": "jobs of this machine"}[name]
    way = Way(on=on, options=options, threads=THREADS)
    note = (
        "Each cell goes to a job of the cluster; what is cancelled there may end later."
        if on in JOBS
        else "The cells go to the workers of a Dask cluster; one at work there ends its cell."
    )
    _own[name] = Engine(label, way, note)


def count() -> int:
    """How many processes this machine gives to pages: one for each GPU, else one for each core."""
    many = gpus() if current_device().device.type == "cuda" else cores()
    return min(MOST, many)


def engines() -> dict[str, Engine]:
    """All that is offered, by name; the usual one first."""
    here = Engine("this process", Way(threads=THREADS), "One cell at a time.")
    many, found = count(), {HERE: here}
    if many > 1:
        note = (
            "They start in some seconds, which a short study does not win back; "
            "the answers are the same."
        )
        found[PROCESSES] = Engine(
            f"{many} processes of this machine", Way(workers=many, threads=THREADS), note
        )
    return found | _own


def way_of(name: str) -> Way:
    """How a study works that asks for an engine by its name.  Raises UserError for one that this
    server does not offer."""
    known_ = engines()
    if not isinstance(name, str) or name not in known_:
        raise UserError(f"Unknown engine {name!r:.40}. This server offers: {', '.join(known_)}.")
    return known_[name].way


def words() -> list[list[str]]:
    """[name, label, note] of each, for the page."""
    return [[name, e.label, e.note] for name, e in engines().items()]
