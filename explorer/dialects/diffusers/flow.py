"""Schedulers of flow matching: t from 1 to 0, shifted, stretched, shaped, sometimes turned round.

    t' = α t/(1 + (α − 1) t)          α = shift, or e^μ of a picture's size (dynamic)
    t' = 1 − (1 − t)(1 − t_end)/(1 − t_last)      so that the last is t_end
Esser et al. 2024, arXiv:2403.03206.  The table's ends are shifted already when it is built, and the
list between them is shifted again: the first is 1 either way, the last is not.
"""

import math
from collections.abc import Mapping

import numpy as np

from . import shapes, tables
from .answer import answer
from .defaults import FLOW_MATCH, Config
from .euler import doubled, only_steps
from .refusal import Refused
from .tables import FLOAT


def time_shift(c: Config, mu: float | None, t: np.ndarray) -> np.ndarray:
    """α/(α + 1/t − 1), α = e^μ (exponential) or μ itself (linear)."""
    if mu is None:
        raise Refused
    alpha = math.exp(mu) if c["time_shift_type"] == "exponential" else mu
    return alpha / (alpha + (1 / t - 1))


def stretched(t: np.ndarray, end: float) -> np.ndarray:
    """The list stretched from its first so that its last is `end`."""
    rest = 1 - t
    return 1 - rest / (rest[-1] / (1 - end))


def ends(c: Config) -> tuple[float, float]:
    """First and last t of the table that is made when the scheduler is built."""
    t = np.array([c["num_train_timesteps"], 1], dtype=FLOAT) / FLOAT(c["num_train_timesteps"])
    if not c.get("use_dynamic_shifting"):
        t = c["shift"] * t / (1 + (c["shift"] - 1) * t)
    return float(t[0]), float(t[1])


def _between(c: Config, n: int) -> np.ndarray:
    """n even t between the table's ends, float64."""
    total = c["num_train_timesteps"]
    high, low = ends(c)
    return np.linspace(high * total, low * total, n) / total


def euler(name: str, c: Config, n: int, given: Mapping) -> dict:
    """FlowMatchEulerDiscrete and FlowMatchLCM."""
    if any(k not in ("sigmas", "timesteps", "mu") for k in given):
        raise Refused("TypeError")
    shapes.check(c)
    if c["time_shift_type"] not in ("exponential", "linear"):
        raise Refused
    total, mu = c["num_train_timesteps"], given.get("mu")
    t, steps = _given_levels(c, n, given)
    if c["use_dynamic_shifting"]:
        t = time_shift(c, mu, t)
    else:
        t = c["shift"] * t / (1 + (c["shift"] - 1) * t)
    if c["shift_terminal"]:
        t = stretched(t, c["shift_terminal"])
    if kind := shapes.shape(c):
        t = shapes.shaped(c, kind, t, len(t))
    t = t.astype(FLOAT)
    if c["invert_sigmas"]:
        t = 1 - t
        steps = None
    timesteps = t * FLOAT(total) if steps is None else steps
    last = FLOAT(1 if c["invert_sigmas"] else 0)
    return answer(timesteps, np.append(t, last), order=1)


def _given_levels(c: Config, n: int, given: Mapping) -> tuple[np.ndarray, np.ndarray | None]:
    """t before any shift, in float32 where it was given, and the timesteps where these were."""
    sigmas, steps = given.get("sigmas"), given.get("timesteps")
    lengths = {len(v) for v in (sigmas, steps) if v is not None} | ({n} if n else set())
    if len(lengths) > 1:
        raise Refused
    if not lengths:
        raise Refused("TypeError")
    if steps is not None:
        steps = np.array(steps, dtype=FLOAT)
    if sigmas is not None:
        return np.array(sigmas, dtype=FLOAT), steps
    if steps is not None:
        return steps / FLOAT(c["num_train_timesteps"]), steps
    return _between(c, lengths.pop()), None


def heun(name: str, c: Config, n: int, given: Mapping) -> dict:
    """FlowMatchHeun: each inner level twice."""
    only_steps(n, given)
    t = _between(c, n)
    t = (c["shift"] * t / (1 + (c["shift"] - 1) * t)).astype(FLOAT)
    sigmas = np.append(doubled(t), FLOAT(0))
    return answer(doubled(t * FLOAT(c["num_train_timesteps"])), sigmas, order=2)


def flow_map(name: str, c: Config, n: int, given: Mapping) -> dict:
    """FlowMapEuler: in float64, shifted once."""
    if any(k not in ("sigmas", "timesteps") for k in given):
        raise Refused("TypeError")
    sigmas, steps = given.get("sigmas"), given.get("timesteps")
    lengths = {len(v) for v in (sigmas, steps) if v is not None} | ({n} if n else set())
    if len(lengths) != 1:
        raise Refused
    total = c["num_train_timesteps"]
    if sigmas is not None:
        t = np.array(sigmas, dtype=np.float64)
    elif steps is not None:
        t = np.array(steps, dtype=np.float64) / total
    else:
        t = tables.linspace(1, 0, lengths.pop() + 1, np.float64)[:-1]
    if c["shift"] != 1:
        t = c["shift"] * t / (1 + (c["shift"] - 1) * t)
    return answer(t * total, np.append(t, 0.0), order=1)


def ltx(name: str, c: Config, n: int, given: Mapping) -> dict:
    """LTX's ancestral Euler: given levels as they are, else flow matching's Euler of the config."""
    levels = given.get("sigmas", given.get("timesteps"))
    if levels is None:
        mu = {"mu": given["mu"]} if "mu" in given else {}
        return euler(name, FLOW_MATCH | c, n, mu)
    sigmas = np.array(levels, dtype=FLOAT)
    return answer(sigmas * FLOAT(c["num_train_timesteps"]), sigmas, order=1)


def minimax(name: str, c: Config, n: int, given: Mapping) -> dict:
    """MiniMax H3: shifted t including its 0, equal neighbours once; timesteps 1 − t."""
    if any(k != "sigmas" for k in given):
        raise Refused("TypeError")
    if c["shift"] <= 0:
        raise Refused
    if given.get("sigmas") is not None:
        t = np.array(given["sigmas"], dtype=FLOAT)
        if len(t) < 2 or not bool((t[1:] < t[:-1]).all()) or t[-1] != 0:
            raise Refused
    else:
        if n < 2:
            raise Refused
        base = tables.linspace(1.0, 0.0, n)
        t = c["shift"] * base / (1 + (c["shift"] - 1) * base)
        t = t[np.append(True, t[1:] != t[:-1])]
    return answer(1 - t[:-1], t, order=1)
