"""ComfyUI's schedulers by their names: a model's levels and a number of steps give the list.

Formulas of comfy/samplers.py and comfy/k_diffusion/sampling.py, in float64.  Each runs from noise
to picture and ends with the 0 that the tool has; sigma is the tool's own number.
"""

import math
from collections.abc import Callable

import numpy as np

from .asked import count
from .comfy_inputs import MOST_MADE, word
from .comfy_models import Sampling
from .refused import Refused

NEAR_ZERO = 1e-5  # below this the tool holds a table's end for 0 and adds none

Schedule = Callable[[Sampling, int], list[float]]


def simple(model: Sampling, steps: int) -> list[float]:
    """Every (entries/steps)-th entry of the table, from the top."""
    stride = len(model.table) / steps
    at = [-(1 + int(i * stride)) for i in range(steps)]
    return [*model.table[at].tolist(), 0.0]


def ddim_uniform(model: Sampling, steps: int) -> list[float]:
    """Whole strides through the table from its second entry; as many steps as that gives."""
    table = model.table
    ends = abs(table[1]) <= NEAR_ZERO
    stride = max(len(table) // (steps + ends), 1)
    rising = table[1::stride].tolist()
    return (rising if ends else [0.0, *rising])[::-1]


def normal(model: Sampling, steps: int) -> list[float]:
    """Even in the model's timestep, both ends in it."""
    first, last = (float(t) for t in model.timestep(np.array([model.high, model.low])))
    if abs(float(model.sigma(np.array(last)))) <= NEAR_ZERO:
        return model.sigma(model.line(first, last, steps + 1)).tolist()
    return [*model.sigma(model.line(first, last, steps)).tolist(), 0.0]


def sgm_uniform(model: Sampling, steps: int) -> list[float]:
    """Even in the model's timestep; the lower end gives way to 0."""
    first, last = (float(t) for t in model.timestep(np.array([model.high, model.low])))
    return [*model.sigma(model.line(first, last, steps + 1)[:-1]).tolist(), 0.0]


def karras(model: Sampling, steps: int) -> list[float]:
    """Karras et al. 2022, Eq. 5, with ρ = 7."""
    return karras_between(steps, model.low, model.high)


def exponential(model: Sampling, steps: int) -> list[float]:
    """Even in ln σ."""
    return polyexponential_between(steps, model.low, model.high, 1.0)


def beta(model: Sampling, steps: int, alpha: float = 0.6, beta: float = 0.6) -> list[float]:
    """Quantiles of a beta density over the table (arXiv:2407.12173), each entry once."""
    from scipy.special import betaincinv  # where it is needed: a second of import elsewhere

    if not alpha > 0 or not beta > 0:
        raise Refused(
            "ValueError", f"A beta density needs two numbers above 0, not {alpha:g}, {beta:g}."
        )
    part = betaincinv(alpha, beta, 1 - np.linspace(0, 1, steps, endpoint=False))
    entries = np.rint(part * (len(model.table) - 1)).astype(int)
    fresh = np.append(True, entries[1:] != entries[:-1])
    return [*model.table[entries[fresh]].tolist(), 0.0]


def linear_quadratic(model: Sampling, steps: int) -> list[float]:
    """Mochi's: half of the steps spend 0.025 of the way evenly, the rest grows as a square."""
    threshold = 0.025
    if steps == 1:
        return [model.high, 0.0]
    even = steps // 2
    left = steps - even
    curve = (even - threshold * steps) / (even * left**2)
    slope = threshold / even - 2 * curve * even
    i = np.arange(steps)
    gone = np.where(i < even, i * threshold / even, curve * i**2 + slope * i + curve * even**2)
    return [*((1 - gone) * model.high).tolist(), 0.0]


def kl_optimal(model: Sampling, steps: int) -> list[float]:
    """Even in arctan σ (Sabour et al. 2024, arXiv:2404.14507); one step is not a number.

    The angle is a float32 as in the tool: near π/2 its last bit moves a σ of 4518 by 0.6.
    """
    if steps == 1:
        return [math.nan, 0.0]
    part = np.arange(steps, dtype=np.float32) / np.float32(steps - 1)
    first, last = np.float32(math.atan(model.high)), np.float32(math.atan(model.low))
    angle = part * last + (np.float32(1) - part) * first
    return [*np.tan(angle.astype(float)).tolist(), 0.0]


SCHEDULES: dict[str, Schedule] = {
    "simple": simple,
    "sgm_uniform": sgm_uniform,
    "karras": karras,
    "exponential": exponential,
    "ddim_uniform": ddim_uniform,
    "beta": beta,
    "normal": normal,
    "linear_quadratic": linear_quadratic,
    "kl_optimal": kl_optimal,
}


def schedule(model: Sampling, name: str, steps: int) -> list[float]:
    """The list of a scheduler by its name.  Raises UserError for another name or no count."""
    word(name, "scheduler", SCHEDULES)
    return SCHEDULES[name](model, count(steps, "steps", 1, MOST_MADE))


def karras_between(steps: int, low: float, high: float, rho: float = 7.0) -> list[float]:
    """σ_i^(1/ρ) even between two ends, then 0."""
    if rho == 0:
        raise Refused("ZeroDivisionError", "Karras' spacing has no ρ = 0.")
    ends = high ** (1 / rho), low ** (1 / rho)
    return [*(np.linspace(*ends, steps) ** rho).tolist(), 0.0]


def polyexponential_between(steps: int, low: float, high: float, rho: float) -> list[float]:
    """ln σ = ln σ_min + u^ρ (ln σ_max − ln σ_min), u even from 1 to 0, then 0."""
    if low <= 0 or high <= 0:
        raise Refused("ValueError", f"ln σ needs ends above 0, not {high:g} and {low:g}.")
    bottom, top = math.log(low), math.log(high)
    return [*np.exp(np.linspace(1, 0, steps) ** rho * (top - bottom) + bottom).tolist(), 0.0]


def laplace_between(steps: int, low: float, high: float, mu: float, beta: float) -> list[float]:
    """Quantiles of a Laplace density of ln σ (Hang et al. 2024), within the ends; no 0 is added."""
    x = 0.5 - np.linspace(0, 1, steps)
    logs = mu - beta * np.sign(x) * np.log(1 - 2 * np.abs(x) + 1e-5)
    return np.clip(np.exp(logs), low, high).tolist()


def vp_between(steps: int, beta_d: float, beta_min: float, end: float) -> list[float]:
    """σ(t) = √(e^(β_d t²/2 + β_min t) − 1), t even from 1 to the end, then 0 (Song et al. 2021)."""
    t = np.linspace(1, end, steps)
    return [*np.sqrt(np.expm1(beta_d * t**2 / 2 + beta_min * t)).tolist(), 0.0]
