"""Each claim of both papers is tried; the verdict follows from the interval, and from it alone."""

import dataclasses
import json
import math

import pytest

from explorer.analysis.intervals import Estimate
from explorer.errors import UserError
from explorer.lab.experiment import run
from explorer.study import engine
from explorer.study.claims import CLAIMS, claim, record, tried
from explorer.study.claims.contract import (
    COSTS,
    HOLDS,
    NOT_HERE,
    OPEN,
    PAPERS,
    VERDICTS,
    above,
    below,
    sure,
    within,
)

ROWS = {r["name"]: r for r in record.rows()}
# tens of seconds each: held against the digest of the record, not measured again
DEAR = {
    "churn-hurts-the-new-training",
    "churn-helps-the-old-training",
    "churn-loses-detail",
    "s-noise-makes-up-for-it",
    "config-f-samples-better-than-a",
    "reasonable-from-13-evaluations",
    "rho-3-equalises-heun-on-a-network",
}
# seconds: what many networks' evaluations or 64 levels of true steps take
LONG = (
    DEAR
    | {n for n, c in CLAIMS.items() if c.cost == "slow"}
    | {
        "rho-3-equalises-heun",
        "rho-2-equalises-euler",
        "larger-rho-lowers-error-below-10",
        "larger-rho-raises-error-above-10",
        "euler-local-order-2",
        "heun-local-order-3",
        "no-schedule-for-each-sample",
        "plane-holds-92-percent-digits",
        "plane-holds-92-percent-glyphs",
        "a-tangent-is-parallel-to-the-chord",
        "that-tangent-lies-early",
        "photographs-decided-in-a-narrow-band",
        "schedules-share-their-curves",
        "rho-7-beats-rho-3",
        "edm-frame-beats-vp",
        "ve-sampler-needs-300-times",
        "config-f-denoises-better-than-a",
        "loss-begins-at-one",
        "nothing-to-learn-at-low-noise",
        "much-to-learn-in-the-middle",
        "nothing-to-learn-at-high-noise",
        "churn-corrects-errors",
        "sde-keeps-the-marginals",
        "half-the-langevin-term-does-not",
        "unguided-covers-the-class",
        "guidance-leaves-parts-out",
        "guidance-leaves-the-class",
        "guidance-misses-what-is-meant",
        "an-interval-stays-nearer",
        "shift-twice-is-farther",
        "flow-network-denoises",
        "there-and-back-at-65",
        "heun-comes-back-nearer",
        "likelihood-along-the-path",
    }
)


def test_the_verdict_follows_from_the_interval():
    at = lambda low, high: Estimate((low + high) / 2, low, high, 9)
    assert below(1).verdict(at(0.2, 0.9)) == HOLDS
    assert below(1).verdict(at(1.1, 2.0)) == NOT_HERE
    assert below(1).verdict(at(0.9, 1.1)) == OPEN
    assert above(1).verdict(at(0.2, 0.9)) == NOT_HERE
    assert above(1).verdict(at(1.0, 3.0)) == HOLDS  # the bound itself is allowed
    assert within(2, 3).verdict(at(2.1, 2.9)) == HOLDS
    assert within(2, 3).verdict(at(3.1, 9.0)) == within(2, 3).verdict(at(0, 1.9)) == NOT_HERE
    assert within(2, 3).verdict(at(1.0, 4.0)) == within(2, 3).verdict(at(2.5, 3.5)) == OPEN
    assert within(35, 35).verdict(sure(35)) == HOLDS
    assert within(35, 35).verdict(sure(36)) == NOT_HERE


def test_what_must_hold_is_said_as_it_was_written():
    said = [below(1e-9), above(-0.15), within(151.5, 152.5), within(35, 35)]
    assert list(map(str, said)) == [
        "at most 1.0·10⁻⁹",
        "at least −0.15",
        "151.5 to 152.5",
        "exactly 35",
    ]


def test_without_an_interval_nothing_can_be_told():
    assert below(1).verdict(Estimate(0.1, math.nan, math.nan, 3)) == OPEN


def test_there_are_thirty_claims_of_both_papers_that_say_all_that_they_should():
    assert len(CLAIMS) >= 30
    assert {c.paper for c in CLAIMS.values()} == set(PAPERS)
    for name, c in CLAIMS.items():
        assert name == c.name and c.cost in COSTS
        assert c.quote and c.source and c.measure and c.seeds, name
        assert c.quote.endswith((".", ")")) or c.quoted, name  # a sentence, or as it is printed
        assert c.experiment is not None  # a view that opens


@pytest.mark.parametrize("name", [n for n, c in CLAIMS.items() if "predictor=" in c.view])
def test_the_view_of_a_claim_runs_with_the_predictor_that_it_names(name):
    e = dataclasses.replace(claim(name).experiment, samples=1)
    assert run(e, kept=False).nfe == e.nfe


def test_what_departs_is_explained():
    departs = [n for n, r in ROWS.items() if r["verdict"] == NOT_HERE]
    for known in (
        "rho-3-equalises-heun",
        "alpha-1-near-the-best",
        "edm-frame-beats-vp-on-a-network",
    ):
        assert known in departs
    for name in departs:
        assert len(ROWS[name]["why"]) > 30, name


@pytest.mark.parametrize("name", CLAIMS)
def test_the_record_that_ships_is_of_today(name):
    row = ROWS[name]
    assert row["stale"] == "" and row["verdict"] in VERDICTS
    assert row["low"] is None or row["low"] <= row["value"] <= row["high"]


def measured_again(name: str) -> None:
    found = claim(name).try_(None)
    assert claim(name).relation.verdict(found) == ROWS[name]["verdict"], found


@pytest.mark.parametrize("name", sorted(CLAIMS.keys() - LONG))
def test_a_claim_measured_again_has_its_verdict(name):
    measured_again(name)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(LONG - DEAR))
def test_a_claim_of_seconds_measured_again_has_its_verdict(name):
    measured_again(name)


def test_the_second_run_measures_nothing(tmp_path, monkeypatch):
    names = ["score-from-denoiser", "vp-reaches-152"]
    first = list(tried.tried(names, tmp_path))
    broken = {n: dataclasses.replace(claim(n), try_=None) for n in names}
    monkeypatch.setattr("explorer.study.claims.CLAIMS", CLAIMS | broken)
    again = list(tried.tried(names, tmp_path))
    assert [r.known for r in first] == [False, False] and [r.known for r in again] == [True, True]
    assert [r.plain() for r in again] == [r.plain() for r in first]


def test_a_run_that_was_stopped_goes_on(tmp_path):
    names = ["score-from-denoiser", "vp-reaches-152"]
    begun = tried.tried(names, tmp_path)
    next(begun)
    begun.close()
    assert engine.answered(tried.plan(names), tmp_path) == 1
    assert [r.known for r in tried.tried(names, tmp_path)] == [True, False]


def test_an_unknown_claim_is_a_sentence():
    with pytest.raises(UserError, match="Unknown claim 'rho-4'. Near to it: rho-3-equalises-heun"):
        claim("rho-4")
    with pytest.raises(UserError, match="lists all"):
        claim("x")


def test_a_record_of_another_version_is_stale_and_keeps_its_number(tmp_path, monkeypatch):
    names, place = ["score-from-denoiser", "vp-reaches-152"], tmp_path / "claims.json"
    record.keep(tried.tried(names), place)
    changed = dataclasses.replace(claim(names[0]), version=99)
    monkeypatch.setitem(CLAIMS, names[0], changed)
    record._digest.cache_clear()
    rows = {r["name"]: r for r in record.rows(place)}
    record._digest.cache_clear()
    assert "earlier version" in rows[names[0]]["stale"] and rows[names[0]]["value"] is not None
    assert rows[names[1]]["stale"] == ""
    assert rows["rho-3-equalises-heun"]["stale"] == "not measured yet"
    assert rows["rho-3-equalises-heun"]["verdict"] == ""


def test_a_relation_that_changes_makes_the_record_stale():
    c = claim("vp-reaches-152")
    assert tried.digest(c) != tried.digest(dataclasses.replace(c, relation=within(0, 1)))


def test_keeping_some_leaves_the_others(tmp_path):
    place = tmp_path / "claims.json"
    record.keep(tried.tried(["score-from-denoiser"]), place)
    record.keep(tried.tried(["vp-reaches-152"]), place)
    assert set(json.loads(place.read_text())["rows"]) == {"score-from-denoiser", "vp-reaches-152"}


def test_a_damaged_record_is_a_sentence(tmp_path):
    place = tmp_path / "claims.json"
    place.write_text('{"rows": 3}')
    with pytest.raises(UserError, match="--keep makes it again"):
        record.read(place)
