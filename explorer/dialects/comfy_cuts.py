"""ComfyUI's nodes that cut, join, turn or lengthen a list of sigmas, and the one that is typed.

comfy_extras/nodes_custom_sampler.py.  "sigmas" is the list that is wired in.
"""

import itertools
import math
import re
from collections.abc import Callable

import numpy as np

from ..errors import UserError
from .asked import count, numbers
from .comfy_inputs import MOST_LEVELS, Inputs, Lists, choice, steps_of, within
from .comfy_models import Sampling
from .refused import Refused


def _sigmas(inputs: Inputs) -> list[float]:
    given = inputs.get("sigmas")
    if isinstance(given, list | tuple) and not given:
        return []
    return numbers(given, "sigmas", infinite=True)


def split(inputs: Inputs, model: Sampling | None) -> Lists:
    """Two lists that share the level after `step` steps."""
    sigmas, step = _sigmas(inputs), count(inputs.get("step", 0), "step")
    return sigmas[: step + 1], sigmas[step:]


def split_denoise(inputs: Inputs, model: Sampling | None) -> Lists:
    """As `split`, at the level from which round(steps·denoise) steps are left."""
    sigmas, part = _sigmas(inputs), within(inputs, "denoise", 1.0, 0, 1)
    left = round(max(len(sigmas) - 1, 0) * part)
    return sigmas[:-left] if left else [], sigmas[-(left + 1) :]


def flip(inputs: Inputs, model: Sampling | None) -> Lists:
    """The list backwards, a 0 that comes first made 0.0001."""
    sigmas = _sigmas(inputs)[::-1]
    return ([0.0001, *sigmas[1:]] if sigmas and sigmas[0] == 0 else sigmas,)


def set_first(inputs: Inputs, model: Sampling | None) -> Lists:
    """The list with another first level."""
    sigmas = _sigmas(inputs)
    if not sigmas:
        raise Refused("IndexError", "SetFirstSigma needs a list; this one is empty.")
    return ([within(inputs, "sigma", 136.0, 0, 20_000), *sigmas[1:]],)


_SPACINGS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "linear": lambda x: x,
    "cosine": lambda x: np.sin(x * math.pi / 2),
    "sine": lambda x: 1 - np.cos(x * math.pi / 2),
}


def extend(inputs: Inputs, model: Sampling | None) -> Lists:
    """steps − 1 more levels inside each step that starts between the two sigmas."""
    sigmas, steps = _sigmas(inputs), steps_of(inputs, 2, 1, 100)
    start = within(inputs, "start_at_sigma", -1.0, -1, 20_000)
    start = math.inf if start < 0 else start
    end = within(inputs, "end_at_sigma", 12.0, 0, 20_000)
    if len(sigmas) * steps > MOST_LEVELS:
        raise UserError(f"{len(sigmas)} levels in {steps} parts each are too many to make.")
    spacing = _SPACINGS[choice(inputs, "spacing", _SPACINGS, "linear")]
    inner = spacing(np.linspace(0, 1, steps + 1)[1:-1])
    made: list[float] = []
    for here, below in itertools.pairwise(sigmas):
        made.append(here)
        if end <= here <= start:
            made += (inner * (below - here) + here).tolist()
    return ([*made, *sigmas[-1:]],)


_PLAIN = re.compile(
    r"[-+]?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)"
)  # without exponents, as the node reads


def manual(inputs: Inputs, model: Sampling | None) -> Lists:
    """Numbers as they are typed, between anything that is none."""
    text = inputs.get("sigmas", "1, 0.5")
    if not isinstance(text, str) or len(text) > MOST_LEVELS:
        raise UserError(f"ManualSigmas reads a text of at most {MOST_LEVELS:,} characters.")
    return ([float(word) for word in _PLAIN.findall(text)],)


CHANGES: dict[str, Callable[[Inputs, Sampling | None], Lists]] = {
    "SplitSigmas": split,
    "SplitSigmasDenoise": split_denoise,
    "FlipSigmas": flip,
    "SetFirstSigma": set_first,
    "ExtendIntermediateSigmas": extend,
}
