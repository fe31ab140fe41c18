"""Each lesson is a file; its views open, its claims are tried, and no finding is typed into it."""

import dataclasses
import json
import re
from urllib.parse import parse_qsl, unquote, urlencode

import pytest

from explorer.errors import UserError
from explorer.lab.experiment import Experiment
from explorer.settings import flatten, from_query, slots, to_query
from explorer.study.claims import CLAIMS, claim, record
from explorer.study.claims.contract import NOT_HERE, VERDICTS
from explorer.ui import lesson_words, lessons, pages
from explorer.ui.glossary import MARK, span, words
from explorer.ui.lesson_words import PLACE, WRITTEN

OF_THE_PAGE = {  # what the server is not asked for
    "tab", "stage", "compare", "pin", "sigma", "what", "mini", "pick", "design", "away", "claim",
    "paper", "paste", "trainer", "budgets", "section",
}  # fmt: skip
ALL = lessons.lessons()
STEPS = [(one, step) for one in ALL for step in one.steps]
NUMBER = re.compile(r"\d+(?:\.\d+)?")
FOUND = re.compile(r"\d\s*(?:×|%|times\b)")  # what only a measurement says


def texts(one) -> list[str]:
    said = [one.text, one.title]
    for step in one.steps:
        said += [step.claim, step.do, step.look, step.otherwise]
    return said


def typed(one) -> set[str]:
    """The numbers of a lesson that are no place of the record, no setting of a view or `done`, no
    figure of its source, and not `given`."""
    known = {*one.given, *NUMBER.findall(one.source)}
    for step in one.steps:
        known |= {*NUMBER.findall(unquote(step.view)), *map(str, flat(step.done))}
    known |= {*NUMBER.findall(unquote(one.view))}
    plain = [MARK.sub(r"\2", PLACE.sub("", text)) for text in texts(one)]
    return {n for text in plain for n in NUMBER.findall(text)} - known


def flat(done: dict) -> list:
    return [value for _, value in done.values()]


def views(one) -> list[str]:
    return [v for v in (one.view, *(step.view for step in one.steps)) if v]


def test_no_finding_is_typed_into_a_lesson():
    for one in ALL:
        assert not typed(one), (one.name, typed(one))
        for text in texts(one):
            assert not FOUND.search(PLACE.sub("", text)), (one.name, text)


def test_a_typed_finding_is_seen():
    one = lessons.lesson("why-rho-7")
    step = dataclasses.replace(one.steps[0], claim="At ρ = 3 the error is 4.4 times as large.")
    wrong = dataclasses.replace(one, steps=(step,))
    assert "4.4" in typed(wrong) and FOUND.search(step.claim)


def test_the_views_of_lessons_are_ones_that_there_are():
    for one in ALL:
        for view in views(one):
            given = dict(parse_qsl(view, strict_parsing=True, keep_blank_values=True))
            asked = urlencode({k: v for k, v in given.items() if k not in OF_THE_PAGE})
            if not any(k.startswith(("compare", "sch", "paste")) for k in given):
                shown = dict(parse_qsl(to_query(from_query(Experiment, asked))))
                assert shown.keys() <= given.keys() - OF_THE_PAGE, (one.name, view)
            assert given.get("tab", "explore") in {p.name for p in pages.PAGES}
            if "pin" in given:
                from_query(Experiment, given["pin"])


def test_the_claims_of_lessons_are_tried_and_stand_as_the_lesson_says():
    for one, step in STEPS:
        for name in {*lesson_words.names(step.claim + step.otherwise + step.look), *step.expects}:
            assert claim(name).name == name
        for verdict in step.expects.values():
            assert verdict in VERDICTS
        stands = lesson_words._step(one, step)
        assert stands["stands"] or step.otherwise, (one.name, stands["claim"])
    for one in ALL:
        assert not one.claim or one.claim in CLAIMS


def test_every_place_and_word_is_well_formed():
    for one, step in STEPS:
        for text in (step.claim, step.do, step.look, step.otherwise):
            left = MARK.sub("", PLACE.sub("", text))
            assert not set("{}[]|") & set(left), (one.name, left)


def test_a_lesson_has_three_to_six_steps_each_with_something_to_do_or_to_see():
    for one in ALL:
        if len(one.steps) > 1:
            assert 3 <= len(one.steps) <= 6 and one.group in lessons.GROUPS and one.minutes, (
                one.name
            )
            for step in one.steps:
                assert step.claim and (step.do or step.look), one.name


def test_what_is_done_can_be_done():
    known = {*flatten(Experiment()), "sigma", "pick", "page", "view", "what", "playing"}
    for slot, choices in slots(Experiment).items():
        known |= {f"{slot}.{k}" for cls in choices.values() for k in flatten(cls())}
    for one, step in STEPS:
        for key, (how, _) in step.done.items():
            assert key in known and how in (">=", "<=", "==", "!="), (one.name, key)


def test_a_number_is_put_in_with_its_interval():
    kept = record.read()["rows"]["rho-7-beats-rho-3"]
    said = lesson_words.html("{rho-7-beats-rho-3} and {rho-7-beats-rho-3|over}")
    assert WRITTEN[""](kept["value"]) in said and WRITTEN["over"](kept["value"]) in said
    low, high = (float(x) for x in re.search(r"\((\d\.\d+)–(\d\.\d+)\)", said).groups())
    assert low <= kept["value"] <= high
    narrow = lesson_words.html("{plane-holds-92-percent-digits|percent}")
    assert "%" in narrow and "small" not in narrow  # 6 % (6 %) says nothing
    assert lesson_words.html("<b> S_churn [[rho|ρ]]") == (
        f"&lt;b&gt; S<sub>churn</sub> {span('rho', 'ρ')}"
    )
    assert lesson_words.html("[[s_churn|S_churn]]") == span("s_churn", "S<sub>churn</sub>")


def test_every_marked_word_of_a_lesson_has_a_card():
    marks = {mark[1] for one in ALL for text in texts(one) for mark in MARK.finditer(text)}
    assert len(marks) > 3 and marks <= set(words())


def test_a_verdict_that_turns_is_said_instead_of_the_sentence(monkeypatch):
    name = "rho-7-beats-rho-3"
    one = lessons.lesson("why-rho-7")
    at = next(i for i, s in enumerate(one.steps) if name in lesson_words.names(s.claim))
    assert lesson_words.told("why-rho-7")["steps"][at]["stands"]
    kept = record.read()
    turned = kept | {"rows": kept["rows"] | {name: kept["rows"][name] | dict(
        low=2.0, value=2.5, high=3.0)}}  # fmt: skip
    monkeypatch.setattr(record, "read", lambda: turned)
    step = lesson_words.told("why-rho-7")["steps"][at]
    assert not step["stands"] and f"This {NOT_HERE}" in step["claim"] and "2.5 (2" in step["claim"]
    monkeypatch.setitem(CLAIMS, name, dataclasses.replace(claim(name), version=99))
    record._digest.cache_clear()
    step = lesson_words.told("why-rho-7")["steps"][at]
    record._digest.cache_clear()
    assert step["claim"].startswith("Not measured with this version") and not step["stands"]


def test_the_page_is_told_of_each():
    told = pages.config()["lessons"]
    assert [one["name"] for one in told["all"]] == [one.name for one in ALL]
    assert len(json.dumps(told)) < 16_000  # texts come when a lesson is opened


def test_an_unknown_lesson_is_a_sentence():
    with pytest.raises(UserError, match="There is no lesson 'rho-4'; there are .*why-rho-7"):
        lessons.lesson("rho-4")
