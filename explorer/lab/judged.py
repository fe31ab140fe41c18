"""What a run is judged by, as plain numbers: the same for page, API and command line."""

import math
from typing import Any

from ..analysis.intervals import Estimate
from ..analysis.shares import Blame
from . import coarse
from .error import MORE, Errors
from .versus import apart_from
from .view import View

MINUTES = "The true paths of this network would take {:.0f} minutes here, so "
NOTHING = 1e-9  # an error that is none


def unknown(view: View) -> str | None:
    """Why the error of a run is not measured, or None."""
    if why := view.incomparable:
        return why
    return coarse.out_of_reach(view.experiment, view.plan)


def undecided(view: View) -> bool:
    """Whether a settled error leaves it open which steps are to blame, and more paths may tell."""
    found = view.errors.blame
    if found.decided or found.spread or view.errors.middle.value < NOTHING:
        return False
    return found.paths < MORE * min(view.experiment.samples, view.source.settled)


def judged(view: View) -> dict[str, Any]:
    """Errors, shares and the comparison of a run; None, with a "why", where there are none."""
    if why := unknown(view):
        absent = dict.fromkeys(("mean_error", "end_error", "blame", "versus"))
        return absent | {"why": why}
    errors = view.errors
    end = errors.end
    return {
        "mean_error": float(end.mean()),
        "median_error": float(end.quantile(0.5)),
        "worst_error": float(end.max()),
        "share": list(view.blame.each),
        "local_error": errors.steps.local.quantile(0.5, 1).tolist(),
        "end_error": _end_error(errors),
        "blame": _blamed(view.blame),
        **({"reference": errors.truth.method} if view.plan is not None else {}),
        **_versus(view),
    }


def plain(found: Estimate, name: str) -> dict[str, float | None]:
    """An estimate as plain values; None where there is no interval."""
    number = lambda v: v if math.isfinite(v) else None
    return {name: number(found.value), "low": number(found.low), "high": number(found.high)}


def _end_error(errors: Errors) -> dict[str, Any]:
    middle = errors.middle
    return plain(middle, "median") | {
        "mean": float(errors.end.mean()),
        "elsewhere": None if errors.astray is None else int(errors.astray.sum()),
        "samples": middle.count,
    }


def _blamed(found: Blame) -> dict[str, Any]:
    """Steps are counted from 1, as on the page."""
    return {
        "steps": [i + 1 for i in found.steps],
        **plain(found.share, "share"),
        "decided": found.decided,
        "paths": found.paths,
    }


def _versus(view: View) -> dict[str, Any]:
    """The run beside Euler at the same cost; or why it is not."""
    other = view.versus
    if other is None:
        why = apart_from(view.experiment) or "Euler beside it would take too long here."
        return {"versus": None, "why": why}
    return {"versus": {"solver": "euler", "nfe": other.run.nfe, **plain(other.ratio, "ratio")}}
