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


@pytest.mark.parametrize(
    "low, high, write, text",
    [
        (0.00478, 0.00536, numerals.short, "0.0048–0.0054"),
        (0.51, 0.53, numerals.percent, "51–53 %"),
        (0.0034, 0.02, numerals.percent, "0.3–2 %"),
        (0.992, 0.998, numerals.percent1, "99.2–99.8 %"),
        (0.5, 0.5004, numerals.short, "0.5"),
        (-0.003, 0.001, numerals.short, "−0.003–0.001"),
        (29.96, 30.042, numerals.duration, "30.0 s"),
        (0.1, 30.042, numerals.duration, "100 ms–30.0 s"),
        (9e-5, 9.6e-5, numerals.short, "9.0–9.6·10⁻⁵"),
        (9e-5, 2.1e-4, numerals.short, "9.0·10⁻⁵–0.00021"),
        (1.0, math.inf, numerals.short, "1–∞"),
        (math.nan, math.nan, numerals.short, ""),
    ],
)
def test_an_interval_says_its_unit_once(low, high, write, text):
    assert numerals.span(low, high, write) == text


def test_a_value_stands_before_its_interval():
    assert numerals.interval(0.00502, 0.00478, 0.00536) == "0.005 (0.0048–0.0054)"
    assert numerals.interval(0.5, math.nan, math.nan) == "0.5"
    assert numerals.interval(210.0, 180.0, 240.0) == "210 (180–240)"  # no 2.1e+02


def test_names_stand_in_a_sentence():
    assert [numerals.listed("abc"[:n]) for n in (1, 2, 3)] == ["a", "a and b", "a, b and c"]
