"""Things that become a Denoiser.  Each entry of MODELS is a dataclass with `load(data)`."""

from ..settings import named
from .exact import Exact, Gaussian, Ideal
from .guided import GuidedExact
from .loading import load
from .network import Network

MODELS = named(Exact, Ideal, Gaussian, GuidedExact, Network)

__all__ = ["MODELS", "Exact", "Gaussian", "GuidedExact", "Ideal", "Network", "load"]
