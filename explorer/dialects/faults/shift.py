"""The shift of a flow model's times: left out, applied twice, or that of another picture size.

A shift α sends t to α t/(1 + (α − 1) t), which multiplies σ = t/(1 − t) by α.  Most lists are even
before it, so the α of a list is the one that makes it even again.
"""

import itertools
import math
import re

import numpy as np

from ...core.tables import shifted
from ..report import Fault, Mend
from .case import About, Case
from .made import NAMES, OTHERS, made, named, same
from .penultimate import drops
from .words import level

KINDS = ("double_shift", "missing_shift", "wrong_mu_for_size")
NEAR = 0.05  # of ln α: what tables of 1000 entries round
EVEN = 2e-3  # of the list's span: a list is even if none lies further from its line
# lists that a shift moves as a whole; of the others, between two ends, it moves the lower end alone
SHIFTING = ("simple", "normal", "sgm_uniform", "ddim_uniform", "beta")
STRETCHED = 0.2  # pipelines stretch to 0.1 (LTX-Video) and 0.02 (Qwen-Image), never above
FIRST = 0.5  # any short piece of a curve is even
MANY = 900  # steps that are all of a table's
FEWEST = 5  # levels that show whether a list is even


def find(case: Case) -> list[Fault]:
    """The α of the list against 1, the model's, and the model's twice."""
    alpha, times = case.model.alpha, _times(case)
    if not case.model.flow or alpha is None or len(times) < 2 or max(times) > 1.0005:
        return []
    if abs(math.log(alpha)) < 0.1:
        return []
    if len(times) >= MANY and (ends := _ends_twice(case, times, alpha)):
        return [ends]
    if _known(case, times, alpha):
        return []
    found = _of_list(case, times, alpha)
    if found is None or abs(math.log(found / alpha)) < NEAR:
        return []
    if abs(math.log(found)) < NEAR:
        return [_missing(case, alpha)]
    if abs(math.log(found / alpha**2)) < NEAR:
        return [_double(case, alpha, found)]
    return [_other(case, alpha, found)] if case.model.by_mu else []


def _ends_twice(case: Case, times: tuple[float, ...], alpha: float) -> Fault | None:
    """Every trained time is asked for, and the least is not the table's but shifted again.

    diffusers' own way at any count of steps (issue 13243); at few steps it moves the last level
    alone and is a note.
    """
    once = float(shifted(1e-3, alpha))
    twice = float(shifted(once, alpha))
    if abs(times[-1] / twice - 1) > 0.01:
        return None
    said = (
        f"The ends of the list were shifted before the whole was: {len(times)} steps end at "
        f"{level(twice)}, and the table they should be ends at {level(once)}."
    )
    made = (*map(float, shifted(np.linspace(1, 1e-3, len(times)), alpha)), 0.0)
    scale = 1000.0 if case.timesteps and max(case.timesteps) > 2 else 1.0
    told = tuple(scale * t for t in made[:-1]) if case.timesteps else None
    return Fault("double_shift", len(times) - 1, said, Mend("Shift it once", made, told))


def _times(case: Case) -> tuple[float, ...]:
    """t of each evaluation, from noise to clean; of timesteps where no list is told."""
    times = case.above or tuple(t / (case.model.scale or 1000.0) for t in case.timesteps)
    falls = all(0 < b < a for a, b in itertools.pairwise(times))
    return times if falls else ()


def _known(case: Case, times: tuple[float, ...], alpha: float) -> bool:
    """Is it what some schedule makes with the right shift, whole, its end, or stretched?"""
    names = (named(case),) if named(case) else (*NAMES, *OTHERS)
    if any(_as_made(case, times, name, alpha) for name in names):
        return True
    if times[-1] > STRETCHED:
        return False
    even = np.linspace(1, 1 / len(times), len(times)), np.linspace(1, 1e-3, len(times))
    return any(same(times, _stretched(shifted(u, alpha), times[-1]), True) for u in even)


def _stretched(times: np.ndarray, last: float) -> tuple[float, ...]:
    """Times moved so that they end at `last`, as LTX-Video's and Qwen-Image's pipelines do."""
    return tuple(1 - (1 - times) * (1 - last) / (1 - times[-1]))


def _as_made(case: Case, times: tuple[float, ...], name: str, alpha: float) -> bool:
    """Is it the list of this name with this α, or what a sampler or a part of it leaves of it?"""
    about = About(kind="flow", alpha=alpha, by_mu=case.model.by_mu, scale=case.model.scale)
    steps, given = case.steps or len(times), (*times, 0.0)
    counts = {steps, steps + 1} if drops(case) else {steps}
    if case.goal != "full" and (part := _part(case)):
        counts = {int(n / part) for n in counts}
    for count in counts:
        found = made(about, name, count) or ()
        for whole in (found, (*found[:-2], 0.0)) if drops(case) else (found,):
            if len(whole) >= len(given) and same(given, whole[-len(given) :], True):
                return True
    return False


def _part(case: Case) -> float | None:
    """The strength of image to image, where the goal says it."""
    found = re.search(r"(?:denois|strength)\D{0,12}(0?\.\d+)", str(case.told.get("goal"))[:200])
    return max(float(found[1]), 0.01) if found else None


def _of_list(case: Case, times: tuple[float, ...], alpha: float) -> float | None:
    """The list's α: of an even list, or of a schedule that makes it with α = 1 or α²."""
    if len(times) >= FEWEST and times[0] >= FIRST:
        found, off = evenest(times)
        if off < EVEN:
            return found
    for name in (named(case),) if named(case) in SHIFTING else SHIFTING:
        for other in (1.0, alpha**2):
            if _as_made(case, times, name, other):
                return other
    return None


def evenest(times: tuple[float, ...]) -> tuple[float, float]:
    """The α before which a list is evenest, and how far it is from even, as a part of its span."""
    t = np.asarray(times, np.float64)
    low, high = -6.0, 6.0
    for _ in range(6):
        tried = np.linspace(low, high, 41)
        off = _uneven(t, np.exp(tried))
        best = int(off.argmin())
        step = tried[1] - tried[0]
        low, high = tried[best] - step, tried[best] + step
    return float(np.exp(tried[best])), float(off[best])


def _uneven(t: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """For each α the largest distance of the unshifted times from the line through their ends."""
    u = t / (t + alpha[:, None] * (1 - t))
    first, last = u[:, :1], u[:, -1:]
    line = first + (last - first) * np.linspace(0, 1, len(t))
    with np.errstate(divide="ignore", invalid="ignore"):
        off = np.abs(u - line).max(1) / (first - last)[:, 0]
    return np.where(np.isfinite(off), off, np.inf)


def _missing(case: Case, alpha: float) -> Fault:
    said = (
        f"The list is not shifted; {case.model.name} wants {_shift(case, alpha)}. Half of the "
        f"steps lie below t = 0.5 instead of {level(float(shifted(0.5, alpha)))}."
    )
    return Fault("missing_shift", None, said, _mend(case, alpha, "Shift it"))


def _double(case: Case, alpha: float, found: float) -> Fault:
    said = (
        f"The shift of {_shift(case, alpha)} is applied twice: σ is {level(found)} times as large "
        f"as without a shift, and should be {level(alpha)} times."
    )
    return Fault("double_shift", None, said, _mend(case, 1 / alpha, "Take one shift off"))


def _other(case: Case, alpha: float, found: float) -> Fault:
    tokens = 256 + (math.log(found) - 0.5) / (1.15 - 0.5) * (4096 - 256)
    side = f", as for a picture of {16 * math.sqrt(tokens):.0f} pixels a side" if tokens > 0 else ""
    said = (
        f"The list is shifted by μ = {level(math.log(found))}{side}; {case.model.name} wants "
        f"μ = {level(math.log(alpha))}."
    )
    return Fault(
        "wrong_mu_for_size", None, said, _mend(case, alpha / found, "Use this size's shift")
    )


def _shift(case: Case, alpha: float) -> str:
    return f"μ = {level(math.log(alpha))}" if case.model.by_mu else f"{level(alpha)}"


def _mend(case: Case, by: float, label: str) -> Mend:
    sigmas = tuple(float(s) for s in shifted(case.sigmas, by)) if case.sigmas else ()
    times = case.run.timesteps
    if times:
        scale = 1000.0 if max(times) > 2 else 1.0
        times = tuple(float(scale * t) for t in shifted(np.array(times) / scale, by))
    return Mend(label, sigmas, times)
