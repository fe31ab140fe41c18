"""What guidance does to the samples of a class: none, by all classes, by a worse model, and as set.

Four things of each, on the same noise: the distance to the class itself, that to the law which
guidance means (p_strong^w p_weak^(1 − w), where both are known), the share of samples as likely
under the class as 99 of 100 draws of it, and the share of draws of the class with a sample as near
as 95 of 100 have among as many other draws.  Karras et al. 2024, Sec. 3 and Fig. 1, on the tree.
"""

import dataclasses
import math
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor

from ..analysis import intervals
from ..analysis.distance import sliced_wasserstein
from ..analysis.intervals import Estimate
from ..core.guidance import Guidance
from ..core.guided import Guided, passes
from ..core.law import law
from ..errors import UserError
from ..lab.experiment import Experiment, run, work
from ..lab.source import Watch, prepared
from ..models import GuidedExact
from ..models.contract import Stored
from ..settings import setting
from . import engine
from .affordable import within_work
from .plan import Cell

SEEDS, SAMPLES = 8, 512
CANDIDATES = 2**15  # draws of the strong law, of which those that are meant are picked
LIKELY, NEAR = 0.01, 0.95
MEASURES = ("distance", "meant", "good", "covered")


@setting
class Guiding:
    """How the samples of a guided run lie to their class and to what is meant."""

    name: ClassVar[str] = "guiding"
    version: ClassVar[int] = 1

    def __call__(self, e: Experiment, watch: Watch | None = None) -> dict[str, Any]:
        """{"distance", "meant" (None where unknown), "good", "covered", "nfe", "passes"}."""
        made = run(e, watch, kept=False)
        own = class_law(e)
        draw = lambda k: own.sample(e.samples, torch.Generator().manual_seed(1000 * k + e.seed))
        data, other = draw(1), draw(2)
        aim = meant_draws(made.source.denoiser, e.samples, e.seed)
        far = lambda x: (
            sliced_wasserstein(
                made.samples, x, torch.Generator().manual_seed(13), resamples=0
            ).value
        )
        radius = _nearest(data, other).quantile(NEAR)
        return {
            "distance": far(data),
            "meant": None if aim is None else far(aim),
            "good": _good(e, made.samples),
            "covered": float((_nearest(data, made.samples) <= radius).double().mean()),
            "nfe": made.nfe,
            "passes": passes(made.source.denoiser, made.trajectory.evaluated),
        }

    def weights(self, e: Experiment) -> tuple[str, ...]:
        """Nothing is read beside the experiment."""
        return ()


def class_law(e: Experiment) -> Any:
    """The law of the class that a view asks for, of all data for −1."""
    source = prepared(e.data, e.model)
    return law(e.data, e.model.condition).to(source.device.device, source.device.dtype)


def _nearest(x: Tensor, y: Tensor) -> Tensor:
    return torch.cdist(x.flatten(1), y.flatten(1).to(x)).min(1).values


def _good(e: Experiment, x: Tensor) -> float:
    own, level = class_law(e), torch.tensor(1e-2, dtype=x.dtype)
    noisy = lambda v, seed: (
        v
        + level * torch.randn(v.shape, generator=torch.Generator().manual_seed(seed), dtype=v.dtype)
    )
    draws = own.sample(2048, torch.Generator().manual_seed(15))
    usual = own.log_density(noisy(draws.cpu(), 16).to(draws), level).quantile(LIKELY)
    found = own.log_density(noisy(x.cpu(), 17 + e.seed).to(draws), level)
    return float((found >= usual).double().mean())


def meant_draws(denoiser: Any, n: int, seed: int) -> Tensor | None:
    """n draws of p_strong^w p_weak^(1 − w); None of denoisers without a density.

    Draws of the strong law are picked by (p_strong/p_weak)^(w − 1): bounded, as the weak law is the
    wider one.  Where it is not guided they are of the strong law.  None, too, where so few of the
    candidates count that n draws would repeat them: in many coordinates.
    """
    strong = denoiser.strong if isinstance(denoiser, Guided) else denoiser
    if not hasattr(strong, "log_density"):
        return None
    g = torch.Generator().manual_seed(7000 + seed)
    if not isinstance(denoiser, Guided):
        return strong.sample(n, g)
    x, chances = _candidates(denoiser)
    if 1 / float(chances.square().sum()) < n:  # the number of even draws that say as much
        return None
    return x[torch.multinomial(chances, n, True, generator=g).to(x.device)]


@lru_cache(maxsize=4)
def _candidates(denoiser: Guided) -> tuple[Tensor, Tensor]:
    """Draws of the strong law and their chances, on the CPU."""
    w = max((v for _, v in denoiser.how.knots), default=denoiser.weight)
    count = min(CANDIDATES, 2**22 // math.prod(denoiser.shape))  # 32 MB at most
    x = denoiser.strong.sample(count, torch.Generator().manual_seed(6999))
    level = torch.tensor(1e-3, dtype=x.dtype)
    laws = denoiser.strong, denoiser.weak
    strong, weak = (torch.cat([v.log_density(p, level) for p in x.split(2048)]) for v in laws)
    return x, torch.softmax((w - 1) * (strong - weak), 0).cpu()


@dataclasses.dataclass(frozen=True)
class Way:
    """One way to guide so far: what was measured on each seed, in their order."""

    name: str
    passes: int
    nfe: int
    each: dict[str, tuple[float, ...]]

    def level(self, measure: str) -> Estimate | None:
        """The mean over the seeds; None where it is not known."""
        values = self.each.get(measure, ())
        return intervals.mean(torch.tensor(values, dtype=torch.float64)) if values else None

    def more(self, other: "Way", measure: str) -> Estimate | None:
        """By how much it is above the other on the same noise."""
        values = self._above(other, measure)
        return intervals.mean(values) if len(values) else None

    def chance(self, other: "Way", measure: str) -> float:
        """How often so large a difference would come by chance."""
        return intervals.chance(self._above(other, measure))

    def _above(self, other: "Way", measure: str) -> Tensor:
        pairs = zip(self.each.get(measure, ()), other.each.get(measure, ()), strict=False)
        return torch.tensor([a - b for a, b in pairs], dtype=torch.float64)


def apart(rows: list[Way], measure: str) -> list[Way]:
    """Those that differ from the first, at 95 % for all that are compared together (Holm), each
    with an interval that says so too."""
    none, others = rows[0], rows[1:]
    chances = {r.name: r.chance(none, measure) for r in others}
    limit = intervals.allowed(list(chances.values()), len(others))
    found = {r.name: r.more(none, measure) for r in others}
    sure = lambda e: e is not None and math.isfinite(e.low) and intervals.apart(e, 0.0)
    return [r for r in others if chances[r.name] <= limit and sure(found[r.name])]


def ways(base: Experiment) -> dict[str, Experiment]:
    """The ways to guide that a view allows, by name; raises UserError where it guides nothing."""
    model = base.model
    how = getattr(model, "how", None)
    if how is None:
        raise UserError(
            "This model has no guidance. Choose “Exact, guided” or a network that knows classes "
            "under Model."
        )
    if how.plain(model.guidance):
        raise UserError(
            "Nothing is guided: w = 1 everywhere. Raise Guidance, or widen from σ to σ."
        )
    plain = dataclasses.replace(model, how=Guidance())
    found = {"none": dataclasses.replace(plain, guidance=1.0)}
    if isinstance(model, GuidedExact):
        if model.condition >= 0:
            found["by all classes"] = dataclasses.replace(plain, against="any")
        if model.weaker > model.blur:
            found["by a worse model"] = dataclasses.replace(plain, against="weaker")
    else:
        found["at every σ"] = plain
    if model not in found.values():
        found["as set"] = model
    return {name: dataclasses.replace(base, model=m) for name, m in found.items()}


def guidance_plan(base: Experiment) -> list[Cell]:
    """Each way on each seed.  Raises UserError where the view guides nothing, has no data, or the
    cap on work allows too few samples."""
    found = ways(base)
    if why := getattr(base.data, "lacking", None):
        raise UserError(why)
    each = 2 * len(found) * SEEDS * work(base) / base.samples
    samples = within_work(base, each, SAMPLES, 16)
    if isinstance(base.model, Stored):
        samples = min(samples, prepared(base.data, base.model).settled)
    return [
        Cell(
            dataclasses.replace(e, samples=samples, seed=(base.seed + k) % 2**31),
            Guiding(),
        )
        for k in range(SEEDS)
        for e in found.values()
    ]


def guidings(
    base: Experiment, watch: Watch | None = None, folder: Path | None = None, workers: int = 0
) -> Iterator[list[Way]]:
    """All ways so far, after each run."""
    names = {e.model: name for name, e in ways(base).items()}
    rows: dict[str, Way] = {}
    for cell, value in engine.values(engine.run(guidance_plan(base), folder, workers, watch)):
        name = names[cell.experiment.model]
        before = rows.get(name, Way(name, value["passes"], value["nfe"], {}))
        each = {m: (*before.each.get(m, ()), value[m]) for m in MEASURES if value[m] is not None}
        rows[name] = dataclasses.replace(before, each=each)
        yield list(rows.values())


def plain(rows: list[Way]) -> list[dict]:
    """As JSON: the mean of each measure with its interval, and the difference to none."""
    as_plain = lambda e: e and {"value": e.value, "low": e.low, "high": e.high}
    none = next((r for r in rows if r.name == "none"), None)
    return [
        {"guidance": r.name, "nfe": r.nfe, "passes": r.passes, "seeds": len(r.each["distance"])}
        | {m: as_plain(r.level(m)) for m in MEASURES}
        | {"more_than_none": {m: none and as_plain(r.more(none, m)) for m in MEASURES}}
        for r in rows
    ]
