"""Formulas as HTML."""

import re
from functools import partial


def formula(text: str) -> str:
    """“σ_i = σ_max^{1/ρ}” with its lower and upper letters in their place."""
    for mark, tag in (("_", "sub"), ("^", "sup")):
        # a word of letters and digits, or what stands in braces
        text = re.sub(
            rf"\{mark}(?:\{{([^{{}}]*)\}}|([A-Za-zα-ωΑ-Ω0-9]+))",
            partial(_raised, tag),
            text,
        )
    return text


def _raised(tag: str, found: re.Match) -> str:
    return f"<{tag}>{found[1] or found[2]}</{tag}>"
