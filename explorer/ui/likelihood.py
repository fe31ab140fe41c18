"""What the page says of likelihood: the model's density of the data beside their own."""

from ..analysis.intervals import apart
from ..figures.likelihood import likelihood_figure
from ..lab.experiment import Experiment
from ..numerals import interval, number, short
from ..study import likelihood as study
from ..study.likelihood import Known
from . import words
from .measurement import Measurement

TINY = 0.01  # nats that the integrator may miss altogether


def likelihood(base: Experiment, request: dict) -> Measurement:
    """log p of images under the model and under the data's own law, block by block."""
    plan = study.likelihood_plan(base)  # says at once what cannot work
    return Measurement(
        base,
        lambda watch: study.likelihoods(base, watch),
        len(plan),
        lambda found: shown(base, found[-1]),
    )


def shown(base: Experiment, known: Known) -> dict:
    """What is known so far."""
    count, (top, bottom) = len(known.found), known.range
    how = (
        f"the trace from {known.probes} random probes"
        if known.probes
        else "the trace of the Jacobian exact"
    )
    missed = max(abs(a - b) for a, b in zip(known.found, known.exact))
    return {
        "title": title(known),
        "figure": likelihood_figure(known.exact, known.found, known.spread),
        "note": f"{words.data_name(base.data)}: {count} samples with the noise of σ = "
        f"{number(bottom)}, taken up to σ = {number(top)} with the divergence, {how}. 95 % "
        "intervals over the samples; their own law is known in closed form. Song et al. 2021, "
        "App. D.2.",
        "columns": ["", "nats", "95 %"],
        "table": [
            ["mean log p, model", short(known.level.value), _span(known.level)],
            ["law over model", short(known.less.value), _span(known.less)],
            ["largest difference", short(missed), ""],
            ["moved by a tenfold tolerance", short(known.moved), ""],
        ],
        "exact": {
            "columns": ["log p, model", "log p, law", "standard error of the trace"],
            "rows": [list(row) for row in zip(known.found, known.exact, known.spread)],
        },
    }


def title(known: Known) -> str:
    """Whether the model's density is that of the data."""
    less, size = known.less, known.dimension
    each = f" a coordinate ({size} of them)" if size > 1 else ""
    nats = f"{interval(less.value / size, less.low / size, less.high / size)} nats{each}"
    missed = max(abs(a - b) for a, b in zip(known.found, known.exact))
    if missed < TINY:
        return f"The flow’s density is the data’s: at most {short(missed)} nats apart"
    if not apart(less, 0.0):
        return f"No difference between the model’s density and the data’s is found: {nats}"
    if less.value > 0:
        return f"The data are likelier under their own law than under the model, by {nats}"
    return f"The data are likelier under the model than under their own law, by {nats}"


def _span(e) -> str:
    return f"{short(e.low)} – {short(e.high)}"
