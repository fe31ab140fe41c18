"""The solver of a view with the predictor that it names, which only the store can find."""

from typing import Any

from torch import Tensor

from ..core import sampling
from ..core.denoisers import Denoiser
from ..core.ode import Solver
from ..core.solvers.steered import Steered
from ..store import predictors


def ready(solver: Any) -> Solver | Steered:
    """The solver itself, or the one that it becomes with its predictor.

    Raises UserError where there is none of that name.
    """
    name = getattr(solver, "predictor", "")
    return solver.bind(predictors.find(name)) if name else solver


def sample(
    denoiser: Denoiser, noise: Tensor, sigmas: Tensor, solver: Any, *args: Any, **options: Any
) -> sampling.Trajectory:
    """`core.sampling.sample`, where a solver may name a trained predictor."""
    return sampling.sample(denoiser, noise, sigmas, ready(solver), *args, **options)
