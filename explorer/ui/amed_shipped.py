"""The AMED page as it opens: what the shipped predictors come to, of the record that ships."""

import dataclasses

from ..errors import UserError
from ..figures.amed_ends import LEARNED_ROW, SEARCHED, UNTRAINED, End, ends
from ..numerals import factor, number, short
from ..settings import flatten, jsonable, to_query
from ..store import predictors as store
from ..study import amed_record as record
from ..study import predictors
from ..study.amed_record import Recorded, Row
from ..study.table import BUDGETS, LEARNED, STOPS
from . import amed_words, words
from .amed import STUDENTS, view_of

LEFT_OUT = ("Heun + AFS",)  # far outside the picture at few evaluations; in the page's table
PLUGIN = "AMED-Plugin on iPNDM-2"
SAID = {PLUGIN: "AMED-Plugin, iPNDM-2"}


def shipped(request: dict) -> dict:
    """The record at the page's budget: title, words, figure and what the student chooses; the
    reason where nothing is recorded there.  Of another network than the open one where that has no
    record, and says so."""
    e = view_of({**request, "nfe": 5})
    found = record.nearest(e)
    if found is None:
        return {
            "why": "No record of the shipped predictors is here; it is made by “python -m "
            "explorer study shipped data=digits model=network model.checkpoint=digits-f "
            "--keep”."
        }
    nfe = request.get("nfe", 5)
    if nfe not in BUDGETS:
        raise UserError(
            f"Recorded are {', '.join(map(str, BUDGETS))} evaluations; got {nfe!r:.20}."
        )
    if name := request.get("open"):
        return {"values": jsonable(flatten(predictors.opened(str(name))))}
    own = found.experiment
    same = (own.data, own.model) == (e.data, e.model)
    on = f"{words.data_name(own.data)}, {own.model.label}"
    if found.stale:
        return {"why": f"The record of the shipped predictors on {on} is {found.stale}."}
    there = [n for n in BUDGETS if any(r.stage == LEARNED for r in found.at(n))]
    if nfe not in there:
        at = " and ".join(map(str, there))
        return {"why": f"On {on} no predictor ships at {nfe} evaluations; some do at {at}."}
    return _told(found, nfe, STUDENTS[request.get("student", "amed")], on, same)


def _told(found: Recorded, nfe: int, student: str, on: str, same: bool) -> dict:
    rows = found.at(nfe)
    name = student if any(r.name == student and r.predictor for r in rows) else "AMED-Solver"
    own = {r.stage: r for r in rows if r.name == name}
    learned = own[LEARNED]
    noted = store.find(learned.predictor).record
    other = f" On {on}." if same else f" On {on}: none ships for the open view."
    without = "" if name == student else f" None ships for {student}; trained here it joins these."
    return {
        "title": title(name, nfe, own),
        "words": f"{gains(rows, own, name)}{other}{without}",
        "note": f"{record.SEEDS} unseen seeds, {found.on}. Bars: 95 % of the median; thin lines: "
        "10–90 % of the seeds; ratios are seed by seed.",
        "predictor": learned.predictor,
        "figure": ends(_ends(rows)),
        "table": [_line(r) for r in sorted(rows, key=lambda r: -r.median[0])],
        "columns": ["", "stage", "median (95 %)", "10–90 % of seeds", "÷ DPM-Solver-2"],
        "chooses": chooses(learned.predictor),
        "query": to_query(dataclasses.replace(found.experiment, nfe=nfe)),
        "same": same,
        "took": {k: noted.get(k) for k in ("seconds", "paths", "rounds")},
        "count": len(rows),
    }


def title(name: str, nfe: int, own: dict[str, Row]) -> str:
    """“AMED-Solver, 5 evaluations: untrained 0.52, stops searched 0.063, learned 0.063”."""
    said = ", ".join(f"{stage} {short(own[stage].median[0])}" for stage in own)
    return f"{name}, {nfe} evaluations: {said}"


def gains(rows: list[Row], own: dict[str, Row], name: str) -> str:
    """What the search does and what learning adds, each with its interval; of the other student
    too."""
    stops, learned = own[STOPS], own[LEARNED]
    said = (
        f"With its stops searched it makes {factor(*stops.over)} of DPM-Solver-2’s error. Learning "
        f"r, c and a on top makes {amed_words.gain(learned.of('gain'))}"
    )
    others = [r for r in rows if r.stage == LEARNED and r.name != name]
    if others:
        said += f"; of {others[0].name} {amed_words.gain(others[0].of('gain'))}"
    return f"{said}."


def _ends(rows: list[Row]) -> list[End]:
    """The worst first, then those whose stops are searched, then the learned."""
    kinds = {STOPS: SEARCHED, LEARNED: LEARNED_ROW}
    shown = [r for r in rows if r.name not in LEFT_OUT and not _twice(r)]
    order = sorted(shown, key=lambda r: ((r.stage in kinds) + (r.stage == LEARNED), -r.median[0]))
    return [
        End(
            _called(r),
            kinds.get(r.stage, UNTRAINED),
            r.median,
            r.spread,
            short(r.median[0]),
            "1" if r.name == record.HELD else factor(*r.over),
        )
        for r in order
    ]


def _twice(r: Row) -> bool:
    """AMED-Solver untrained is DPM-Solver-2, which has a row."""
    return r.name == "AMED-Solver" and not r.predictor


def _called(r: Row) -> str:
    name = SAID.get(r.name, r.name).removesuffix(" + AFS")
    return f"Stops, {name}" if r.stage == STOPS else name


def _line(r: Row) -> list[str]:
    low, high = r.spread
    return [
        r.name,
        r.stage,
        amed_words.interval(r.of("median")),
        f"{number(low)}–{number(high)}",
        factor(*r.over),
    ]


def chooses(name: str) -> dict:
    """What a predictor chooses at each step, of its own record: r searched, then r, c and a as
    learned."""
    p = store.find(name)
    noted = p.record
    searched = (noted.get("placed") or {}).get("r")
    plugin = p.solver != "amed"
    rows = [
        [
            f"{k + 1}",
            f"{number(a)} → {number(b)}",
            f"{searched[k]:.2f}" if searched else "–",
            _pm(noted["r"][k]),
            _pm(noted["c"][k], 3),
            *([_pm(noted["a"][k], 3)] if plugin else []),
        ]
        for k, (a, b) in enumerate(zip(p.sigmas, p.sigmas[1:]))
    ]
    columns = ["step", "σ", "r searched", "r learned", "c learned"]
    return {
        "columns": columns + ["a learned"] * plugin,
        "table": rows,
        "levels": list(p.sigmas),
        "r": [v for v, _ in noted["r"]],
    }


def _pm(pair, digits: int = 2) -> str:
    return f"{pair[0]:.{digits}f} ± {pair[1]:.{digits}f}"
