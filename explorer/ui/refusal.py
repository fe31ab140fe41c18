"""A run that is not made: why, and what would do, for the headline and its buttons."""

from ..lab import experiment, sizes
from ..lab.experiment import Experiment, asked_of, excess, kept_paths, too_much
from ..lab.source import prepared
from ..numerals import capital, count, short


def refusal(e: Experiment) -> dict:
    """What the message says of a run above the cap on work, under "refusal"; nothing of others."""
    why = too_much(e)
    if not why:
        return {}
    times, enough = excess(e)
    if times <= 1:
        return {"refusal": _too_large(e, why)}
    many = f"{count(e.samples)} sample{'s' * (e.samples != 1)} × {count(asked_of(e))} evaluations"
    found = {
        "title": f"Not run: {many} is {short(times)} × the limit of this machine.",
        "words": f"On {e.data.label}, {count(enough)} sample{'s' * (enough != 1)} would do.",
        "samples": enough,
    }
    if not enough:
        found["words"] = f"On {e.data.label}, even one sample is too much: use fewer evaluations."
    return {"refusal": found}


def _too_large(e: Experiment, why: str) -> dict:
    """A view above the cap on memory, in the two halves of its sentence."""
    lead, _, more = why.partition("; ")
    source = prepared(e.data, e.model)
    enough = sizes.holding(source, e, experiment.count(e), kept_paths(source))
    return {"title": f"Not run: {lead}.", "words": capital(more), "samples": enough}
