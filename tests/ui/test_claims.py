"""What the Claims page is told: the record, what of it is of today, and one claim measured now."""

import dataclasses

import pytest

from explorer.errors import UserError
from explorer.study.claims import CLAIMS, claim, record
from explorer.ui import claims


def row_of(name: str) -> dict:
    return next(r for r in claims.listing()["rows"] if r["name"] == name)


def test_every_claim_is_told_with_its_number_and_the_look_of_its_verdict():
    told = claims.listing()
    assert [r["name"] for r in told["rows"]] == list(CLAIMS)
    assert told["said"].startswith("Measured with version ")
    assert row_of("vp-reaches-152") | {"found": "152", "chip": "holds"} == row_of("vp-reaches-152")
    assert row_of("rho-3-equalises-heun")["chip"] == "not"


def test_a_number_of_an_earlier_version_has_no_verdict(monkeypatch):
    name = "vp-reaches-152"
    monkeypatch.setitem(CLAIMS, name, dataclasses.replace(claim(name), version=99))
    record._digest.cache_clear()
    row, said = row_of(name), claims.listing()["said"]
    record._digest.cache_clear()
    assert row["verdict"] == "" and row["chip"] == "none" and row["found"] == "152"
    assert "earlier version" in row["stale"] and "1 of them are not of today" in said


def test_a_claim_measured_again_is_shown_as_of_today():
    work = claims.again({"name": "score-from-denoiser"})
    rows = list(work.rows(lambda: None))
    row = work.show(rows)["row"]
    assert len(rows) == work.total == 1
    assert row["verdict"] == "holds" and row["stale"] == "" and "10⁻" in row["found"]


@pytest.mark.parametrize(
    ("name", "said"),
    [("none-such", "Unknown claim 'none-such'"), (7, "by its name"), (None, "by its name")],
)
def test_another_name_is_a_sentence(name, said):
    with pytest.raises(UserError, match=said):
        claims.again({"name": name})
