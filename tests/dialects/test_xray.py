"""The X-ray: what it reads, and how it refuses."""

import gzip
import json
from pathlib import Path

import pytest

from explorer import UserError, xray

from ..rows import each

FAULTS = Path(__file__).parents[1] / "data" / "dialects" / "faults.json.gz"
CASES = json.loads(gzip.decompress(FAULTS.read_bytes()))["cases"]


def test_a_run_is_read_with_its_numbers_and_reports_are_json():
    def same(case):
        run = case["run"]
        report = xray(json.dumps(run))
        (read,) = report.runs
        assert read.model == run["model"]["name"]
        assert [s for s in read.sigmas if s == s] == [
            float(s) for s in run.get("sigmas", []) if s != "nan"
        ]
        assert json.loads(json.dumps(report.json(), allow_nan=False))["runs"][0]["facts"]

    each(CASES, same, lambda case: case["id"])


@pytest.mark.parametrize("thing", [{}, [], 3, None, "hello", {"a": 1}, b"\xff"])
def test_what_nobody_reads_is_refused_in_a_sentence(thing):
    with pytest.raises(UserError, match=r"^[A-Z].{10,}"):
        xray(thing)


def test_a_bomb_is_refused_before_anything_is_made_of_it():
    for bomb in (
        "[" * 100_000,
        "[" * 500 + "]" * 500,
        "[" + "0," * 600_000 + "0]",
        "9" * 6_000_000,
    ):
        with pytest.raises(UserError):
            xray(bomb)
