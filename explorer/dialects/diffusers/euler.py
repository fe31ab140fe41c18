"""Schedulers in k-diffusion's frame: Euler, Euler ancestral, Heun, LMS, KDPM2, DPM-Solver-SDE.

The list begins at the table's level of the first timestep and ends at 0; second-order solvers write
each inner level twice, and KDPM2 and SDE a level between two in place of the second.
"""

from collections.abc import Mapping

import numpy as np

from . import shapes, spacings, tables
from .answer import answer
from .defaults import Config
from .refusal import Refused
from .tables import FLOAT


def only_steps(n: int, given: Mapping, *allowed: str) -> None:
    """These classes take a number of steps, or one of `allowed` in place of it."""
    if any(key not in allowed for key in given):
        raise Refused("TypeError")
    if (n > 0) + len(given) != 1:
        raise Refused


def start(sigmas: np.ndarray, spacing: str):
    """What unit noise is multiplied by."""
    top = sigmas.max()
    return top if spacing in ("linspace", "trailing") else (top**2 + 1) ** FLOAT(0.5)


class _Told:
    """The table of a class, and the timesteps and levels between its ends for n steps."""

    def __init__(self, name: str, c: Config, n: int, given: Mapping, kind: type = FLOAT):
        shapes.check(c)
        self.table = tables.sigmas(tables.alphas_cumprod(name, c, stand_in=True))
        self.logs = np.log(self.table)
        if name in BUILT_ASKING:
            spacings.spaced(c, 1)
        if given.get("timesteps") is not None:
            if shapes.shape(c):
                raise Refused
            self.timesteps = np.array(given["timesteps"], dtype=FLOAT)
        else:
            self.timesteps = spacings.spaced(c, n, kind)
        self.n = n or len(self.timesteps)
        self.sigmas = np.interp(self.timesteps, np.arange(len(self.table)), self.table)

    def shape(self, c: Config, own_karras: bool = True) -> None:
        """Another shape between the same ends, and the timesteps of its levels.

        own_karras: Karras' shape heeds the config's own σ_min and σ_max, as the others do.
        """
        if kind := shapes.shape(c):
            heeded = own_karras or kind != "karras"
            self.sigmas = shapes.shaped(c, kind, self.sigmas, self.n, heeded)
            self.timesteps = shapes.timestep(self.sigmas, self.logs)


BUILT_ASKING = (  # ask for their own list when they are built, so a wrong word is refused there
    "HeunDiscreteScheduler",
    "LMSDiscreteScheduler",
    "KDPM2DiscreteScheduler",
    "KDPM2AncestralDiscreteScheduler",
    "DPMSolverSDEScheduler",
)


def euler(name: str, c: Config, n: int, given: Mapping) -> dict:
    """Euler: the only one that takes levels, and a continuous timestep ¼ ln σ."""
    only_steps(n, given, "timesteps", "sigmas")
    continuous = c["timestep_type"] == "continuous" and c["prediction_type"] == "v_prediction"
    if "timesteps" in given and continuous:
        raise Refused
    if "sigmas" in given:
        shapes.check(c)
        logs = np.log(tables.sigmas(tables.alphas_cumprod(name, c, stand_in=True)))
        sigmas = np.array(given["sigmas"], dtype=FLOAT)
        timesteps = shapes.timestep(sigmas[:-1], logs)
    else:
        told = _Told(name, c, n, given)
        if c["interpolation_type"] == "log_linear":
            low, high = told.logs[0], told.logs[-1]
            told.sigmas = np.exp(tables.linspace(high, low, told.n + 1))
        elif c["interpolation_type"] != "linear":
            raise Refused
        told.shape(c)
        sigmas = shapes.ended(told.sigmas, shapes.end(c, told.table[0]))
        timesteps = told.timesteps
    if continuous:
        timesteps = FLOAT(0.25) * np.log(sigmas[:-1])
    first = start(sigmas, c["timestep_spacing"])
    return answer(timesteps.astype(FLOAT), sigmas, init_noise_sigma=first, order=1)


def euler_ancestral(name: str, c: Config, n: int, given: Mapping) -> dict:
    """Euler with fresh noise: the plain spacings."""
    only_steps(n, given)
    told = _Told(name, c, n, given)
    sigmas = shapes.ended(told.sigmas, 0.0)
    first = start(sigmas, c["timestep_spacing"])
    return answer(told.timesteps, sigmas, init_noise_sigma=first, order=1)


def lms(name: str, c: Config, n: int, given: Mapping) -> dict:
    """Linear multistep."""
    only_steps(n, given)
    told = _Told(name, c, n, given)
    told.shape(c, own_karras=False)
    sigmas = shapes.ended(told.sigmas, 0.0)
    first = start(sigmas, c["timestep_spacing"])
    return answer(told.timesteps.astype(FLOAT), sigmas, init_noise_sigma=first, order=1)


def doubled(values: np.ndarray) -> np.ndarray:
    """Each but the first twice: what a second-order solver asks."""
    return np.concatenate([values[:1], values[1:].repeat(2)])


def heun(name: str, c: Config, n: int, given: Mapping) -> dict:
    """Heun: σ, σ', σ', σ'', σ'', …, 0."""
    only_steps(n, given, "timesteps")
    told = _Told(name, c, n, given)
    told.shape(c)
    sigmas = shapes.ended(told.sigmas, 0.0)
    sigmas = np.concatenate([doubled(sigmas[:-1]), sigmas[-1:]])
    return answer(
        doubled(told.timesteps).astype(FLOAT),
        sigmas,
        init_noise_sigma=start(sigmas, c["timestep_spacing"]),
        order=2,
    )


def sde(name: str, c: Config, n: int, given: Mapping) -> dict:
    """DPM-Solver-SDE: Heun's levels, with the timestep of the middle in log σ between two."""
    only_steps(n, given)
    told = _Told(name, c, n, given, np.float64)
    told.shape(c, own_karras=False)
    logs = -np.log(told.sigmas)
    middle = np.exp(-(logs[:-1] + np.diff(logs) * 0.5))
    timesteps = doubled(told.timesteps)
    timesteps[1::2] = shapes.timestep(middle, told.logs)
    sigmas = shapes.ended(told.sigmas, 0.0)
    sigmas = np.concatenate([doubled(sigmas[:-1]), sigmas[-1:]])
    first = start(sigmas, c["timestep_spacing"])
    return answer(timesteps, sigmas, init_noise_sigma=first, order=2)


def kdpm2(name: str, c: Config, n: int, given: Mapping) -> dict:
    """KDPM2 and its ancestral form: a call at the middle in log σ of each step.

    Ancestral: the middle of σ and σ_down = σ'²/σ, which is σ'.  The library computes σ_down as a
    difference of squares in float32 and misses it by up to (σ/σ')²/3·10⁻⁷; σ' itself is told here.
    """
    only_steps(n, given)
    told = _Told(name, c, n, given)
    told.shape(c)
    if shapes.shape(c) == "karras":
        told.timesteps = told.timesteps.round()
    sigmas = shapes.ended(told.sigmas, 0.0)
    if name == "KDPM2DiscreteScheduler":
        middle = _middle(sigmas, np.roll(sigmas, 1))
        inner = middle[1:-1]
    else:
        middle = np.append(sigmas[1:], FLOAT(0))
        middle[-2:] = 0
        inner = middle[:-2]
    between = shapes.timestep(inner, told.logs).astype(told.timesteps.dtype)
    pairs = np.stack([between, told.timesteps[1:]], axis=-1).ravel()
    return answer(
        np.concatenate([told.timesteps[:1], pairs]),
        _thrice(sigmas),
        sigmas_interpol=_thrice(middle),
        init_noise_sigma=start(sigmas, c["timestep_spacing"]),
        order=2,
    )


def _middle(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The geometric mean in float32 as torch's lerp has it: not a number from σ to 0."""
    log_a, log_b = np.log(a), np.log(b)
    return np.exp(log_b - (log_b - log_a) * FLOAT(0.5))


def _thrice(values: np.ndarray) -> np.ndarray:
    return np.concatenate([doubled(values), values[-1:]])
