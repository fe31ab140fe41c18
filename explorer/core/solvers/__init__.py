"""Solvers: how a step is made.  SOLVERS lists them by name, in the order of the menu.

Each can be stepped by hand, with nothing but an Ode and a State; in EDM's frame t is σ:

    >>> ode, x, past, carry = Ode(denoiser), sigmas[0] * noise, (), None
    >>> new = lambda i, k=0: noises[max(1, draws(solver)) * i + k]
    >>> span = float(sigmas[0]), float(sigmas[-1])
    >>> for i, (t, t_next) in enumerate(pairwise(sigmas)):
    ...     past = (*past, ode.evaluate(x, t))[-solver.memory :]
    ...     state = State(past, len(sigmas) - 1 - i, span, partial(new, i), carry)
    ...     if isinstance(solver, Corrects) and i:
    ...         past = (*past[:-1], solver.correct(ode, state))
    ...         state = state._replace(past=past)
    ...     x, carry = solver.step(ode, state, t_next)

`core.loop.steps` does this, and churn, restarts, the analytic first step and the step to 0 besides.
"""

from ...settings import named
from .adaptive import Adaptive
from .er_sde import ERSDE
from .exponential import DPMpp, DPMpp2S, UniPC
from .exponential_rk import ETDRK, RES2S, RES3S, TypedRK
from .forged import Forged
from .langevin import EulerMaruyama
from .learned import AMED, Plugin
from .multistep import DEIS, DPM2, IPNDM, IPNDMV, LMS
from .one_step import DDIM, RK2, Euler, Heun
from .sde import SEEDS, SASolver
from .stochastic import DPM2Ancestral, DPMpp2SAncestral, DPMppSDE, EulerAncestral

SOLVERS = named(
    Heun,
    DPMpp,
    UniPC,  # the three that are recommended
    Euler,
    DDIM,
    RK2,
    DPM2,
    DPMpp2S,
    RES2S,
    RES3S,
    ETDRK,
    TypedRK,
    Adaptive,
    IPNDM,
    IPNDMV,
    LMS,
    DEIS,
    AMED,
    Plugin,
    Forged,
    EulerAncestral,
    DPM2Ancestral,
    DPMpp2SAncestral,
    DPMppSDE,
    SASolver,
    SEEDS,
    ERSDE,
    EulerMaruyama,
)

__all__ = [
    "AMED",
    "DDIM",
    "DEIS",
    "DPM2",
    "ERSDE",
    "ETDRK",
    "IPNDM",
    "IPNDMV",
    "LMS",
    "RES2S",
    "RES3S",
    "RK2",
    "SEEDS",
    "SOLVERS",
    "Adaptive",
    "DPM2Ancestral",
    "DPMpp",
    "DPMpp2S",
    "DPMpp2SAncestral",
    "DPMppSDE",
    "Euler",
    "EulerAncestral",
    "EulerMaruyama",
    "Forged",
    "Heun",
    "Plugin",
    "SASolver",
    "TypedRK",
    "UniPC",
]
