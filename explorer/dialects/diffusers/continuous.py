"""Schedulers with an own σ(t): EDM, cosine DPM-Solver, consistency, SCM, iPNDM, VE, Würstchen."""

import math
from collections.abc import Mapping
from itertools import pairwise

import numpy as np

from . import shapes, tables
from .answer import answer
from .defaults import Config
from .euler import only_steps
from .multistep import SOLVERS, refuse_zero
from .refusal import Refused
from .tables import FLOAT


def _level(c: Config, ramp: np.ndarray) -> np.ndarray:
    """σ by the config's own schedule, falling from σ_max to σ_min."""
    if c["sigma_schedule"] == "karras":
        if c["rho"] == 0:
            raise Refused("ZeroDivisionError")
        return shapes.karras(c["sigma_min"], c["sigma_max"], ramp, c["rho"]).astype(FLOAT)
    if c["sigma_min"] <= 0 or c["sigma_max"] <= 0:
        raise Refused
    low, high = math.log(c["sigma_min"]), math.log(c["sigma_max"])
    return np.exp(tables.linspace(low, high, len(ramp)))[::-1]


def edm_euler(name: str, c: Config, n: int, given: Mapping) -> dict:
    """EDM's steps for Euler; timesteps ¼ ln σ."""
    if c["sigma_schedule"] not in ("karras", "exponential"):
        raise Refused
    if given:
        raise Refused("AttributeError" if list(given) == ["sigmas"] else "TypeError")
    shapes.end(c, 0.0)
    sigmas = _level(c, np.linspace(0, 1, n))
    last = shapes.end(c, sigmas[-1])
    return _edm(c, FLOAT(0.25) * np.log(sigmas), sigmas, last)


def _edm(c: Config, timesteps: np.ndarray, sigmas: np.ndarray, last: float) -> dict:
    first = (c["sigma_max"] ** 2 + 1) ** 0.5
    return answer(timesteps, shapes.ended(sigmas, last), init_noise_sigma=first, order=1)


def edm_multistep(name: str, c: Config, n: int, given: Mapping) -> dict:
    """EDM's steps for DPM-Solver++; for the cosine one, timesteps 2/π atan σ."""
    only_steps(n, given)
    if c.get("algorithm_type", "deis") not in ("dpmsolver++", "sde-dpmsolver++", "deis"):
        raise Refused("NotImplementedError")
    if c["solver_type"] not in SOLVERS:
        raise Refused("NotImplementedError")
    refuse_zero(c)
    if c["sigma_schedule"] not in ("karras", "exponential"):
        raise Refused("UnboundLocalError")
    sigmas = _level(c, tables.linspace(0, 1, n))
    cosine = name == "CosineDPMSolverMultistepScheduler"
    timesteps = np.arctan(sigmas) / FLOAT(np.pi) * FLOAT(2) if cosine else np.log(sigmas) / 4
    return _edm(c, timesteps.astype(FLOAT), sigmas, shapes.end(c, c["sigma_min"]))


def consistency(name: str, c: Config, n: int, given: Mapping) -> dict:
    """Consistency models: some of T levels of EDM's steps, then σ_min; timesteps 250 ln σ."""
    only_steps(n, given, "timesteps")
    total = c["num_train_timesteps"]
    if c["rho"] == 0:
        raise Refused("ZeroDivisionError")
    if given.get("timesteps") is not None:
        steps = given["timesteps"]
        if any(b >= a for a, b in pairwise(steps)) or steps[0] >= total:
            raise Refused
        places = np.array(steps).astype(np.int64)[::-1]
    else:
        if n > total:
            raise Refused
        places = np.arange(n) * (total // n)
    if total == 1:
        raise Refused("ZeroDivisionError")
    levels = shapes.karras(c["sigma_min"], c["sigma_max"], places / (total - 1), c["rho"])
    return answer(
        250 * np.log(levels + 1e-44),
        shapes.ended(levels, c["sigma_min"]),
        init_noise_sigma=c["sigma_max"],
        order=1,
    )


def scm(name: str, c: Config, n: int, given: Mapping) -> dict:
    """SANA-Sprint's TrigFlow: an angle from π/2 to 0, or two steps with one between."""
    known = ("timesteps", "max_timesteps", "intermediate_timesteps")
    if not n or any(k not in known for k in given):
        raise Refused("TypeError")
    steps = given.get("timesteps")
    top = given.get("max_timesteps", 1.57080)
    middle = given.get("intermediate_timesteps", 1.3)
    wrong_list = steps is not None and (len(steps) != n + 1 or top is not None)
    if n > c["num_train_timesteps"] or wrong_list or (steps is None and top is None):
        raise Refused
    if middle is not None and n != 2:
        raise Refused
    if steps is not None:
        timesteps = np.array(steps, dtype=FLOAT)
    elif middle is not None:
        timesteps = np.array([top, middle, 0], dtype=FLOAT)
    else:
        timesteps = tables.linspace(top, 0, n + 1)
    return answer(timesteps, init_noise_sigma=1.0, order=1)


def ipndm(name: str, c: Config, n: int, given: Mapping) -> dict:
    """iPNDM: the angle of β = sin²(π u/2), u even from 1 to 0, as a share of a right angle."""
    only_steps(n, given)
    if c["trained_betas"] is not None:
        betas = np.array(c["trained_betas"], dtype=FLOAT)
    else:
        betas = np.sin(tables.linspace(1, 0, n + 1) * FLOAT(np.pi) / 2) ** 2
    angle = np.arctan2(betas, np.sqrt(1 - betas**2)) / FLOAT(np.pi) * 2
    return answer(angle[:-1], init_noise_sigma=1.0, order=1)


def wuerstchen(name: str, c: Config, n: int, given: Mapping) -> dict:
    """Würstchen: t even from 1 to 0, both told."""
    if any(k != "timesteps" for k in given):
        raise Refused("TypeError")
    steps = given.get("timesteps")
    if steps is None and not n:
        raise Refused("TypeError")
    t = tables.linspace(1, 0, n + 1) if steps is None else np.array(steps, dtype=FLOAT)
    return answer(t, init_noise_sigma=1.0, order=None)


def score_ve(name: str, c: Config, n: int, given: Mapping) -> dict:
    """Song et al. 2021's VE sampler: t even from 1 to ε."""
    if not n or any(k != "sampling_eps" for k in given):
        raise Refused("TypeError")
    if c["sigma_min"] <= 0 or c["sigma_max"] <= 0:
        raise Refused
    end = given.get("sampling_eps")
    t = tables.linspace(1, c["sampling_eps"] if end is None else end, n)
    return answer(t, init_noise_sigma=c["sigma_max"], order=1)


def karras_ve(name: str, c: Config, n: int, given: Mapping) -> dict:
    """Karras et al.'s VE discretisation: σ², not σ, from σ_min² up; one step has no number."""
    only_steps(n, given)
    timesteps = np.arange(n)[::-1].copy()
    high, low = c["sigma_max"] ** 2, c["sigma_min"] ** 2
    with np.errstate(all="ignore"):
        powers = timesteps.astype(FLOAT) / FLOAT(n - 1)
    return answer(
        timesteps,
        FLOAT(high) * FLOAT(low / high) ** powers,
        init_noise_sigma=c["sigma_max"],
        order=2,
    )
