"""Many runs: what the Compare and AMED pages measure, as tables or JSON."""

import argparse
import json
import sys
from collections.abc import Callable
from typing import Any

from ..errors import UserError
from . import foundry, information, of_amed, papers
from .card import of_study
from .claims import claims
from .devices import device_option
from .ladder import ladder
from .rows import counted, counted_done, listed, number_of, of, told_cell
from .study_way import how_of, merged, way_options, working
from .tables import told
from .words import pairs, within


def study(arguments: list[str]) -> int:
    """python -m explorer study sweep data=moons --solvers ddim,heun --budgets 9,17 [--json]"""
    options = _options(arguments)
    if options.what == "merge":
        return merged(options)
    from ..cards.cells import Kept
    from ..study.ways import Part

    kept = Kept()

    def tell(done) -> None:
        told_cell(done)
        if options.card:
            kept.hear(done)

    within(options.card)
    if options.card:
        options.threads = options.threads or 1
    try:
        with working(options, tell):
            return _measured(options, kept, arguments or [])
    except Part as part:  # alone it shows nothing
        print(part)
        return 0


def _measured(options: argparse.Namespace, kept, arguments: list[str]) -> int:
    made = OWN.get(options.what, _of_a_view)
    try:
        base = made(options, how_of(options))
    except KeyboardInterrupt:
        print("\nStopped; the same command goes on.", file=sys.stderr)
        return 130
    if options.card and base is not None:
        of_study(base, options, kept, arguments)
    return 0


def _of_a_view(options: argparse.Namespace, how: dict) -> Any:
    """What is measured of the view that the settings say, which comes back."""
    from ..lab.experiment import Experiment, use_device
    from ..settings import unflatten

    use_device(options.device, "float32")
    base = unflatten(Experiment, pairs(options.settings))
    found = KINDS[options.what](base, options, how)
    print(json.dumps(found, indent=1, ensure_ascii=False) if options.json else told(found))
    return base


def _options(arguments: list[str]) -> argparse.Namespace:
    p = argparse.ArgumentParser(
        prog="python -m explorer study",
        description="Many runs of a view. What is measured is kept in the cache folder: the same "
        "command after Ctrl+C goes on, and a larger one measures only what is new.",
    )
    p.add_argument("what", choices=[*KINDS, *OWN, "merge"], help="what is measured")
    p.add_argument(
        "settings",
        nargs="*",
        metavar="key=value",
        help="the view, as in a link: data=moons nfe=20; of claims, the names of some; of merge, "
        "the folders to put together",
    )
    p.add_argument("--solvers", metavar="A,B", help="of a sweep")
    p.add_argument(
        "--learn", metavar="A,B", help="of the foundry: times, coefficients, r, c, gamma"
    )
    p.add_argument("--budgets", metavar="N,N", help="of a sweep: evaluations")
    p.add_argument("--grids", metavar="A,B", help="of a sweep: time steps, as rho or comfy:karras")
    p.add_argument(
        "--over",
        action="append",
        default=[],
        metavar="key=A,B",
        help="of a grid: a setting and its values, with | between those that hold commas; give it "
        "again for another axis. Of a sweep: the one setting that it goes along in place of "
        "evaluations, as timesteps.rho=1,3,7",
    )
    p.add_argument("--seeds", type=int, default=1, help="of a grid or an ablation: seeds of each")
    p.add_argument(
        "--exact", action="store_true", help="hold errors against the slow, adaptive reference"
    )
    p.add_argument("--json", action="store_true", help="print JSON with all digits")
    p.add_argument(
        "--card",
        default=None,
        metavar="FILE.json",
        help="write the study’s card, whose cells “replay” measures again; a cell has one thread "
        "where --threads says nothing",
    )
    way_options(p)
    device_option(p)
    p.add_argument("--names", action="store_true", help="of claims: list them, measure nothing")
    p.add_argument(
        "--keep",
        action="store_true",
        help="of claims, ladder, ablation, shipped: write the record that ships",
    )
    return p.parse_intermixed_args(arguments)


def _sweep(base, options, how: dict) -> dict:
    from ..study.sweep import BUDGETS, COMPARED_SOLVERS, error_against_nfe, numbers

    solvers = listed(options.solvers) or COMPARED_SOLVERS
    budgets = [number_of(n) for n in listed(options.budgets)] or BUDGETS
    grids, exact = listed(options.grids), options.exact
    if options.over:
        return _along(base, options, solvers, {"exact": exact, "grids": grids, **how})
    rows = error_against_nfe(base, solvers, budgets, exact=exact, grids=grids, **how)
    return numbers(base, counted(rows))


def _along(base, options, solvers, how: dict) -> dict:
    """A sweep along a setting in place of evaluations: sweep --over timesteps.rho=1…15."""
    from ..study.along import axis_along, error_along
    from ..study.sweep import numbers

    over = pairs(options.over)
    if len(over) > 1 or options.budgets:
        raise UserError("A sweep goes along one thing: --budgets, or --over with one setting.")
    ((key, values),) = over.items()
    axis = axis_along(base, key, values)
    rows = counted(error_along(base, axis, solvers, **how))
    return {**numbers(base, rows, axis), "along": key}


def _grid(base, options, how: dict) -> dict:
    from .. import study
    from ..settings import to_query
    from ..study.end_error import row_of
    from ..study.sweep import plain

    axes = {key: listed(values) for key, values in pairs(options.over).items()}
    if not axes or options.seeds < 1:
        raise UserError("A grid needs an axis, as in --over nfe=9,17, and at least one seed.")
    plan = study.grid(base, axes, study.EndError(options.exact))
    if options.seeds > 1:
        plan = study.over_seeds(plan, range(base.seed, base.seed + options.seeds))
    rows = []
    for d in study.in_order(counted_done(study.run(plan, **how))):
        e = d.cell.experiment
        row = plain(row_of(e, d.value, d.problem))
        rows.append({"query": to_query(e), "seed": e.seed, **row})
    ranges = {tuple(f"{v:.9g}" for v in r["range"]) for r in rows if r["range"]}
    apart = {"notes": ["Errors over different ranges of σ: not ranked."]} if len(ranges) > 1 else {}
    return {"query": to_query(base), "rows": rows, **apart}


def _distances(base, options, how: dict) -> dict:
    from ..study.distances import SEEDS, as_plain, distance_plan, distances_to_data, standard

    held = standard(distance_plan(base)[0].experiment, SEEDS)
    rows = [as_plain(d) for d in counted(distances_to_data(base, **how))]
    fresh = as_plain(held.fresh) | {"name": "fresh data", "wasserstein": as_plain(held.floor)}
    return of(base, [*rows, fresh])


def _churn(base, options, how: dict) -> dict:
    from ..analysis.churn import mean_over_seeds
    from ..study.churn import churn_effect, churn_plan, data_floor
    from ..study.distances import as_plain

    zero, rows = data_floor(base, churn_plan(base)[0].experiment.samples), []
    for amount, values in counted(churn_effect(base, **how)):
        mean = as_plain(mean_over_seeds(values))
        rows.append({"s_churn": amount, "distance": mean, "seeds": values})
    return of(base, rows, floor=as_plain(zero))


def _truncation(base, options, how: dict) -> dict:
    from ..study.distances import as_plain
    from ..study.local_error import evenness, local_errors

    curves = sorted(counted(local_errors(base, **how)), key=lambda c: c.rho)
    rows = [
        {"rho": c.rho, "sigma": s, "mean": m, "std": d}
        for c in curves
        for s, m, d in zip(c.sigma.tolist(), c.mean.tolist(), c.std.tolist(), strict=True)
    ]
    return of(base, rows, even=[as_plain(e) for e in evenness(curves)])


def _table(base, options, how: dict) -> dict:
    from ..study.distances import as_plain
    from ..study.table import amed_table, best, came_from

    entries = counted(amed_table(base, **how))
    rows = []
    for entry in entries:
        row, before = as_plain(entry), came_from(entry, entries)
        del row["errors"]  # a thousand numbers a row
        if before is not None:
            row |= {"times": as_plain(entry.over(before)), "of": ", ".join(before.row)}
        rows.append(row)
    least = {
        str(nfe): [", ".join(c.row) for c in best([c for c in entries if c.nfe == nfe])]
        for nfe in sorted({c.nfe for c in entries})
    }
    return of(base, rows, best=least)


def _headroom(base, options, how: dict) -> dict:
    from ..study.distances import as_plain
    from ..study.headroom import headroom

    return of(base, [as_plain(room) for room in counted(headroom(base, **how))])


def _steps(base, options, how: dict) -> dict:
    from ..settings import to_query
    from ..study import engine
    from ..study.optimise import BetterLevels, with_levels
    from ..study.plan import Cell

    done = engine.run([Cell(base, BetterLevels())], **how)
    ((_, found),) = engine.values(counted_done(done))
    rows = [
        {
            "levels": name,
            "error": found["median"][name]["value"],
            "median": found["median"][name],
            "times": found["times"].get(name),
            "sigmas": sigmas,
        }
        for name, sigmas in found["candidates"].items()
    ]
    return of(base, rows, won=found["won"], better=to_query(with_levels(base, found["levels"])))


OWN: dict[str, Callable[..., Any]] = {"claims": claims, "ladder": ladder}  # bring their views
KINDS: dict[str, Callable[..., dict]] = {
    "sweep": _sweep,
    "grid": _grid,
    "distances": _distances,
    "churn": _churn,
    "round": papers.round,
    "edit": papers.edit,
    "between": papers.between,
    "likelihood": papers.likelihood,
    "conservative": papers.conservative,
    "stochastic": papers.stochastic,
    "guidance": papers.guidance,
    "sde": papers.sde,
    "heat": papers.heat,
    "equal": papers.equal,
    "learned": papers.learned,
    "information": information.information,
    "fit": information.fit,
    "foundry": foundry.foundry,
    "plane": of_amed.plane,
    "ablation": of_amed.ablation,
    "shipped": of_amed.shipped,
    "truncation": _truncation,
    "table": _table,
    "steps": _steps,
    "headroom": _headroom,
}
