"""The SDE's samples against the law: the instrument, and what is said with it."""

import dataclasses

import pytest
import scipy.stats
import torch

from explorer.core.churn import Churn
from explorer.core.solvers import EulerMaruyama
from explorer.core.timesteps import Custom
from explorer.data import Digits, Moons
from explorer.errors import UserError
from explorer.lab.experiment import Experiment
from explorer.lab.source import prepared
from explorer.study.langevin import (
    HELD,
    Gap,
    Marginal,
    apart_above,
    chance_of,
    gap_of,
    langevin_plan,
    largest_gap,
    law,
    noise_of,
    samplers,
)
from explorer.ui import langevin as said

MOONS = Experiment(data=Moons(dimension=2), samples=1024)


def test_the_chance_of_a_gap_is_kolmogorovs():
    for gap in (0.01, 0.03, 0.05, 0.08):
        size = gap / (1 / 1024 + 1 / HELD) ** 0.5
        assert chance_of(gap, 1024) == pytest.approx(scipy.stats.kstwobign.sf(size), rel=1e-9)
        if gap > 0.02:  # below it every chance is 1
            assert gap_of(chance_of(gap, 1024), 1024) == pytest.approx(gap, rel=1e-6)
    assert gap_of(0.05, 1024) == pytest.approx(noise_of(1024), rel=1e-3)  # POINT has four digits


def test_many_comparisons_are_held_against_the_law_together():
    """24 gaps just above the line of one alone are what chance makes; one far above it is not, and
    rows that are still to come are counted."""
    rows = [Marginal("A", "stochastic", n, 1.02 * noise_of(1024), 1024) for n in range(24)]
    far = [*rows, Marginal("A", "stochastic", 99, 2 * noise_of(1024), 1024)]
    assert all(r.chance < 0.05 for r in rows)
    assert not any(r.gap > apart_above(rows, 24) for r in rows)
    assert [r.nfe for r in far if r.gap > apart_above(far, 25)] == [99]
    assert apart_above(rows[:1], 24) == pytest.approx(gap_of(0.05 / 24, 1024))
    assert apart_above(rows[:1], 1) == pytest.approx(gap_of(0.05, 1024))


def test_the_gap_is_that_of_kolmogorov_and_smirnov():
    g = torch.Generator().manual_seed(0)
    a, b = torch.randn(300, generator=g), 0.3 + torch.randn(500, generator=g)
    assert largest_gap(a, b) == pytest.approx(scipy.stats.ks_2samp(a.numpy(), b.numpy()).statistic)
    assert noise_of(300, 500) == pytest.approx(1.358 * (800 / 150000) ** 0.5)


@pytest.mark.slow
def test_draws_of_the_law_stay_below_the_line_19_times_in_20():
    """200 sets of 256; 4 standard errors."""
    source = prepared(MOONS.data, MOONS.model)
    level = torch.tensor(0.002, dtype=torch.float64)
    scores = source.mixture.log_density(law(source, 0.002), level)
    over = 0
    for k in range(200):
        x = source.clean(256, 100 + k)
        x = x + 0.002 * torch.randn(x.shape, generator=torch.Generator().manual_seed(k)).double()
        own = source.mixture.log_density(x, level)
        over += largest_gap(own, scores) > noise_of(256)
    assert abs(over / 200 - 0.05) < 4 * (0.05 * 0.95 / 200) ** 0.5


@pytest.mark.slow
def test_the_gaps_close_as_steps_grow_short():
    for name, e in samplers(MOONS).items():
        rough, fine = (Gap()(dataclasses.replace(e, nfe=n))["gap"] for n in (9, 257))
        assert fine < 0.5 * rough, name
        if "DDIM" not in name:  # of order 1, without noise that would forget its errors
            assert fine < 1.5 * noise_of(1024), name


@pytest.mark.slow
def test_one_half_of_the_langevin_term_leaves_the_law():
    for half in ("decay", "noise"):
        e = dataclasses.replace(MOONS, solver=EulerMaruyama(half=half), nfe=257, last="sigma_min")
        assert Gap()(e)["gap"] > 3 * noise_of(1024), half


def test_the_views_own_settings_are_taken():
    own = dataclasses.replace(MOONS, solver=EulerMaruyama(beta=0.5), churn=Churn(s_churn=30.0))
    names = list(samplers(own))
    assert names[:2] == ["Euler–Maruyama, β = 0.5/σ", "Algorithm 2, S_churn 30"]
    assert len(langevin_plan(own)) == 24


def test_what_cannot_be_measured_is_named():
    with pytest.raises(UserError, match="are images"):
        langevin_plan(Experiment(data=Digits()))
    with pytest.raises(UserError, match="typed list"):
        langevin_plan(dataclasses.replace(MOONS, timesteps=Custom(levels=(80.0, 1.0, 0.1))))


def test_the_title_says_from_where_on():
    limit = noise_of(1024)
    rows = [
        Marginal(name, "stochastic", nfe, factor * limit, 1024)
        for name, factors in {
            "A": (3, 0.8, 1.2, 0.9),
            "B": (2, 0.9, 0.8, 0.7),
            "C": (9, 8, 7, 6),
        }.items()
        for nfe, factor in zip((9, 17, 33, 65), factors)
    ]
    assert said.title(rows, limit) == (
        "1,024 samples cannot be told from the law from 17 (B), 65 (A) evaluations on; not yet C"
    )
    assert said.title(rows[-4:], limit) == "No sampler follows the law yet, up to 65 evaluations"
