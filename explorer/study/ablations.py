"""AMED's ablations as a study: a training for each choice and seed, held against the paper's own.

    question    choices, the paper's first             what is said of it
    teacher     Heun, DPM-Solver-2, iPNDM-4, DPM++     Table 4
    M           1, 2, 4, 8 teacher levels a step       Sec. 4.1
    steps       uniform VP time, ρ = 7, log SNR        Table 5
    first step  analytic, evaluated                    Sec. 4.1
    learned     r and c; r; a wide c; r, c and a       Sec. 4.1, Table 2
    feature     looks at the sample, does not          Table 8

All at 3 steps with the recipe of the published code, at a smaller size.  Errors are those of paths
on seeds that no training saw, not FID.  A training's seed is what chance is here: each ratio is the
median over paths within a seed, and its interval runs over seeds.
"""

import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import torch

from ..analysis import intervals
from ..analysis.intervals import Estimate, apart
from ..core.solvers import AMED
from ..core.timesteps import LogSNR, Rho, VPTime
from ..errors import UserError
from ..lab.experiment import Experiment
from ..lab.source import Watch
from ..settings import flatten, setting
from ..training.recipe import AMEDTraining
from ..training.standing import LEARNED, UNTRAINED
from . import engine, predictors
from .plan import Cell

NFE = 5  # the paper's headline
SEEDS, DRAFT = 8, 6  # trainings of each choice: of the record, and of a draft; 6 have an interval
PATHS, DRAFT_PATHS = 2560, 640  # of each training
SMALL = AMEDTraining(paths=PATHS, batch=32)  # otherwise as published


@dataclasses.dataclass(frozen=True)
class Choice:
    """One way to do it.  change: of the recipe; steps: a class of time grids, or None for the
    paper's; afs: the analytic first step; fid: what the paper has for it, with its place.
    """

    question: str
    name: str
    change: tuple[tuple[str, Any], ...] = ()
    steps: Any = None
    afs: bool = True
    fid: str = ""

    @property
    def own(self) -> bool:
        """Whether it is the paper's, which all others are held against."""
        return not self.change and self.steps is None and self.afs


def _c(question: str, name: str, fid: str = "", steps=None, afs: bool = True, **change) -> Choice:
    return Choice(question, name, tuple(change.items()), steps, afs, fid)


CHOICES = (
    _c("teacher", "Heun", "7.59"),
    _c("teacher", "DPM-Solver-2", "11.60", teacher="dpm2"),
    _c("teacher", "iPNDM-4", "12.42", teacher="ipndm4"),
    _c("teacher", "DPM-Solver++(3M)", "12.34", teacher="dpmpp3"),
    _c("M", "1"),
    *(_c("M", str(m), inner=m) for m in (2, 4, 8)),
    _c("steps", "uniform VP time", "26.90 → 13.24"),
    _c("steps", "ρ = 7", "31.66 → 19.59", steps=Rho),
    _c("steps", "log SNR", "24.97 → 7.68", steps=LogSNR),
    _c("first step", "analytic, 5 NFE"),
    _c("first step", "evaluated, 6 NFE", afs=False),
    _c("learned", "r and c"),
    _c("learned", "r alone", scale_dir=0.0),
    _c("learned", "r and c within 0.1", scale_dir=0.1),
    _c("learned", "r, c and a", scale_time=0.2),
    _c("feature", "looks at the sample", "6.61"),
    _c("feature", "levels alone", "7.31", look=False),
)
PUBLISHED = {  # where the FID stands
    "teacher": "Table 4",
    "steps": "Table 5",
    "feature": "Table 8",
}


@setting
class Training:
    """A predictor trained as `how` says, and the end errors of seeds that it did not see."""

    name: ClassVar[str] = "amed_training"
    version: ClassVar[int] = 1
    how: AMEDTraining = SMALL

    def __call__(self, e: Experiment, watch: Watch | None = None) -> dict[str, Any]:
        """learned, untrained (128,): of r = ½, c = a = 1 on the same steps; r, c, a (K − 1,): means
        over the last batch.
        """
        trainer = predictors.trainer(e, self.how)
        for _ in trainer.run(watch):
            pass
        last = trainer.history[-1]
        assert last.standing is not None  # the last batch is always looked at
        errors = last.standing.errors
        return {
            "nfe": 2 * (len(trainer.sigmas) - 1) - trainer.afs,
            "ends": [float(trainer.sigmas[0]), float(trainer.sigmas[-1])],
            "learned": errors[LEARNED].tolist(),
            "untrained": errors[UNTRAINED].tolist(),
            **{k: [mean for mean, _ in getattr(last, k)] for k in ("r", "c", "a")},
        }

    def weights(self, e: Experiment) -> tuple[str, ...]:
        """Nothing is read beside the experiment."""
        return ()


@dataclasses.dataclass(frozen=True)
class Ablated:
    """One choice so far, a number for each seed: error, the median over paths; gain, what training
    makes of the untrained solver on its steps; against, of the paper's choice.  r, c: over steps.
    """

    choice: Choice
    nfe: int
    error: tuple[float, ...] = ()
    gain: tuple[float, ...] = ()
    against: tuple[float, ...] = ()
    r: tuple[float, ...] = ()
    c: tuple[float, ...] = ()

    @property
    def seeds(self) -> int:
        return len(self.error)

    @property
    def middle(self) -> Estimate:
        """The end error, median over paths, then over seeds."""
        return _over_seeds(self.error)

    @property
    def gained(self) -> Estimate:
        """Times the error of the untrained solver."""
        return _over_seeds(self.gain)

    @property
    def times(self) -> Estimate:
        """Times the error of the paper's choice on the same paths."""
        return _over_seeds(self.against)

    @property
    def verdict(self) -> str:
        """Better or worse than the paper's choice, where the seeds tell."""
        if self.choice.own:
            return "the paper’s"
        found = self.times
        if not apart(found):
            return "cannot be told"
        return "better" if found.value < 1 else "worse"


def _over_seeds(values: Sequence[float]) -> Estimate:
    return intervals.median(torch.tensor(values, dtype=torch.float64))


def ablations(
    base: Experiment,
    seeds: int = DRAFT,
    paths: int = DRAFT_PATHS,
    watch: Watch | None = None,
    folder: Path | None = None,
    workers: int = 0,
) -> Iterator[list[Ablated]]:
    """All choices so far, after each training; a seed of every choice before the next seed."""
    plan = ablation_plan(base, seeds, paths)
    whose = {c.question: own for c, own in plan}
    rows: dict[Choice, Ablated] = {}
    owned: dict[int, dict[str, Any]] = {}
    cells = list({c.question: c for c, _ in plan}.values())  # the paper’s choice is trained once
    for cell, value in engine.values(engine.run(cells, folder, workers, watch)):
        seed = flatten(cell.measure)["seed"]
        for choice in whose[cell.question]:
            if choice.own:
                owned[seed] = value
            rows[choice] = _with(rows.get(choice), choice, value, owned[seed])
        yield [rows[c] for c in CHOICES if c in rows]


def _with(row: Ablated | None, choice: Choice, value: dict, own: dict) -> Ablated:
    row = row or Ablated(choice, value["nfe"])
    mine, before, its = (
        torch.tensor(v, dtype=torch.float64)
        for v in (value["learned"], value["untrained"], own["learned"])
    )
    of = lambda a, b: intervals.ratio(a, b).value
    mean = lambda v: sum(v) / len(v)
    return dataclasses.replace(
        row,
        error=(*row.error, float(mine.median())),
        gain=(*row.gain, of(mine, before)),
        against=(*row.against, of(mine, its)),
        r=(*row.r, mean(value["r"])),
        c=(*row.c, mean(value["c"])),
    )


def ablation_plan(
    base: Experiment, seeds: int = DRAFT, paths: int = DRAFT_PATHS
) -> list[tuple[Cell, tuple[Choice, ...]]]:
    """Each training once with the choices that it stands for, the paper's first.

    The data, the model and the range of σ are the view's.  Raises UserError for a count of seeds
    that is none, and for steps that are typed.
    """
    if not 1 <= seeds <= 64:
        raise UserError(f"A study of {seeds} trainings each is out of range; 1 to 64 seeds work.")
    low, high = float(base.timesteps.sigma_min), float(base.timesteps.sigma_max)
    if not 64 <= paths <= 20_000:
        raise UserError(f"{paths} paths are out of range; 64 to 20,000 work.")
    own = [c for c in CHOICES if c.own]
    others = [(c,) for c in CHOICES if not c.own]
    plan = []
    for k in range(seeds):
        for choices in (tuple(own), *others):
            first = choices[0]
            grid = (first.steps or VPTime)(sigma_max=high, sigma_min=low)
            e = Experiment(
                data=base.data,
                model=base.model,
                timesteps=grid,
                solver=AMED(),
                afs=first.afs,
                last="sigma_min",
                nfe=NFE if first.afs else NFE + 1,
            )
            how = dataclasses.replace(SMALL, paths=paths, seed=k, **dict(first.change))
            plan.append((Cell(e, Training(how)), choices))
    return plan
