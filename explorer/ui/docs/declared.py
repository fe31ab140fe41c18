"""What the declarations say already: solvers, schedules and time steps as parts of the pages.

A new entry of `SOLVERS` has a page of its own from the day it is there, without a line here.
"""

import importlib
import inspect
import re
from html import escape

from ...core.ode import needs_schedule
from ...core.schedules import SCHEDULES
from ...core.solvers import SOLVERS
from ...errors import UserError
from ...lab.timesteps import TIMESTEPS
from ...numerals import number
from ...settings import parameters
from ...settings.values import Spec
from ...strips.markup import formula
from . import source


def solvers() -> str:
    """All of them in a table, each with a link to its own page."""
    rows = "".join(
        f'<tr><th scope="row"><a href="/docs/solvers/{name}">{escape(cls.label)}</a></th>'
        f"<td>{escape(cls.family)}</td><td>{_order(cls)}</td><td>{cls().evaluations}</td>"
        f"<td>{cls().memory - 1}</td><td>{escape(cls.source)}</td></tr>"
        for name, cls in SOLVERS.items()
    )
    heads = "".join(
        f'<th scope="col">{h}</th>'
        for h in ("solver", "family", "order", "evaluations a step", "memory", "source")
    )
    return (
        f'<div class="wide" tabindex="0"><table><thead><tr>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def solver(name: str) -> tuple[str, str]:
    """The page of one solver: its title and its body.  Raises UserError for an unknown one."""
    if name not in SOLVERS:
        raise UserError(f"There is no solver {name!r:.40}. Known: {', '.join(SOLVERS)}.")
    cls = SOLVERS[name]
    facts = {
        "Family": escape(cls.family),
        "Order": _order(cls),
        "Evaluations a step": str(cls().evaluations),
        "Steps remembered": str(cls().memory - 1),
        "Works in": "t: σ(t) and s(t) matter"
        if needs_schedule(cls)
        else "σ: any σ(t), s(t) will do",
        "Source": escape(cls.source),
        "Elsewhere": escape(", ".join(cls.aliases)) or "no known name",
        "In a link": f"<code>solver={name}</code>",
    }
    rows = "".join(f'<tr><th scope="row">{k}</th><td>{v}</td></tr>' for k, v in facts.items())
    body = (
        f"<h1>{escape(cls.label)}</h1><p>{escape(cls.card)}</p>{docstring(cls)}"
        f'<p><a href="/?solver={name}">Open it on Explore</a>. How the formulas of its family are '
        f'found: <a href="/docs/solvers">Solvers</a>.</p><table class="facts">{rows}</table>'
        f"{_parameters(cls)}<h2>The code that runs</h2>{_code(cls)}"
    )
    return cls.label, body


def schedules() -> str:
    """σ(t) and s(t) of each, with its code."""
    return "".join(_entry(cls, ("sigma", "sigma_dot", "time")) for cls in SCHEDULES.values())


def timesteps() -> str:
    """Each list of noise levels: its formula, its source and its settings."""
    return "".join(_entry(cls, ()) for cls in TIMESTEPS.values())


def _entry(cls, methods: tuple[str, ...]) -> str:
    told = getattr(cls, "formula", "")
    shown = f'<p class="formula">{formula(told)}</p>' if told else ""
    code = "".join(
        source.listing(f"{cls.__module__}.{cls.__name__}.{m}", False)
        for m in methods
        if m in vars(cls)
    )
    return f"<h3>{escape(cls.label)}</h3>{docstring(cls)}{shown}{_parameters(cls)}{code}"


def docstring(thing) -> str:
    """A docstring as HTML: paragraphs, and what is set in as a formula."""
    text = inspect.cleandoc(thing.__doc__ or "")
    parts = []
    for block in re.split(r"\n\s*\n", text):
        if block.startswith("    "):
            parts.append(
                f'<pre class="formula" tabindex="0">{escape(inspect.cleandoc(block))}</pre>'
            )
        elif block:
            words = re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(" ".join(block.split())))
            parts.append(f"<p>{words}</p>")
    return "".join(parts)


def _order(cls) -> str:
    chosen = "order" in {p.name for p in parameters(cls)}
    return f"up to {cls().order}" if chosen else str(cls().order)


def _parameters(cls) -> str:
    rows = "".join(
        f'<tr><th scope="row">{formula(p.spec.label or p.name)}</th>'
        f"<td>{escape(_range(p.spec))}</td><td>{escape(_value(p.default))}</td><td>{escape(p.spec.help)}</td></tr>"
        for p in parameters(cls)
    )
    if not rows:
        return ""
    heads = "".join(f'<th scope="col">{h}</th>' for h in ("setting", "values", "at first", "what"))
    return (
        f'<div class="wide" tabindex="0"><table><thead><tr>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _range(spec: Spec) -> str:
    if spec.choices:
        return ", ".join(str(value) for value, _ in spec.choices)
    if spec.low is None and spec.high is None:
        return ""
    if spec.high is None or spec.low is None:
        return f"from {spec.low:g}" if spec.low is not None else f"up to {spec.high:g}"
    return f"{spec.low:g} to {spec.high:g}{', in factors' if spec.log else ''}"


def _value(value) -> str:
    if isinstance(value, float):
        return number(value)
    text = ", ".join(f"{v:g}" for v in value) if isinstance(value, tuple) else str(value)
    return text if len(text) <= 40 else f"{text[:39]}…"


def _here(cls, method: str) -> bool:
    """Whether a method, its own or its family's, stands in the file of the class."""
    found = inspect.getattr_static(cls, method, None)
    found = found.fget if isinstance(found, property) else found
    return inspect.isfunction(found) and found.__module__ == cls.__module__


def _code(cls) -> str:
    """Its methods that make a step, then, folded, what they call of their own file or class."""
    own = [m for m in ("step", "update", "correct", "text") if _here(cls, m)]
    shown = [f"{cls.__module__}.{cls.__name__}.{m}" for m in own or ["step"]]
    module, called = importlib.import_module(cls.__module__), []
    for name in shown:
        code = inspect.unwrap(source.function(name)).__code__
        for other in code.co_names:
            inner = f"{cls.__name__}." * hasattr(cls, other)
            thing = getattr(cls if inner else module, other, None)
            full = f"{cls.__module__}.{inner}{other}"
            if inspect.isfunction(thing) and thing.__module__ == module.__name__:
                called += [full] * (full not in [*shown, *called])
    return "".join([source.listing(n) for n in shown] + [source.listing(n, False) for n in called])
