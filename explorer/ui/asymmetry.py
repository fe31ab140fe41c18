"""What the page says of a field without a density: the Jacobian's odd part along σ."""

import torch

from ..figures.compare import truncation_figure
from ..lab.experiment import Experiment
from ..numerals import interval, number, percent1, short, span
from ..study import asymmetry as study
from ..study.asymmetry import Odd
from . import words
from .measurement import Measurement

EXACT = 1e-12  # of a squared norm: what rounding in double precision leaves
SINGLE = 1e-9  # and in a network's single precision


def conservative(base: Experiment, request: dict) -> Measurement:
    """The antisymmetric share of ∂D/∂x at each noise level of the view's range."""
    plan = study.asymmetry_plan(base)  # says at once what cannot work
    return Measurement(
        base,
        lambda watch: study.asymmetries(base, watch),
        len(plan),
        lambda found: shown(base, found, len(plan)),
    )


def shown(base: Experiment, found: list[Odd], total: int) -> dict:
    """The levels so far, of how many."""
    count = len(found[0].each)
    return {
        "title": title(found, total),
        "note": f"{words.data_name(base.data)}: ‖(J − Jᵀ)/2‖²/‖J‖² of J = ∂D/∂x, median over "
        f"{count} samples of the data with noise of each level, 95 % intervals. Where it is not 0 "
        "no density belongs to the score, and Langevin noise has nowhere to lead: EDM, Sec. 4.",
        "figure": _figure(found),
        "columns": ["σ", "antisymmetric share", "95 %"],
        "table": [
            [number(o.sigma), _share(o.middle.value), span(o.middle.low, o.middle.high, _share)]
            for o in found
        ],
        "exact": {
            "columns": ["σ", "median", "95 % from", "95 % to", "samples"],
            "rows": [
                [o.sigma, o.middle.value, o.middle.low, o.middle.high, len(o.each)] for o in found
            ],
        },
    }


def title(found: list[Odd], total: int) -> str:
    """Whether a density belongs to the field, and where most of it has none."""
    most = max(found, key=lambda o: o.middle.value)
    so_far = "" if len(found) == total else f", at {len(found)} of {total} levels"
    if most.middle.value < EXACT:
        return f"The field has a density: its Jacobian is symmetric{so_far}"
    if most.middle.value < SINGLE:
        return f"The Jacobian is symmetric to the network’s precision{so_far}"
    m = most.middle
    much = interval(m.value, m.low, m.high, _share)
    where = f"σ = {number(most.sigma)}{so_far}"
    return f"Not the gradient of a density: {much} of the Jacobian is antisymmetric at {where}"


def _share(value: float) -> str:
    return percent1(value) if value >= 0.001 else short(value)


def _figure(found: list[Odd]) -> dict:
    """The share over σ; what double precision calls 0 is not drawn."""
    sigma = torch.tensor([o.sigma for o in found])
    middle = torch.tensor([o.middle.value if o.middle.value > EXACT else 0.0 for o in found])
    half = torch.tensor([max(0.0, o.middle.high - o.middle.value) for o in found])
    figure = truncation_figure({"median": (sigma, middle, half)}, "median")
    figure["layout"]["yaxis"]["title"]["text"] = "antisymmetric share of ‖J‖²"
    if not middle.any():
        figure["layout"]["annotations"] = [
            {"text": "0 at each level, in double precision", "showarrow": False}
            | {"xref": "paper", "yref": "paper", "x": 0.5, "y": 0.5}
        ]
    return figure
