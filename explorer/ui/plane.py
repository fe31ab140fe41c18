"""What the page says of how nearly paths lie in a plane, set by set: AMED's Fig. 4."""

from ..analysis.intervals import Estimate
from ..figures.plane import plane_figure
from ..lab.experiment import Experiment
from ..numerals import capital, factor, interval, number, percent1
from ..study import plane as study
from ..study.claims.contract import HOLDS, NOT_HERE, below
from ..study.plane import AXES, WITHIN, Planes
from .measurement import Measurement

QUOTE = "never more than 8 % off with two axes"  # AMED, Sec. 3.1, Fig. 4a


def plane(base: Experiment, request: dict) -> Measurement:
    """All sets that ship and are small enough, and the view's own."""
    plan = study.plane_plan(base)  # says at once what cannot work
    return Measurement(
        base,
        lambda watch: study.planes(base, watch),
        len(plan),
        lambda found: shown(found[-1]),
    )


def verdict(row: Planes) -> str:
    """Of the paper's 8 %, as of every claim."""
    return below(WITHIN).verdict(row.worst(2))


def shown(rows: list[Planes]) -> dict:
    """The sets so far."""
    top, bottom = float(rows[0].sigma[0]), float(rows[0].sigma[-1])
    line = lambda r: [r.held_by(k) for k in AXES] + [r.worst(k) for k in AXES]
    return {
        "title": title(rows),
        "note": f"{spread(rows)}True paths from σ = {number(top)} to {number(bottom)}, a PCA for "
        "each path; medians of the variance that 1, 2, 3 axes hold; off: ‖x − x̃‖ / ‖x‖, mean "
        f"over paths at the level where it is largest; 95 % intervals. AMED, Fig. 4: {QUOTE}.",
        "figure": plane_figure(rows, WITHIN),
        "columns": ["set", "", "off 2 axes", "8 %", *(f"{k} hold" for k in AXES), "off 1", "off 3",
                    "of a random walk’s", "paths above 8 %"],
        "table": [
            [r.name, f"{r.dimensions} numbers, {r.paths} paths", _told(r.worst(2)), verdict(r),
             *(_held(r.held_by(k)) for k in AXES), _told(r.worst(1)), _told(r.worst(3)),
             factor(r.of_a_walk.value, r.of_a_walk.low, r.of_a_walk.high), _told(r.above)]
            for r in rows
        ],
        "exact": {
            "columns": ["set", "numbers", "paths"]
            + [f"{n} {k}{e}" for n in ("held", "off") for k in AXES for e in ("", " from", " to")],
            "rows": [
                [r.name, r.dimensions, r.paths]
                + [v for e in line(r) for v in (e.value, e.low, e.high)]
                for r in rows
            ],
        },
    }  # fmt: skip


def _told(e: Estimate) -> str:
    return interval(e.value, e.low, e.high, percent1)


def _held(e: Estimate) -> str:
    """A share near all: 99.993 %; beyond five nines what is left, all but 4·10⁻⁶."""
    if e.value > 1 - 1e-5:
        return "all but " + interval(1 - e.value, 1 - e.high, 1 - e.low)
    write = lambda v: f"{100 * v:.{3 if v > 0.999 else 1}f} %"
    return interval(e.value, e.low, e.high, write)


def title(rows: list[Planes]) -> str:
    """In how many sets the paper's 8 % holds, and where it does not."""
    by = {v: [r for r in rows if verdict(r) == v] for v in (HOLDS, NOT_HERE, "cannot be told")}
    holds, fails, unsure = by.values()
    said = f"“{QUOTE}” holds in {len(holds)} of {len(rows)} sets"
    if fails:
        far = max(fails, key=lambda r: r.worst(2).value)
        others = f" and {len(fails) - 1} more" if len(fails) > 1 else ""
        said += f", not in {far.name} ({_told(far.worst(2))}){others}"
    if strays := [r for r in rows if r.above.value > 0]:
        most = max(strays, key=lambda r: r.above.value)
        said += f"; of single paths up to {_told(most.above)} leave it ({most.name})"
    if unsure:
        said += f"; of {len(unsure)} it cannot be told"
    return capital(said)


def spread(rows: list[Planes]) -> str:
    """What two axes hold where they hold least."""
    least = min(rows, key=lambda r: r.held_by(2).value)
    return f"Two axes hold at least {_held(least.held_by(2))} of a path’s variance ({least.name}). "
