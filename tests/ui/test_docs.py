"""The documentation: every page is drawn, and what it names is there."""

import re
from pathlib import Path

import pytest

from explorer import SOLVERS
from explorer.errors import UserError
from explorer.store import places
from explorer.strips import STRIPS
from explorer.ui import docs
from explorer.ui.docs import render, source
from explorer.ui.docs.mathml import mathml

ROOT = Path(__file__).parents[2]
FILES = sorted(places.assets("docs").glob("*.md"))
NAMED = re.compile(r"\[`([\w.]+)`\]\((\S+) \"code\"\)")
LINK = re.compile(r"\]\(([^)\s=]+?)(?: \"\w+\")?\)")


def test_each_file_is_a_page_in_the_menu():
    assert {f.stem for f in FILES} == set(docs.PAGES)
    for name in docs.PAGES:
        shown = docs.page(name)
        assert f"<h1>{shown.title}</h1>" in shown.body.replace("<code>", "").replace("</code>", "")
        assert shown.menu.count("aria-current") == 1, name


def test_each_formula_stands_beside_code_that_is_there():
    """A function that is renamed or moved is missed here, and the file that the link leads to."""
    named = [(f.stem, *found) for f in FILES for found in NAMED.findall(f.read_text("utf-8"))]
    assert len(named) > 30
    for page, dotted, link in named:
        file = (places.assets("docs") / link).resolve()
        module = source.function(dotted).__module__.replace(".", "/")
        assert file.is_relative_to(ROOT) and file.exists(), (page, link)
        assert (ROOT / module).is_relative_to(file.with_suffix("")), (page, dotted, link)
        body = docs.page(page).body
        assert f"<code>{dotted.removeprefix('explorer.')}</code>" in body, (page, dotted)


def test_every_link_leads_somewhere():
    for file in [*FILES, ROOT / "README.md"]:
        for link in LINK.findall(file.read_text("utf-8")):
            if not link.startswith(("http", "/", "#")):
                assert (file.parent / link.partition("#")[0]).exists(), (file.name, link)


def test_each_strip_leads_to_its_own_section():
    for strip in STRIPS.values():
        page, _, name = strip.words()["page"].removeprefix("/docs/").partition("#")
        assert f'id="{name}"' in docs.page(page).body, strip.name


def test_each_solver_has_a_page_of_its_own_with_the_step_that_runs():
    table = docs.page("solvers").body
    for name, cls in SOLVERS.items():
        shown = docs.page(f"solvers/{name}")
        assert shown.title == cls.label and f'href="/docs/solvers/{name}"' in table
        assert "def step" in shown.body or "def update" in shown.body, name
    assert "def two_stage" in docs.page("solvers/heun").body  # what its step calls


def test_an_unknown_page_is_refused_with_those_that_there_are():
    with pytest.raises(UserError, match="no page 'nothing'.*framework"):
        docs.page("nothing")
    with pytest.raises(UserError, match="no solver 'hune'.*heun"):
        docs.page("solvers/hune")
    with pytest.raises(UserError, match="explorer.core.nothing"):
        source.excerpt("explorer.core.nothing")


def test_formulas_become_elements_that_browsers_draw():
    found = mathml(r"x' = \sigma_{max}^2 + \frac{h}{2\alpha}")
    assert "<msup><mi>x</mi><mo>′</mo></msup>" in found
    assert "<msubsup><mi>σ</mi><mi>max</mi><mn>2</mn></msubsup>" in found
    assert "<mfrac><mi>h</mi><mrow><mn>2</mn><mi>α</mi></mrow></mfrac>" in found
    below = mathml(r"\sum_{i=0}^{n} w_i", block=True)
    assert 'display="block"' in below and "<munderover><mo>∑</mo>" in below


@pytest.mark.parametrize("tex", [r"\wiggle x", r"\frac{1}", r"{x", r"\left( x", "x}"])
def test_a_formula_that_cannot_be_drawn_is_refused(tex):
    with pytest.raises(UserError, match="formula"):
        mathml(tex)


def test_what_is_no_formula_stays_text():
    assert "<math" not in render.html("It costs $ 5 and $ 6.")
    assert "&lt;script&gt;" in render.html("<script>x</script>")


def test_the_tutorial_runs_from_its_first_block_to_its_last(monkeypatch):
    """Its code, as it stands there, in one go: the solver is made, added, run, and of order 3."""
    monkeypatch.setitem(SOLVERS, "ralston3", None)  # whatever it adds is taken away again
    blocks = re.findall(r"```python\n(.*?)```", docs.text("adding-a-solver"), re.DOTALL)
    assert len(blocks) == 4
    made: dict = {"__name__": "tutorial"}
    exec("\n".join(blocks), made)
    assert SOLVERS["ralston3"] is made["Ralston3"]
    assert made["error"](160) > 1e-12  # the ratio is of errors, not of rounding
