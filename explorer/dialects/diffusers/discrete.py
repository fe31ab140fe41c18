"""Schedulers that keep ᾱ in place of σ: DDIM, DDPM, PNDM, LCM, TCD, CogVideoX, UnCLIP."""

from collections.abc import Mapping
from itertools import pairwise

import numpy as np

from . import spacings, tables
from .answer import answer
from .defaults import Config
from .euler import only_steps
from .refusal import Refused


def _answer(timesteps: np.ndarray, bar: np.ndarray, last: float | None, order: int | None = 1):
    inside = (timesteps >= -len(bar)) & (timesteps < len(bar))
    at = np.where(inside, bar[np.where(inside, timesteps, 0)], np.nan)
    more = {} if last is None else {"final_alpha_cumprod": last}
    return answer(
        timesteps, None, alphas_cumprod_at_timesteps=at, **more, init_noise_sigma=1.0, order=order
    )


def _last(c: Config, bar: np.ndarray) -> float:
    return 1.0 if c["set_alpha_to_one"] else float(bar[0])


def _at_most_trained(c: Config, n: int) -> None:
    if n > c["num_train_timesteps"]:
        raise Refused


def ddim(name: str, c: Config, n: int, given: Mapping) -> dict:
    """DDIM; with CogVideoX's table for its two schedulers."""
    only_steps(n, given)
    bar = cogvideo(name, c) if "snr_shift_scale" in c else tables.alphas_cumprod(name, c)
    _at_most_trained(c, n)
    return _answer(spacings.whole(c, n), bar, _last(c, bar))


def cogvideo(name: str, c: Config) -> np.ndarray:
    """ᾱ with its SNR divided by snr_shift_scale, then rescaled to zero terminal SNR, float64.

    Lin et al. 2024, Alg. 1, and Hoogeboom et al. 2023, arXiv:2301.11093 (the shift of SNR).
    """
    if c["trained_betas"] is None and c["beta_schedule"] == "scaled_linear":
        start, end = c["beta_start"] ** 0.5, c["beta_end"] ** 0.5
        bar = tables.cumprod(1 - np.linspace(start, end, c["num_train_timesteps"]) ** 2)
    else:
        bar = tables.cumprod(1 - tables.betas(name, c))
    bar = bar / (c["snr_shift_scale"] + (1 - c["snr_shift_scale"]) * bar)
    return tables.stretched(bar) if c["rescale_betas_zero_snr"] else bar


def inverse(name: str, c: Config, n: int, given: Mapping) -> dict:
    """DDIM backwards: rising timesteps, no linspace."""
    only_steps(n, given)
    bar = tables.alphas_cumprod(name, c)
    _at_most_trained(c, n)
    if c["timestep_spacing"] == "linspace":
        raise Refused
    return _answer(spacings.whole(c, n)[::-1], bar, None)


def _falling(c: Config, timesteps: list[float]) -> np.ndarray:
    """Given timesteps fall and begin within the table."""
    if any(b >= a for a, b in pairwise(timesteps)):
        raise Refused
    if timesteps[0] >= c["num_train_timesteps"]:
        raise Refused
    return np.array(timesteps).astype(np.int64)


def ddpm(name: str, c: Config, n: int, given: Mapping) -> dict:
    """DDPM."""
    only_steps(n, given, "timesteps")
    bar = tables.alphas_cumprod(name, c)
    if given.get("timesteps") is not None:
        return _answer(_falling(c, given["timesteps"]), bar, None)
    _at_most_trained(c, n)
    return _answer(spacings.whole(c, n), bar, None)


def pndm(name: str, c: Config, n: int, given: Mapping) -> dict:
    """PNDM: four Runge-Kutta steps of four calls, then PLMS; or PLMS alone with one step twice."""
    only_steps(n, given)
    bar = tables.alphas_cumprod(name, c)
    rising = spacings.whole(c, n)[::-1]
    if c["skip_prk_steps"]:
        timesteps = np.concatenate([rising[:-1], rising[-2:-1], rising[-1:]])[::-1]
    else:
        if len(rising) < 4:  # its first four steps are doubled
            raise Refused
        half = c["num_train_timesteps"] // n // 2
        warm = rising[-4:].repeat(2) + np.tile([0, half], 4)
        timesteps = np.concatenate([warm[:-1].repeat(2)[1:-1][::-1], rising[:-3][::-1]])
    return _answer(timesteps, bar, _last(c, bar))


def distilled(name: str, c: Config, n: int, given: Mapping) -> dict:
    """LCM and TCD: some of the k·i − 1 that the network was distilled on."""
    settings = ("original_inference_steps", "strength")
    only_steps(n, {k: v for k, v in given.items() if k not in settings}, "timesteps")
    bar = tables.alphas_cumprod(name, c)
    total = c["num_train_timesteps"]
    own = given.get("original_inference_steps")
    strength = given.get("strength", 1.0)
    steps = c["original_inference_steps"] if own is None else int(own)
    every = own is not None and name == "TCDScheduler"  # there a given count means every timestep
    if steps > total and not every:
        raise Refused
    if steps == 0 and not every:
        raise Refused("ZeroDivisionError")
    if every:
        origin = np.arange(int(total * strength))
    else:
        origin = np.arange(1, int(steps * strength) + 1) * (total // steps) - 1
    if given.get("timesteps") is not None:
        timesteps = _falling(c, given["timesteps"])
        kept = min(int(len(timesteps) * strength), len(timesteps))
        timesteps = timesteps[max(len(timesteps) - kept, 0) :]
    else:
        _at_most_trained(c, n)
        if len(origin) // n < 1 or n > steps:
            raise Refused
        places = np.floor(np.linspace(0, len(origin), n, endpoint=False)).astype(np.int64)
        timesteps = origin[::-1][places]
    return _answer(timesteps, bar, _last(c, bar))


def unclip(name: str, c: Config, n: int, given: Mapping) -> dict:
    """UnCLIP: evenly from the last timestep to 0."""
    only_steps(n, given)
    if c["beta_schedule"] != "squaredcos_cap_v2":
        raise Refused
    bar = tables.alphas_cumprod(name, c)
    if n == 1:
        raise Refused("ZeroDivisionError")
    ratio = (c["num_train_timesteps"] - 1) / (n - 1)
    timesteps = (np.arange(n) * ratio).round()[::-1].astype(np.int64)
    return _answer(timesteps, bar, None, order=None)
