"""A study is a plan of cells: an experiment, and what is measured on it.

    plan = grid(base, {"solver": ["ddim", "heun"], "nfe": [9, 17]}, EndError())
    plan = over_seeds(plan, range(8))

A cell knows the question that it answers, as text that holds all that the answer depends on; so an
answer that was kept once, by any study, is an answer for all.
"""

import dataclasses
import itertools
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Protocol

from .. import settings
from ..errors import UserError
from ..lab.experiment import Experiment
from ..lab.source import Watch, weights
from ..settings import unflatten
from ..store import predictors


class Measure(Protocol):
    """A frozen dataclass made by `settings.setting`: its fields are what can be chosen about it.

    version: raised whenever the same experiment would give other numbers.
    """

    name: ClassVar[str]
    version: ClassVar[int]

    def __call__(self, e: Experiment, watch: Watch | None = None) -> dict[str, Any]:
        """Plain numbers, as JSON keeps them.  watch() may raise Cancelled at any step."""
        ...

    def weights(self, e: Experiment) -> tuple[str, ...]:
        """Digests of the files that are read beside those of the experiment."""
        ...


@dataclasses.dataclass(frozen=True)
class Cell:
    """One experiment and what is measured on it."""

    experiment: Experiment
    measure: Measure

    @property
    def question(self) -> str:
        """All that the answer depends on: every setting, not only those that differ from a default
        of today (which later ones are left out, `settings.question` says); the measure with its
        version; the digests of weights and predictors.

        Raises UserError where something that the experiment names is not on this machine.
        """
        e, m = self.experiment, self.measure
        asked = {
            "experiment": settings.question(e),
            "measure": {"name": m.name, "version": m.version, **settings.question(m)},
            "weights": [*weights(e.data, e.model), *m.weights(e), *_predictor(e.solver)],
        }
        return json.dumps(asked, sort_keys=True, ensure_ascii=False)


def _predictor(solver) -> list[str]:
    name = getattr(solver, "predictor", "")
    return [predictors.find(name).digest] if name else []


def grid(base: Experiment, axes: Mapping[str, Sequence], measure: Measure) -> list[Cell]:
    """A cell for each combination of the values of some settings, the last axis fastest.

    axes: {"solver": ["ddim", "heun"], "timesteps.rho": [3, 7]}; the order counts, for a setting
    belongs to the choice made before it.  Raises UserError for what no experiment can be.
    """
    if empty := next((k for k, values in axes.items() if not values), None):
        raise UserError(f"Nothing to compare: give at least one value of {empty}.")
    combinations = itertools.product(*axes.values())
    return [
        Cell(unflatten(Experiment, dict(zip(axes, values, strict=True)), base), measure)
        for values in combinations
    ]


def over_seeds(cells: Iterable[Cell], seeds: Iterable[int]) -> list[Cell]:
    """Each cell once for every seed."""
    seeds = list(seeds)
    return [
        dataclasses.replace(c, experiment=dataclasses.replace(c.experiment, seed=s))
        for c in cells
        for s in seeds
    ]
