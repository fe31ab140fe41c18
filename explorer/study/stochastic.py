"""Does churn help, and whom?  Each denoiser of the data at several S_churn, on the same noise.

A distance of distributions sees little of it.  Here each sample is good or not: an image, if it
lies in the data's manifold in the features of the shipped classifier (precision: Kynkäänniemi et
al. 2019); a point, if it is as likely under the data's own law as 99 of 100 draws from it.  The
same sample with and without churn makes a pair.  EDM, Sec. 5 and Fig. 5b, 5c.
"""

import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor

from ..analysis import intervals
from ..analysis.distance import share
from ..analysis.intervals import Estimate
from ..core.churn import Churn
from ..errors import UserError
from ..lab.experiment import Experiment, levels, run, work
from ..lab.source import Source, Watch, prepared
from ..models import classifier
from ..models.contract import Stored
from ..models.network import Network
from ..settings import setting
from ..store import weights
from . import engine
from .affordable import within_work
from .judge import Judge
from .plan import Cell

AMOUNTS = (0.0, 10.0, 40.0, 80.0)  # 40 and 80 are EDM's own (Table 5)
BELOW = (0.25, 0.5, 1.0)  # of the amount from which γ is at its cap, where that is less
SAMPLES, BLOCK = 512, 128
HELD = 2048  # data that a judge knows
LIKELY = 0.01  # of the data are less likely than a good point is


@setting
class Good:
    """Which samples of a run are good ones."""

    name: ClassVar[str] = "good"
    version: ClassVar[int] = 1

    def __call__(self, e: Experiment, watch: Watch | None = None) -> dict[str, Any]:
        """{"each": 0 or 1 for each sample, "nfe"}."""
        made = run(e, watch, kept=False)
        good = _good(made.source, made.samples, float(made.levels[-1]))
        return {"each": good.int().tolist(), "nfe": made.nfe}

    def weights(self, e: Experiment) -> tuple[str, ...]:
        """The classifier's, where one judges."""
        return (classifier.digest(e.data),) if classifier.find(e.data) else ()


def _good(source: Source, x: Tensor, sigma: float) -> Tensor:
    if judge := Judge.of(source.data, HELD):
        return judge.good(x)
    level = torch.tensor(sigma, dtype=x.dtype)
    draws = source.clean(HELD, 15)
    noise = torch.randn(draws.shape, generator=torch.Generator().manual_seed(16)).to(draws)
    usual = source.mixture.log_density(draws + sigma * noise, level).quantile(LIKELY)
    return source.mixture.log_density(x, level) >= usual


@dataclasses.dataclass(frozen=True)
class Churned:
    """One denoiser at one S_churn so far: which samples are good, in the order of their noise."""

    model: str
    amount: float
    nfe: int
    each: tuple[int, ...] = ()

    @property
    def level(self) -> Estimate:
        """The share of good samples, with Wilson's interval."""
        return share(torch.tensor(self.each))

    def gain(self, without: "Churned") -> Estimate:
        """By how much the share is above that without churn, sample by sample."""
        n = min(len(self.each), len(without.each))
        mine, other = (torch.tensor(r.each[:n]) for r in (self, without))
        return intervals.gain(mine, other)


def denoisers(base: Experiment) -> dict[str, Any]:
    """What can denoise this data: its exact denoiser, and the shipped networks trained on it that
    know no classes; label -> model, and the view's own among them.
    """
    exact = next(m for m in (base.model, type(base)().model) if not isinstance(m, Stored))
    found: dict[str, Any] = {"exact denoiser": exact}
    shape = prepared(base.data, exact).shape
    for c in weights.shipped():
        own = c.config.get("data", {}).get("data") == base.data.name
        if own and c.shape == shape and not c.label_dim:
            found[c.label] = Network(checkpoint=c.name)
    if isinstance(base.model, Stored) and base.model not in found.values():
        found.setdefault(base.model.found(base.data).label, base.model)
    return found


def churn_by_training(
    base: Experiment, watch: Watch | None = None, folder: Path | None = None, workers: int = 0
) -> Iterator[list[Churned]]:
    """All rows so far, after each block of samples."""
    names = {repr(model): label for label, model in denoisers(base).items()}
    rows: dict[tuple[str, float], Churned] = {}
    for cell, value in engine.values(engine.run(stochastic_plan(base), folder, workers, watch)):
        e = cell.experiment
        key = names[repr(e.model)], e.churn.s_churn
        before = rows.get(key, Churned(*key, value["nfe"]))
        rows[key] = dataclasses.replace(before, each=(*before.each, *value["each"]))
        yield list(rows.values())


def judged_as_images(base: Experiment) -> bool:
    """Whether samples are images, for the classifier; else points, for their law.

    Raises UserError for images that no classifier here knows.
    """
    image = prepared(base.data, base.model).kind == "image"
    if image and classifier.find(base.data) is None:
        raise UserError(
            f"No classifier comes with the page for {base.data.label}, so nothing here can tell "
            "whether a sample is a good one; choose digits or glyphs, or points."
        )
    return image


def capped_from(base: Experiment) -> float:
    """The S_churn from which γ = min(S_churn / N, √2 − 1) no longer grows.  EDM, Algorithm 2."""
    return Churn.CAP * (len(levels(base)) - (base.last != "zero"))


def stochastic_plan(base: Experiment, amounts: Sequence[float] = AMOUNTS) -> list[Cell]:
    """Blocks of samples of each denoiser at each amount, so that all grow together; the view's own
    S_churn is one of them, S_tmin, S_tmax and S_noise are the view's.

    Raises UserError for data that nothing here can judge, and where the cap on work allows too few
    samples.
    """
    judged_as_images(base)
    top = capped_from(base)
    if max(amounts) > top:  # beyond the cap nothing changes
        amounts = [0.0, *(float(f"{part * top:.2g}") for part in BELOW)]
    amounts = sorted({*amounts, base.churn.s_churn})
    trials = [
        dataclasses.replace(
            base, model=model, churn=dataclasses.replace(base.churn, s_churn=amount), samples=1
        )
        for model in denoisers(base).values()
        for amount in amounts
    ]
    count = within_work(base, sum(map(work, trials)), SAMPLES, BLOCK // 4)
    size = min(BLOCK, count)
    return [
        Cell(dataclasses.replace(e, samples=size, seed=base.seed + k), Good())
        for k in range(max(1, count // size))
        for e in trials
    ]


def plain(rows: Sequence[Churned]) -> list[dict[str, Any]]:
    """The rows as plain values, each with its gain over the same denoiser without churn."""
    zero = {r.model: r for r in rows if r.amount == 0}
    told = lambda e: {"value": e.value, "low": e.low, "high": e.high}
    return [
        {
            "model": r.model,
            "s_churn": r.amount,
            "nfe": r.nfe,
            "samples": len(r.each),
            "good": told(r.level),
            "gain": told(r.gain(zero[r.model])) if r.amount and r.model in zero else None,
        }
        for r in rows
    ]
