"""Studies of what both papers show: each a function of the view, the options and the folder."""

from typing import Any

from ..errors import UserError
from .rows import counted, listed, number_of, of
from .words import pairs


def round(base, options, how: dict) -> dict:
    """What each solver misses on the way up and down again."""
    from ..study.round_trip import BUDGETS, UPWARDS, round_trips
    from ..study.sweep import numbers

    solvers = listed(options.solvers) or UPWARDS
    budgets = [number_of(n) for n in listed(options.budgets)] or BUDGETS
    return numbers(base, counted(round_trips(base, solvers, budgets, **how)))


def edit(base, options, how: dict) -> dict:
    """Images of each class under every other; --over classes=3,8 and --over origin=samples."""
    from ..study.distances import as_plain
    from ..study.edit import classes_of, edits, kept, missed, taken

    given = pairs(options.over)
    if stray := next((k for k in given if k not in ("classes", "origin")), None):
        raise UserError(f"An edit is over classes and origin, not {stray!r:.40}.")
    classes, origin = classes_of(given.get("classes", "")), given.get("origin", "data")
    found = counted(edits(base, classes, origin, **how))[-1]
    told = lambda rows: {
        "missed": as_plain(missed(rows)),
        "seen": (t := taken(rows)) and as_plain(t),
        "kept": (k := kept(rows)) and as_plain(k),
    }
    rows = [{"class": r.condition, "images": len(r.missed), **told([r])} for r in found]
    return of(base, rows, all=told(found), nfe=found[0].nfe, range=list(found[0].ends))


def between(base, options, how: dict) -> dict:
    """What lies between two images, by the great circle and two other ways."""
    from ..study.between import WAYS, between
    from ..study.distances import as_plain

    found = counted(between(base, **how))[-1]
    rows = [
        {
            "way": way,
            "pairs": len(found.missed),
            "good": (s := found.share(way)) and as_plain(s),
            "nearest": as_plain(found.away(way)),
        }
        for way in WAYS
    ]
    return of(base, rows, missed=as_plain(found.off), nfe=found.nfe, range=list(found.ends))


def likelihood(base, options, how: dict) -> dict:
    """log p of the data, by the model and by their own law."""
    from ..study.distances import as_plain
    from ..study.likelihood import likelihoods

    known = counted(likelihoods(base, **how))[-1]
    said = {"model": as_plain(known.level), "law_over_model": as_plain(known.less)}
    rows = [
        {"model": found, "law": exact, "spread": spread}
        for found, exact, spread in zip(known.found, known.exact, known.spread, strict=True)
    ]
    return of(base, rows, moved=known.moved, range=list(known.range), **said)


def conservative(base, options, how: dict) -> dict:
    """The antisymmetric share of the denoiser's Jacobian."""
    from ..study.asymmetry import asymmetries
    from ..study.distances import as_plain

    found = counted(asymmetries(base, **how))
    return of(base, [{"sigma": o.sigma, "share": as_plain(o.middle)} for o in found])


def stochastic(base, options, how: dict) -> dict:
    """Good samples against S_churn for each denoiser of the data."""
    from ..study.stochastic import churn_by_training, plain

    return of(base, plain(counted(churn_by_training(base, **how))[-1]))


def guidance(base, options, how: dict) -> dict:
    """No guidance, by all classes, by a worse model and as set, on the same noise."""
    from ..study.guidance import guidings, plain

    return of(base, plain(counted(guidings(base, **how))[-1]))


def sde(base, options, how: dict) -> dict:
    """Euler–Maruyama, Algorithm 2 and the ODE against the exact law."""
    from dataclasses import asdict

    from ..study.langevin import apart_above, langevin_plan, marginals

    rows, tests = counted(marginals(base, **how)), len(langevin_plan(base))
    limit = apart_above(rows, tests)
    told = lambda r: {"noise": r.noise, "p": r.chance, "apart": r.gap > limit}
    return of(base, [asdict(r) | told(r) for r in rows], line=limit, tests=tests)


def heat(base, options, how: dict) -> dict:
    """Two settings of Algorithm 2 at a time: --over s_churn=0,40 --over s_tmin=0,1."""
    from ..study.distances import as_plain
    from ..study.heat import heat, usual

    given = {key: [float(v) for v in listed(values)] for key, values in pairs(options.over).items()}
    axes: dict[str, Any] = given or usual(base, ("s_churn", "s_tmin"))
    found = counted(heat(base, axes, **how))[-1]
    best = found.best
    rows = [
        dict(zip(found.axes, s.values)) | {"nfe": s.nfe, "found": as_plain(s.found)}
        for s in found.spots
        if s.found is not None
    ]
    return of(base, rows, best=best and dict(zip(found.axes, best.values)), level=found.level)


def equal(base, options, how: dict) -> dict:
    """Three published samplers, step by step to Algorithm 1: evaluations to equal error; --over
    on=networks takes a network of each design.
    """
    from dataclasses import asdict, replace

    from ..study import equal_error as found
    from ..study.distances import as_plain

    given = pairs(options.over)
    if any(k != "on" or v not in ("settings", "networks") for k, v in given.items()):
        raise UserError("Three designs are over on=settings or on=networks, nothing else.")
    networks = given.get("on") == "networks"
    count = found.equal_error_plan(base, networks=networks)[0].experiment.samples
    rows = counted(found.equal_error(base, **how, networks=networks))
    zero = found.chance(replace(base, samples=count), rows[0].range[1])
    many = lambda d: found.as_many(rows, d.original, d.ours)
    times = {
        name: {"quoted": d.quoted, "found": asdict(t) if (t := many(d)) else None}
        | ({"network": d.network} if networks else {})
        for name, d in found.designs(networks).items()
    }
    plain = lambda r: {"name": r.name, "nfe": r.nfe, "error": as_plain(r.error)}
    return of(
        base,
        [plain(r) | {"distance": as_plain(r.distance), "seconds": r.seconds} for r in rows],
        times=times,
        floor=as_plain(zero),
        range=list(rows[0].range),
        images_a_second=as_plain(found.images_a_second(rows)),
    )


def learned(base, options, how: dict) -> dict:
    """What each network that ships learned at every noise level, from its own record."""
    from ..study.distances import as_plain
    from ..study.learned import learned

    rows = [
        {"name": r.name, "sigma": s, "ratio": as_plain(e), "ideal": f}
        for r in learned()
        for s, e, f in zip(r.sigma, r.ratio, r.floor, strict=True)
    ]
    return of(base, rows)
