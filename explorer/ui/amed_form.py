"""The AMED page's form, its recipes, and the published table that it quotes."""

from html import escape

from ..core.solvers import AMED, Plugin
from ..settings import flatten, parameters
from ..study import predictors
from ..study.table import BUDGETS
from ..training.amed import AMEDTraining
from ..training.gits import GITS
from . import glossary
from .amed import STUDENTS
from .menus import option

# Zhou et al. 2024, Table 2: FID at 3, 5, 7, 9 evaluations
QUOTED = {
    "CIFAR-10": {
        "DDIM": (93.36, 49.66, 27.93, 18.43),
        "Heun + AFS": (306.2, 97.67, 37.28, 15.76),
        "DPM-Solver-2 + AFS": (155.7, 57.30, 10.20, 4.98),
        "DPM-Solver++(3M)": (110.0, 24.97, 6.74, 3.42),
        "UniPC": (109.6, 23.98, 5.83, 3.21),
        "iPNDM": (47.98, 13.59, 5.08, 3.17),
        "AMED-Solver": (18.49, 7.59, 4.36, 3.67),
        "AMED-Plugin, iPNDM": (10.81, 6.61, 3.65, 2.63),
    },
    "ImageNet-64": {
        "DDIM": (82.96, 43.81, 27.46, 19.27),
        "Heun + AFS": (249.4, 89.63, 37.65, 16.76),
        "DPM-Solver-2 + AFS": (140.2, 42.41, 12.03, 6.64),
        "DPM-Solver++(3M)": (91.52, 25.49, 10.14, 6.48),
        "UniPC": (91.38, 24.36, 9.57, 6.34),
        "iPNDM": (58.53, 18.99, 9.17, 5.91),
        "AMED-Solver": (38.10, 10.74, 6.66, 5.44),
        "AMED-Plugin, iPNDM": (28.06, 13.83, 7.81, 5.60),
    },
    "FFHQ-64": {
        "DDIM": (78.21, 43.93, 28.86, 21.01),
        "DPM-Solver-2 + AFS": (266.0, 87.10, 22.59, 9.26),
        "DPM-Solver++(3M)": (86.45, 22.51, 8.44, 4.77),
        "UniPC": (86.43, 21.40, 7.44, 4.47),
        "iPNDM": (45.98, 17.17, 7.79, 4.58),
        "AMED-Solver": (47.31, 14.80, 8.82, 6.31),
        "AMED-Plugin, iPNDM": (26.87, 12.49, 6.64, 4.24),
    },
    "LSUN Bedroom-256": {
        "DDIM": (86.13, 34.34, 19.50, 13.26),
        "DPM-Solver-2 + AFS": (210.6, 80.60, 23.25, 9.61),
        "DPM-Solver++(3M)": (111.9, 23.15, 8.87, 6.45),
        "UniPC": (112.3, 23.34, 8.73, 6.61),
        "iPNDM": (80.99, 26.65, 13.80, 8.38),
        "AMED-Solver": (58.21, 13.20, 7.10, 5.65),
        "AMED-Plugin, DPM-Solver-2": (101.5, 25.68, 8.63, 7.82),
    },
}


def panel() -> str:
    """The training's settings as inputs, from the one table of parameters."""
    students = "".join(option(k, v, v.removeprefix("AMED-")) for k, v in STUDENTS.items())
    budgets = "".join(f"<option{' selected' if n == 5 else ''}>{n}</option>" for n in BUDGETS)
    fields = {p.name: _field(p) for p in parameters(AMEDTraining)}
    recipes = (
        '<span class="recipes"><button class="reset" type="button" id="amed-paper">as published'
        '</button><button class="reset" type="button" id="amed-here">for small models</button>'
        "</span>"
    )
    return (
        '<section class="group first"><div class="head"><h2>Train your own</h2></div>'
        '<div class="row wide"><label for="amed-student">[[teacher|Student]]</label>'
        f'<select id="amed-student">{students}</select></div>'
        '<div class="row wide"><label for="amed-nfe">[[nfe|Evaluations]]</label>'
        f'<select id="amed-nfe">{budgets}</select></div></section>'
        '<div class="own-data" data-slot="data"></div>'
        + _group("Stops", fields.pop("place") + '<p class="why" id="amed-stops-why" hidden></p>')
        + _group("Teacher", "".join(fields.pop(k) for k in ("teacher", "inner", "paths")))
        + _group("Learning", "".join(fields.values()) + recipes, "amed-learning-sum", False)
    )


def _group(title: str, rows: str, told: str = "", is_open: bool = True) -> str:
    """A group as on the Explore page.  told: the id of its summary's own words."""
    said = f'<span class="sum" id="{told}"></span>' if told else ""
    return (
        f'<details class="group"{" open" * is_open}><summary><span class="chev"></span>'
        f"<h2>{title}</h2>{said}</summary>{rows}</details>"
    )


def search_panel() -> str:
    """The settings of GITS that a reader may turn, beside what a search has found."""
    return "".join(
        _label(p, "gits") for p in parameters(GITS) if p.name in ("metric", "coefficient")
    )


def _field(p) -> str:
    """A row of the page's form."""
    name = f'id="amed-{p.name}" data-how="{p.name}"'
    why = '<p class="why" id="amed-weigh-why" hidden></p>' if p.name == "weigh" else ""
    return (
        f'<div class="row wide" title="{escape(p.spec.help)}"><label for="amed-{p.name}">'
        f"{glossary.control(p.name, escape(p.spec.label), glossary.AMED)}</label>"
        f"{_input(p, name)}</div>{why}"
    )


def _label(p, form: str) -> str:
    """A setting within a line of others."""
    name = f'id="{form}-{p.name}" data-how="{p.name}"'
    return f'<label title="{escape(p.spec.help)}">{escape(p.spec.label)} {_input(p, name)}</label>'


def _input(p, name: str) -> str:
    if p.spec.choices:
        options = "".join(
            f'<option value="{str(v).lower() if isinstance(v, bool) else v}"'
            f"{' selected' if v == p.default else ''}>{escape(t)}</option>"
            for v, t in p.spec.choices
        )
        return f"<select {name}>{options}</select>"
    return (
        f'<input type="text" inputmode="decimal" {name} value="{p.default:g}" spellcheck="false">'
    )


def config() -> dict:
    """What the page's script is told."""
    return {"recipes": recipes(), "quoted": quoted()}


def quoted() -> dict:
    """The published table, for the page to show as what it is: a quotation."""
    return {
        name: [[solver, *values] for solver, values in rows.items()]
        for name, rows in QUOTED.items()
    }


def recipes() -> dict:
    """What each student is trained with: here, and in the paper."""
    out = {}
    for name in STUDENTS:
        kind, _, inner = name.partition(":")
        solver = AMED() if kind == "amed" else Plugin(inner)
        both = {"here": predictors.usual(solver), "paper": predictors.published(solver)}
        out[name] = {
            k: {f: str(v).lower() if isinstance(v, bool) else v for f, v in flatten(how).items()}
            for k, how in both.items()
        }
    return out
