"""Studies of what AMED shows: each a function of the view, the options and the folder."""

from .rows import counted, of


def plane(base, options, how: dict) -> dict:
    """How nearly true paths lie in a plane, for every set and network that ships."""
    from ..study.distances import as_plain
    from ..study.plane import AXES, planes
    from ..ui.plane import verdict

    rows = [
        {"set": r.name, "numbers": r.dimensions, "paths": r.paths}
        | {f"held {k}": as_plain(r.held_by(k)) for k in AXES}
        | {f"off {k}": as_plain(r.worst(k)) for k in AXES}
        | {
            "sigma": r.where,
            "of a walk": as_plain(r.of_a_walk),
            "above": as_plain(r.above),
            "8 %": verdict(r),
        }
        for r in counted(planes(base, **how))[-1]
    ]
    return of(base, rows)
