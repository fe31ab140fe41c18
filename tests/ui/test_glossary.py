"""The words of the page: each with a short sentence, a drawing and an act."""

import re

import pytest

from explorer.lab.experiment import Experiment
from explorer.settings import from_query, parameters
from explorer.store import places
from explorer.strips import STRIPS
from explorer.ui import glossary, panel
from explorer.ui.pages import PAGES

DRAWN = re.compile(r"arcs|bars|cloud|tangent|curve:(curvature|plane|loss|error)")
ACTS = {"set", "go", "play", "layer", "what", "mini", "page", "apart", "away"}


@pytest.mark.parametrize("name", glossary.words())
def test_a_card_is_short_and_whole(name):
    word = glossary.words()[name]
    assert 3 <= len(word.sentence.split()) <= 20 and word.sentence.endswith(".")
    assert word.title and word.gloss and word.formula and word.source
    assert DRAWN.fullmatch(word.draw)
    assert word.show["label"] and len(set(word.show) & ACTS) == 1


def test_what_a_sentence_says_is_one_word():
    said = [form for word in glossary.words().values() for form in word.said]
    assert len(said) > 60 and len(set(said)) == len(said)
    assert all(form == form.strip() and "<" not in form for form in said)


@pytest.mark.parametrize("name", [n for n, w in glossary.words().items() if "set" in w.show])
def test_what_a_card_sets_is_a_setting(name):
    setting = glossary.words()[name].show["set"]
    query = "&".join(f"{k}={int(v) if isinstance(v, bool) else v}" for k, v in setting.items())
    assert from_query(Experiment, query) is not None


def test_every_word_that_stands_on_the_page_has_a_card():
    strips = places.assets("js") / "words" / "word.js"
    texts = [f.read_text(encoding="utf-8") for f in places.assets("pages").glob("*.html")]
    used = {m[1] for text in texts for m in re.finditer(r'data-word="([a-z_0-9]+)"', text)}
    used |= set(re.findall(r": '([a-z_0-9]+)',", strips.read_text(encoding="utf-8")))
    used |= set(glossary.CONTROLS.values())
    assert len(used) > 15 and used <= set(glossary.words())


def test_names_of_controls_are_of_settings_that_there_are():
    known = {p.key for p in parameters(Experiment)}
    assert {k for k in glossary.CONTROLS if k not in known} == {
        "data",
        "model",
        "solver",
        "timesteps",
        "schedule",
    }


def test_marks_become_words_and_the_rest_is_escaped():
    made = glossary.marked("why [[rho|ρ]] < 7")
    assert made == f"why {glossary.span('rho', 'ρ')} &lt; 7"
    with pytest.raises(KeyError, match="no word 'rhoo'"):
        glossary.marked("[[rhoo|ρ]]")


def test_a_word_of_a_control_is_no_place_of_the_tab_key():
    made = glossary.placed("<label>[[rho|ρ]]</label> [[nfe|NFE]]")
    assert (
        made == f"<label>{glossary.span('rho', 'ρ', False)}</label> {glossary.span('nfe', 'NFE')}"
    )
    assert "tabindex" in glossary.span("nfe", "NFE") and "tabindex" not in made.split("</label>")[0]


def test_the_lesson_that_tells_more_is_there():
    told = {word.lesson for word in glossary.words().values()} - {""}
    assert len(told) > 5 and told <= {f.stem for f in places.assets("lessons").glob("*.json")}


ROW = re.compile(
    r'<div class="row[^"]*"[^>]*?(?:data-key="([^"]+)"[^>]*)?>'
    r"(.*?)(?:</label>|<input|<select|<button)"
)
NO_WORD = {  # names of controls that are no words of the page, and why
    # plain English, and the field says what it takes
    *("File", "Drawing", "Images at", "Open", "Published", "Class names", "Name", "Prompt"),
    *("Negative", "Levels", "Sampler", "Family", "Strength", "Hand over", "Paths", "Features"),
    # how one set of data is drawn, seen on the stage as it is turned
    *("Points", "Turns", "Dimension", "Thickness", "Distance", "Overlap", "Depth", "Rings"),
    *("Cells", "Petals", "Twist", "Side", "Word", "Modes", "Spread", "Seed", "Size"),
    *("Characters", "Paper", "Set", "Channels"),
    # how a network is trained, which the page’s own sentences explain
    *("Capacity", "Augment", "Length, kimg", "Hyper-parameters", "Batch", "Rounds"),
    *("Learning rate", "Finish", "Shared first", "Finish on", "Its course", "M", "Range of a"),
}
THEIRS = ("timesteps.", "solver.", "model.")  # of one list, solver or rule, whose card explains it


def controls():
    """(key, HTML of the name) of every row of settings."""
    for html in (panel.panel(), *(page.body() for page in PAGES)):
        for found in ROW.finditer(html):
            yield found[1] or "", found[2]


def test_every_name_of_a_control_is_a_word_or_has_a_reason_not_to_be():
    rows = list(controls())
    assert len(rows) > 150
    plain = {
        (key, re.sub("<[^>]+>", "", html).strip()) for key, html in rows if "data-word" not in html
    }
    left = {
        (key, name) for key, name in plain if name not in NO_WORD and not key.startswith(THEIRS)
    }
    assert not left
    assert len(rows) - len(plain) > 40
    for key in ("timesteps.rho", "timesteps.sigma_max", "solver.order", "model.guidance"):
        assert all("data-word" in html for k, html in rows if k == key), key


def test_every_head_of_a_strip_is_a_word():
    text = (places.assets("js") / "words" / "word.js").read_text(encoding="utf-8")
    heads = dict(re.findall(r"^  (\w+): '(\w+)',$", text.split("};")[0], re.MULTILINE))
    assert set(heads) == set(STRIPS) and set(heads.values()) <= set(glossary.words())
