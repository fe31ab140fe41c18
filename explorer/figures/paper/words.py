"""The page's words, which are HTML, as matplotlib writes them, and how wide they come out.

Small letters below and above become mathtext, all else is plain text; a stranger's “$” stays one.
"""

import re
from functools import lru_cache
from html import unescape
from typing import Any

RAISED = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
TAG = re.compile(r"<(/?)([a-z]+)[^<>]*>", re.IGNORECASE)
LONGEST = 600  # letters of one text


def plain(html: str) -> str:
    """The words without their tags, for a caption: σ<sub>max</sub> is “σ_max”."""
    text = re.sub(r"<sub>", "_", html, flags=re.IGNORECASE)
    text = re.sub(r"<sup>", "^", text, flags=re.IGNORECASE)
    text = re.sub(r"<br\s*/?>", " ", text, flags=re.IGNORECASE)
    return " ".join(unescape(TAG.sub("", text)).split())


def written(html: str) -> str:
    """The words for matplotlib: lines broken at <br>, small letters in their place."""
    out, at, place = [], 0, ""
    for tag in TAG.finditer(html[:LONGEST]):
        out.append(_piece(html[at : tag.start()], place))
        closes, name = tag[1], tag[2].lower()
        if name in ("sub", "sup"):
            place = "" if closes else {"sub": "_", "sup": "^"}[name]
        elif name == "br":
            out.append("\n")
        at = tag.end()
    out.append(_piece(html[at:LONGEST], place))
    return "".join(out)


def _piece(text: str, place: str) -> str:
    text = unescape(text)
    if place:
        inside = re.sub(r"[^\w .,+*∞−-]", "", text).replace("_", " ").strip()
        inside = inside.replace(" ", r"\ ")
        return rf"$_{{\mathrm{{{inside}}}}}$".replace("_", place, 1) if inside else ""
    text = text.replace("$", r"\$")
    raise_ = lambda found: f"$^{{{found[0].translate(RAISED)}}}$"
    return re.sub("[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+", raise_, text)


def is_bold(html: str) -> bool:
    """Whether all of it is."""
    return html.startswith("<b>") and html.endswith("</b>")


@lru_cache(maxsize=4096)
def width(text: str, family: tuple[str, ...], size: float, bold: bool = False) -> float:
    """Of the widest line, in points."""
    from matplotlib.font_manager import FontProperties  # a quarter of a second that most pages
    from matplotlib.textpath import TextToPath  # never need

    prop = FontProperties(family=list(family), size=size, weight="bold" if bold else "normal")
    measure: Any = TextToPath().get_text_width_height_descent
    lines = [line for line in text.split("\n") if line]
    return max((measure(v, prop, "math" if _is_math(v) else False)[0] for v in lines), default=0.0)


def _is_math(text: str) -> bool:
    return len(re.findall(r"(?<!\\)\$", text)) > 1


def wrapped(text: str, family: tuple[str, ...], size: float, room: float, bold=False) -> list[str]:
    """Its lines, none wider than the room unless one word is."""
    lines: list[str] = []
    for part in text.split("\n"):
        line = ""
        for word in part.split(" "):
            longer = f"{line} {word}".strip()
            if line and width(longer, family, size, bold) > room:
                lines.append(line)
                line = word
            else:
                line = longer
        lines.append(line)
    return [line for line in lines if line]
