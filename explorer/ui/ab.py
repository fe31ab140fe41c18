"""What the page says of A beside B, from the same noise.

ab(base, request) -> Measurement        shown(pair, total) -> what the page draws
"""

import math
from typing import Any

import torch

from ..analysis.intervals import Estimate, mean, median
from ..errors import UserError
from ..figures import pack
from ..lab.experiment import Experiment
from ..lab.source import prepared
from ..lab.timesteps import in_one_word
from ..numerals import count, duration, factor, interval, percent, short
from ..settings import flatten, from_query, to_query
from ..study import ab as study
from ..study.ab import Pair
from ..study.names import sampler_name
from ..study.samples import CLIP, Shown
from . import kept, words
from .ab_words import another, points, rule, sentences, title
from .beside import named
from .measurement import Measurement

TILES = 60  # images of each side that are shown
DOTS = 256  # points


def ab(base: Experiment, request: dict) -> Measurement:
    """A, the settings or the query "a", beside B, the query "b"; request: also "seeds"."""
    a = base if request.get("a") is None else _view("A", request["a"])
    if request.get("b") is None:
        raise UserError("Choose B: a pinned run, or the link of another view.")
    b, seeds = _view("B", request["b"]), request.get("seeds", study.SEEDS)
    cells = study.plan(a, b, seeds)  # says at once what cannot work
    folder = kept.cells()
    return Measurement(
        a,
        lambda watch: study.beside(a, b, seeds, watch, folder),
        len(cells),
        lambda found: shown(found[-1], seeds, b.seed),
    )


def _view(side: str, query: Any) -> Experiment:
    """The settings that a link names: read as any link is, so none of it opens a file."""
    if not isinstance(query, str):
        raise UserError(f"{side} is the link of a view, as text; got {query!r:.40}.")
    try:
        return from_query(Experiment, query)
    except UserError as error:
        raise UserError(f"{side} cannot be read: {error}") from None


def shown(pair: Pair, seeds: int, own: int) -> dict:
    """All that is known of the two so far; seeds: how many they will be compared on.  own: B's
    seed before it took A's."""
    a, b = pair.a, pair.b
    names = names_of(a, b)
    rows = comes(pair)
    known = pair.its is not None
    return {
        "title": title(pair, names) if known else f"{names[0]} beside {names[1]}",
        "note": note(pair, seeds, own),
        "columns": ["", "A", "B", "B/A, 95 %"],
        "table": [[r["name"], r["a"], r["b"], r["ratio"]] for r in rows],
        "exact": exact(pair),
        "ab": {
            **picture(pair),
            "a": side(pair.mine, names[0], a),
            "b": side(pair.its, names[1], b),
            "scatter": scatter(pair),
            "differs": differing(a, b),
            "settings": len(in_one_word(flatten(a))),
            "comes": rows,
            "said": sentences(pair) if known else [],
            "rule": rule(a),
            "another": another(a),
            "why": pair.why if not pair.why else pair.why.rstrip(".") + ".",
            "seeds": seeds,
            "most": study.MOST,
        },
    }


def names_of(a: Experiment, b: Experiment) -> tuple[str, str]:
    """What A and B are called: after their samplers, or after what differs."""
    one, other = sampler_name(a), sampler_name(b)
    if one != other and a.solver.name != b.solver.name:
        return one, other
    mine, its = named(a, b)
    return (mine, its) if mine and its else (one, other) if one != other else ("A", "B")


def note(pair: Pair, seeds: int, own: int) -> str:
    """What was run."""
    a, b = pair.a, pair.b
    first, last = a.seed, a.seed + seeds - 1
    on = words.data_name(a.data)
    if b.data != a.data:
        on += f" and {words.data_name(b.data)}"
    noise = f"seed {first}" if seeds == 1 else f"seeds {first}–{last}"
    gave = f" B’s own seed {own} gave way to A’s." if own != a.seed else ""
    cost = [str(s.nfe) for s in (pair.mine, pair.its) if s is not None]
    nfe = cost[0] if len(set(cost)) == 1 else " and ".join(cost)
    samples = f", {count(pair.count)} samples with an error" if pair.count else ""
    return (
        f"{on}, {a.model.label.lower() if a.model == b.model else 'two denoisers'}, NFE {nfe}, "
        f"the same noise for both ({noise}){samples}.{gave}"
    )


def side(found: Shown | None, name: str, e: Experiment) -> dict:
    """One of the two: its samples that are shown, which of them end elsewhere, and what it took."""
    out: dict[str, Any] = {"name": name, "query": to_query(e)}
    if found is None:
        return out | {"count": 0}
    few = few_of(found)
    return out | {
        "count": few,
        "astray": [i for i, far in enumerate(found.astray[:few]) if far],
        "lost": [i for i in found.lost if i < few],
        "known": bool(found.astray),
        "note": found.note,
        "nfe": found.nfe,
        "steps": found.steps,
        "time": "" if found.seconds is None else duration(found.seconds),
        "x": packed(found.x[:few], found.kind),
    }


def few_of(found: Shown) -> int:
    """How many samples of one side are shown."""
    return min(len(found.x), TILES if found.kind == "image" else DOTS)


def packed(x, kind: str) -> str:
    """Pixels as bytes over ±CLIP, coordinates as float32."""
    values = torch.tensor(x, dtype=torch.float64)
    return pack.grey(values, -CLIP, CLIP) if kind == "image" else pack.floats(values)


def picture(pair: Pair) -> dict:
    """What both sides have in common: the kind of data, the shape of a sample that is shown, and
    where the exact paths end."""
    found = pair.mine
    if found is None:
        return {"kind": prepared(pair.a.data, pair.a.model).kind, "shape": [], "true": ""}
    few = few_of(found)
    shape = list(torch.tensor(found.x[0]).shape) if found.x else []
    same = not pair.why or not pair.why.startswith("another denoiser")
    true = found.true[:few] if same else ()
    return {"kind": found.kind, "shape": shape, "true": packed(true, found.kind), "clip": CLIP}


def scatter(pair: Pair) -> dict | None:
    """The errors of A and B in pairs, and which of them end elsewhere; None without pairs."""
    if not pair.paired:
        return None
    one, other = pair.errors
    strays = [int(a or b) for a, b in zip(*(x.tolist() for x in pair.astray), strict=True)]
    return {"a": pack.floats(one), "b": pack.floats(other), "astray": strays}


def differing(a: Experiment, b: Experiment) -> list[list[str]]:
    """The settings that differ, each with A's and B's value; of another choice its own settings
    too, where one of the two has none."""
    one, other = in_one_word(flatten(a)), in_one_word(flatten(b))
    keys = [k for k in {**one, **other} if one.get(k) != other.get(k)]
    rows = []
    for key in keys:
        name, mine = words.told(key, one.get(key))
        rows.append([name, mine, words.told(key, other.get(key))[1]])
    return rows


def comes(pair: Pair) -> list[dict]:
    """A row for each measure: both values, the ratio with its interval, and who is ahead."""
    sides = [pair.mine, pair.its]
    if any(s is None for s in sides):
        return []
    cost = {"name": "evaluations", "a": str(sides[0].nfe), "b": str(sides[1].nfe)}
    if sides[0].nfe != sides[1].nfe:
        cost["ratio"] = f"{short(sides[1].nfe / sides[0].nfe)} ×"
    spent = [{"ratio": "", "ahead": "", **cost}]
    if any(s.passes is not None for s in sides):
        a, b = (s.cost for s in sides)
        ratio = f"{short(b / a)} ×" if a != b else ""
        spent.append({"name": "passes", "a": str(a), "b": str(b), "ratio": ratio, "ahead": ""})
    if not pair.paired:
        return [*_alone(sides, another(pair.a)), *spent]
    verdict = study.said(pair)
    made = lambda e: factor(e.value, e.low, e.high)
    middles, means = ([f(x) for x in pair.errors] for f in (median, mean))
    shares = [float(x.mean()) for x in pair.astray]
    order = math.copysign(1, middles[1].value - middles[0].value)  # pairs may say otherwise
    ahead = verdict.median if verdict.median == order else 0
    rows = [
        ("median error", *map(_value, middles), made(pair.ratio), ahead),
        ("mean error", *map(_value, means), made(pair.means), verdict.mean),
        (another(pair.a), *map(percent, shares), points(pair.more), verdict.kept),
    ]
    return [
        {"name": n, "a": a, "b": b, "ratio": r, "ahead": {1: "a", -1: "b", 0: ""}[v]}
        for n, a, b, r, v in rows
    ] + spent


def _alone(sides: list[Shown], name: str) -> list[dict]:
    """The errors of two that have no ratio."""
    known = lambda s: _value(median(s.errors)) if len(s.each) else "–"
    far = lambda s: percent(sum(s.astray) / len(s.astray)) if s.astray else "–"
    return [
        {"name": n, "a": w(sides[0]), "b": w(sides[1]), "ratio": "–", "ahead": ""}
        for n, w in (("median error", known), (name, far))
    ]


def _value(found: Estimate) -> str:
    return interval(found.value, found.low, found.high)


def exact(pair: Pair) -> dict | None:
    """Every sample with all digits, to copy."""
    if not pair.count:
        return None
    columns = ["sample", "error of A", "error of B", "A elsewhere", "B elsewhere"]
    errors, strays = ([x.tolist() for x in pairs] for pairs in (pair.errors, pair.astray))
    rows = [
        [i + 1, a, b, int(c), int(d)]
        for i, (a, b, c, d) in enumerate(zip(*errors, *strays, strict=True))
    ]
    return {"columns": columns, "rows": rows}
