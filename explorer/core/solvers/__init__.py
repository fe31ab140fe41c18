"""Solvers: how a step is made.  SOLVERS lists them by name, in the order of the menu."""

from ...settings import named
from .exponential import DPMpp, DPMpp2S, UniPC
from .learned import AMED, Plugin
from .multistep import DEIS, DPM2, IPNDM, IPNDMV, LMS
from .one_step import DDIM, RK2, Euler, Heun
from .stochastic import DPMppSDE, EulerAncestral

SOLVERS = named(
    Heun,
    DPMpp,
    UniPC,  # the three that are recommended
    Euler,
    DDIM,
    RK2,
    DPM2,
    DPMpp2S,
    IPNDM,
    IPNDMV,
    LMS,
    DEIS,
    AMED,
    Plugin,
    EulerAncestral,
    DPMppSDE,
)

__all__ = [
    "AMED",
    "DDIM",
    "DEIS",
    "DPM2",
    "IPNDM",
    "IPNDMV",
    "LMS",
    "RK2",
    "SOLVERS",
    "DPMpp",
    "DPMpp2S",
    "DPMppSDE",
    "Euler",
    "EulerAncestral",
    "Heun",
    "Plugin",
    "UniPC",
]
