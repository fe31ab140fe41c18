"""A colour stands once: in assets/palette.json; style sheets, scripts and figures have it there."""

import re
from pathlib import Path

from explorer.figures.style import PALETTE
from explorer.server import files

ROOT = Path(__file__).parents[1]
FOLDERS = ("assets/js", "assets/css", "assets/pages", "explorer")
SOURCES = sorted(
    f
    for folder in FOLDERS
    for f in (ROOT / folder).rglob("*")
    if f.suffix in (".js", ".css", ".html", ".py")
)

TEXT = {f: f.read_text(encoding="utf-8") for f in SOURCES}


def test_both_themes_name_the_same_colours():
    assert PALETTE["light"].keys() == PALETTE["dark"].keys()
    assert len(PALETTE["light"]["ramp"]) == len(PALETTE["dark"]["ramp"])


def test_no_colour_is_written_elsewhere():
    colour = re.compile(r"#[0-9a-fA-F]{6}\b")
    found = {str(f.relative_to(ROOT)): colour.findall(TEXT[f]) for f in SOURCES}
    assert not {file: colours for file, colours in found.items() if colours}


def test_style_sheets_ask_for_colours_that_there_are():
    sheets = "".join(TEXT[f] for f in SOURCES if f.suffix == ".css")
    given = set(re.findall(r"--([\w-]+):", sheets + files.colours()))
    asked = set(re.findall(r"var\(--([\w-]+)\)", sheets))
    # of a bar, of a slider, of a table: its script sets them
    assert asked <= given | {"w", "p", "n"}


def test_the_page_has_each_colour_in_both_themes():
    light, dark = files.colours().split('[data-theme="dark"]')
    for name in PALETTE["light"].keys() - {"ramp"}:
        assert f"--{name}:{PALETTE['light'][name]};" in light
        assert f"--{name}:{PALETTE['dark'][name]};" in dark
