"""What a scheduler's config does that its user may not mean, beside the faults of any list.

The three are in diffusers' own step and constructor, and no list shows them.
"""

import itertools

import numpy as np

from ...core.tables import shifted
from ..report import Fault, Mend, Run
from . import flow
from .defaults import Config

STATIC = (
    "FlowMatchEulerDiscreteScheduler",
    "FlowMatchLCMScheduler",
    "FlowMatchHeunDiscreteScheduler",
)
RECKONS = (  # the next timestep is reckoned as t − T // n, and not read from the list
    "DDIMScheduler",
    "CogVideoXDDIMScheduler",
    "CogVideoXDPMScheduler",
)
ROUNDED = 2  # timesteps: T/n rounded


def find(name: str, c: Config, n: int, own_list: bool, run: Run) -> list[Fault]:
    """own_list: the levels were given with the call, and not made by the scheduler."""
    with np.errstate(all="ignore"):
        found = [] if own_list else _double_shift(name, c, n, run)
        return found + _previous(name, c, n, run)


def _double_shift(name: str, c: Config, n: int, run: Run) -> list[Fault]:
    """The list's ends are taken from the shifted table, and shifted again (diffusers #13243)."""
    shaped = any(c.get(f"use_{kind}_sigmas") for kind in ("karras", "exponential", "beta"))
    if name not in STATIC or c.get("use_dynamic_shifting") or c["shift"] == 1 or shaped:
        return []
    alpha, total = c["shift"], c["num_train_timesteps"]
    low, once = shifted(flow.ends(c)[1], alpha), shifted(1 / total, alpha)
    if n < 2 or c.get("invert_sigmas") or c.get("shift_terminal"):
        return []
    said = (
        f"set_timesteps({n}) applies the shift of {alpha:g} twice at the list's end: the table is "
        f"shifted when the scheduler is built, its last t = {once:.3g} is taken for an unshifted "
        f"one and shifted again to {low:.3g}. The levels between move by less, all of them up. "
        "Levels given as sigmas= are shifted once."
    )
    t = tuple(float(v) for v in shifted(np.linspace(1, 1 / total, n), alpha))
    pairs = [v for v in t[1:] for _ in range(2)] if name == STATIC[2] else list(t[1:])
    sigmas = (t[0], *pairs, 0.0)
    mend = Mend("Shift it once", sigmas, tuple(v * total for v in sigmas[:-1]))
    return [Fault("double_shift", len(run.sigmas) - 2, said, mend, "know")]


def _previous(name: str, c: Config, n: int, run: Run) -> list[Fault]:
    """DDIM's step goes to t − T // n, wherever the list goes (diffusers #12633, #11347)."""
    times = run.timesteps or ()
    if name not in RECKONS or len(times) < 2:
        return []
    hop = c["num_train_timesteps"] // n
    off = [(a - hop) - b for a, b in itertools.pairwise(times)]
    worst = max(range(len(off)), key=lambda i: abs(off[i]))
    if abs(off[worst]) < ROUNDED:
        return []
    said = (
        f"The network is asked at {times[worst + 1]:g} for a picture that the step before left at "
        f"{times[worst] - hop:g}: a step goes to t − {hop} ({c['num_train_timesteps']} // {n}), "
        f"and “{c['timestep_spacing']}” spacing puts the next timestep elsewhere, "
        f"{abs(off[worst]):g} beside at worst. “trailing” and “leading” agree with the step."
    )
    trailing = np.arange(c["num_train_timesteps"], 0, -c["num_train_timesteps"] / n).round() - 1
    mend = Mend("Use trailing", (), tuple(float(t) for t in trailing))
    return [Fault("off_by_one_timesteps", worst + 1, said, mend)]
