"""What the page says of EDM's numbers for the reader's own data, each with its reason."""

import math

import torch

from ..analysis import spectrum
from ..core.timesteps import HIGHEST, LOWEST
from ..figures.fit import fit_figure
from ..lab.experiment import Experiment
from ..numerals import count, interval, number, short
from ..study import fit as study
from ..study.fit import PARTS, Proposal
from . import words
from .measurement import Measurement

EDM = {"sigma_data": 0.5, "sigma_min": 0.002, "sigma_max": 80.0, "p_mean": -1.2, "p_std": 1.2}
LABELS = {
    "sigma_data": "σ_data",
    "sigma_min": "σ_min",
    "sigma_max": "σ_max",
    "p_mean": "P_mean",
    "p_std": "P_std",
}


def fit(base: Experiment, request: dict) -> Measurement:
    """σ_data, the range of noise levels and p_train for the data of the view."""
    return Measurement(
        base, lambda watch: study.fit(base, watch), PARTS + 1, lambda rows: shown(base, rows[-1])
    )


def shown(base: Experiment, p: Proposal) -> dict:
    """The proposals so far."""
    found = {name: p.estimate(name) for name in EDM}
    sigma = torch.logspace(
        math.log10(min(found["sigma_min"].value, EDM["sigma_min"])),
        math.log10(max(found["sigma_max"].value, EDM["sigma_max"])),
        161,
        dtype=torch.float64,
    )
    return {
        "title": title(base, p),
        "note": note(base, p),
        "figure": fit_figure(
            sigma.tolist(),
            spectrum.undecided(p.found.spread, sigma).tolist(),
            {k: e.value for k, e in found.items()},
            EDM,
        ),
        "columns": ["number", "", "EDM’s", "for these data"],
        "table": [
            [LABELS[k], reasons(p)[k], number(EDM[k]), interval(e.value, e.low, e.high)]
            for k, e in found.items()
        ],
        "offers": offers(p),
        "reasons": True,
        "exact": {
            "columns": ["number", "EDM", "for these data", "from", "to"],
            "rows": [[LABELS[k], EDM[k], e.value, e.low, e.high] for k, e in found.items()],
        },
    }


def title(base: Experiment, p: Proposal) -> str:
    """The two numbers that people guess."""
    f = p.found
    return (
        f"EDM for {words.data_name(base.data)}: train at P_mean {short(f.p_mean)}, P_std "
        f"{short(f.p_std)}; sample from σ {short(f.sigma_max)} to {short(f.sigma_min)}"
    )


def note(base: Experiment, p: Proposal) -> str:
    """What was looked at, and what the numbers assume."""
    size = base.data.points().shape[1:].numel()
    few = (
        f" There are {count(size)} coordinates: what so few points do not show is left out."
        if p.found.points <= size
        else ""
    )
    return (
        f"{count(p.found.points)} points, {count(len(p.found.spread))} principal directions. One "
        "of standard deviation s is decided around σ = s, as it is for Gaussian data with this "
        "covariance; the bell is where directions are decided. Data far from Gaussian decide some "
        "of it elsewhere: “What is decided where” measures that. Intervals: with an eighth of the "
        f"points left out in turn.{few}"
    )


def reasons(p: Proposal) -> dict[str, str]:
    """Why each number."""
    f = p.found
    low = (
        f"a quarter of {number(f.step)}, the step between its values, as 0.002 is of 2/255"
        if f.step
        else "σ_data / 250, as EDM has it: its values are not rounded"
    )
    return {
        "sigma_data": "root mean square distance from the mean, per coordinate",
        "sigma_min": low,
        "sigma_max": f"a state tells {spectrum.LEFT:g} nats there, as at 80 of data like CIFAR-10",
        "p_mean": "mean of ln s over the principal directions",
        "p_std": "spread of ln s, and π/√12 of each direction’s own bell",
    }


def offers(p: Proposal) -> list[dict]:
    """Buttons that take the numbers where they are used."""
    f = p.found
    within = lambda v, low, high: min(max(float(f"{v:.3g}"), low), high)
    return [
        {
            "text": "Train with P_mean and P_std",
            "values": {
                "p_mean": within(f.p_mean, -5, 3),
                "p_std": within(f.p_std, 0.1, 5),
            },
            "page": "train",
        },
        {
            "text": "Sample over this range",
            "values": {
                "timesteps": "rho",
                "timesteps.sigma_max": within(f.sigma_max, 0.5, HIGHEST),
                "timesteps.sigma_min": within(f.sigma_min, LOWEST, 10),
            },
            "page": "explore",
        },
    ]
