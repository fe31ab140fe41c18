"""What is to be said of a view's time steps: what was changed for its network, and what is odd.

notes(e) = known_by(e) + what the linter finds in the levels as they run
"""

import math

from ..core import infinity, known
from ..core.denoisers import Rounded
from ..core.timesteps import Custom
from ..dialects.lint import lint
from ..numerals import number, percent
from .budget import begins_in_noise, bought, exactly
from .experiment import Experiment, count, grid, levels, prepared, rounds
from .tool_steps import ToolSteps

ROUNDED = 5e-4  # share by which a level may move without a word: nobody reads it in three digits


def notes(e: Experiment) -> list[str]:
    """Sentences, none where nothing is odd.  Raises UserError where `levels` does."""
    ran = exactly(e).tolist()
    if e.last != "sigma_min":
        ran.append(0.0)
    typed, spread = isinstance(e.timesteps, Custom), prepared(e.data, e.model).sigma_data
    return (
        known_by(e) + _begins(e) + tools_own(e) + [f.text for f in lint(ran, spread, typed=typed)]
    )


def tools_own(e: Experiment) -> list[str]:
    """What is to be said of another tool's list: noise that is left."""
    steps = e.timesteps
    if not isinstance(steps, ToolSteps):
        return []
    found = steps.listed(bought(e))
    out = []
    if found[-1] > 0 and e.last == "zero":
        out.append(
            f"{steps.label} leaves noise of {number(found[-1])} for another run; with this ending "
            "one more step takes it to 0. “Stop at σ_min” hands it over."
        )
    return out


def _begins(e: Experiment) -> list[str]:
    """That the first level is ∞, and what becomes of the first step."""
    if not begins_in_noise(e):
        return []
    own = infinity.own_step(e.schedule, e.solver)
    step = "" if own else ": its first step is DDIM’s, a straight line"
    return [
        f"The run begins in pure noise, σ = ∞ (t = 1 of flow matching){step}. It is drawn from "
        f"σ = {number(float(levels(e)[0]))}."
    ]


def known_by(e: Experiment) -> list[str]:
    """What was changed because the network knows some noise levels only, none where nothing was.

    EDM's published sampler changes the same in silence.
    """
    denoiser = prepared(e.data, e.model).denoiser
    low, high = known.bounds(denoiser)
    range_ = (
        f"This network knows σ up to {number(high)}"
        if low == 0
        else f"This network knows σ from {number(low)}"
        + (f" to {number(high)}" if math.isfinite(high) else " up")
    )
    moved = _clipped(e, low, high)
    if rounds(e) != e.restart:
        moved.append(f"restarts go up to {number(high)}, not to {number(e.restart.high)}")
    return [f"{range_}: {' and '.join(moved)}."] * bool(moved) + _rounded(e, denoiser)


def _clipped(e: Experiment, low: float, high: float) -> list[str]:
    """What of the time steps was moved to the ends of the range, and reads otherwise now."""
    asked, within = e.timesteps, grid(e)
    if asked == within:
        return []
    if isinstance(asked, Custom):
        out = [s for s in asked.levels if s > 0 and number(s) != number(min(max(s, low), high))]
        there = f"{number(out[0])} is asked" if len(out) == 1 else f"{len(out)} levels are asked"
        return [f"{there} at {'its end' if len(out) == 1 else 'its ends'}"] if out else []
    ends = (
        ("σ_max", "lowered", math.inf if asked.pure else asked.sigma_max, within.sigma_max),
        ("σ_min", "raised", asked.sigma_min, within.sigma_min),
    )
    return [
        f"{name} {number(a)} is {how} to {number(b)}"
        for name, how, a, b in ends
        if number(a) != number(b)
    ]


def _rounded(e: Experiment, denoiser) -> list[str]:
    """That steps go to levels that the network has learned, and how far they lie off."""
    if not isinstance(denoiser, Rounded):
        return []
    asked = grid(e).sigmas(count(e))
    asked = asked[asked.isfinite()]  # pure noise is a level of its own
    found = denoiser.round_sigma(asked).to(asked)
    farthest = float((found / asked - 1).abs().max())
    merged = len(asked) + begins_in_noise(e) - len(levels(e))
    if farthest < ROUNDED and not merged:
        return []
    hat = ", also σ̂ after churn" if e.churn.s_churn > 0 else ""
    fewer = f" {merged} of {len(asked)} fell on another and are left out." if merged else ""
    return [
        "It has learned single noise levels: each step goes to the nearest, at most "
        f"{percent(farthest)} away{hat}.{fewer}"
    ]
