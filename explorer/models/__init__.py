"""Things that become a Denoiser.  Each entry of MODELS is a dataclass with `load(data)`."""

from ..settings import named
from .exact import Exact, Gaussian, Ideal
from .loading import load
from .network import Network

MODELS = named(Exact, Ideal, Gaussian, Network)

__all__ = ["MODELS", "Exact", "Gaussian", "Ideal", "Network", "load"]
