"""Studies of the data themselves: what is decided where, and EDM's numbers for them."""

from .rows import counted, of


def information(base, options, how: dict) -> dict:
    """What is decided at each noise level, and steps made from that."""
    from ..study.distances import as_plain
    from ..study.information import information

    found = counted(information(base, **how))[-1]
    rows = [
        {
            "steps": g.name,
            "levels": list(g.levels),
            "bound": sum(g.bound),
            "error": g.error and as_plain(g.error),
            "times": g.times and as_plain(g.times),
        }
        for g in found.grids
    ]
    return of(base, rows, sigma=list(found.sigma), nats=list(found.nats), why=found.why)


def fit(base, options, how: dict) -> dict:
    """sigma_data, the range of noise levels and p_train for the data."""
    from ..study.distances import as_plain
    from ..study.fit import NUMBERS, fit

    found = counted(fit(base, **how))[-1]
    rows = [{"number": name, **as_plain(found.estimate(name))} for name in NUMBERS]
    return of(base, rows, points=found.found.points, step=found.found.step)
