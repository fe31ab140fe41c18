"""The predictors that the solver menu offers."""

from ..core.solvers.inside import spoken
from ..lab.experiment import Experiment
from ..lab.source import weights
from ..memo import Memo
from ..settings import flatten
from ..store import predictors as store
from ..study import predictors

_menus = Memo(2**20)  # asked for with every move of a slider


def menu(e: Experiment) -> list[dict]:
    """The predictors that were trained for the view's model, each with its settings."""
    names = tuple(predictors.trained_for(e))
    key = e.data, e.model, *weights(e.data, e.model), *map(store.find, names)
    return _menus(key, lambda: _menu(e, names))


def _menu(e: Experiment, names: tuple[str, ...]) -> list[dict]:
    out = []
    for name in names:
        trained = store.find(name)
        view = flatten(predictors.with_predictor(e, name))
        own = {
            k: v
            for k, v in view.items()
            if k.split(".")[0]
            in ("solver", "timesteps", "schedule", "nfe", "afs", "last", "s_churn", "repeats")
        }
        out.append(
            {
                "name": name,
                "solver": trained.solver.partition(":")[0],
                "values": own,
                "label": f"{spoken(trained.solver)}, {trained.nfe} NFE · {name}",
            }
        )
    return out
