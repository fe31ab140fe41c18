r"""A formula of the pages, in a small part of LaTeX, as MathML that browsers draw themselves.

    x + \frac{h}{2}(d + d')  ->  <math><mi>x</mi><mo>+</mo><mfrac>…

Nothing is fetched and no script is run.  What is not in the tables below is refused by its name, so
that no formula is shown half.
"""

import re
from html import escape

from ...errors import UserError

GREEK = dict(
    pair.split("=")
    for pair in re.findall(
        r"\S+",
        "alpha=α beta=β gamma=γ delta=δ epsilon=ε zeta=ζ eta=η theta=θ "
        "kappa=κ lambda=λ mu=μ nu=ν xi=ξ pi=π rho=ρ sigma=σ "
        "tau=τ phi=φ chi=χ psi=ψ omega=ω Gamma=Γ Delta=Δ Theta=Θ "
        "Lambda=Λ Sigma=Σ Phi=Φ Psi=Ψ Omega=Ω",
    )
)
NAMES = {"ell": "ℓ", "infty": "∞", "dots": "…", "partial": "∂", "nabla": "∇", "emptyset": "∅"}
SIGNS = {
    "cdot": "·",
    "times": "×",
    "pm": "±",
    "le": "≤",
    "ge": "≥",
    "ne": "≠",
    "approx": "≈",
    "sim": "∼",
    "propto": "∝",
    "in": "∈",
    "to": "→",
    "mapsto": "↦",
    "mid": "|",
    "Vert": "‖",
    "langle": "⟨",
    "rangle": "⟩",
    "odot": "⊙",
    "ldots": "…",
}
LARGE = {"sum": "∑", "prod": "∏", "int": "∫"}
WORDS = {"ln", "log", "exp", "min", "max", "median", "erf", "tr", "div", "E", "Var", "argmin"}
OVER = {"hat": "^", "tilde": "~", "bar": "¯", "dot": "˙", "ddot": "¨"}
SPACES = {"quad": "1em", "qquad": "2em", ",": "0.17em", ";": "0.28em", " ": "0.25em"}
TOKEN = re.compile(r"\\[A-Za-z]+|\\.|\d+(?:\.\d+)?|[^\s]")
FENCES = "()[]|‖{}"


def mathml(tex: str, block: bool = False) -> str:
    """The formula as an element <math>.  Raises UserError for what is not in the subset."""
    reader = _Reader(tex)
    inner = reader.row(None)
    display = ' display="block"' if block else ""
    alt = escape(" ".join(tex.split()), quote=True)
    return f'<math{display} alttext="{alt}">{inner}</math>'


class _Reader:
    def __init__(self, tex: str):
        self.tex, self.tokens, self.at = tex, TOKEN.findall(tex), 0

    def next(self) -> str:
        if self.at >= len(self.tokens):
            raise UserError(f"The formula {self.tex!r:.80} ends too early.")
        self.at += 1
        return self.tokens[self.at - 1]

    def peek(self) -> str | None:
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def row(self, end: str | None) -> str:
        """Everything up to `end`, which is taken too."""
        parts = []
        while (token := self.peek()) != end:
            if token is None or token in ("}", "\\right"):
                raise UserError(f"In the formula {self.tex!r:.80} a bracket is not closed.")
            parts.append(self.scripted())
        if end is not None:
            self.next()
        return f"<mrow>{''.join(parts)}</mrow>" if len(parts) != 1 else parts[0]

    def scripted(self) -> str:
        """One piece with what stands below and above it."""
        large = (self.peek() or "").removeprefix("\\") in LARGE
        base, below, above = self.piece(), None, None
        while self.peek() in ("_", "^", "'"):
            sign = self.next()
            if sign == "_":
                below = self.argument()
            elif sign == "^":
                above = self.argument()
            else:
                above = "<mo>′</mo>"
        kind = ("munder", "mover", "munderover") if large else ("msub", "msup", "msubsup")
        if below and above:
            return f"<{kind[2]}>{base}{below}{above}</{kind[2]}>"
        if below or above:
            name = kind[0] if below else kind[1]
            return f"<{name}>{base}{below or above}</{name}>"
        return base

    def argument(self) -> str:
        """One piece, or what stands in braces; letters alone there are a word: σ_{max}."""
        if self.peek() != "{":
            return self.piece()
        self.next()
        end = self.tokens.index("}", self.at) if "}" in self.tokens[self.at :] else self.at
        word = self.tokens[self.at : end]
        if len(word) > 1 and all(len(t) == 1 and t.isalpha() for t in word):
            self.at = end + 1
            return f"<mi>{''.join(word)}</mi>"
        return self.row("}")

    def piece(self) -> str:
        token = self.next()
        if token.startswith("\\"):
            return self.command(token[1:])
        if token == "{":
            return self.row("}")
        if token[0].isdigit():
            return f"<mn>{token}</mn>"
        if token.isalpha() or token in "∞∂∇":
            return f"<mi>{token}</mi>"
        if token in FENCES:
            return f'<mo stretchy="false">{token}</mo>'
        return f"<mo>{escape({'-': '−', '*': '∗'}.get(token, token))}</mo>"

    def command(self, name: str) -> str:
        if name in GREEK or name in NAMES:
            return f"<mi>{GREEK.get(name) or NAMES[name]}</mi>"
        if name in SIGNS:
            return f"<mo>{SIGNS[name]}</mo>"
        if name in LARGE:
            return f"<mo>{LARGE[name]}</mo>"
        if name in WORDS:
            return f'<mi mathvariant="normal">{name}</mi><mspace width="0.17em"/>'
        if name in SPACES:
            return f'<mspace width="{SPACES[name]}"/>'
        if name in "{}":
            return f'<mo stretchy="false">{name}</mo>'
        if name == "frac":
            return f"<mfrac>{self.argument()}{self.argument()}</mfrac>"
        if name == "sqrt":
            return f"<msqrt>{self.argument()}</msqrt>"
        if name in OVER:
            return f'<mover accent="true">{self.argument()}<mo>{OVER[name]}</mo></mover>'
        if name in ("mathrm", "text", "mathbf"):
            return self.words("bold" if name == "mathbf" else "normal")
        if name == "left":
            return self.fenced()
        raise UserError(f"The formula {self.tex!r:.80} has \\{name}, which is not known here.")

    def words(self, variant: str) -> str:
        """Upright letters; blanks between them are kept."""
        if self.next() != "{":
            raise UserError(f"In the formula {self.tex!r:.80} upright words want braces.")
        start = self.at
        while self.next() != "}":
            pass
        return f'<mi mathvariant="{variant}">{escape(self._raw(start))}</mi>'

    def _raw(self, start: int) -> str:
        """The text of the tokens from `start` to the brace just read, with its blanks."""
        found = list(TOKEN.finditer(self.tex))[start : self.at - 1]
        return self.tex[found[0].start() : found[-1].end()] if found else ""

    def fenced(self) -> str:
        opening = self._fence()
        inner = []
        while self.peek() not in ("\\right", None):
            inner.append(self.scripted())
        self.next()
        return f"<mrow>{opening}{''.join(inner)}{self._fence()}</mrow>"

    def _fence(self) -> str:
        token = self.next()
        sign = SIGNS.get(token[1:], token[1:]) if token.startswith("\\") else token
        return "" if sign == "." else f'<mo stretchy="true">{escape(sign)}</mo>'
