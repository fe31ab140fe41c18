"""The words of the page: one file of assets/glossary each, and where they stand.

A text marks a word as [[rho|ρ]], and `marked` makes of it what opens the word's card.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import cache, partial
from html import escape
from typing import Any

from ..store import places

MARK = re.compile(r"\[\[([a-z_0-9]+)\|([^\]]+)\]\]")
HELD = ("label", "th", "button")
CONTROLS = {  # the word that a setting is, by the setting's key
    "data": "data",
    "model": "model",
    "samples": "sample",
    "seed": "seed",
    "nfe": "nfe",
    "afs": "afs",
    "timesteps.rho": "rho",
    "timesteps.sigma_max": "sigma_max",
    "timesteps.sigma_min": "sigma_min",
    "timesteps.shift": "shift",
    "solver.order": "order",
    "s_churn": "s_churn",
    "s_tmin": "s_tmin",
    "s_tmax": "s_tmax",
    "s_noise": "s_noise",
    "model.guidance": "guidance",
    "model.sigma_lo": "interval",
    "model.sigma_hi": "interval",
    "model.checkpoint": "checkpoint",
    "solver.r": "amed_rc",
    "solver.c": "amed_rc",
    "solver": "solver",
    "timesteps": "time_steps",
    "schedule": "frame",
    "schedule.scaling": "frame",
    "schedule.beta_d": "vp",
    "schedule.beta_min": "vp",
    "timesteps.levels": "time_steps",
    "timesteps.top": "sigma_max",
    "timesteps.bottom": "sigma_min",
    "timesteps.base_shift": "shift",
    "timesteps.max_shift": "shift",
    "timesteps.t_max": "flow",
    "timesteps.t_min": "flow",
    "model.condition": "condition",
    "model.against": "guidance",
    "model.guide": "guidance",
    "model.curve": "guidance",
    "model.rule": "guidance",
    "solver.gamma": "gamma",
    "solver.eta": "ancestral",
    "solver.prediction": "denoised",
    "solver.predictor": "amed_rc",
    "last": "ending",
    "repeats": "restart",
    "inner": "restart",
    "low": "restart",
    "high": "restart",
}
LABELS = {"σ<sub>data</sub>": "sigma_data"}  # of one set’s own settings
AMED = {  # the same of AMED’s form
    "student": "teacher",
    "teacher": "teacher",
    "nfe": "nfe",
    "place": "time_steps",
    "scale_dir": "amed_rc",
    "seed": "seed",
}


@dataclass(frozen=True)
class Word:
    """A card: title and gloss, one sentence, a drawing by name, a formula, and an act.

    show: {label, and one of set (settings), go (first, last, worst), layer, what, mini, page, play,
    apart, away}.
    """

    title: str
    gloss: str
    sentence: str
    formula: str
    draw: str
    show: dict[str, Any]
    source: str
    lesson: str = ""  # the one that tells more
    said: tuple[str, ...] = ()  # how sentences spell it, where that is plain: js/words/said.js


@cache
def words() -> dict[str, Word]:
    """All of them, by name."""
    files = sorted(places.assets("glossary").glob("*.json"))
    return {f.stem: Word(**json.loads(f.read_text(encoding="utf-8"))) for f in files}


def config() -> dict[str, dict]:
    """What the page is sent."""
    return {name: asdict(word) for name, word in words().items()}


def span(name: str, html: str, stop: bool = True) -> str:
    """A word where it stands: it opens its card.

    stop: a place of the Tab key of its own; without one F1 opens it from the control beside it.
    """
    assert name in words(), name
    own = ' role="button" tabindex="0"' if stop else ""
    return f'<span class="word" data-word="{name}"{own}>{html}</span>'


def marked(text: str, dress: Callable[[str], str] = partial(escape, quote=False)) -> str:
    """Text with its marks made words; the rest is dressed, by itself and in the words.

    Raises KeyError for a word that there is not.
    """
    parts, at = [], 0
    for mark in MARK.finditer(text):
        parts += [dress(text[at : mark.start()]), span(_known(mark[1]), dress(mark[2]))]
        at = mark.end()
    return "".join([*parts, dress(text[at:])])


def placed(html: str) -> str:
    """A page's own HTML with its marks made words: in what belongs to a control, the name of a
    setting or the head of a column that scrolls, they are no places of the Tab key."""

    def put(mark: re.Match) -> str:
        before = html[: mark.start()]
        held = any(before.rfind(f"<{tag}") > before.rfind(f"</{tag}") for tag in HELD)
        return span(_known(mark[1]), mark[2], not held)

    return MARK.sub(put, html)


def _known(name: str) -> str:
    if name not in words():
        raise KeyError(f"The glossary has no word {name!r}.")
    return name


def control(key: str, label: str, names: Mapping[str, str] = CONTROLS) -> str:
    """A control's name, a word where it is one."""
    name = names.get(key) or LABELS.get(label)
    return span(name, label, False) if name else label
