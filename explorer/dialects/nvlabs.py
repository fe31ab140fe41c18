"""The steps of NVlabs' edm: σ of every call of the network, the last step going to 0.

Karras et al. 2022, arXiv:2206.00364, Algorithm 1 and Table 1: four ways to place the steps (edm,
vp, ve, iddpm), a schedule σ(t) that changes the path but not the levels, Euler or Heun.
"""

from collections.abc import Mapping

import numpy as np

from ..errors import UserError
from .asked import count, given, number, plain

RANGES = {  # σ_min, σ_max where none are given; VP's are those of β_d = 19.9, β_min = 0.1
    "edm": (0.002, 80.0),
    "vp": (None, None),
    "ve": (0.02, 100.0),
    "iddpm": (0.002, 81.0),
}
KNOWN = {"schedule": ("linear", "vp", "ve"), "solver": ("heun", "euler"), "scaling": ("none", "vp")}


def run(group: str, inputs: Mapping, models: Mapping | None = None) -> dict:
    """{"sigmas"} of "nvlabs_edm.edm_sampler_calls" or "nvlabs_edm.ablation_sigmas".

    models: not needed.  Raises UserError.
    """
    n = count(given(inputs, "num_steps"), "num_steps", 1)
    with np.errstate(all="ignore"):
        if group == "nvlabs_edm.edm_sampler_calls":
            return {"sigmas": _calls(_edm(_even(n), *_range("edm", inputs), inputs), "heun")}
        if group == "nvlabs_edm.ablation_sigmas":
            return _ablation(n, inputs)
    raise UserError(f"NVlabs edm has no {group!r} here; edm_sampler_calls and ablation_sigmas are.")


def _ablation(n: int, inputs: Mapping) -> dict:
    place = inputs.get("discretization", "edm")
    if place not in PLACES or any(inputs.get(k, v[0]) not in v for k, v in KNOWN.items()):
        return {"error": "AssertionError"}
    if place == "iddpm" and n == 1:
        return {"error": "ZeroDivisionError"}
    levels = PLACES[place](_even(n), *_range(place, inputs), inputs)
    return {"sigmas": _calls(levels, inputs.get("solver", "heun"))}


def _even(n: int) -> np.ndarray:
    """n even places from 0 to 1; of one alone the tool divides 0 by 0."""
    return np.arange(n) / np.float64(n - 1)


def _range(place: str, inputs: Mapping) -> tuple[float, float]:
    end = number(inputs.get("epsilon_s", 1e-3), "epsilon_s")
    vp = [float(np.sqrt(np.expm1(0.5 * 19.9 * t**2 + 0.1 * t))) for t in (end, 1.0)]
    ends = []
    for key, usual, of_vp in zip(("sigma_min", "sigma_max"), RANGES[place], vp):
        told = inputs.get(key)
        if told is None:
            told = of_vp if usual is None else usual
        ends.append(number(told, key))
    if not (ends[0] > 0 and ends[1] > 0):
        raise UserError(f"sigma_min = {ends[0]:g} and sigma_max = {ends[1]:g} must be above 0.")
    return ends[0], ends[1]


def _edm(u: np.ndarray, low: float, high: float, inputs: Mapping) -> np.ndarray:
    rho = number(inputs.get("rho", 7), "rho")
    if rho == 0:
        raise UserError("rho = 0 gives no schedule; 7 is usual.")
    a, b = high ** (1 / rho), low ** (1 / rho)
    return (a + u * (b - a)) ** rho


def _vp(u: np.ndarray, low: float, high: float, inputs: Mapping) -> np.ndarray:
    """Even t from 1 to ε, with the β_d and β_min that pass through both ends."""
    end = number(inputs.get("epsilon_s", 1e-3), "epsilon_s")
    if end in (0, 1):
        raise UserError(f"epsilon_s = {end:g} must be between 0 and 1.")
    at_low, at_high = np.log1p(low**2), np.log1p(high**2)
    d = 2 * (at_low / end - at_high) / (end - 1)
    t = 1 + u * (end - 1)
    return np.sqrt(np.expm1(0.5 * d * t**2 + (at_high - 0.5 * d) * t))


def _ve(u: np.ndarray, low: float, high: float, inputs: Mapping) -> np.ndarray:
    return high * (low / high) ** u


def _iddpm(u: np.ndarray, low: float, high: float, inputs: Mapping) -> np.ndarray:
    """Entries of iDDPM's table of M levels (EDM, Table 1, last column) within the range."""
    import torch  # a second of import, for this table alone

    count_of = count(inputs.get("M", 1000), "M", 1)
    floor, away = (number(inputs.get(k, v), k) for k, v in (("C_1", 0.001), ("C_2", 0.008)))
    if away == -1:
        raise UserError("C_2 = -1 gives no schedule; 0.008 is usual.")
    half = np.float32(np.pi / 2)  # ᾱ is float32 there, because j counts in whole numbers
    j = np.arange(count_of + 1, dtype=np.float32)
    angle = half * j / np.float32(count_of) / np.float32(away + 1)
    kept = torch.from_numpy(angle).sin().numpy() ** 2  # numpy's last digit differs
    levels = np.zeros(count_of + 1)
    for i in range(count_of, 0, -1):
        ratio = max(kept[i - 1] / kept[i], np.float32(floor))
        levels[i - 1] = np.sqrt((levels[i] ** 2 + 1) / np.float64(ratio) - 1)
    levels = levels[(levels >= low) & (levels <= high)]
    if not len(levels):
        raise UserError(f"iDDPM's table has no level from {low:g} to {high:g}.")
    return levels[np.round((len(levels) - 1) * u).astype(int)]


def _calls(levels: np.ndarray, solver: str) -> list[float]:
    """Heun asks the network at the start and at the end of every step but the last."""
    one, *later = plain(levels)
    return [one, *later] if solver == "euler" else [one, *(x for x in later for _ in range(2))]


PLACES = {"edm": _edm, "vp": _vp, "ve": _ve, "iddpm": _iddpm}
