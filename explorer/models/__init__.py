"""Things that become a Denoiser.  Each entry of MODELS is a dataclass with `load(data)`."""

from ..settings import named
from .exact import Exact, Gaussian, Ideal

MODELS = named(Exact, Ideal, Gaussian)

__all__ = ["MODELS", "Exact", "Gaussian", "Ideal"]
