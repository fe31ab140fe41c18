"""What there is left to learn: the r, c and a that are best for each sample, beside those for all.

    searched    the stops of a predictor, c = a = 1
    shared      r, c and a the best for all samples alike, found on other seeds
    learned     the predictor, which looks at the sample
    each        r, c and a the best for each sample alone: descent on its own end error

The last knows the answer, so no predictor gets there: with 3 steps it has up to 9 numbers to turn
for every sample.  It bounds from below what learning could add to sharing.
"""

import dataclasses
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor

from ..analysis.error import rms
from ..analysis.intervals import Estimate, median, ratio
from ..analysis.reference import reference
from ..core.levels import number
from ..core.loop import steps
from ..core.ode import Ode, State
from ..core.predictor import Predictor
from ..core.sampling import Noise
from ..core.solvers.steered import Steered, columns
from ..errors import UserError
from ..lab.experiment import Experiment
from ..lab.source import Watch, prepared
from ..settings import param, setting
from ..store import predictors as store
from ..training.shared import Shared, settle
from ..training.standing import OTHER_SEEDS
from . import engine
from .held_out import TABLE_SEED
from .plan import Cell
from .predictors import with_predictor

COUNT, FOUND_ON, UPDATES = 96, 128, 50  # seeds judged, and for what is shared; updates of each
AT_ONCE = 64
RATE = 0.08  # of the descent of each sample, on logits


@dataclasses.dataclass(frozen=True)
class Room:
    """One way to choose r, c and a.  median: of the end errors; times: those of `shared`, seed by
    seed.
    """

    who: str
    nfe: int
    median: Estimate
    times: Estimate


@setting
class Headroom:
    """The end errors of the four ways, seed by seed."""

    name: ClassVar[str] = "headroom"
    version: ClassVar[int] = 1
    count: int = param(COUNT, low=2, high=4096, label="Seeds")
    updates: int = param(UPDATES, low=1, high=1000, label="Updates")

    def __call__(self, e: Experiment, watch: Watch | None = None) -> dict[str, Any]:
        """{"nfe", "errors": {way: (count,)}}.  Raises UserError where the view names no predictor,
        or one whose stops were not searched."""
        nfe, found = _errors(e, self.count, self.updates, watch)
        return {"nfe": nfe, "errors": {who: errors.tolist() for who, errors in found.items()}}

    def weights(self, e: Experiment) -> tuple[str, ...]:
        """Nothing is read beside the experiment and its predictor."""
        return ()


def headroom(
    e: Experiment,
    count: int = COUNT,
    updates: int = UPDATES,
    watch: Watch | None = None,
    folder: Path | None = None,
    workers: int = 0,
) -> Iterator[Room]:
    """The four ways for the view's predictor; for folder, workers and watch see `engine.run`.

    Raises UserError as the measure does.
    """
    plan = [Cell(e, Headroom(count, updates))]
    for _, value in engine.values(engine.run(plan, folder, workers, watch)):
        errors = {who: torch.tensor(v, dtype=torch.float64) for who, v in value["errors"].items()}
        for who, own in errors.items():
            yield Room(who, value["nfe"], median(own), ratio(own, errors["shared"]))


def _errors(
    e: Experiment, count: int, updates: int, watch: Watch | None
) -> tuple[int, dict[str, Tensor]]:
    name = getattr(e.solver, "predictor", "")
    if not name:
        raise UserError("Name a predictor: solver=amed solver.predictor=digits-amed-5.")
    trained = store.find(name)
    if not trained.record.get("placed"):
        raise UserError(f"The stops of predictor {name} were not searched.")
    run = _Run(with_predictor(e, name), trained, watch)
    seen, unseen = run.paths(OTHER_SEEDS // 4, FOUND_ON), run.paths(TABLE_SEED, count)
    shared = Shared(trained.sigmas, trained.record["placed"]["r"], trained.predictor)
    found = {"searched": run.errors(shared, *unseen)}
    batches = [slice(i, i + AT_ONCE) for i in range(0, FOUND_ON, AT_ONCE)]

    def some(i: int) -> Tensor:
        part = batches[i % len(batches)]
        return run.end_errors(shared, *(v[part] for v in seen))

    for _ in settle(shared, some, updates):
        if watch is not None:
            watch()
    found["shared"] = run.errors(shared, *unseen)
    found["learned"] = run.errors(trained.predictor, *unseen)
    found["each"] = run.each(shared, *unseen, updates)
    return trained.nfe, found


class _Run:
    """The solver of a predictor from noise to its end errors, with gradients if they are wanted."""

    def __init__(self, view: Experiment, trained: Any, watch: Watch | None):
        source = prepared(view.data, view.model)
        self.denoiser, self.afs, self.watch = source.denoiser, trained.afs, watch
        self.where = source.device.device, source.device.dtype
        self.solver = dataclasses.replace(view.solver, predictor="")
        self.sigmas = torch.tensor(trained.sigmas, dtype=torch.float64)

    def paths(self, first: int, count: int) -> tuple[Tensor, Tensor]:
        """Noise, and where its paths truly end."""
        noise = Noise(first, count, self.denoiser.shape, *self.where).start
        top, bottom = float(self.sigmas[0]), float(self.sigmas[-1])
        return noise, reference(self.denoiser, noise * top, top, bottom, 41, self.watch).x[-1]

    def end_errors(self, chooser: Predictor | Shared, noise: Tensor, truth: Tensor) -> Tensor:
        def choose(ode: Ode, state: State, sigma_next: float) -> tuple:
            here = state.here
            found = chooser(here.features, number(here.sigma), sigma_next, len(here.x))
            return columns(found, here.x)

        student = Steered(self.solver, choose, looks=True)
        ode, x = Ode(self.denoiser, looks=True), noise * self.sigmas[0]
        for point in steps(ode, student, x, self.sigmas, afs=self.afs):
            end = point.x
        return rms(end - truth)

    @torch.no_grad()
    def errors(self, chooser: Predictor | Shared, noise: Tensor, truth: Tensor) -> Tensor:
        return self.end_errors(chooser, noise, truth)

    def each(self, shared: Shared, noise: Tensor, truth: Tensor, updates: int) -> Tensor:
        """The least end error of each sample on its own descent from what all share."""
        least = []
        for own, end in zip(noise.split(AT_ONCE), truth.split(AT_ONCE)):
            apart = shared.apart(len(own))
            adam = torch.optim.Adam(apart.parameters(), RATE)
            best = torch.full((len(own),), math.inf, dtype=torch.float64)
            for i in range(updates):
                adam.param_groups[0]["lr"] = RATE * (1 + math.cos(math.pi * i / updates)) / 2
                adam.zero_grad()
                errors = self.end_errors(apart, own, end)
                best = torch.minimum(best, errors.detach().double().cpu())
                errors.log().sum().backward()
                adam.step()
                if self.watch is not None:
                    self.watch()
            least.append(best)
        return torch.cat(least)
