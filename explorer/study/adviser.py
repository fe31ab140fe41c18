"""Which settings at N evaluations: solvers, time steps and their settings, searched, then judged.

    for tried in advise(base, 9): ...           every cell as soon as it is measured
    found = advice(9, list_of_tried)            what may be said of them, study.advised

Coarse: every solver that follows a path on a few grids over the view's own range.  Fine: what lies
next to the best of these, in ρ, order and the like.  Both on one seed.  The lowest median there is
chosen, and it and the next ones are judged on another seed, whose noise the search never saw: so
the error told of the chosen one is not low because it was the lowest of many.  Pairs are of the
same noise; a sign test of each against the chosen one, Holm's correction for all of them together.
"""

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from ..core.solvers import SOLVERS
from ..core.timesteps import Rho
from ..errors import UserError
from ..lab.experiment import Experiment, asked_of, incomparable, levels
from ..lab.source import Watch
from ..settings import flatten, parameters, unflatten
from ..settings.track import track
from . import engine
from .affordable import compared_within_work
from .end_error import EndError, Row, row_of
from .plan import Cell
from .sweep import different, grid_named

SEARCHED = ("heun", "dpmpp", "unipc", "ddim", "rk2", "dpm2", "dpmpp_2s", "res_2s", "ipndm",
            "ipndm_v", "deis", "lms")  # fmt: skip
RHOS, GRIDS = (7.0, 4.0, 2.0, 12.0), ("logsnr", "vp_time")
CELLS, FEWEST = 120, 24  # of all rounds, where nothing else is said, and at least
KEPT, JUDGED = 6, 8  # whose neighbours are tried, and who is judged
PATHS, HELD = 64, 256  # of the search, and of the judgement
STRIDE = 1.3  # from a ρ to the next one
ELSEWHERE = 2**20  # from the seed of the search to that of the judgement
LEFT_OUT = {"thresholding"}  # of images, and no part of a path
ROUNDS = ("coarse", "fine", "judged")


@dataclasses.dataclass(frozen=True)
class Tried:
    """A cell of one of ROUNDS.  total: cells of all rounds, as far as it is known."""

    experiment: Experiment
    row: Row
    round: str
    total: int


def advise(
    base: Experiment,
    budget: int = 9,
    cells: int = CELLS,
    watch: Watch | None = None,
    folder: Path | None = None,
    workers: int = 0,
) -> Iterator[Tried]:
    """Every cell of the three rounds.  base: the view, whose data, model, range of σ and last step
    stay.  cells: of all rounds at most.  Raises UserError at once for what cannot be advised on.
    """
    first = coarse(base, budget, cells)

    def rounds() -> Iterator[Tried]:
        found: list[Tried] = []
        plans: dict[str, Callable[[], list[Experiment]]] = {
            "coarse": lambda: first,
            "fine": lambda: fine(found, budget, cells),
            "judged": lambda: held_out(found),
        }
        for name, plan in plans.items():
            trials = plan()
            total = len(found) + len(trials) + (0 if name == "judged" else JUDGED)
            made = [Cell(e, EndError()) for e in trials]
            for d in engine.in_order(engine.run(made, folder, workers, watch)):
                row = row_of(d.cell.experiment, d.value, d.problem)
                tried = Tried(d.cell.experiment, row, name, total)
                found.append(tried)
                yield tried

    return rounds()


def coarse(base: Experiment, budget: int, cells: int = CELLS) -> list[Experiment]:
    """Every solver on every grid, those of least evaluations first."""
    if not 2 <= budget <= 1000:
        raise UserError(f"A budget of {budget} evaluations is out of range; 2 to 1000 works.")
    if not FEWEST <= cells <= 5000:
        raise UserError(f"cells = {cells} is out of range; {FEWEST} to 5000 works.")
    plain = unflatten(Experiment, {"s_churn": 0, "repeats": 0, "afs": False}, base)
    plain = dataclasses.replace(plain, timesteps=_rho(base, 7.0), nfe=budget, samples=PATHS)
    for other in (SOLVERS["heun"](), SOLVERS["ddim"]()):
        why = incomparable(dataclasses.replace(plain, solver=other))
        if why is None:
            break
    else:
        raise UserError(why)
    grids = [_rho(base, r) for r in RHOS] + [grid_named(plain, g) for g in GRIDS]
    trials = [
        dataclasses.replace(plain, solver=SOLVERS[s](), timesteps=g)
        for g in grids
        for s in SEARCHED
    ]
    trials = trials[: int(0.7 * (cells - JUDGED))]
    return compared_within_work(_within(trials, budget))


def _rho(base: Experiment, rho: float) -> Rho:
    """EDM's grid over the range of the view's own, where it has one."""
    low, high = (getattr(base.timesteps, k, None) for k in ("sigma_min", "sigma_max"))
    return Rho(rho, high, low) if low and high else Rho(rho)


def _within(trials: Sequence[Experiment], budget: int) -> list[Experiment]:
    """Those that cost no more than the budget, a step fewer where the nearest costs more."""
    found = []
    for e in trials:
        for nfe in range(budget, 1, -1):
            less = dataclasses.replace(e, nfe=nfe)
            try:
                if asked_of(less) <= budget and len(levels(less)) > 1:
                    found.append(less)
                    break
            except UserError:  # of this solver on this grid
                break
    return list(different(found))


def ranked(found: Sequence[Tried], rounds: Sequence[str] = ROUNDS[:2]) -> list[Tried]:
    """What was searched with an error over the usual range, the lowest median first."""
    known = [t for t in found if t.round in rounds and t.row.median is not None]
    if not known:
        return []
    usual = max(known, key=lambda t: sum(not t.row.other_range(o.row) for o in known))
    held = [t for t in known if not usual.row.other_range(t.row)]
    return sorted(held, key=lambda t: t.row.median or 0.0)


def fine(found: Sequence[Tried], budget: int, cells: int = CELLS) -> list[Experiment]:
    """What lies next to the best of the coarse round, as many as are left of the cells."""
    best = ranked(found)[:KEPT]
    near = [list(neighbours(t.experiment)) for t in best]
    seen = {(t.experiment.solver, t.experiment.timesteps, t.experiment.afs) for t in found}
    mixed = [n[i] for i in range(max(map(len, near), default=0)) for n in near if i < len(n)]
    fresh = []
    for e in mixed:
        what = e.solver, e.timesteps, e.afs
        if what not in seen:
            seen.add(what)
            fresh.append(dataclasses.replace(e, nfe=budget))
    left = max(0, cells - JUDGED - len(found))
    plain, with_afs = (_within([e for e in fresh if e.afs is afs], budget) for afs in (False, True))
    return [*plain, *with_afs][:left]


def neighbours(e: Experiment) -> Iterator[Experiment]:
    """One setting of the solver or the time steps moved by one."""
    if isinstance(e.timesteps, Rho):
        for rho in (e.timesteps.rho / STRIDE, e.timesteps.rho * STRIDE):
            yield dataclasses.replace(
                e, timesteps=dataclasses.replace(e.timesteps, rho=round(rho, 1))
            )
    flat = flatten(e.solver)
    for p in parameters(type(e.solver)):
        if p.key in LEFT_OUT or p.key not in flat:
            continue
        for other in _others(flat[p.key], p.spec):
            yield dataclasses.replace(e, solver=unflatten(type(e.solver), {p.key: other}, e.solver))
    yield dataclasses.replace(e, afs=not e.afs)


def _others(value: Any, spec: Any) -> list[Any]:
    if spec.choices is not None:
        return [v for v, _ in spec.choices if v != value]
    if isinstance(value, int) and not isinstance(value, bool) and (ends := track(spec)):
        return [v for v in (value - 1, value + 1) if ends[0] <= v <= ends[1]]
    return []


def held_out(found: Sequence[Tried]) -> list[Experiment]:
    """The best of the search, with noise that it never saw."""
    best = [t.experiment for t in ranked(found)[:JUDGED]]
    if not best:
        return []
    seed = (best[0].seed + ELSEWHERE) % 2**31
    return compared_within_work([dataclasses.replace(e, seed=seed, samples=HELD) for e in best])
