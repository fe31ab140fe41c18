"""There and back: an image to its latent and to an image again, by each one-step solver.

Whatever is missed is the solver's own: the exact flow leads back to where it came from.  Song, Meng
& Ermon 2021, Sec. 4.3 and Table 2; EDM, Sec. 3.
"""

import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor

from ..analysis.error import rms
from ..core.churn import Churn, Restart
from ..core.encoding import decode, encode, goes_up
from ..core.noise import Noise
from ..core.solvers import SOLVERS
from ..errors import UserError
from ..lab.experiment import Experiment, levels
from ..lab.source import Watch, prepared
from ..settings import setting
from . import engine
from .affordable import compared_within_work
from .end_error import Row, row_of
from .plan import Cell
from .sweep import check_budgets_count, different

UPWARDS = tuple(name for name, solver in SOLVERS.items() if goes_up(solver))
BUDGETS = (5, 9, 17, 33, 65, 129)  # evaluations each way
SEED = 9  # of the images of seed 0


@setting
class RoundTrip:
    """RMS per coordinate between an image and what comes back: the fields of a `Row` beside its
    solver, whose nfe is that of both ways.
    """

    name: ClassVar[str] = "round_trip"
    version: ClassVar[int] = 1

    def __call__(self, e: Experiment, watch: Watch | None = None) -> dict[str, Any]:
        """The fields of the row, as plain values."""
        sigmas, start = levels(e), images(e)
        denoiser = prepared(e.data, e.model).watched(watch)
        latent = encode(denoiser, start, sigmas, e.solver, e.schedule, watch)
        back = decode(denoiser, latent, sigmas, e.solver, e.schedule, watch)
        steps = len(sigmas) - 1
        found = {"nfe": 2 * steps * e.solver.evaluations, "steps": steps}
        missed = rms(back - start)
        if not bool(missed.isfinite().all()):
            return found | {"note": "blew up: some samples are not finite"}
        low, middle, high = torch.quantile(missed, missed.new_tensor([0.1, 0.5, 0.9])).tolist()
        return found | {
            "mean": float(missed.mean()),
            "low": low,
            "high": high,
            "median": middle,
            "each": missed.tolist(),
            "ends": [float(sigmas[0]), float(sigmas[-1])],
        }

    def weights(self, e: Experiment) -> tuple[str, ...]:
        """Nothing is read beside the experiment."""
        return ()


def images(e: Experiment) -> Tensor:
    """Images of the data with the noise of σ_min on them, (samples, *shape): states of the ODE."""
    source, low = prepared(e.data, e.model), float(levels(e)[-1])
    clean = source.clean(e.samples, SEED + e.seed)
    return clean + low * Noise(e.seed, e.samples, source.shape).start.to(clean)


def round_trips(
    base: Experiment,
    solvers: Sequence[str] = UPWARDS,
    budgets: Sequence[int] = BUDGETS,
    watch: Watch | None = None,
    folder: Path | None = None,
    workers: int = 0,
) -> Iterator[Row]:
    """A row for each cell of `round_trip_plan`, as soon as it is there."""
    done = engine.in_order(
        engine.run(round_trip_plan(base, solvers, budgets), folder, workers, watch)
    )
    return (row_of(d.cell.experiment, d.value, d.problem) for d in done)


def round_trip_plan(
    base: Experiment, solvers: Sequence[str] = UPWARDS, budgets: Sequence[int] = BUDGETS
) -> list[Cell]:
    """Each solver at each budget, from the cheapest up, over the range of the base's own steps and
    without new noise.  Raises UserError for a solver that cannot go up, a typed list of levels,
    where there is no data, and where the cap on work allows too few samples.
    """
    prepared(base.data, base.model).clean(1)
    if unable := next((name for name in solvers if name not in UPWARDS), None):
        raise UserError(f"{unable!r:.40} cannot go up. Those that can: {', '.join(UPWARDS)}.")
    plain = dataclasses.replace(base, churn=Churn(), restart=Restart(), afs=False, last="sigma_min")
    check_budgets_count(base)
    own = lambda name: base.solver if name == base.solver.name else SOLVERS[name]()
    trials = [
        dataclasses.replace(plain, solver=own(name), nfe=budget)
        for budget in budgets
        for name in solvers
    ]
    return [Cell(e, RoundTrip()) for e in different(compared_within_work(trials))]
