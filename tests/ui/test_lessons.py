"""Each lesson is a file, and its view is one that the page can show."""

from urllib.parse import parse_qsl, urlencode

import pytest

from explorer.lab.experiment import Experiment
from explorer.settings import from_query, to_query
from explorer.study.claims import claim
from explorer.ui import lessons, pages

OF_THE_PAGE = {"tab", "stage", "compare", "pin"}  # what the server is not asked for
ALL = lessons.lessons()


@pytest.mark.parametrize("lesson", ALL, ids=lambda lesson: lesson.title)
def test_the_view_of_a_lesson_is_one_that_there_is(lesson):
    given = dict(parse_qsl(lesson.view, strict_parsing=True))
    asked = urlencode({k: v for k, v in given.items() if k not in OF_THE_PAGE})
    shown = dict(parse_qsl(to_query(from_query(Experiment, asked))))
    assert shown.keys() <= given.keys() - OF_THE_PAGE  # a default is not written
    assert given.get("tab", "explore") in {p.name for p in pages.PAGES}
    if "pin" in given:
        from_query(Experiment, given["pin"])


@pytest.mark.parametrize("lesson", [one for one in ALL if one.claim], ids=lambda one: one.title)
def test_the_claim_of_a_lesson_is_one_that_is_tried(lesson):
    assert claim(lesson.claim).name == lesson.claim


def test_most_lessons_refer_to_a_claim():
    assert sum(bool(lesson.claim) for lesson in ALL) >= 6


def test_each_lesson_has_a_place_of_its_own():
    assert [lesson.place for lesson in ALL] == list(range(1, len(ALL) + 1))


def test_the_page_is_told_of_each():
    assert [one["title"] for one in pages.config()["lessons"]] == [one.title for one in ALL]
