"""A pinned run on the strips of another: its marks that stay, dotted, under its name."""

from ...figures.style import INK3
from ...lab import judged
from ...lab.view import View
from ...settings import flatten
from ...strips.marks import DOT, Mark, label
from ...strips.strip import Strip
from ...study.names import solver_name
from .. import words
from ..parts import colour, measured

FEW = 3  # settings that name a run beside another


def name(e, beside) -> str:
    """“Euler, NFE 9”: the settings in which it differs, or its solver where they are many."""
    here, there = flatten(e), flatten(beside)
    differ = [k for k in there if here.get(k) != there[k]]
    if not differ:
        return "the same settings"
    if len(differ) > FEW or "solver" in differ:
        return f"{solver_name(beside.solver)}, {words.counted(beside.nfe)}"
    return ", ".join(words.setting(k, there[k]) for k in differ)


def ghosts(one: Strip, view: View, beside: View) -> list[Mark]:
    """As the page draws them."""
    if judged.unknown(beside):
        return []
    drawn = next(iter(one.drawn(measured(one, beside), colour(beside)).values()))
    said = f"pinned: {name(view.experiment, beside.experiment)}"
    return [_ghost(mark, said) for mark in drawn["marks"] if mark.get("pin")]


def _ghost(mark: Mark, said: str) -> Mark:
    kept = {k: v for k, v in mark.items() if k not in ("main", "pin", "label")}
    own = {"shape": "diamond", "size": 6} if mark["mark"] == "dots" else {"width": 1.25}
    own |= {} if mark["mark"] == "dots" else {"dash": list(DOT)}
    named = mark["mark"] != "dots" and (mark.get("label") or mark["mark"] == "arcs")
    return kept | own | {"colour": INK3, "alpha": 1} | ({"label": label(said)} if named else {})
