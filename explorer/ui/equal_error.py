"""What the page says of EDM's Fig. 2: three samplers, and what Algorithm 1 saves."""

import dataclasses
from collections.abc import Sequence

from ..analysis.equal import Times
from ..analysis.intervals import Estimate
from ..figures.equal_error import equal_error_figure
from ..lab.experiment import Experiment
from ..lab.source import current_device
from ..numerals import number, short, span
from ..study import equal_error as study
from ..study.equal_error import DESIGNS, OURS, PACE, TARGET, Found
from . import words
from .measurement import Measurement

ENDS = {  # what stands at the end of each curve
    **{first: f"{name}, original" for name, (first, _, _) in DESIGNS.items()},
    **{second: f"{name} + Heun, ρ" for name, (_, second, _) in DESIGNS.items()},
    OURS: "+ σ = t: Algorithm 1",
}


def equal_error(base: Experiment, request: dict) -> Measurement:
    """VP, VE and iDDPM, each step by step to Algorithm 1."""
    plan = study.equal_error_plan(base)  # says at once what cannot work
    count = plan[0].experiment.samples
    return Measurement(
        base,
        lambda watch: study.equal_error(base, watch),
        len(plan),
        lambda rows: shown(base, rows, count),
    )


def shown(base: Experiment, rows: list[Found], count: int) -> dict:
    """The rows so far; count: paths of each."""
    low = rows[0].range[1]
    zero = study.chance(dataclasses.replace(base, samples=count), low)
    times = {n: study.as_many(rows, DESIGNS[n][0]) for n in DESIGNS}
    return {
        "title": title(times),
        "note": note(base, rows, count),
        "figure": equal_error_figure(rows, OURS, TARGET, zero, ENDS),
        "columns": [
            "sampler",
            f"× NFE for Heun’s error at {TARGET}",
            "EDM",
            "at the data from NFE",
        ],
        "table": [line(rows, name, zero) for name in _order(rows)],
        "exact": {
            "columns": ["sampler", "NFE"]
            + [f"{k}{e}" for k in ("median", "distance") for e in ("", " from", " to")]
            + ["s"],
            "rows": [
                [
                    *(r.name, r.nfe, r.error.value, r.error.low, r.error.high),
                    *(r.distance.value, r.distance.low, r.distance.high, r.seconds),
                ]
                for r in rows
            ],
        },
    }


def note(base: Experiment, rows: Sequence[Found], count: int) -> str:
    """What was measured, and how fast it was beside the paper's network."""
    high, low = rows[0].range
    device = current_device().device.type.upper()
    pace = study.images_a_second(rows)
    ends = f" ({_many(pace.low)} to {_many(pace.high)})" if pace.low == pace.low else ""
    return (
        f"{words.data_name(base.data)}, {count} paths, σ from {short(high)} to {short(low)}, the "
        "levels of iDDPM, for all; one reference, one noise. Below: sliced Wasserstein; the band "
        f"holds 95 % of draws of the data. At {TARGET} evaluations {_many(pace.value)}{ends} "
        f"samples a second on {device}; the paper’s network: {number(PACE)} "
        "CIFAR-10 images a second on one V100. Karras et al. 2022, Fig. 2, Table 3."
    )


def _many(value: float) -> str:
    """“12,500”: three digits of what varies anyway."""
    return f"{float(f'{value:.3g}'):,.0f}" if value >= 100 else short(value)


def _order(rows: Sequence[Found]) -> list[str]:
    known = {r.name for r in rows}
    every = [n for first, second, _ in DESIGNS.values() for n in (first, second)]
    return [n for n in dict.fromkeys(every) if n in known and n != OURS] + [OURS] * (OURS in known)


def line(rows: Sequence[Found], name: str, zero: Estimate) -> list[str]:
    """A sampler's row of the table."""
    quoted = {first: f"{number(q)} ×" for first, _, q in DESIGNS.values()}
    there = study.at_the_data(rows, name, zero)
    most = max(r.nfe for r in rows if r.name == name)
    return [
        name,
        "1" if name == OURS else said(study.as_many(rows, name)),
        quoted.get(name, ""),
        f"beyond {most}" if there is None else _from(*there),
    ]


def _from(before: int, at: int) -> str:
    return f"{at} or fewer" if not before else f"{before + 1} to {at}"


def said(times: Times | None) -> str:
    """“3.3 × (3.1–3.4)”; where an end lies beyond the budgets, only what the other end allows."""
    if times is None:
        return "–"
    low, high = times.low, times.high
    below, beyond = low == 0, high == float("inf")  # see `Times`
    if below and beyond:
        return "cannot be told"
    if below:
        return f"less than {short(max(high, times.least))} ×"
    if beyond:
        return f"more than {short(min(low, times.most))} ×"
    return f"{short(times.value)} × ({span(low, high)})"


def title(times: dict[str, Times | None]) -> str:
    """What each original sampler needs for the error of Algorithm 1, beside the paper's number."""
    known = {n: t for n, t in times.items() if t is not None}
    if not known:
        return f"What three samplers need for the error of Heun with {TARGET} evaluations"
    parts = [f"{n} {said(t)}, paper {number(DESIGNS[n][2])} ×" for n, t in known.items()]
    return f"For the error of Heun at {TARGET} evaluations: {'; '.join(parts)}"
