"""What the page says of churn for each denoiser of the data: whom it helps, if anybody."""

from ..analysis.intervals import Estimate, apart
from ..figures.stochastic import stochastic_figure
from ..lab.experiment import Experiment
from ..lab.source import prepared
from ..numerals import interval, number, percent1, span
from ..study import stochastic as study
from ..study.stochastic import Churned
from . import words
from .measurement import Measurement

AT = 40.0  # EDM's S_churn for ImageNet-64: what the title speaks of, where the view has none


def by_training(base: Experiment, request: dict) -> Measurement:
    """Good samples against S_churn, for the exact denoiser and every shipped network."""
    plan = study.stochastic_plan(base)  # says at once what cannot work
    return Measurement(
        base,
        lambda watch: study.churn_by_training(base, watch),
        len(plan),
        lambda found: shown(base, found[-1]),
    )


def shown(base: Experiment, rows: list[Churned]) -> dict:
    """The rows so far."""
    image = prepared(base.data, base.model).kind == "image"
    good = "precision" if image else "share of good samples"
    how = (
        f"A sample is good that lies in the data’s manifold in the features of "
        f"{words.judge(base.data)}: precision."
        if image
        else "A sample is good that is as likely under the data’s own law as 99 of 100 draws of it."
    )
    count, zero = max(len(r.each) for r in rows), {r.model: r for r in rows if r.amount == 0}
    churn = base.churn
    return {
        "title": title(rows, base.churn.s_churn or spoken(rows)),
        "note": f"{words.data_name(base.data)}, NFE {rows[0].nfe}, S_tmin {number(churn.s_tmin)}, "
        f"S_tmax {number(churn.s_tmax)}, S_noise {number(churn.s_noise)}. {how} {count} samples, "
        "the same noise with and without churn, 95 % intervals, each by itself."
        f"{_resolved(rows)}"
        f"{capped(study.capped_from(base), max(study.AMOUNTS))} EDM, Sec. 5.",
        "figure": stochastic_figure(rows, good),
        "columns": ["", "S_churn", good, "against none"],
        "table": [
            [
                r.model,
                number(r.amount),
                _with(r.level),
                _gain(r.gain(zero[r.model])) if r.amount and r.model in zero else "–",
            ]
            for r in sorted(rows, key=lambda r: (list(zero).index(r.model), r.amount))
        ],
        "exact": {
            "columns": ["denoiser", "S_churn", "NFE", "samples", "share", "gain", "from", "to"],
            "rows": [
                [p["model"], p["s_churn"], p["nfe"], p["samples"], p["good"]["value"]]
                + [p["gain"] and p["gain"][k] for k in ("value", "low", "high")]
                for p in study.plain(rows)
            ],
        },
    }


def spoken(rows: list[Churned]) -> float:
    """The amount that the title speaks of: AT, or the largest below it."""
    return max((r.amount for r in rows if 0 < r.amount <= AT), default=AT)


def capped(top: float, most: float) -> str:
    """From where on more churn is the same run, where that is below the most that is tried."""
    if top >= most:
        return ""
    return f" At so few steps γ is at its cap, √2 − 1, from S_churn {number(top)} on."


def title(rows: list[Churned], amount: float) -> str:
    """Whom this much churn helps, whom it hurts, and for whom it cannot be told."""
    zero = {r.model: r for r in rows if r.amount == 0}
    gains = {r.model: r.gain(zero[r.model]) for r in rows if r.amount == amount and r.model in zero}
    if not gains:
        return "Does churn help, and whom?"
    kinds = {
        "helps": {m: g for m, g in gains.items() if apart(g, 0.0) and g.value > 0},
        "hurts": {m: g for m, g in gains.items() if apart(g, 0.0) and g.value < 0},
    }
    parts = [
        f"{verb} {_joined(f'{m} {_gain(g)}' for m, g in found.items())}"
        for verb, found in kinds.items()
        if found
    ]
    unknown = [m for m in gains if not any(m in found for found in kinds.values())]
    if unknown:
        parts.append(
            f"{'makes no difference that is found' if parts else 'No difference is found'}"
            f" for {_joined(unknown)}"
        )
    said = ", ".join(parts)
    at = f"S_churn {number(amount)}"
    return f"{said} at {at}" if said[0] == "N" else f"{at} {said}"


def _joined(names) -> str:
    names = list(names)
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _points(value: float) -> str:
    """A difference of shares, with its sign: +3.1 points."""
    return f"{'+' if value >= 0 else '−'}{percent1(abs(value)).removesuffix(' %')}"


def _gain(e: Estimate) -> str:
    between = span(e.low, e.high, _points)
    return f"{_points(e.value)} points" + (f" ({between})" if between else "")


def _with(e: Estimate) -> str:
    return interval(e.value, e.low, e.high, percent1)


def _resolved(rows: list[Churned]) -> str:
    """The smallest effect that could have been seen: half the widest interval."""
    zero = {r.model: r for r in rows if r.amount == 0}
    gains = [r.gain(zero[r.model]) for r in rows if r.amount and r.model in zero]
    widths = [(g.high - g.low) / 2 for g in gains if g.high == g.high]
    if not widths:
        return ""
    return f" Effects below {percent1(max(widths)).removesuffix(' %')} points would not be seen."
