"""What churn does: where it acts, what it adds, and whether the samples end nearer to the data."""

import dataclasses
from collections.abc import Iterator

import torch

from ..analysis.churn import added, mean_over_seeds, paired_difference
from ..analysis.distance import Estimate, floor, sliced_wasserstein
from ..core.sampling import Churn
from ..errors import UserError
from ..figures.churn import churn_figure
from ..figures.style import level, short
from ..lab.experiment import Experiment, levels, prepared, run, work
from ..study.affordable import within_work
from . import words
from .measurement import Measurement, Watch

SEEDS, SAMPLES = 8, 256
AMOUNTS = (5.0, 10.0, 20.0, 40.0, 80.0, 160.0)  # EDM's own are 30, 40 and 80 (Table 5)


def churn_effect(base: Experiment, request: dict) -> Measurement:
    """Distance to the data for several S_churn, none among them, each over the same seeds.

    Raises UserError where no step would get noise.
    """
    if base.churn.s_churn == 0:
        raise UserError(
            "S_churn is 0, so no step gets new noise and there is nothing to see. "
            "Raise S_churn under Stochasticity; EDM uses 30 to 80."
        )
    sigmas = levels(base).tolist()
    steps = len(sigmas) - (base.last != "zero")
    if not any(s.gamma > 0 for s in added(base.churn, sigmas, steps)):
        raise UserError(
            f"No step lies between S_tmin = {base.churn.s_tmin:g} and S_tmax = "
            f"{base.churn.s_tmax:g}, so churn does nothing; widen the band."
        )
    source, own = prepared(base.data, base.model), base.churn.s_churn
    # beyond the cap nothing changes
    others = [a for a in AMOUNTS if a != own and a < 1.5 * Churn.CAP * steps]
    amounts = [0.0, own, *others]
    each = len(amounts) * SEEDS * work(base) / base.samples
    count = within_work(base, each, min(base.samples, SAMPLES))
    data = [source.clean(count, seed=100 + k) for k in range(SEEDS)]
    zero = floor(
        sliced_wasserstein, source.mixture.sample, count, torch.Generator().manual_seed(12)
    )

    def rows(watch: Watch) -> Iterator[tuple[float, list[float]]]:
        for amount in amounts:
            churn = dataclasses.replace(base.churn, s_churn=amount)
            yield (
                amount,
                [
                    _distance(
                        dataclasses.replace(
                            base, churn=churn, samples=count, seed=(base.seed + k) % 2**31
                        ),
                        data[k],
                        watch,
                    )
                    for k in range(SEEDS)
                ],
            )

    def show(found: list) -> dict:
        values = dict(found)
        estimates = {amount: mean_over_seeds(v) for amount, v in values.items()}
        each = added(base.churn, sigmas, steps)
        figure = churn_figure(
            each, (base.churn.s_tmin, base.churn.s_tmax), Churn.CAP, estimates, own, zero
        )
        table = [
            [
                str(i + 1),
                level(s.sigma),
                short(s.gamma) if s.gamma else "0",
                level(s.sigma_hat),
                short(s.noise) if s.gamma else "–",
            ]
            for i, s in enumerate(each)
        ]
        return {
            **_said(values, estimates, own, count),
            "figure": figure,
            "table": table,
            "columns": ["step", "σ", "γ", "σ̂", "noise added"],
        }

    def _said(values: dict, estimates: dict, own: float, count: int) -> dict:
        note = (
            f"{words.churn(base)} Sliced Wasserstein distance to fresh data, {SEEDS} seeds × "
            f"{count} samples, 95 % intervals."
        )
        if not {0.0, own} <= values.keys():
            return {"title": f"What S_churn = {own:g} does", "note": note}
        with_, without = estimates[own], estimates[0.0]
        title, much = verdict(paired_difference(values[own], values[0.0]), with_, without)
        return {"title": title, "note": f"{much} {note}"}

    return Measurement(base, rows, len(amounts), show)


def _distance(e: Experiment, data, watch: Watch) -> float:
    g = torch.Generator().manual_seed(13)  # the same directions for all
    return sliced_wasserstein(run(e, watch, kept=False).samples, data, g, resamples=0).value


def verdict(difference: Estimate, with_: Estimate, without: Estimate) -> tuple[str, str]:
    """The headline, and the difference in numbers."""
    value, low, high = (
        short(v).replace("-", "−") for v in (difference.value, difference.low, difference.high)
    )
    much = f"Difference {value} ({low} to {high})."
    pair = f"distance {short(with_.value)}, without {short(without.value)}"
    if difference.low <= 0 <= difference.high:
        return f"Churn makes no difference that {difference.count} seeds can show: {pair}", much
    where = "nearer to" if difference.value < 0 else "further from"
    return f"Churn takes the samples {where} the data: {pair}", much
