"""What the page says of what each network learned: EDM's Fig. 5a."""

import re

from ..errors import UserError
from ..figures.learned import learned_figure
from ..lab.experiment import Experiment
from ..lab.source import weights as digests
from ..numerals import count, interval, number
from ..store import weights
from ..study import learned as study
from ..study.learned import Learned
from .measurement import Measurement


def learned(base: Experiment, request: dict) -> Measurement:
    """The record of every network that ships; that of the view stands out."""
    total = len(weights.shipped())
    if not total:
        raise UserError("No network ships with this copy, so there is no record to draw.")
    return Measurement(base, study.learned, total, lambda rows: shown(base, rows))


def shown(base: Experiment, rows: list[Learned]) -> dict:
    """The networks so far."""
    asked = digests(base.data, base.model)
    own = next((r for r in rows if r.digest in asked), rows[0])
    told = re.sub(r"<sub>(.*?)</sub>", r"_\1", own.told)
    told = re.sub(r"<.*?>", "", told)
    return {
        "title": title(own),
        "note": f"{own.label}, {count(own.images)} images seen. {told} Each curve is the loss at "
        "a noise level after training over that before it, as the training wrote it down, with 95 "
        "% intervals; a weight λ(σ) drops out. Karras et al. 2022, Fig. 5a.",
        "figure": learned_figure(rows, own.name),
        "columns": ["network", "", "best at σ", "loss there", "below 90 %", "trained most at"],
        "table": [line(r) for r in rows],
        "exact": {
            "columns": ["network", "σ", "after ÷ before", "from", "to", "ideal ÷ before"],
            "rows": [
                [r.name, s, e.value, e.low, e.high, f]
                for r in rows
                for s, e, f in zip(r.sigma, r.ratio, r.floor)
            ],
        },
    }


def line(r: Learned) -> list[str]:
    """A network's row."""
    e, where = r.ratio[r.most], r.helped()
    short, _, rest = r.label.partition(", ")
    return [
        short,
        " · ".join(v for v in (r.name, rest) if v),
        number(r.sigma[r.most]),
        interval(e.value, e.low, e.high),
        "nowhere" if where is None else f"σ {number(where[0])} to {number(where[1])}",
        f"σ = {number(r.looked)}",
    ]


def title(r: Learned) -> str:
    """Where training helped most, and whether only in between, as EDM says."""
    e, where = r.ratio[r.most], r.helped()
    best = f"{interval(e.value, e.low, e.high)} of its first loss at σ = {number(r.sigma[r.most])}"
    if where is None:
        return f"{r.label} learned nothing that shows"
    low, high = where[0] > min(r.sigma), where[1] < max(r.sigma)
    only = {
        (True, True): "only in between",
        (True, False): "not near the data, but up to the highest noise",
        (False, True): "not at the highest noise, but down to the data",
        (False, False): "at every level",
    }[low, high]
    return f"{r.label} learned {only}: {best}"
