"""Studies of what AMED shows: each a function of the view, the options and the folder."""

from ..errors import UserError
from .rows import counted, of
from .words import pairs


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


def ablation(base, options, how: dict) -> dict:
    """AMED's ablations: --seeds 8 --over paths=2560; --keep writes them into the record."""
    from ..study import ablation_record as record
    from ..study.ablations import DRAFT_PATHS, ablations
    from ..study.distances import as_plain

    given = pairs(options.over)
    if stray := next((k for k in given if k != "paths"), None):
        raise UserError(f"An ablation is over paths, as in --over paths=640, not {stray!r:.40}.")
    word = given.get("paths", str(DRAFT_PATHS))
    if not word.isdecimal():
        raise UserError(f"paths must be a whole number; got {word!r:.40}.")
    paths, seeds = int(word), options.seeds
    found = counted(ablations(base, seeds, paths, **how))[-1]
    if options.keep:
        record.keep(base, seeds, paths, found)
    rows = [
        {
            "question": r.choice.question,
            "choice": r.choice.name,
            "nfe": r.nfe,
            "seeds": r.seeds,
            "error": as_plain(r.middle),
            "times untrained": as_plain(r.gained),
            "times the paper's": as_plain(r.times),
            "verdict": r.verdict,
        }
        for r in found
    ]
    return of(base, rows, paths=paths)


def shipped(base, options, how: dict) -> dict:
    """What the shipped predictors of a network come to; --keep writes it into the record."""
    from ..study import amed_record as record
    from ..study.distances import as_plain

    found = counted(record.measure(base, **how))
    if options.keep:
        record.keep(base, found)
    rows = [
        {
            "solver": r.name,
            "stage": r.stage,
            "nfe": r.nfe,
            "predictor": r.predictor,
            "median": as_plain(r.of("median")),
            "10 to 90 %": list(r.spread),
            "times DPM-Solver-2's": as_plain(r.of("over")),
            "times its stops": as_plain(r.of("gain")) if r.gain else None,
        }
        for r in found
    ]
    return of(base, rows)
