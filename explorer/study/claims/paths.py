"""What several claims measure: ratios of end errors path by path, and samples judged as images."""

import dataclasses
from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from ...analysis import intervals
from ...analysis.intervals import Estimate
from ...core.sampling import sample
from ...errors import UserError
from ...lab.experiment import Experiment, levels, run
from ...lab.source import Watch, prepared
from ...settings import from_query
from ..end_error import Row, measure
from ..held_out import HeldOutError, held_out
from ..judge import Judge

FEW = 64  # paths that a ratio needs to be told from 1 when it is 0.9


def view(query: str) -> Experiment:
    """The experiment that a link describes."""
    return from_query(Experiment, query)


def row(query: str, watch: Watch | None) -> Row:
    """The end error of a view.  Raises UserError where it has none."""
    found = measure(view(query), watch)
    if found.mean is None:
        raise UserError(f"{found.name} has no end error here: {found.note}.")
    return found


def times(pairs: Iterable[tuple[str, str]], watch: Watch | None) -> Estimate:
    """The median of mine/other, path by path, over the paths of all pairs of views."""
    each: list[Tensor] = []
    for mine, other in pairs:
        a, b = row(mine, watch), row(other, watch)
        if a.other_range(b):
            raise UserError(f"{mine} and {other} run over different ranges of σ: not compared.")
        count = min(len(a.each), len(b.each))
        each.append(_tensor(a.each[:count]) / _tensor(b.each[:count]))
    return intervals.median(torch.cat(each))


def on(data: Sequence[str], change: str, other: str, common: str) -> list[tuple[str, str]]:
    """Pairs of views that differ by `change` against `other`, one for each data set."""
    return [(f"{d}&{common}&{change}", f"{d}&{common}&{other}") for d in data]


UNSEEN, POINTS = 64, 33  # seeds that no training saw, and levels of their reference


def unseen_errors(e: Experiment, watch: Watch | None, part: str = "") -> Tensor:
    """(UNSEEN,) end errors on seeds that no training saw, with any predictor that e names."""
    return _tensor(HeldOutError(UNSEEN, POINTS, part)(e, watch)["errors"])


def framed_errors(e: Experiment, watch: Watch | None) -> Tensor:
    """The same in the frame of the view's schedule, for a solver that learns nothing."""
    held = held_out(e, UNSEEN, POINTS, watch)
    denoiser = prepared(e.data, e.model).denoiser
    tick = None if watch is None else lambda i, point: watch()
    made = sample(denoiser, held.noise, levels(e), e.solver, e.schedule, keep=0, watch=tick)
    return held.errors(made.samples)


def precision(e: Experiment, watch: Watch | None) -> Estimate:
    """The share of a run's samples within the data's manifold, in the classifier's features."""
    judge = Judge.of(e.data, e.samples)
    if judge is None:
        raise UserError(f"No classifier ships for {e.data.label}.")
    return judge(run(e, watch, kept=False).samples.float()).precision


def difference(a: Estimate, b: Estimate) -> Estimate:
    """a − b of two independent measures; the squares of the halves of their intervals add."""
    value = a.value - b.value
    low = ((a.value - a.low) ** 2 + (b.high - b.value) ** 2) ** 0.5
    high = ((a.high - a.value) ** 2 + (b.value - b.low) ** 2) ** 0.5
    return Estimate(value, value - low, value + high, min(a.count, b.count))


def noisy(e: Experiment, sigma: float, seed: int = 3) -> tuple[Tensor, Tensor]:
    """Clean samples of a view's data and the same with noise, (n, *shape)."""
    source = prepared(e.data, e.model)
    clean = source.clean(e.samples, seed=seed)
    g = torch.Generator().manual_seed(seed + 1)
    noise = torch.randn(clean.shape, generator=g, dtype=torch.float64).to(clean)
    return clean, clean + sigma * noise


def seeded(e: Experiment, count: int) -> list[Experiment]:
    """The same view on several seeds."""
    return [dataclasses.replace(e, seed=e.seed + k) for k in range(count)]


def _tensor(values: Sequence[float]) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)
