"""“Open in Explore”: the list as typed steps, with the solver of the same name."""

import itertools
import math
from collections.abc import Sequence
from typing import Any

from ...core.solvers import SOLVERS
from ...core.timesteps import HIGHEST, LOWEST
from ...dialects.edits import LONGEST
from ...errors import UserError
from .found import Found

SPECIAL = {  # words of the tools -> settings here, where a name alone does not say it
    "dpm++ 2m": {"solver": "dpmpp", "solver.order": 2},
    "dpm++ 3m": {"solver": "dpmpp", "solver.order": 3},
    "dpmpp_3m": {"solver": "dpmpp", "solver.order": 3},
    "flowmatcheulerdiscretescheduler": {"solver": "euler"},
    "uni_pc": {"solver": "unipc"},
    "plms": {"solver": "ipndm"},
}
OTHERWISE = {"solver": "dpmpp", "solver.order": 2}


def opened(f: Found) -> dict[str, Any]:
    """{"values", "gone", "said"}: settings for Explore and what they replace; or {"why"}."""
    try:
        made = values(f.run.levels, f)
    except UserError as error:
        return {"why": str(error)}
    said = [beyond(f.run.levels), solver_of(f.run.sampler)[1]]
    return {
        "values": made,
        "gone": ["timesteps", "solver", "schedule"],
        "said": " ".join(s for s in said if s) or None,
    }


def values(levels: Sequence[float], f: Found) -> dict[str, Any]:
    """Flat settings that run a list with the solver of the run.  Raises UserError with why not."""
    falls = all(a > b for a, b in itertools.pairwise(levels))
    if any(math.isnan(v) for v in levels) or not falls:
        raise UserError("Only a list that falls all the way can be run.")
    pure = [v for v in levels if math.isinf(v)]
    inside = [min(v, HIGHEST) for v in levels if 0 < v < math.inf]
    inside = [HIGHEST] * any(v == HIGHEST for v in inside) + [v for v in inside if v < HIGHEST]
    if len(pure) + len(inside) < 2 or not inside:
        raise UserError("A list needs two levels above 0 to be run.")
    if len(pure) + len(inside) > LONGEST:
        raise UserError(
            f"The list has {len(pure) + len(inside):,} levels above 0; the lab runs {LONGEST}."
        )
    if inside[-1] < LOWEST:
        raise UserError(f"The smallest level is {inside[-1]:.3g}; the lab goes down to {LOWEST:g}.")
    return {
        "timesteps": "custom",
        "timesteps.levels": ["inf"] * bool(pure) + [float(f"{v:.9g}") for v in inside],
        "schedule": "flow" if f.run.frame == "flow" else "edm",
        "last": "zero" if levels[-1] == 0 else "sigma_min",
        **solver_of(f.run.sampler)[0],
    }


def beyond(levels: Sequence[float]) -> str:
    """That a level is larger than the lab's largest, in a sentence."""
    high = next((v for v in levels if HIGHEST < v < math.inf), None)
    if high is None:
        return ""
    return f"σ goes up to {HIGHEST:g} in the lab: {high:.6g} is opened as {HIGHEST:g}."


def solver_of(sampler: str | None) -> tuple[dict[str, Any], str]:
    """The solver of the same name, and a sentence where there is none."""
    if not sampler:
        return {"solver": "euler"}, ""
    word = sampler.lower()
    if word in SPECIAL:
        return SPECIAL[word], ""
    for name, kind in SOLVERS.items():
        known = {name, kind.label.lower(), *(a.lower() for a in getattr(kind, "aliases", ()))}
        if word in known:
            return {"solver": name}, ""
    return OTHERWISE, f"{sampler} is not in the lab; opened with DPM++ 2M."
