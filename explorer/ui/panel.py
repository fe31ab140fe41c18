"""The settings panel, made from the parameter table: a row per parameter, a group per part.

The rows are plain HTML inputs; `assets/js/controls` reads and writes them.  A gr.Slider has no log
scale, and a panel of fifty components would cost more to update than the figures.
"""

from html import escape

from ..lab.designs import DESIGNS, PARTS
from ..lab.experiment import Experiment
from ..lab.timesteps import TOOLS
from ..lab.tool_steps import CROPS
from ..settings import Parameter, parameters, slots
from . import glossary
from .menus import choice, grouped

GROUPS = {  # name: (title, the first words of the flat keys that belong to it)
    "data": ("Data and model", ("data", "model", "samples", "seed")),
    "budget": ("Budget", ("nfe", "afs", "last")),
    "schedule": ("Schedule", ("timesteps", "schedule")),
    "solver": ("Solver", ("solver",)),
    "churn": (
        "Stochasticity",
        ("s_churn", "s_tmin", "s_tmax", "s_noise", "repeats", "inner", "low", "high"),
    ),
}

RARE = (
    "last",
    "afs",
    "repeats",
    "inner",
    "low",
    "high",
    "model.condition",
    "model.guide",
    "model.blur",
    "model.rule",
    "model.momentum",
    "model.norm",
    "model.parallel",
    "timesteps.steps",
    "timesteps.c_1",
    "timesteps.c_2",
    *(f"timesteps.{name}" for name in CROPS),
)

ALWAYS = (("network", "condition"), ("guided", "condition"))  # seen, though rare elsewhere
SELDOM = (("network", "sigma_lo"), ("network", "sigma_hi"), ("network", "curve"))

NETWORK = ("checkpoint", "condition", "guide")  # menus that networks.js fills

HANDLED = (  # by the upload, the drawing pad, and the menu that has a line for each list
    "data.digest",
    "data.points_text",
    *{f"timesteps.{cls.by}" for cls in TOOLS.values()},
)

SEE_CHURN = (
    '<button class="reset effect" id="see-churn" type="button" aria-label="Effect of churn" '
    'title="What churn does: where it acts, what it adds, and whether the samples end '
    'nearer to the data">Effect</button>'
)

RESAMPLE = (
    '<div class="row" id="resample-row" hidden><label for="resample">Levels</label><span></span>'
    '<input type="text" inputmode="numeric" id="resample" '
    'title="another number of levels along the same curve in log σ"></div>'
)

NETWORK_FILES = (
    '<div class="row wide" id="names-row" hidden><label for="network-names">Class names</label>'
    '<input type="text" class="left" id="network-names" spellcheck="false" '
    'placeholder="cat, dog, …" title="Your own names of this network’s classes in their order, '
    'with commas or one a line, kept in this browser; empty: its own, or numbers"></div>'
    '<div class="row wide" id="network-row" hidden><label for="network-file">Open</label>'
    '<label class="ghost file" tabindex="0" title="An EDM .pkl, or a zipped folder of a diffusers '
    'UNet2DModel"><span id="network-file-name" data-plain="A .pkl or .zip …">'
    "A .pkl or .zip …</span>"
    '<input type="file" id="network-file" accept=".pkl,.zip"></label></div>'
    '<div class="row wide" id="fetch-row" hidden><span class="lab">Published</span>'
    '<button class="ghost file" id="fetch" type="button"></button></div>'
)


def panel() -> str:
    """The whole panel as HTML."""
    return "\n".join([_design(), *(_group(name) for name in GROUPS)])


def _design() -> str:
    options = grouped((k, d.label, d.group) for k, d in DESIGNS.items())
    keys = " ".join(PARTS)
    return (
        f'<section class="group" data-group="design" data-keys="{keys}"><div class="head">'
        f"<h2>Design</h2>{_reset('design')}</div>"
        f'<select id="design" aria-label="Design preset">{options}</select>'
        '<p class="help" id="help-design"></p></section>'
    )


def _reset(group: str) -> str:
    return f'<button class="reset" data-group="{group}" type="button" disabled>Reset</button>'


def _group(name: str) -> str:
    title, keys = GROUPS[name]
    rows = [row for key in keys for row in _rows_of(key)]
    shown = "".join(html for html, rare in rows if not rare)
    more = "".join(html for html, rare in rows if rare)
    button = (
        (
            '<button class="reset more" type="button" aria-expanded="false" '
            f'aria-controls="more-{name}">More</button>'
        )
        if more
        else ""
    )
    return (
        f'<details class="group" open data-group="{name}" data-keys="{" ".join(keys)}">'
        f'<summary><span class="chev"></span><h2>{title}</h2>'
        f'<span class="sum" id="help-sum-{name}"></span></summary><div class="tools">'
        f"{SEE_CHURN if name == 'churn' else ''}{button}{_reset(name)}</div>"
        f'{shown}<div id="more-{name}" hidden>{more}</div>'
        f'<p class="help" id="help-{name}"></p></details>'
    )


def _rows_of(key: str) -> list[tuple[str, bool]]:
    """(HTML, whether it waits behind “More”) for each row of a setting."""
    mine = [p for p in parameters(Experiment) if p.key.split(".")[0] == key]
    rows = [
        (
            _row(p),
            (p.key in RARE and (p.entry, p.name) not in ALWAYS)
            or (p.entry, p.name) in SELDOM
            or p.key.startswith(("data.", "schedule.")),
        )
        for p in mine
        if p.key not in HANDLED
    ]
    if key == "schedule":
        return [(_frames(), False), *rows]
    if key == "data":
        return [(choice(key), False), (_files(), False), *rows]
    if key == "model":
        return [(choice(key), False), *rows, (NETWORK_FILES, False)]
    if key == "timesteps":
        return [(choice(key), False), *rows, (RESAMPLE, False)]
    return [(choice(key), False), *rows] if key in slots(Experiment) else rows


def _frames() -> str:
    radios = "".join(
        f'<label><input type="radio" name="frame" value="{name}">'
        f"<span>{name.upper()}</span></label>"
        for name in ("vp", "ve", "edm", "flow")
    )
    return (
        '<div class="row wide" id="frame"><span class="lab">'
        f"{glossary.control('schedule', 'σ(t), s(t)')}</span>"
        '<div class="seg fill" role="radiogroup" aria-label="Schedule σ(t), s(t)" '
        f'data-slot-select="schedule">{radios}</div></div>'
    )


def _files() -> str:
    return (
        '<div class="row wide" id="upload-row" hidden><label for="file">File</label>'
        '<label class="ghost file" tabindex="0"><span id="file-name">Choose a file …</span>'
        '<input type="file" id="file" accept=".npy,.npz,.csv,.txt,.zip"></label></div>'
        '<p class="help" id="file-read" hidden></p>'
        '<div class="row wide" id="size-row" hidden><label for="file-size">Images at</label>'
        '<select id="file-size" title="The side to which the images of a .zip are brought">'
        + "".join(
            f'<option value="{n}"{" selected" * (n == 16)}>{n} × {n} pixels</option>'
            for n in (8, 16, 28, 32, 64, 96, 128)
        )
        + "</select></div>"
        '<div class="row wide" id="draw-row" hidden><span class="lab">Drawing</span>'
        '<button class="ghost file" id="draw" type="button">Draw on the stage</button></div>'
    )


def _row(p: Parameter) -> str:
    # the same key in several entries: one row each, shown for the chosen entry
    ident = f"{p.key}-{p.entry or ''}".replace(".", "-")
    label, attributes = (
        glossary.control(p.key, _sub(p.spec.label or p.name)),
        f'data-key="{p.key}" title="{escape(p.spec.help)}"',
    )
    if p.entry:
        attributes += f' data-entry="{p.entry}"'
    if p.entry == "network" and p.name in NETWORK:
        return (
            f'<div class="row wide" {attributes}><label for="network-{p.name}">{label}</label>'
            f'<select id="network-{p.name}"></select></div>'
        )
    if p.key == "model.curve":
        return _curve(ident, label, attributes)
    if p.spec.choices:
        return _options(p, ident, label, attributes)
    if p.name == "condition":  # filled with the classes of the data
        return (
            f'<div class="row wide" {attributes}><label for="{ident}">{label}</label>'
            f'<select id="{ident}"><option value="-1">all</option></select></div>'
        )
    if p.name == "predictor":  # filled with those of the model
        return (
            f'<div class="row wide" {attributes}><label for="{ident}">{label}</label>'
            f'<select id="{ident}"><option value="">none: as set below</option></select></div>'
        )
    if isinstance(p.default, str | tuple):
        return (
            f'<div class="row wide" {attributes}><label for="{ident}">{label}</label>'
            f'<input type="text" class="left" id="{ident}" spellcheck="false"></div>'
        )
    low, high, step = (
        (0, 1000, 1) if p.spec.log else (p.spec.low, p.spec.high, p.spec.step or "any")
    )
    if p.name == "seed":
        high = 99
    mode = "numeric" if isinstance(p.default, int) else "decimal"
    return (
        f'<div class="row" {attributes}><label for="{ident}">{label}</label>'
        f'<input type="range" id="{ident}" min="{low}" max="{high}" step="{step}">'
        f'<input type="text" inputmode="{mode}" aria-label="{escape(p.spec.label)}, number">'
        "</div>"
    )


def _options(p: Parameter, ident: str, label: str, attributes: str) -> str:
    options = "".join(
        f'<option value="{str(v).lower() if isinstance(v, bool) else v}">{escape(t)}</option>'
        for v, t in p.spec.choices or ()
    )
    return (
        f'<div class="row wide" {attributes}><label for="{ident}">{label}</label>'
        f'<select id="{ident}">{options}</select></div>'
    )


def _curve(ident: str, label: str, attributes: str) -> str:
    """A picture with knots to drag, which `guidance.js` draws, and the numbers as text."""
    return (
        f'<div class="row curve" {attributes}><label for="{ident}">{label}</label>'
        f'<input type="text" class="left" id="{ident}" spellcheck="false" '
        'placeholder="σ, w, σ, w, …"><button class="ghost" type="button" data-bend>Bend</button>'
        '<svg role="group" aria-label="Weight of guidance over the noise level"></svg></div>'
    )


def _sub(label: str) -> str:
    head, _, tail = label.partition("_")
    return f"{escape(head)}<sub>{escape(tail)}</sub>" if tail else escape(head)
