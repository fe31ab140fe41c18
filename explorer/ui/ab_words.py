"""The sentences of A beside B: who is ahead in what, each with its interval, or that it cannot be
told."""

from ..analysis.elsewhere import FAR
from ..analysis.intervals import Estimate
from ..lab.experiment import Experiment
from ..lab.source import prepared
from ..numerals import count, factor, percent, short, span
from ..study.ab import Pair, Said, said

WHO = {1: "a", -1: "b", 0: "level"}
SIDE = {1: "A", -1: "B"}


def another(e: Experiment) -> str:
    """What a sample that ends elsewhere has become."""
    if prepared(e.data, e.model).pace is not None:
        return "another place"
    if e.data.name == "mixture":
        return "another mode"
    return "another image" if e.data.kind == "image" else "another place"


def rule(e: Experiment) -> str:
    """When a sample counts as such."""
    far = f"more than {FAR:g} of the data’s spread, RMS, from where its exact path ends"
    if prepared(e.data, e.model).pace is not None:
        return f"{another(e).capitalize()}: {far}."
    return f"{another(e).capitalize()}: {far}, and nearest to another datum than that end."


def title(pair: Pair, names: tuple[str, str]) -> str:
    """What can be told first, or that it cannot."""
    if not pair.paired:
        return f"{names[0]} and {names[1]} from the same noise"
    if pair.same:
        return f"{names[0]} and {names[1]}: the same error in every sample"
    verdict = said(pair)
    if not verdict.nearer:
        return (
            f"Which of {names[0]} and {names[1]} ends nearer cannot be told with "
            f"{count(pair.count)} samples"
        )
    ahead = names[0] if verdict.nearer > 0 else names[1]
    part = pair.nearer.value if verdict.nearer < 0 else 1 - pair.nearer.value
    first = f"{ahead} ends nearer in {percent(part)} of samples"
    if unequal(pair):
        (own, its), what = costs(pair)
        own, its = (own, its) if verdict.nearer > 0 else (its, own)
        first += f" at {own} {what} against {its}"
    if not verdict.kept:
        return first
    often = "less" if verdict.kept == verdict.nearer else "more"
    joint = "and" if verdict.kept == verdict.nearer else "but"
    return f"{first}, {joint} lands in {another(pair.a)} {often} often"


def sentences(pair: Pair) -> list[dict]:
    """{"who": "a", "b" or "level", "lead", "text"} each."""
    if not pair.paired:
        return [_one(0, "No ratio of errors:", _why(pair))]
    if pair.same:
        lead = "The same error in every sample:"
        return [_one(0, lead, f"of {count(pair.count)}, to six digits.")]
    verdict = said(pair)
    return [
        _nearer(pair, verdict),
        _median(pair, verdict),
        _mean(pair, verdict),
        _kept(pair, verdict),
        *_split(pair, verdict),
    ]


def _one(who: int, lead: str, text: str) -> dict:
    return {"who": WHO[who], "lead": lead, "text": text}


def _why(pair: Pair) -> str:
    why = pair.why
    if not why:
        notes = [(n, s.note) for n, s in (("A", pair.mine), ("B", pair.its)) if s and not s.each]
        why = "; ".join(f"{n} {note}" for n, note in notes)
    return f"{why.rstrip('.')}."


def _share(found: Estimate) -> str:
    return (
        f"{percent(found.value)} of {count(found.count)} ({span(found.low, found.high, percent)})"
    )


def _nearer(pair: Pair, verdict: Said) -> dict:
    found = pair.nearer
    if not verdict.nearer:
        return _one(0, "Who is nearer on most paths cannot be told:", f"B on {_share(found)}.")
    if verdict.nearer > 0:
        found = Estimate(1 - found.value, 1 - found.high, 1 - found.low, found.count)
    lead = f"{SIDE[verdict.nearer]} is nearer on most paths:"
    return _one(verdict.nearer, lead, f"{_share(found)}.")


def _median(pair: Pair, verdict: Said) -> dict:
    made = f"B makes {_factor(pair.ratio)} of A’s error, the median over paths."
    if not verdict.median:
        return _one(0, "Path by path the errors cannot be told apart:", made)
    return _one(verdict.median, f"Path by path {SIDE[verdict.median]} errs less:", made)


def _mean(pair: Pair, verdict: Said) -> dict:
    made = f"B’s is {_factor(pair.means)} of A’s, in pairs."
    if not verdict.mean:
        return _one(0, "The mean errors cannot be told apart:", made)
    return _one(verdict.mean, f"{SIDE[verdict.mean]} has the smaller mean error:", made)


def _kept(pair: Pair, verdict: Said) -> dict:
    one, other = (percent(float(x.mean())) for x in pair.astray)
    write = another(pair.a)
    text = f"A {one}, B {other}; B − A: {points(pair.more)}."
    if not verdict.kept:
        return _one(0, f"Who ends in {write} more often cannot be told:", text)
    return _one(verdict.kept, f"{SIDE[verdict.kept]} ends in {write} less often:", text)


def points(found: Estimate) -> str:
    """“+16 points (11 to 20)”, of a hundred."""
    write = lambda v: short(100 * v)
    value = f"{'+' * (found.value > 0)}{write(found.value)} points"
    known = found.low <= found.high
    return f"{value} ({write(found.low)} to {write(found.high)})" if known else value


def _split(pair: Pair, verdict: Said) -> list[dict]:
    out = []
    if verdict.split:
        lead, text = "So which is better depends on the measure.", ""
        if verdict.median * verdict.mean < 0:
            text = "The median does not see by how much the worst samples err; the mean does."
        out.append(_one(0, lead, text))
    if unequal(pair):
        (a, b), what = costs(pair)
        out.append(_one(0, "Not at equal cost:", f"A takes {a} {what}, B {b}."))
    return out


def unequal(pair: Pair) -> bool:
    """Whether one of the two asks its denoisers more often."""
    return len(set(costs(pair)[0])) > 1


def costs(pair: Pair) -> tuple[list[int], str]:
    """What A and B take, and of what: evaluations, or passes where one of the two is guided."""
    sides = [s for s in (pair.mine, pair.its) if s]
    what = "evaluations" if all(s.passes is None for s in sides) else "passes"
    return [s.cost for s in sides], what


def _factor(found: Estimate) -> str:
    return factor(found.value, found.low, found.high)
