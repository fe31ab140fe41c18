"""Solvers: how a step is made.  SOLVERS lists them by name."""

from ...settings import named
from .one_step import DDIM, RK2, Euler, Heun

SOLVERS = named(Heun, Euler, DDIM, RK2)

__all__ = ["DDIM", "RK2", "SOLVERS", "Euler", "Heun"]
