"""Whom churn helps: the pairs, the instrument, and what is said of them."""

import dataclasses

import pytest
import torch

from explorer.analysis.quality import precision_recall, within
from explorer.core.churn import Churn
from explorer.data import Digits, Moons, Patches
from explorer.errors import UserError
from explorer.lab.experiment import Experiment, levels, run
from explorer.settings import unflatten
from explorer.study import stochastic as study
from explorer.study.stochastic import Churned, Good, churn_by_training, denoisers, stochastic_plan
from explorer.ui import stochastic as said

MOONS = Experiment(data=Moons(dimension=2), nfe=15)


def rows(**shares) -> list[Churned]:
    """name -> share of good ones of 512, without churn and with 40; the pairs differ at random."""
    g = torch.Generator().manual_seed(0)
    draw = lambda p: tuple((torch.rand(512, generator=g) < p).int().tolist())
    return [
        Churned(name.replace("_", " "), amount, 79, draw(p))
        for name, two in shares.items()
        for amount, p in zip((0.0, 40.0), two)
    ]


def test_precision_is_the_share_within():
    g = torch.Generator().manual_seed(0)
    x, y = torch.randn(300, 5, generator=g), 0.8 * torch.randn(200, 5, generator=g)
    precision, _ = precision_recall(x, y)
    assert float(within(x, y).double().mean()) == pytest.approx(precision.value)


def test_draws_of_the_data_are_good_as_often_as_it_says():
    """99 of 100; 4 standard errors of 512."""
    e = dataclasses.replace(MOONS, nfe=255, samples=512)  # long steps miss more than σ_min
    good = torch.tensor(Good()(e)["each"]).double()
    assert float(good.mean()) == pytest.approx(0.99, abs=4 * (0.01 * 0.99 / 512) ** 0.5 + 0.01)


def test_a_run_that_misses_has_fewer_good_ones():
    rough = dataclasses.replace(MOONS, nfe=5, samples=128)
    assert sum(Good()(rough)["each"]) < 0.5 * 128


@pytest.mark.slow
def test_digits_are_judged_by_the_classifier_and_all_their_networks_take_part():
    base = Experiment(data=Digits(), churn=Churn(s_churn=25.0))
    names = denoisers(base)
    assert next(iter(names)) == "exact denoiser" and len(names) == 4  # exact, F, A, flow
    plan = stochastic_plan(base)
    assert {c.experiment.churn.s_churn for c in plan} == {0, 1.9, 3.7, 7.5, 25}
    assert all(c.experiment.churn.s_tmax == base.churn.s_tmax for c in plan)
    first = plan[: len(names) * 5]  # all denoisers at all amounts before the second block
    assert len({(repr(c.experiment.model), c.experiment.churn.s_churn) for c in first}) == len(
        first
    )
    assert len({c.experiment.seed for c in first}) == 1


def test_rows_grow_block_by_block_on_the_same_noise(monkeypatch):
    monkeypatch.setattr(study, "BLOCK", 16)
    monkeypatch.setattr(study, "SAMPLES", 32)
    *_, found = churn_by_training(MOONS)
    assert [len(r.each) for r in found] == [32] * 4 and {r.amount for r in found} == {
        0,
        0.83,
        1.7,
        3.3,
    }
    e = dataclasses.replace(MOONS, samples=16, seed=MOONS.seed + 1)
    assert list(found[0].each[16:]) == Good()(e)["each"] and run(e).nfe == found[0].nfe


def test_each_amount_adds_noise_of_its_own():
    """At 18 steps 10, 40 and 80 are one run, γ = √2 − 1; at 256 they are the paper’s own."""
    for nfe in (5, 35, 511):
        base = dataclasses.replace(MOONS, nfe=nfe)
        steps = len(levels(base))
        amounts = sorted({c.experiment.churn.s_churn for c in stochastic_plan(base)})
        gammas = {round(min(a / steps, 2**0.5 - 1), 4) for a in amounts}
        assert len(gammas) == len(amounts) == 4
        told = said.capped(study.capped_from(base), max(study.AMOUNTS))
        assert ("at its cap" in told) == (nfe < 511)
    assert amounts == list(study.AMOUNTS)


def test_data_that_nothing_can_judge_are_named():
    with pytest.raises(UserError, match="No classifier comes with the page for"):
        stochastic_plan(Experiment(data=Patches()))


@pytest.mark.parametrize(
    "shares, words",
    [
        ({"A": (0.6, 0.75)}, ["S_churn 40 helps A +"]),
        ({"F": (0.8, 0.6)}, ["S_churn 40 hurts F −"]),
        ({"exact": (1.0, 1.0)}, ["No difference is found for exact at S_churn 40"]),
        (
            {"exact": (1.0, 1.0), "A": (0.5, 0.7), "F": (0.5, 0.7)},
            ["helps A +", " and F +", "makes no difference that is found for exact"],
        ),
    ],
    ids=["helps", "hurts", "nothing", "several"],
)
def test_the_title_says_whom(shares, words):
    title = said.title(rows(**shares), 40.0)
    assert all(w in title for w in words), title


def test_the_smallest_effect_that_could_be_seen_is_said():
    base = unflatten(Experiment, {"data": "moons", "data.dimension": 2})
    note = said.shown(base, rows(A=(0.6, 0.61)))["note"]
    # two shares of 0.6 of 512 each, apart from each other: 1.96 · √(2 · 0.24/512) = 0.06
    assert "Effects below 6" in note and "points would not be seen" in note
