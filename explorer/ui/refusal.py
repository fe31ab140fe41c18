"""A run that is not made: why, and what would do, for the headline and its buttons."""

from ..lab.experiment import Experiment, asked_of, excess, too_much
from ..numerals import count, short


def refusal(e: Experiment) -> dict:
    """What the message says of a run above the cap on work, under "refusal"; nothing of others."""
    if not too_much(e):
        return {}
    times, enough = excess(e)
    many = f"{count(e.samples)} sample{'s' * (e.samples != 1)} × {count(asked_of(e))} evaluations"
    found = {
        "title": f"Not run: {many} is {short(times)} × the limit of this machine.",
        "words": f"On {e.data.label}, {count(enough)} sample{'s' * (enough != 1)} would do.",
        "samples": enough,
    }
    if not enough:
        found["words"] = f"On {e.data.label}, even one sample is too much: use fewer evaluations."
    return {"refusal": found}
