"""A dialect of one's own: a text of JSON that halves σ at every step."""

from typing import Any

from explorer.dialects.report import Run

WHAT = "a list of halves"
NEEDS = '"halves" and "from" in JSON'


def looks(thing: Any) -> bool:
    """JSON with the count of halves."""
    return isinstance(thing, dict) and isinstance(thing.get("halves"), int)


def read(thing: dict, model: Any = None) -> list[Run]:
    """The one run of it."""
    sigmas = (*(float(thing["from"]) / 2**i for i in range(thing["halves"])), 0.0)
    about = {"name": "a toy", "kind": "edm", "sigma_min": 0.5, "sigma_max": 16.0}
    facts = {"model": about, "goal": "full denoise from noise", "sampler": "euler"}
    text = f"{thing['halves']} halves"
    return [Run(text, sigmas, sigmas, len(sigmas) - 1, "euler", model="toy", facts=facts)]
