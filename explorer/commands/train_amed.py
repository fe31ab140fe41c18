"""Train a predictor for AMED."""

import argparse
from pathlib import Path

from ..numerals import number
from .devices import device_option
from .words import pairs


def train_amed(arguments: list[str]) -> int:
    """python -m explorer train amed data=digits solver=plugin nfe=5 [teacher=heun …] [--name N]"""
    options = _options(arguments)
    from ..lab import experiment
    from ..settings import flatten, to_query, unflatten
    from ..study import predictors
    from ..training.amed import AMEDTraining

    experiment.use_device(options.device)
    flat = pairs(options.settings)
    own = {k: flat.pop(k) for k in list(flat) if k in flatten(AMEDTraining())}
    e = unflatten(experiment.Experiment, {"solver": "amed", "afs": True, "nfe": 5, **flat})
    how = unflatten(
        AMEDTraining,
        own,
        (predictors.published if options.published else predictors.usual)(
            predictors.student(e).solver
        ),
    )
    e = predictors.student(e)
    trainer = predictors.trainer(e, how)
    for step in trainer.run():
        _tell(step)
    view = predictors.keep(trainer, e, options.out and Path(options.out), options.name)
    print(f"Predictor {view.solver.predictor}: {to_query(view)}")
    return 0


def _options(arguments: list[str]) -> argparse.Namespace:
    p = argparse.ArgumentParser(
        prog="python -m explorer train amed",
        description="Train a predictor for AMED-Solver or AMED-Plugin on a view and keep it.",
    )
    p.add_argument(
        "settings",
        nargs="*",
        metavar="key=value",
        help="the view as in a link (data=digits solver=plugin timesteps=vp_time nfe=5), "
        "and the training: teacher, inner, scale_dir, scale_time, look, place "
        "(view, gits or search), paths, batch, rounds, rate, finish, anneal, seed",
    )
    p.add_argument(
        "--published",
        action="store_true",
        help="begin with the paper's settings instead of those for small models",
    )
    device_option(p)
    p.add_argument("--name", default=None, help="what to call it; its digest if not given")
    p.add_argument("--out", default=None, metavar="FOLDER", help="keep it in here")
    return p.parse_intermixed_args(arguments)


def _tell(step) -> None:
    from ..training.shared import Settled
    from ..training.stops import Placed

    if isinstance(step, Placed):
        print(
            f"{step.tried:5d} lists of stops: error {number(step.error)} at σ "
            + ", ".join(f"{number(s)}" for s in step.levels),
            flush=True,
        )
    elif isinstance(step, Settled):
        if step.update % 10 == 0 or step.update == step.updates:
            r = ", ".join(f"{v:.3f}" for v in step.r)
            print(f"{step.update:5d} of {step.updates} shared: error {number(step.error)}; r {r}")
    elif step.standing is not None:
        r = ", ".join(f"{m:.2f} ± {s:.2f}" for m, s in step.r)
        print(
            f"{step.batch:5d} of {step.batches}, {step.seconds:5.1f} s: "
            f"{_standing(step.standing)}; r {r}",
            flush=True,
        )


def _standing(standing) -> str:
    """Median end errors of all stages, and what learning makes of the one before it."""
    medians = ", ".join(f"{name} {standing.median(name)}" for name in standing.errors)
    last = list(standing.errors)[-1]
    before = standing.before(last)
    return f"{medians}; {last} {standing.ratio(last, before)} × {before}"
