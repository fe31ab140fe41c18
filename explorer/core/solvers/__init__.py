"""Solvers: how a step is made.  SOLVERS lists them by name, in the order of the menu.

Each can be stepped by hand, with nothing but an Ode and a State; in EDM's frame t is σ:

    >>> ode, x, past, carry = Ode(denoiser), sigmas[0] * noise, (), None
    >>> span = float(sigmas[0]), float(sigmas[-1])
    >>> for i, (t, t_next) in enumerate(pairwise(sigmas)):
    ...     past = (*past, ode.evaluate(x, t))[-solver.memory :]
    ...     state = State(past, len(sigmas) - 1 - i, span, lambda: noises[i], carry)
    ...     if isinstance(solver, Corrects) and i:
    ...         past = (*past[:-1], solver.correct(ode, state))
    ...         state = state._replace(past=past)
    ...     x, carry = solver.step(ode, state, t_next)

`core.loop.steps` does this, and churn, restarts, the analytic first step and the step to 0 besides.
"""

from ...settings import named
from .exponential import DPMpp, DPMpp2S, UniPC
from .langevin import EulerMaruyama
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
    EulerMaruyama,
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
    "EulerMaruyama",
    "Heun",
    "Plugin",
    "UniPC",
]
