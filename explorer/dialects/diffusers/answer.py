"""What a scheduler answers, with the numbers' types as it keeps them."""

from typing import Any

import numpy as np

from ..asked import plain


def answer(timesteps: np.ndarray, sigmas: np.ndarray | None = None, **more: Any) -> dict:
    """The lists in the tool's order, and `more` (init_noise_sigma, order, …) as plain numbers."""
    out: dict[str, Any] = {"timesteps": plain(timesteps), "timesteps_dtype": str(timesteps.dtype)}
    if sigmas is not None:
        out |= {"sigmas": plain(sigmas), "sigmas_dtype": str(sigmas.dtype)}
    for key, value in more.items():
        if isinstance(value, np.ndarray):
            out[key] = plain(value)
        elif isinstance(value, list | int) or value is None:
            out[key] = value
        else:
            out[key] = float(value)
    return out
