"""What the AMED page says of errors: with intervals, and no rank that the seeds do not allow.

"Learning on top makes 0.98 × (0.96–1.00), next to nothing"
"""

from collections.abc import Sequence

from .. import numerals
from ..analysis.intervals import Estimate, apart
from ..numerals import capital, short
from ..study.table import Entry, best
from ..training.standing import LEARNED, SEARCHED, SHARED, UNTRAINED, Standing

LITTLE = 0.05  # a change of the error that is next to nothing

NAMED = {
    UNTRAINED: "untrained",
    SEARCHED: "stops searched",
    SHARED: "r, c, a shared by all",
    LEARNED: "learned",
}
DOES = {
    SEARCHED: "the search of the stops makes",
    SHARED: "the best r, c and a for all make",
    LEARNED: "learning on top makes",
}


def interval(found: Estimate) -> str:
    """0.063 (0.059–0.067)."""
    return numerals.interval(found.value, found.low, found.high)


def times(found: Estimate) -> str:
    """0.98 × (0.96–1.00)."""
    return numerals.factor(found.value, found.low, found.high)


def gain(found: Estimate) -> str:
    """What a ratio of errors comes to: its interval, and a word where it is small or unsure."""
    near = 1 - LITTLE < found.low <= found.high < 1 + LITTLE
    if near:
        return f"{times(found)}, next to nothing"
    if not apart(found):
        return f"{times(found)}, cannot be told apart with {found.count} seeds"
    return f"{times(found)}, which is worse" if found.value > 1 else times(found)


def title(name: str, nfe: int, standing: Standing) -> str:
    """The finding of a training: its error, and what learning makes of what was searched."""
    before = standing.before(LEARNED)
    does = "learning alone makes" if before == UNTRAINED else "learning on top makes"
    return (
        f"{name}, {nfe} evaluations: median end error {short(standing.median(LEARNED).value)}; "
        f"{does} {gain(standing.ratio(LEARNED, before))}"
    )


def steps_of(standing: Standing) -> str:
    """One sentence for each thing that was done: what it makes of the error before it."""
    said = []
    for name in list(standing.errors)[1:]:
        before = standing.before(name)
        alone = name == LEARNED and before == UNTRAINED
        does = "learning alone makes" if alone else DOES[name]
        said.append(f"{does} {gain(standing.ratio(name, before))}")
    return capital("; ".join(said)) + "." if said else ""


def rows(standing: Standing) -> list[list[str]]:
    """A line for each: median with interval, mean, what it makes of the one before."""
    out = []
    for i, name in enumerate(standing.errors):
        ratio = times(standing.ratio(name, standing.before(name))) if i else "–"
        mean = short(standing.mean(name).value)
        out.append([NAMED[name], interval(standing.median(name)), mean, ratio])
    return out


def best_at(nfe: int, entries: Sequence[Entry], whole: bool = True) -> str:
    """Who has the least median end error; several where the seeds cannot rank them.

    whole: all of them are measured; of some alone none is called the best.
    """
    first, *others = best(entries)
    said = f"{_row(first)}, median end error {interval(first.median)}"
    if len(entries) < 2:
        return f"At {nfe} evaluations {said}"
    if not others:
        lead = "Best" if whole else f"Best of {len(entries)} so far"
        return f"{lead} at {nfe} evaluations: {said}"
    alike = ", ".join(_row(c) for c in others[:2]) + (", …" if len(others) > 2 else "")
    return (
        f"At {nfe} evaluations {said}, cannot be told apart from {alike} "
        f"with {first.median.count} seeds"
    )


def _row(entry: Entry) -> str:
    more = "".join(f", {w}" for w in (entry.stage, entry.origin) if w)
    return f"{entry.name}, {steps_named(entry.steps)}{more}"


def steps_named(steps: str) -> str:
    """“steps by GITS”, “usual steps”."""
    return {"GITS": "steps by GITS", "its own": "its own steps"}.get(steps, f"{steps} steps")
