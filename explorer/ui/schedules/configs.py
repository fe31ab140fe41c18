"""A scheduler's config asked what if: another value of one setting, or none of it."""

from collections.abc import Mapping
from typing import Any

from ...dialects import diffusers
from ...dialects.report import Mend
from ...errors import UserError

TRIED: dict[str, tuple[Any, ...]] = {
    "timestep_spacing": ("leading", "linspace", "trailing"),
    "use_karras_sigmas": (True, False),
    "use_exponential_sigmas": (True, False),
    "use_beta_sigmas": (True, False),
    "final_sigmas_type": ("zero", "sigma_min"),
    "steps_offset": (0, 1),
    "set_alpha_to_one": (True, False),
    "rescale_betas_zero_snr": (True, False),
    "beta_schedule": ("linear", "scaled_linear"),
    "beta_start": (1e-3,),
    "beta_end": (0.05,),
    "shift": (1.0, 5.0),
    "flow_shift": (1.0, 5.0),
    "sigma_min": (0.01,),
    "sigma_max": (50.0,),
    "rho": (5.0,),
    "interpolation_type": ("linear", "log_linear"),
}


def mending(config: Mapping[str, Any], n: int, mend: Mend) -> tuple[str, Any] | None:
    """The one setting, with its value, that makes a scheduler make the mended list; or None."""
    for key, values in TRIED.items():
        for value in values:
            if config.get(key) == value:
                continue
            made = _made({**config, key: value}, n)
            if made is None:
                continue
            steps, sigmas = made.get("timesteps") or (), made.get("sigmas") or ()
            if mend.timesteps and _near(steps, mend.timesteps) and _near(sigmas, mend.sigmas):
                return key, value
    return None


def _near(a: Any, b: Any) -> bool:
    """Where both are told, are they the same?"""
    if not len(a) or not len(b):
        return True
    return len(a) == len(b) and all(
        abs(x - y) <= 1e-4 * max(1.0, abs(y)) for x, y in zip(a, b, strict=True)
    )


def changes(config: Mapping[str, Any], key: str, n: int, base: tuple) -> bool:
    """Does any other value of a setting, or its absence, give another list?"""
    without = {k: v for k, v in config.items() if k != key}
    others = [without, *({**config, key: v} for v in TRIED[key] if v != config[key])]
    return any((made := lists(c, n)) is not None and made != base for c in others)


def lists(config: Mapping[str, Any], n: int) -> tuple | None:
    """σ and timesteps of a config, or None where diffusers refuses it."""
    made = _made(config, n)
    keys = ("sigmas", "timesteps", "alphas_cumprod_at_timesteps", "final_alpha_cumprod")
    return None if made is None else tuple(repr(made.get(k)) for k in keys)


def _made(config: Mapping[str, Any], n: int) -> dict[str, Any] | None:
    try:
        made = diffusers.config(dict(config), max(1, n))
    except UserError:
        return None
    return None if "error" in made else made
