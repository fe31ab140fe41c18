"""A cell of a study as a link: press it, and its view opens."""

from typing import Any

from ..lab.experiment import Experiment
from ..settings import flatten, jsonable, slots, to_query


def link_of(e: Experiment, base: Experiment) -> dict[str, Any]:
    """{"query", "values"}: the link of a view, and where its settings are others than the base's;
    of a choice that is another one, all that is its own."""
    mine, its = flatten(e), flatten(base)
    other = {k for k in slots(Experiment) if its[k] != mine[k]}
    differ = {k: v for k, v in mine.items() if its.get(k) != v or k.split(".")[0] in other}
    return {"query": to_query(e), "values": jsonable(differ)}
