"""k-diffusion's schedules, conversions and ancestral step, by the names of its functions.

Karras et al. 2022, eq. 5; Song et al. 2021 (VP); the table of a discrete model is read between its
entries, linearly in log σ.  All in float64, except a table that `stored_in` says is float32:
whether a σ lies nearer to one entry or the next is then asked in float32, as there.
"""

from collections.abc import Callable, Mapping

import numpy as np

from ..errors import UserError
from .asked import count, given, number, numbers, plain

PREFIX = "kdiff."


def run(group: str, inputs: Mapping, models: Mapping | None = None) -> dict:
    """What a function of k-diffusion gives: "sigmas" from noise to 0, or "timesteps".

    group: "kdiff." and the function's name.  models: not needed.  Raises UserError.
    """
    name = group.removeprefix(PREFIX)
    if name not in GROUPS:
        raise UserError(f"k-diffusion has no {group!r} here; known are {', '.join(GROUPS)}.")
    with np.errstate(all="ignore"):
        return GROUPS[name](inputs)


def _falling(inputs: Mapping, level: Callable, first: float, last: float) -> dict:
    """`level` at n even places from `first` to `last`, then 0."""
    n = count(given(inputs, "n"), "n")
    return {"sigmas": [*plain(level(np.linspace(first, last, n))), 0.0]}


def _ends(inputs: Mapping) -> tuple[float, float]:
    low, high = (number(given(inputs, k), k) for k in ("sigma_min", "sigma_max"))
    if low <= 0 or high <= 0:
        raise UserError(f"sigma_min = {low:g} and sigma_max = {high:g} must be above 0.")
    return low, high


def _rho(inputs: Mapping, default: float) -> float:
    rho = number(inputs.get("rho", default), "rho")
    if rho == 0:
        raise UserError("rho = 0 gives no schedule; 7 is usual.")
    return rho


def karras(inputs: Mapping) -> dict:
    """σ_i = (σ_max^(1/ρ) + i/(n−1) (σ_min^(1/ρ) − σ_max^(1/ρ)))^ρ."""
    (low, high), rho = _ends(inputs), _rho(inputs, 7.0)
    a, b = high ** (1 / rho), low ** (1 / rho)
    return _falling(inputs, lambda u: (a + u * (b - a)) ** rho, 0, 1)


def exponential(inputs: Mapping) -> dict:
    """Even steps in log σ."""
    low, high = np.log(_ends(inputs))
    return _falling(inputs, np.exp, high, low)


def polyexponential(inputs: Mapping) -> dict:
    """log σ_i = log σ_min + u^ρ (log σ_max − log σ_min), u even from 1 to 0."""
    (low, high), rho = np.log(_ends(inputs)), _rho(inputs, 1.0)
    return _falling(inputs, lambda u: np.exp(u**rho * (high - low) + low), 1, 0)


def vp(inputs: Mapping) -> dict:
    """σ(t) = √(e^(β_d t²/2 + β_min t) − 1), even t from 1 to ε."""
    d = number(inputs.get("beta_d", 19.9), "beta_d")
    least = number(inputs.get("beta_min", 0.1), "beta_min")
    end = number(inputs.get("eps_s", 1e-3), "eps_s")
    return _falling(inputs, lambda t: np.sqrt(np.expm1(d * t**2 / 2 + least * t)), 1, end)


def table(inputs: Mapping) -> np.ndarray:
    """log σ of a discrete model, ascending, (num,), in the type it is stored in."""
    told = given(inputs, "alphas_cumprod")
    if not isinstance(told, Mapping):
        return _log_sigmas(np.array(numbers(told, "alphas_cumprod")), inputs.get("stored_in"))
    start, end = (number(given(told, k), k) for k in ("beta_start", "beta_end"))
    num = count(told.get("num", 1000), "num", 1)
    if not (0 < start < 1 and 0 < end < 1):
        raise UserError(f"beta_start = {start:g} and beta_end = {end:g} must be in (0, 1).")
    kind = told.get("beta_schedule", "linear")
    if kind not in ("linear", "scaled_linear"):
        raise UserError(f"beta_schedule = {kind!r}; known are linear, scaled_linear.")
    if kind == "linear":
        betas = np.linspace(start, end, num)
    else:
        betas = np.linspace(start**0.5, end**0.5, num) ** 2
    return _log_sigmas(np.cumprod(1 - betas), told.get("stored_in"))


def _log_sigmas(alphas: np.ndarray, stored_in: object) -> np.ndarray:
    if not np.all((alphas > 0) & (alphas < 1)):
        raise UserError("alphas_cumprod must be in (0, 1).")
    alphas = alphas.astype(np.float32 if stored_in == "float32" else np.float64)
    return np.log(np.sqrt((1 - alphas) / alphas))


def between(log_sigmas: np.ndarray, t: np.ndarray) -> np.ndarray:
    """σ at places t of the table, linear in log σ between its entries; t is rounded to float32."""
    t = t.astype(np.float32)
    low, high = np.floor(t).astype(int), np.ceil(t).astype(int)
    if t.size and (low.min() < 0 or high.max() >= len(log_sigmas)):
        raise UserError(f"t must be in 0..{len(log_sigmas) - 1}.")
    w = t - low.astype(np.float32)
    return np.exp((1 - w) * log_sigmas[low] + w * log_sigmas[high])


def discrete_sigmas(inputs: Mapping) -> dict:
    """Even places of the table, from its last entry to its first; n None: every entry."""
    logs = table(inputs)
    if inputs.get("n") is None:
        sigmas = [*plain(np.exp(logs[::-1])), 0.0]
    else:
        n = count(inputs["n"], "n")
        sigmas = [*plain(between(logs, np.linspace(len(logs) - 1, 0, n, dtype=logs.dtype))), 0.0]
    if (kept := inputs.get("index")) is not None:
        places = [count(i, "index", 0, len(sigmas) - 1) for i in kept]
        sigmas = [sigmas[i] for i in places]
    return {"sigmas": sigmas}


def discrete_times(inputs: Mapping) -> dict:
    """The nearest entry of the table in log σ (quantize), or the place between two of them."""
    logs = table(inputs)
    log = np.log(np.array(numbers(given(inputs, "sigma"), "sigma")).astype(logs.dtype))
    away = log[None, :] - logs[:, None]
    if inputs.get("quantize", True):
        return {"timesteps": plain(np.abs(away).argmin(axis=0))}
    low = np.clip(np.searchsorted(logs, log, side="right") - 1, 0, len(logs) - 2)
    w = (logs[low] - log) / (logs[low] - logs[low + 1])
    return {"timesteps": plain(low + np.clip(w, 0, 1))}


def discrete_levels(inputs: Mapping) -> dict:
    """σ at the given places of the table."""
    logs = table(inputs)
    t = np.array(numbers(given(inputs, "t"), "t")).astype(logs.dtype)
    return {"sigmas": plain(between(logs, t))}


def v_denoiser(inputs: Mapping) -> dict:
    """The angle of a v-prediction model as time: t = 2/π atan σ, σ = tan(π t/2)."""
    if "sigma" in inputs:
        sigma = np.array(numbers(inputs["sigma"], "sigma", infinite=True))
        return {"timesteps": plain(np.arctan(sigma) / np.pi * 2)}
    return {"sigmas": plain(np.tan(np.array(numbers(given(inputs, "t"), "t")) * np.pi / 2))}


def ancestral_step(inputs: Mapping) -> dict:
    """σ_down and σ_up: σ_up = min(σ', η √(σ'² (σ² − σ'²)/σ²)), σ_down = √(σ'² − σ_up²)."""
    here, to = (number(given(inputs, k), k) for k in ("sigma_from", "sigma_to"))
    eta = number(inputs.get("eta", 1.0), "eta")
    if eta == 0:
        return {"sigmas": [to, 0.0]}
    if here == 0:
        return {"error": "ZeroDivisionError"}
    up = min(to, eta * float(np.sqrt(to**2 * (here**2 - to**2) / here**2)))
    return {"sigmas": [float(np.sqrt(to**2 - up**2)), up]}


GROUPS: dict[str, Callable[[Mapping], dict]] = {
    "get_sigmas_karras": karras,
    "get_sigmas_exponential": exponential,
    "get_sigmas_polyexponential": polyexponential,
    "get_sigmas_vp": vp,
    "DiscreteEpsDDPMDenoiser.get_sigmas": discrete_sigmas,
    "DiscreteEpsDDPMDenoiser.sigma_to_t": discrete_times,
    "DiscreteEpsDDPMDenoiser.t_to_sigma": discrete_levels,
    "VDenoiser": v_denoiser,
    "get_ancestral_step": ancestral_step,
}
