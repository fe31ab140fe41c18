"""Numbers in words: the cases that the page's own formatter is held to as well (tests/js)."""

import json
import math
import re
from pathlib import Path

import pytest

from explorer import numerals

CASES = json.loads((Path(__file__).parent / "data" / "numbers.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("kind", CASES)
def test_a_number_reads_as_on_the_page(kind):
    for value, text in CASES[kind]:
        assert getattr(numerals, kind)(value) == text


def test_what_is_not_finite_has_a_sign_of_its_own():
    assert numerals.number(math.nan) == "–"
    assert numerals.number(-math.inf) == "−∞"


def test_no_number_is_written_with_an_e():
    for power in range(-18, 19):
        for front in (1.0, 2.345, 9.96, 9.9999):
            for digits in (1, 2, 3):
                assert not re.search("e", numerals.number(front * 10.0**power, digits))
