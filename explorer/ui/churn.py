"""What the page says of churn: where it acts, what it adds, and whether it helped."""

from ..analysis.churn import Added, mean_over_seeds, paired_difference
from ..analysis.intervals import Estimate, apart
from ..core.sampling import Churn
from ..figures.churn import churn_figure
from ..lab.experiment import Experiment
from ..numerals import number, short, span
from ..study import churn as study
from . import words
from .measurement import Measurement


def churn_effect(base: Experiment, request: dict) -> Measurement:
    """Distance to the data for several S_churn, none among them, each over the same seeds."""
    plan = study.churn_plan(base)  # says at once what cannot work
    count = plan[0].experiment.samples
    zero = study.data_floor(base, count)
    return Measurement(
        base,
        lambda watch: study.churn_effect(base, watch),
        len(plan) // study.SEEDS,
        lambda found: shown(base, found, zero, count),
    )


def shown(base: Experiment, found: list, zero: Estimate, count: int) -> dict:
    """The amounts so far; zero: the distance between two draws of data; count: samples of each."""
    values, own, each = dict(found), base.churn.s_churn, study.churn_steps(base)
    estimates = {amount: mean_over_seeds(v) for amount, v in values.items()}
    figure = churn_figure(
        each, (base.churn.s_tmin, base.churn.s_tmax), Churn.CAP, estimates, own, zero
    )
    return {
        **_said(base, values, estimates, zero, count),
        "figure": figure,
        "table": [_row(i, s) for i, s in enumerate(each)],
        "columns": ["step", "σ", "γ", "σ̂", "noise added"],
        "exact": {
            "columns": ["step", "σ", "γ", "σ̂", "noise added"],
            "rows": [
                [i + 1, s.sigma, s.gamma, s.sigma_hat, s.noise if s.gamma else None]
                for i, s in enumerate(each)
            ],
        },
    }


def _row(i: int, s: Added) -> list[str]:
    return [
        str(i + 1),
        number(s.sigma),
        short(s.gamma) if s.gamma else "0",
        number(s.sigma_hat),
        short(s.noise) if s.gamma else "–",
    ]


def _said(base: Experiment, values: dict, estimates: dict, zero: Estimate, count: int) -> dict:
    own = base.churn.s_churn
    note = (
        f"{words.churn(base)} Sliced Wasserstein distance to fresh data, {study.SEEDS} seeds × "
        f"{count} samples, 95 % intervals."
    )
    if not {0.0, own} <= values.keys():
        return {"title": f"What S_churn = {number(own)} does", "note": note}
    with_, without = estimates[own], estimates[0.0]
    title, much = verdict(paired_difference(values[own], values[0.0]), with_, without, zero)
    return {"title": title, "note": f"{much} {note}"}


def verdict(
    difference: Estimate, with_: Estimate, without: Estimate, zero: Estimate
) -> tuple[str, str]:
    """The headline, and the difference in numbers.  zero: the distance of two draws of the data;
    where both are that near, the measure has no room to show what churn does."""
    value, low, high = map(short, (difference.value, difference.low, difference.high))
    much = f"Difference {value} ({low} to {high})."
    pair = f"distance {short(with_.value)}, without {short(without.value)}"
    if apart(difference, 0.0):
        where = "nearer to" if difference.value < 0 else "further from"
        return f"Churn takes the samples {where} the data: {pair}", much
    if max(with_.low, without.low) <= zero.high:
        floor = span(zero.low, zero.high)
        return (
            "With churn and without the samples are as near to the data as this measure can show: "
            f"{pair}, two draws of the data {floor}",
            much,
        )
    return (
        f"With and without churn cannot be told apart with {difference.count} seeds: {pair}",
        much,
    )
