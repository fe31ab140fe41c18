"""The measures that a cell may have, by name: of a card that was read nothing else is made."""

from importlib import import_module
from typing import Any

from ..errors import UserError
from ..settings import unflatten
from .plan import Measure

HOME = {  # name: module of this package, and class
    "own_plane": ("plane", "OwnPlane"),
    "guiding": ("guidance", "Guiding"),
    "round_trip": ("round_trip", "RoundTrip"),
    "local_error": ("local_error", "LocalError"),
    "local_parts": ("local_error", "LocalParts"),
    "asymmetry": ("asymmetry", "Asymmetry"),
    "between": ("between", "Between"),
    "samples": ("samples", "Samples"),
    "good": ("stochastic", "Good"),
    "reached": ("equal_error", "Reached"),
    "amed_training": ("ablations", "Training"),
    "held_out": ("held_out", "HeldOutError"),
    "searched_error": ("held_out", "SearchedError"),
    "sliced": ("churn", "Sliced"),
    "log_likelihood": ("likelihood", "LogLikelihood"),
    "gap": ("langevin", "Gap"),
    "claim": ("claims.tried", "Tried"),
    "to_data": ("distances", "ToData"),
    "edited": ("edit", "Edited"),
    "end_error": ("end_error", "EndError"),
    "headroom": ("headroom", "Headroom"),
    "better_levels": ("optimise", "BetterLevels"),
    "configuration": ("configuration", "Configuration"),
    "decided": ("information", "Decided"),
    "on_other_noise": ("information", "OnOtherNoise"),
    "fit": ("fit", "FitToData"),
    "learned_numbers": ("foundry", "Learned"),
}


def measure_of(words: dict[str, Any]) -> Measure:
    """The measure of a question: {"name", "version", …its settings}.  Raises UserError for one that
    is not known here, or of another version."""
    name = words.get("name")
    if not isinstance(name, str) or name not in HOME:
        raise UserError(f"Unknown measure {name!r:.40}. Known: {', '.join(HOME)}.")
    module, kind = HOME[name]
    cls: Any = getattr(import_module(f".{module}", __package__), kind)
    if words.get("version") != cls.version:
        there = words.get("version")
        raise UserError(f"The measure {name!r} is version {cls.version} here, {there!r:.20} there.")
    return unflatten(cls, {k: v for k, v in words.items() if k not in ("name", "version")})
