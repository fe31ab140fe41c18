"""Which settings at N evaluations: `python -m explorer advise data=spiral nfe=9`."""

import argparse
import json
import sys
from pathlib import Path

from ..errors import UserError
from .devices import device_option
from .rows import told_cell
from .study_way import how_of, way_options, working
from .words import pairs, within


def advise(arguments: list[str]) -> int:
    """Search, judge on noise that the search never saw, say it with intervals."""
    p = argparse.ArgumentParser(
        prog="python -m explorer advise",
        description="Solvers, time steps and their settings at a budget of evaluations: searched "
        "on one seed, judged on another. What is measured is kept, as of a study.",
    )
    p.add_argument("settings", nargs="*", metavar="key=value", help="the view; nfe is the budget")
    p.add_argument("--cells", type=int, default=None, help="of search and judgement, at most")
    p.add_argument("--json", action="store_true", help="print all of it as JSON")
    p.add_argument("--out", default=None, metavar="FILE", help="and write the JSON into a file")
    way_options(p)
    device_option(p)
    options = p.parse_intermixed_args(arguments)
    if options.shard:
        raise UserError("Advice is found step by step, so it has no parts; use --on or --workers.")
    within(options.out)
    from ..lab.experiment import Experiment, use_device
    from ..settings import unflatten
    from ..store.writing import write_json
    from ..study import adviser as found
    from ..study.advised import advice

    use_device(options.device, "float32")
    base = unflatten(Experiment, {"nfe": 9, **pairs(options.settings)})
    how = how_of(options)
    try:
        # the next round is not known before this one is measured
        with working(options, lambda done: told_cell(done, " of this round")):
            cells = options.cells if options.cells is not None else found.CELLS
            tried = list(found.advise(base, base.nfe, cells, **how))
    except KeyboardInterrupt:
        print("\nStopped; the same command goes on.", file=sys.stderr)
        return 130
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr)
    made = advice(base.nfe, tried)
    if made is None:
        raise UserError(f"Nothing could be measured here: {tried[0].row.note if tried else ''}")
    plain = made.plain()
    if options.out:
        write_json(Path(options.out), plain, indent=1)
    print(
        json.dumps(plain, indent=1, ensure_ascii=False) if options.json else "\n".join(told(made))
    )
    return 0


def told(made) -> list[str]:
    """The sentence, each that was judged, the link and the Python."""
    from ..settings import to_query
    from ..study.advised import python, spread

    rows = [f"  {s.name}: {spread(s.error)}, {spread(s.times)} ×" for s in made.others]
    chosen = made.chosen.experiment
    return [
        made.sentence,
        *rows,
        f"{made.tried} settings searched with {made.paths[0]} paths, judged with {made.paths[1]} "
        "of noise that the search never saw; × is the error over the chosen one's, path by path.",
        f"link: ?{to_query(chosen)}",
        f"python: {python(chosen)}",
    ]
