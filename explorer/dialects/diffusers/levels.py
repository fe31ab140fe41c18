"""A scheduler's answer as our σ: noise over signal, whatever it calls its own numbers."""

import math
from collections.abc import Sequence

import numpy as np

from ..families import ENDLESS
from ..report import Frame
from .defaults import Config

FLOWS = ("FlowM", "LTXEuler", "MiniMaxH3")  # how the names of flow matching's classes begin
NEARLY = 1 - 2e-6  # UniPC writes 1 − 10⁻⁶ where t = 1 has no logSNR


def frame_of(name: str, c: Config) -> Frame:
    """ "flow" where a scheduler's own numbers are t of flow matching."""
    return "flow" if name.startswith(FLOWS) or c.get("use_flow_sigmas") else "ve"


def levels(name: str, c: Config, told: dict) -> tuple[float, ...]:
    """σ of each call and of the end, from `config`'s answer; inf for pure noise.

    A list of σ or t is read as it stands (second-order solvers write levels twice).  Without one,
    σ = √((1 − ᾱ)/ᾱ) of each timestep; SCM's and iPNDM's times are angles; Würstchen's and VE's t
    have their own formulas.
    """
    if "sigmas" in told:
        return _of_sigmas(name, c, told["sigmas"])
    if "alphas_cumprod_at_timesteps" in told:
        bar = [*told["alphas_cumprod_at_timesteps"], *_end(name, told)]
        return tuple(_level(a) for a in bar)
    t = np.array(told["timesteps"])
    with np.errstate(all="ignore"):
        if name == "SCMScheduler":
            return _plain(c["sigma_data"] * np.tan(np.minimum(t, math.pi / 2)))
        if name == "IPNDMScheduler":
            return (*_plain(np.tan(t * math.pi / 2)), 0.0)
        if name == "DDPMWuerstchenScheduler":
            return _plain(_cosine(c, t))
        return _plain(c["sigma_min"] * (c["sigma_max"] / c["sigma_min"]) ** t)


def _level(bar: float) -> float:
    """√((1 − ᾱ)/ᾱ); a table that leaves 0 … 1 has no levels there."""
    if not 0 <= bar <= 1:
        return math.nan
    return math.sqrt((1 - bar) / bar) if bar > 0 else math.inf


def _of_sigmas(name: str, c: Config, sigmas: Sequence[float]) -> tuple[float, ...]:
    if name == "KarrasVeScheduler":  # it keeps squares, from the lowest up
        return (*_plain(np.sqrt(sigmas))[::-1], 0.0)
    if frame_of(name, c) == "flow":
        times = [1 - t for t in sigmas] if c.get("invert_sigmas") else sigmas
        return tuple(math.inf if t >= NEARLY else t / (1 - t) for t in times)
    zero = c.get("rescale_betas_zero_snr")
    return tuple(math.inf if zero and s >= ENDLESS else float(s) for s in sigmas)


def _end(name: str, told: dict) -> list[float]:
    """ᾱ after the last step: told, or 1; a list that rises (DDIM backwards) ends where it ends."""
    return [] if name == "DDIMInverseScheduler" else [told.get("final_alpha_cumprod", 1.0)]


def _cosine(c: Config, t: np.ndarray) -> np.ndarray:
    """Würstchen's cosine, ᾱ kept within 0.0001 and 0.9999."""
    scaler, s = c["scaler"], np.float64(c["s"])
    t = 1 - (1 - t) ** scaler if scaler > 1 else t**scaler if scaler < 1 else t
    bar = (np.cos((t + s) / (1 + s) * math.pi / 2) / np.cos(s / (1 + s) * math.pi / 2)) ** 2
    bar = np.clip(bar, 0.0001, 0.9999)
    return np.sqrt((1 - bar) / bar)


def _plain(values: np.ndarray) -> tuple[float, ...]:
    """tan beyond a right angle is no level: pure noise is inf."""
    return tuple(math.inf if v < 0 or v > 1e7 else float(v) for v in values)
