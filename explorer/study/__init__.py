"""Many runs: plans of cells, the engine that answers them, and the studies that are made so.

    from explorer import Experiment, study

    plan = study.grid(Experiment(), {"solver": ["ddim", "heun"], "nfe": [9, 17]}, study.EndError())
    for done in study.run(plan, folder="answers", workers=4):
        print(done.count, done.total, done.value)

A script that asks for workers runs under `if __name__ == "__main__"`, for they import it again.
"""

from importlib import import_module
from typing import Any

_HOME = {
    "Cell": "plan",
    "Measure": "plan",
    "grid": "plan",
    "over_seeds": "plan",
    "Done": "engine",
    "run": "engine",
    "in_order": "engine",
    "answered": "engine",
    "EndError": "end_error",
    "error_plan": "sweep",
    "error_against_nfe": "sweep",
    "sweep_settings": "sweep",
    "ToData": "distances",
    "distance_plan": "distances",
    "distances_to_data": "distances",
    "Sliced": "churn",
    "churn_plan": "churn",
    "churn_effect": "churn",
    "LocalError": "local_error",
    "local_plan": "local_error",
    "local_errors": "local_error",
    "HeldOutError": "table",
    "table_plan": "table",
    "amed_table": "table",
    "better_levels": "optimise",
    "merge": "merging",
    "Way": "ways",
    "way": "ways",
    "advise": "adviser",
    "advice": "advised",
}
__all__ = list(_HOME)


def __getattr__(name: str) -> Any:
    """Public names, imported when they are first asked for."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOME[name]}", __name__), name)
