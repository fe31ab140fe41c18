"""The foundry at the command line: what is learned, judged, and as a link and code."""

from .rows import counted, of


def foundry(base, options, how: dict) -> dict:
    """Learn the numbers of --learn for the view."""
    from ..settings import to_query
    from ..study import foundry as study
    from ..study.distances import as_plain
    from ..ui.foundry import asked, snippets

    what = asked(base, {"learn": options.learn})
    found = counted(study.foundry(base, what, **how))[-1]
    rows = [
        {
            "numbers": r.name,
            "error": r.error.value,
            "median": as_plain(r.error),
            "times": r.times and as_plain(r.times),
            "of_searched": r.searched and as_plain(r.searched),
            "sigmas": list(r.levels),
            "query": to_query(study.with_forged(base, r)),
        }
        for r in found.rows
    ]
    row = found.row(study.FORGED)
    assert row is not None
    code = {tool: made.text for tool, made in snippets(base, row).items()}
    return of(base, rows, better=study.better(row), updates=found.history[-1].update, code=code)
