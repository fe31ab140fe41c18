"""Who is to be cited for a view: the papers that its parts name as their source, as BibTeX.

Each solver, grid, schedule and data set says in its `source`, or in its own words, where it comes
from; `assets/citations.json` holds every paper once, under the names by which it is called.
"""

import json
from functools import cache
from typing import Any

from .. import __version__
from ..core.guidance import Guidance
from ..lab.experiment import Experiment
from ..store import places

OWN = {"key": "explorer", "of": ["this program"]}
RULES = {"cfgpp": "arXiv:2406.08070", "apg": "arXiv:2410.02416"}


@cache
def known() -> dict[str, dict[str, Any]]:
    """{key: {kind, names, fields}} of all papers."""
    return json.loads((places.assets() / "citations.json").read_text(encoding="utf-8"))


def named(text: str) -> list[str]:
    """The keys of all papers that a text names, by a number of arXiv, a DOI or an author."""
    return [key for key, paper in known().items() if any(name in text for name in paper["names"])]


def bibtex(key: str) -> str:
    """One entry."""
    paper = known()[key]
    fields = ",\n".join(f"  {name} = {{{value}}}" for name, value in paper["fields"].items())
    return f"@{paper['kind']}{{{key},\n{fields}\n}}"


def cited(e: Experiment) -> list[dict[str, Any]]:
    """[{key, of, bibtex}] of what an experiment uses; `of`: its parts.  The program comes last."""
    parts: dict[str, list[str]] = {}
    for label, text in _sources(e):
        for key in named(text):
            parts.setdefault(key, []).append(label)
    own = (
        "@software{explorer,\n  title = {Diffusion Sampler Explorer},\n"
        f"  version = {{{__version__}}}\n}}"
    )
    found: list[dict[str, Any]] = [
        {"key": key, "of": of, "bibtex": bibtex(key)} for key, of in parts.items()
    ]
    return [*found, {**OWN, "bibtex": own}]


def _sources(e: Experiment) -> list[tuple[str, str]]:
    """(part, what it says of its source)."""
    own = lambda part: getattr(part, "source", "") or type(part).__doc__ or ""
    found = [(part.label, own(part)) for part in (e.solver, e.timesteps, e.schedule, e.data)]
    if e.model.name in ("ideal", "gaussian"):
        found.append((e.model.label, own(e.model)))
    if e.churn.s_churn > 0:
        found.append(("Churn", own(e.churn)))
    if e.restart.repeats > 0:
        found.append(("Restart", own(e.restart)))
    if e.afs:
        found.append(("Analytic first step", "arXiv:2210.05475"))
    return found + _guided(e.model)


def _guided(model: Any) -> list[tuple[str, str]]:
    how = next((v for v in vars(model).values() if isinstance(v, Guidance)), None)
    weight = getattr(model, "guidance", 1.0)
    if how is None or (weight == 1.0 and not how.knots):
        return []
    weaker = getattr(model, "guide", "") or getattr(model, "against", "") == "weaker"
    found = [("Guidance", "arXiv:2406.02507" if weaker else "arXiv:2207.12598")]
    if how.knots or how.sigma_lo > 0 or how.sigma_hi < Guidance().sigma_hi:
        found.append(("Guidance interval", "arXiv:2404.07724"))
    if how.rule in RULES:
        found.append(("Guidance rule", RULES[how.rule]))
    return found
