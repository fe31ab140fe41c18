"""What the page says of the SDE: from how many steps on its samples follow the law."""

from ..figures.langevin import langevin_figure
from ..lab.experiment import Experiment
from ..numerals import short
from ..study import langevin as study
from ..study.langevin import Marginal
from . import words
from .measurement import Measurement


def langevin(base: Experiment, request: dict) -> Measurement:
    """Euler–Maruyama beside Algorithm 2 and the ODE, against the exact marginal at σ_min."""
    plan = study.langevin_plan(base)  # says at once what cannot work
    return Measurement(
        base,
        lambda watch: study.marginals(base, watch),
        len(plan),
        lambda rows: shown(base, rows, len(plan)),
    )


def shown(base: Experiment, rows: list[Marginal], tests: int) -> dict:
    """The rows so far; tests: how many there will be."""
    line = study.apart_above(rows, tests)
    return {
        "title": title(rows, line),
        "note": f"{words.data_name(base.data)}: the largest gap between the distribution of log p "
        f"of {rows[0].samples} samples under the data’s law at σ_min and that of draws of the law. "
        f"Above {short(line)} they do not follow it, at 95 % for all {tests} comparisons together "
        f"(Holm; of one alone, samples of the law exceed {short(rows[0].noise)} once in 20 times). "
        "Karras et al. 2022, Eq. 6 and Algorithm 2.",
        "figure": langevin_figure(rows, line),
        "columns": ["sampler", "NFE", "gap", "follows the law"],
        "table": [
            [r.name, str(r.nfe), short(r.gap), "no" if r.gap > line else "cannot be told from it"]
            for r in rows
        ],
        "exact": {
            "columns": ["sampler", "NFE", "gap", "exceeded once in 20", "samples", "p", "apart"],
            "rows": [
                [r.name, r.nfe, r.gap, r.noise, r.samples, r.chance, r.gap > line] for r in rows
            ],
        },
    }


def title(rows: list[Marginal], line: float) -> str:
    """From how many evaluations on each sampler cannot be told from the law, the earliest first;
    of those that are measured; line: the gap above which they can."""
    first: dict[str, int | None] = {}
    for name in dict.fromkeys(r.name for r in rows):
        own = sorted((r for r in rows if r.name == name), key=lambda r: r.nfe)
        tail = [r.nfe for i, r in enumerate(own) if not any(x.gap > line for x in own[i:])]
        first[name] = min(tail, default=None)
    samples = f"{min(r.samples for r in rows):,} samples"
    known = sorted({n for n in first.values() if n is not None})
    if not known:
        return f"No sampler follows the law yet, up to {max(r.nfe for r in rows)} evaluations"
    short_name = lambda name: name.partition(",")[0]
    at = lambda n: ", ".join(short_name(name) for name, own in first.items() if own == n)
    said = ", ".join(f"{n} ({at(n)})" for n in known)
    never = [short_name(name) for name, n in first.items() if n is None]
    rest = f"; not yet {', '.join(never)}" if never else ""
    return f"{samples} cannot be told from the law from {said} evaluations on{rest}"
