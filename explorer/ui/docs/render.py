"""A page of assets/docs as HTML: Markdown, with formulas drawn and code put in its place.

    $x$, $$x$$                                     a formula, see `mathml`
    [`explorer.core.loop.steps`](FILE "code")      alone in a paragraph: that function's source
    [Every solver](FOLDER "solvers")               alone in a paragraph: made from the declarations

Read as plain Markdown each of these is still a formula, or a link to the file.
"""

import re
from collections.abc import Callable
from html import escape
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from . import declared, source
from .mathml import mathml

BLOCK = re.compile(r"^\$\$\s*(.+?)\s*\$\$$", re.DOTALL)
MADE: dict[str, Callable[[str], str]] = {
    "code": source.listing,
    "solvers": lambda _: declared.solvers(),
    "schedules": lambda _: declared.schedules(),
    "timesteps": lambda _: declared.timesteps(),
}


def html(text: str) -> str:
    """The body of a page."""
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    reader.inline.ruler.before("escape", "formula", _formula)
    tokens = reader.parse(text)
    _in_place(tokens)
    heads = _anchored(tokens)
    body = reader.renderer.render(tokens, reader.options, {})
    body = body.replace("<pre><code", '<pre tabindex="0"><code')  # long lines: scrolled by key
    body = body.replace("<th></th>", "<td></td>")  # a corner is no heading
    return body.replace("</h1>", f"</h1>{_contents(heads)}", 1)


def title(text: str) -> str:
    """The first head of a page."""
    return text.partition("\n")[0].removeprefix("# ").strip()


def _formula(state: StateInline, silent: bool) -> bool:
    """$…$ within a line; a sum of money has a blank after its sign."""
    text, start = state.src, state.pos
    if text[start] != "$" or text[start : start + 2] == "$$":
        return False
    end = text.find("$", start + 1)
    if end < 0 or text[start + 1].isspace() or "\n" in text[start:end].strip():
        return False
    if not silent:
        token = state.push("html_inline", "", 0)
        token.content = mathml(text[start + 1 : end])
    state.pos = end + 1
    return True


def _in_place(tokens: list[Token]) -> None:
    """Paragraphs that are a formula or a reference alone become what they name."""
    for i, token in enumerate(tokens):
        if token.type != "inline":
            continue
        made = _made(token)
        if made is not None and tokens[i - 1].type == "paragraph_open":
            tokens[i - 1].hidden = tokens[i + 1].hidden = True
            token.children = [Token("html_inline", "", 0, content=made)]
            continue
        for child in token.children or ():
            _led(child)


def _made(token: Token) -> str | None:
    if found := BLOCK.match(token.content):
        return f'<div class="formula" tabindex="0">{mathml(found[1], True)}</div>'
    kinds = [c.type for c in token.children or ()]
    if kinds[:1] != ["link_open"] or kinds[-1:] != ["link_close"] or kinds.count("link_open") > 1:
        return None
    make = MADE.get(str(token.children[0].attrs.get("title", "")))  # type: ignore[index]
    text = "".join(c.content for c in token.children[1:-1])  # type: ignore[index]
    return make(text) if make else None


def _led(child: Token) -> None:
    """A link to another page, or a picture, by its address on the server."""
    if child.type == "link_open":
        href = str(child.attrs["href"])
        if found := re.fullmatch(r"([\w-]+)\.md(#.*)?", href):
            child.attrs["href"] = f"/docs/{found[1]}{found[2] or ''}"
        elif href.startswith("../"):
            child.attrs.pop("href")  # a file of the source: the name alone
    elif child.type == "image":
        name = str(child.attrs["src"]).rpartition("/")[2]
        child.attrs["src"] = f"/docs/{name}"


def _anchored(tokens: list[Token]) -> list[tuple[str, str]]:
    """Give each second head a name to link to: [(name, its words)]."""
    heads = []
    for opening, words in pairwise(tokens):
        if opening.type == "heading_open" and opening.tag == "h2":
            plain = re.sub(r"[`*]", "", words.content)
            name = re.sub(r"\W+", "-", plain.lower()).strip("-")
            opening.attrs["id"] = name
            heads.append((name, plain))
    return heads


def _contents(heads: list[tuple[str, str]]) -> str:
    if len(heads) < 4:
        return ""
    rows = "".join(f'<li><a href="#{escape(n)}">{escape(w)}</a></li>' for n, w in heads)
    return f'<nav class="contents" aria-label="On this page"><ul>{rows}</ul></nav>'
