"""What the page says of two of Algorithm 2's settings at a time."""

from typing import Any

from ..errors import UserError
from ..figures.heat import NAMES, heat_figure
from ..lab.experiment import Experiment
from ..numerals import interval, number, percent1, short, span
from ..study import heat as study
from ..study.heat import AXES, Heat
from . import words
from .measurement import Measurement
from .stochastic import capped

USUAL = ("s_churn", "s_tmin")


def heat(base: Experiment, request: dict) -> Measurement:
    """A map over two of S_churn, S_tmin, S_tmax and S_noise; request: "axes", their names."""
    axes = study.usual(base, _names(request.get("axes")))
    plan = study.heat_plan(base, axes)  # says at once what cannot work
    count = plan[0].experiment.samples
    return Measurement(
        base,
        lambda watch: study.heat(base, axes, watch),
        len(plan),
        lambda found: shown(base, found[-1], count),
    )


def _names(names: Any) -> list[str]:
    names = list(USUAL) if names is None else names
    if (
        not isinstance(names, list)
        or len(names) != 2
        or not all(isinstance(n, str) and n in AXES for n in names)
        or names[0] == names[1]
    ):
        raise UserError(f"Choose two of {', '.join(AXES)}; got {names!r:.60}.")
    return names


def shown(base: Experiment, found: Heat, count: int) -> dict:
    """The map so far; count: samples of each spot."""
    one, other = (NAMES[a] for a in found.axes)
    write = percent1 if found.more else short
    known = [s for s in found.spots if s.found is not None]
    measured = "precision" if found.more else "gap to the law"
    how = (
        f"the share of samples in the data’s manifold, in the features of {words.judge(base.data)}"
        if found.more
        else "the largest gap between the distributions of log p of samples and of draws of the law"
    )
    most = capped(study.capped(base), max(AXES["s_churn"])) if "s_churn" in found.axes else ""
    return {
        "title": title(found),
        "note": f"{words.data_name(base.data)}, NFE {max(s.nfe for s in known)}: {how}; {count} "
        "samples a spot, the same noise for all, 95 % intervals under the pointer and in the "
        f"table.{most} Karras et al. 2022, Fig. 4 and Algorithm 2.",
        "figure": heat_figure(found),
        "columns": [one, other, measured, "95 %"],
        "table": [
            [*map(number, s.values), write(s.found.value), span(s.found.low, s.found.high, write)]
            for s in sorted(known, key=lambda s: -s.found.value if found.more else s.found.value)
        ],
        "exact": {
            "columns": [one, other, measured, "from", "to", "NFE"],
            "rows": [[*s.values, s.found.value, s.found.low, s.found.high, s.nfe] for s in known],
        },
    }


def title(found: Heat) -> str:
    """The best spot, and from how many it cannot be told."""
    best = found.best
    if best is None or best.found is None:
        return "Two settings of Algorithm 2 at a time"
    where = ", ".join(f"{NAMES[a]} {number(v)}" for a, v in zip(found.axes, best.values))
    write = percent1 if found.more else short
    value = interval(best.found.value, best.found.low, best.found.high, write)
    measured = "precision" if found.more else "gap"
    others = sum(s.found is not None for s in found.spots) - 1
    if not others:
        return f"{where}: {measured} {value}"
    if not found.level:
        return f"Best: {where}, {measured} {value}"
    return f"{where}: {measured} {value}; {found.level} of {others} others cannot be told from it"
