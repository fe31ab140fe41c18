"""What the page says of AMED's ablations: the record that ships, and trainings made here."""

from collections.abc import Sequence

from ..figures.ablations import ablation_figure
from ..lab.experiment import Experiment
from ..numerals import factor, interval
from ..settings import unflatten
from ..study import ablation_record as record
from ..study import ablations as study
from ..study.ablations import DRAFT_PATHS, PUBLISHED, Ablated
from ..study.plane import called
from .measurement import Measurement


def ablation(base: Experiment, request: dict) -> Measurement:
    """Trainings on the open view, small ones: a draft of the record."""
    plan = study.ablation_plan(base)  # says at once what cannot work
    return Measurement(
        base,
        lambda watch: study.ablations(base, watch=watch),
        len(plan),
        lambda found: shown(base, found[-1], f"{DRAFT_PATHS} paths each, trained here now"),
    )


def kept(request: dict) -> dict:
    """The record of the view, or another one where that has none; {} where nothing was kept."""
    values = request.get("values")
    base = unflatten(Experiment, values if isinstance(values, dict) else {})
    found = record.nearest(base)
    if found is None:
        return {}
    own = found.experiment
    about = f"{found.paths} paths each; the record of {found.on} ({found.with_}), {found.command}"
    if found.stale:
        about += f". The record is {found.stale}"
    told = shown(own, found.rows, about, bool(found.stale))
    told["title"] = f"{called(own)}. {told['title']}"
    if (own.data, own.model) != (base.data, base.model):
        told["note"] = (
            f"{called(base)}, the open view, has no record: this is that of {called(own)}, and "
            f"“Train here” makes a draft of the view’s own. {told['note']}"
        )
    return told | {"count": 1, "total": 1, "done": True}


def shown(base: Experiment, rows: Sequence[Ablated], how: str, stale: bool = False) -> dict:
    """The choices so far.  how: they were trained; stale: no verdict stands on them."""
    seeds = max(r.seeds for r in rows)
    return {
        "title": "Of an earlier version; measure it again" if stale else title(rows),
        "note": f"{'' if stale else ends(rows)}{called(base)}: AMED-Solver at 3 steps by the "
        f"published recipe, one thing changed at a time; {seeds} seed{'s' * (seeds != 1)} of "
        f"training, {how}. Median end error over 128 unseen paths, then over seeds; 95 % intervals "
        "over seeds, each verdict by itself. FID there is the paper’s, of CIFAR-10: another "
        "measure, beside ours to compare ranks. Its Table 5 has DPM-Solver++ without → with the "
        "plug-in, its Table 8 the plug-in on iPNDM.",
        "figure": ablation_figure(rows),
        "columns": ["choice", "", "× the paper’s", "verdict", "end error", "× untrained",
                    "FID there"],
        "table": [_line(r, stale) for r in rows],
        "exact": {
            "columns": ["question", "choice", "NFE", "seeds"]
            + [f"{k}{e}" for k in ("error", "times", "gain") for e in ("", " from", " to")],
            "rows": [
                [r.choice.question, r.choice.name, r.nfe, r.seeds]
                + [_finite(v) for e in (r.middle, r.times, r.gained)
                   for v in (e.value, e.low, e.high)]
                for r in rows
            ],
        },
    }  # fmt: skip


def _finite(value: float) -> float | None:
    return value if value == value else None


def _line(r: Ablated, stale: bool) -> list[str]:
    of, gain, error = r.times, r.gained, r.middle
    return [
        r.choice.name,
        r.choice.question,
        "1" if r.choice.own else factor(of.value, of.low, of.high),
        "–" if stale else r.verdict,
        interval(error.value, error.low, error.high),
        factor(gain.value, gain.low, gain.high),
        f"{r.choice.fid} ({PUBLISHED[r.choice.question]})" if r.choice.fid else "–",
    ]


def title(rows: Sequence[Ablated]) -> str:
    """How many changes are better, worse, or cannot be told."""
    changed = [r for r in rows if not r.choice.own]
    if not changed:
        return "AMED’s recipe, one thing changed at a time"
    by = {v: [r for r in changed if r.verdict == v] for v in ("better", "worse", "cannot be told")}
    better, worse, unsure = by.values()
    if not better and not worse:
        seeds = min(r.seeds for r in changed)
        return (
            f"None of {len(changed)} changes to AMED’s recipe can be told from it with {seeds} "
            f"seed{'s' * (seeds != 1)}"
        )
    counts = [f"{len(better)} better", f"{len(worse)} worse", f"{len(unsure)} cannot be told"]
    told = ", ".join(c for c in counts if not c.startswith("0 "))
    return f"Of {len(changed)} changes to AMED’s recipe: {told}"


def ends(rows: Sequence[Ablated]) -> str:
    """The lowest and the highest of those that can be told from the paper’s, with their intervals.
    They are not held against each other.
    """
    sure = {v: [r for r in rows if r.verdict == v] for v in ("better", "worse")}
    said = []
    if sure["better"]:
        said.append(f"Lowest error: {_named(min(sure['better'], key=lambda r: r.times.value))}. ")
    if sure["worse"]:
        said.append(f"Highest error: {_named(max(sure['worse'], key=lambda r: r.times.value))}. ")
    return "".join(said)


def _named(r: Ablated) -> str:
    more = f" with {r.nfe} NFE" if r.nfe != study.NFE else ""
    much = factor(r.times.value, r.times.low, r.times.high)
    return f"{r.choice.question}: {r.choice.name.split(', 6')[0]}{more}, {much}"
