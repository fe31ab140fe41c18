"""Stochastic samplers against the exact marginal, as their steps grow short.

Euler–Maruyama on EDM's Eq. 6, Algorithm 2 and the ODE alone end at σ_min, where the law of the data
is known.  How far a run's samples are from it: the largest distance between the distribution
functions of their log-density under that law and of draws from the law (Kolmogorov–Smirnov).  It
needs no directions and no features, and its noise is known in closed form.  All samplers at all
budgets are as many comparisons, so which of them differ from the law is decided for all together.
"""

import dataclasses
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor

from ..analysis.intervals import allowed
from ..core.churn import Churn, Restart
from ..core.solvers import DDIM, EulerMaruyama, Heun
from ..errors import UserError
from ..lab.experiment import Experiment, run, work
from ..lab.source import MEMOS, Source, Watch, prepared, weights
from ..memo import Memo
from ..settings import setting
from . import engine
from .affordable import within_work
from .plan import Cell
from .sweep import check_budgets_count

BUDGETS = (9, 17, 33, 65, 129, 257)  # evaluations
SAMPLES = 1024
HELD = 16384  # draws of the law: their own scatter is a quarter of the samples'
# 95 % point of the Kolmogorov distribution: √n times the largest gap of n samples that follow the
# law lies below it 19 times in 20
POINT = 1.358


@setting
class Gap:
    """The largest gap between the distribution functions of log p(x; σ_min) of a run's samples and
    of draws of the law, 0 to 1.
    """

    name: ClassVar[str] = "gap"
    version: ClassVar[int] = 1

    def __call__(self, e: Experiment, watch: Watch | None = None) -> dict[str, Any]:
        """{"gap", "nfe", "samples"}."""
        made = run(e, watch, kept=False)
        level = torch.tensor(float(made.levels[-1]), dtype=made.samples.dtype)
        if not bool(made.samples.isfinite().all()):
            return {"gap": 1.0, "nfe": made.nfe, "samples": len(made.samples)}
        scores = _scored(made.source, made.samples, level, watch)
        drawn = _laws(
            (e.data, e.model, *weights(e.data, e.model), float(level), scores.dtype),
            lambda: _scored(made.source, law(made.source, float(level)), level, watch).cpu(),
        ).to(scores)
        return {"gap": largest_gap(scores, drawn), "nfe": made.nfe, "samples": len(scores)}

    def weights(self, e: Experiment) -> tuple[str, ...]:
        """Nothing is read beside the experiment."""
        return ()


_laws = Memo(2 * 2**20)  # log p of draws of the law, which all runs to one level share
MEMOS.append(_laws)
AT_ONCE = 512  # samples scored between two questions whether they are still wanted


def _scored(source: Source, x: Tensor, level: Tensor, watch: Watch | None) -> Tensor:
    """log p(x; σ) of each sample, (n,)."""
    out = []
    for part in x.split(AT_ONCE):
        if watch is not None:
            watch()
        out.append(source.mixture.log_density(part, level))
    return torch.cat(out)


def law(source: Source, sigma: float) -> Tensor:
    """Draws from p(x; σ) of the data, (HELD, *shape)."""
    clean = source.clean(HELD, 21)
    noise = torch.randn(clean.shape, generator=torch.Generator().manual_seed(22)).to(clean)
    return clean + sigma * noise


def largest_gap(a: Tensor, b: Tensor) -> float:
    """sup |F_a − F_b| of two sets of numbers, (n,) and (m,)."""
    a, b = a.sort().values, b.sort().values
    at = torch.cat([a, b])
    below = lambda v: torch.searchsorted(v, at, right=True).double() / len(v)
    return float((below(a) - below(b)).abs().max())


def noise_of(samples: int, held: int = HELD) -> float:
    """The gap that samples of the law itself exceed once in 20 times."""
    return POINT * math.sqrt(1 / samples + 1 / held)


@dataclasses.dataclass(frozen=True)
class Marginal:
    """One sampler at one budget, and how far its samples are from the law."""

    name: str
    family: str
    nfe: int
    gap: float
    samples: int

    @property
    def noise(self) -> float:
        """What samples of the law exceed once in 20 times, were this the only comparison."""
        return noise_of(self.samples)

    @property
    def chance(self) -> float:
        """How often samples of the law would lie as far off: the p-value."""
        return chance_of(self.gap, self.samples)


def chance_of(gap: float, samples: int, held: int = HELD) -> float:
    """P(largest gap of samples of the law ≥ gap) = 2 Σ_k (−1)^{k−1} e^{−2 k² λ²}, λ = gap over
    √(1/n + 1/m): Kolmogorov's limit.
    """
    size = gap / math.sqrt(1 / samples + 1 / held)
    if size < 0.2:  # 1 to 12 digits, where the sum needs ever more terms
        return 1.0
    terms = ((-1) ** (k - 1) * math.exp(-2 * (k * size) ** 2) for k in range(1, 101))
    return min(1.0, 2 * sum(terms))


def gap_of(chance: float, samples: int, held: int = HELD) -> float:
    """The gap that samples of the law exceed so often: `chance_of` the other way round."""
    low, high = 0.0, 1.0
    for _ in range(60):  # to the last digit
        middle = (low + high) / 2
        low, high = (middle, high) if chance_of(middle, samples, held) > chance else (low, middle)
    return high


def apart_above(rows: Sequence[Marginal], tests: int) -> float:
    """The gap above which samples do not follow the law.  Among all `tests` comparisons of a study,
    those still to come with them, one that does follow it is called apart once in 20 studies.

    By Holm's step-down, for they share noise and draws.  As rows come the line falls, so what was
    apart stays so.
    """
    return gap_of(allowed([r.chance for r in rows], tests), min(r.samples for r in rows))


def samplers(base: Experiment) -> dict[str, Experiment]:
    """name -> the base with that sampler: Euler–Maruyama as the view has it, or β = 1/σ; Algorithm
    2 with the view's churn, or with as much as its cap allows at every level; the ODE.
    """
    em = base.solver if isinstance(base.solver, EulerMaruyama) else EulerMaruyama()
    churn = base.churn if base.churn.s_churn > 0 else Churn(200.0, 0.0, 1e9, 1.0)
    plain = dataclasses.replace(base, restart=Restart(), afs=False, last="sigma_min", churn=Churn())
    return {
        f"Euler–Maruyama, β = {em.beta:g}/σ": dataclasses.replace(plain, solver=em),
        f"Algorithm 2, S_churn {churn.s_churn:g}": dataclasses.replace(
            plain, solver=Heun(), churn=churn
        ),
        "Heun, no new noise": dataclasses.replace(plain, solver=Heun()),
        "DDIM, no new noise": dataclasses.replace(plain, solver=DDIM()),
    }


def marginals(
    base: Experiment, watch: Watch | None = None, folder: Path | None = None, workers: int = 0
) -> Iterator[Marginal]:
    """A row for each sampler at each budget, from the cheapest up."""
    names = {
        (repr(e.solver), e.churn.s_churn): (name, e.solver.family)
        for name, e in samplers(base).items()
    }
    for cell, value in engine.values(engine.run(langevin_plan(base), folder, workers, watch)):
        e = cell.experiment
        name, family = names[repr(e.solver), e.churn.s_churn]
        if e.churn.s_churn:
            family = "stochastic"
        yield Marginal(name, family, value["nfe"], value["gap"], value["samples"])


def langevin_plan(base: Experiment, budgets: Sequence[int] = BUDGETS) -> list[Cell]:
    """Raises UserError for a typed list of levels, images, whose law no sample of a network can
    follow to the last digit, and where the cap on work allows too few samples.
    """
    check_budgets_count(base)
    if prepared(base.data, base.model).kind == "image":
        raise UserError(
            f"{base.data.label} are images: no sample lies as near to one as their law at σ_min "
            "asks. Choose points, such as moons."
        )
    trials = [
        dataclasses.replace(e, nfe=budget, samples=1)
        for budget in budgets
        for e in samplers(base).values()
    ]
    count = within_work(base, sum(map(work, trials)), SAMPLES, 64)
    return [Cell(dataclasses.replace(e, samples=count), Gap()) for e in trials]
