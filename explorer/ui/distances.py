"""How far the samples of several solvers are from the data: by distribution, mode and neighbour."""

import dataclasses
from collections.abc import Iterator

import torch

from ..analysis import distance
from ..analysis.quality import Quality
from ..core.sampling import Churn
from ..core.solvers import SOLVERS
from ..figures import distances as figures
from ..figures.style import short
from ..lab.experiment import Experiment, Source, prepared, run, work
from ..study.affordable import within_work
from ..study.judge import Judge
from . import words
from .measurement import Measurement, Watch

SEEDS, SAMPLES = 4, 512
OTHERS = ("heun", "dpmpp", "euler_a", "dpmpp_sde")
MODES = 64  # a mixture of more is a data set, and its modes are training points


@dataclasses.dataclass(frozen=True)
class Distance:
    """The samples of one setting, over several seeds, against fresh draws of the data.

    modes: where the data are a mixture.  copies and nearest, the median distance to the nearest
    training point: where the denoiser knows a finite training set.  judged: images for which a
    classifier ships.
    """

    name: str
    family: str
    nfe: int
    wasserstein: distance.Estimate
    energy: distance.Estimate
    modes: distance.Coverage | None = None
    copies: distance.Estimate | None = None
    nearest: distance.Estimate | None = None
    judged: Quality | None = None


def distances(base: Experiment, request: dict) -> Measurement:
    """The solver in use, without its churn if it has any, and some others, over the same seeds."""
    source = prepared(base.data, base.model)
    others = [n for n in OTHERS if n != base.solver.name]
    quiet = [dataclasses.replace(base, churn=Churn())] if base.churn.s_churn > 0 else []
    trials = [
        base,
        *quiet,
        *(dataclasses.replace(base, solver=SOLVERS[n](), churn=Churn()) for n in others),
    ]
    each = len(trials) * SEEDS * work(base) / base.samples
    count = within_work(base, each, min(base.samples, SAMPLES))
    data = source.clean(count * SEEDS, seed=11)
    zero = distance.floor(
        distance.sliced_wasserstein,
        source.mixture.sample,
        count * SEEDS,
        torch.Generator().manual_seed(12),
        repeats=6,
    )
    modes, points = _modes(source), _training(source)
    judge = Judge.of(base.data, count * SEEDS, getattr(base.model, "condition", -1))
    fresh = _measured("", "", 0, data, source.clean(count * SEEDS, seed=14), modes, points, judge)

    def rows(watch: Watch) -> Iterator[Distance]:
        for e in trials:
            runs = [
                run(
                    dataclasses.replace(e, samples=count, seed=(base.seed + k) % 2**31),
                    watch,
                    kept=False,
                )
                for k in range(SEEDS)
            ]
            yield _measured(
                words.title(runs[0]).split(",")[0],
                e.solver.family,
                runs[0].nfe,
                data,
                torch.cat([r.samples for r in runs]),
                modes,
                points,
                judge,
            )

    def show(found: list) -> dict:
        shares = None
        if modes:
            shares = (
                "share within 3 σ of a mode",
                [d.modes.inside for d in found],
                fresh.modes.inside,
            )
        elif points is not None:
            shares = (
                "share that repeats a training point",
                [d.copies for d in found],
                fresh.copies,
            )
        columns, table = _table(found, fresh, zero)
        return {
            "title": _title(found, modes, points, count),
            "note": f"{SEEDS} seeds × {count} samples, 95 % intervals. Two fresh draws of the "
            f"data lie {short(zero.value)} apart: nothing can be seen below that."
            f"{_about(modes, points, judge)}",
            "figure": figures.distances(found, zero, shares),
            "columns": columns,
            "table": table,
        }

    return Measurement(base, rows, len(trials), show)


def _modes(source: Source):
    """The mixture that the data are, or None."""
    law = source.mixture
    return law if 1 < len(law) <= MODES and float(law.stds.min()) > 0 else None


def _training(source: Source):
    """The training points that the denoiser knows, each once, or None.

    A point that the set holds twice would have its twin as the second nearest, and hide its copies.
    """
    trained = source.denoiser
    if not hasattr(trained, "means") or float(trained.stds.max()) > 0:
        return None
    points = trained.means.unique(dim=0)
    return points.reshape(-1, *source.shape) if len(points) > 2 else None


def _measured(name, family, nfe, data, x, modes, points, judge) -> Distance:
    g = torch.Generator().manual_seed(13)
    near = {}
    if modes:
        near["modes"] = distance.mode_coverage(x, modes.means, modes.stds)
    if points is not None:
        near["copies"] = distance.memorised(x, points)
        near["nearest"] = distance.median(distance.nearest_training(x, points)[0])
    near["judged"] = None if judge is None else judge(x)
    return Distance(
        name,
        family,
        nfe,
        distance.sliced_wasserstein(x, data, g),
        distance.energy_distance(x, data, g),
        **near,
    )


def _table(found: list[Distance], fresh: Distance, zero) -> tuple[list, list]:
    columns = ["", "NFE", "sliced W₁", "energy"]
    columns += ["modes found", "within 3 σ"] if fresh.modes else []
    columns += ["nearest training point", "repeats"] if fresh.copies else []
    columns += ["Fréchet", "precision", "recall"] if fresh.judged else []
    columns += ["class right"] if fresh.judged and fresh.judged.accuracy else []
    rows = [
        [d.name, str(d.nfe), _interval(d.wasserstein), _interval(d.energy), *_near(d)]
        for d in found
    ]
    rows.append(["fresh data", "–", _interval(zero), _interval(fresh.energy), *_near(fresh)])
    return columns, rows


def _near(d: Distance) -> list[str]:
    out = []
    if d.modes:
        out += [f"{d.modes.covered} of {d.modes.modes}", _percent(d.modes.inside)]
    if d.copies:
        out += [_interval(d.nearest), _percent(d.copies)]
    if q := d.judged:
        out += [_interval(e) for e in (q.frechet, q.precision, q.recall, q.accuracy) if e]
    return out


def _interval(e: distance.Estimate) -> str:
    return f"{short(e.value)} ({short(e.low)} – {short(e.high)})"


def _percent(e: distance.Estimate) -> str:
    return f"{100 * e.value:.1f} % ({100 * e.low:.1f} – {100 * e.high:.1f})"


def _title(found: list[Distance], modes, points, count: int) -> str:
    own = found[0]
    if modes:
        return (
            f"{own.name} finds {own.modes.covered} of {own.modes.modes} modes; "
            f"{100 * own.modes.inside.value:.0f} % of its samples lie within one"
        )
    if points is not None:
        return (
            f"{100 * own.copies.value:.0f} % of the samples of {own.name} repeat one of "
            f"{len(points)} training points"
        )
    best = min(found, key=lambda d: d.wasserstein.value)
    return f"Nearest to the data so far: {best.name}, distance {short(best.wasserstein.value)}"


def _about(modes, points, judge) -> str:
    said = ""
    if modes:
        said = (
            " Within 3 σ: in the radius about a mode that holds 99.7 % of it. In brackets "
            "Wilson’s interval."
        )
    if points is not None:
        said = (
            " A sample repeats a training point if the next one is three times as far; "
            "nearest: the median distance, RMS per coordinate."
        )
    if judge is not None:
        said += (
            " Fréchet distance, precision and recall are in the features of a small "
            "classifier that comes with the page; not FID."
        )
    return said
