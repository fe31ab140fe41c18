"""Which steps are named: the population's, or none, whatever single paths do."""

import math

import pytest
import torch

from explorer.analysis.shares import blame, hottest

STEPS, PATHS, REPEATS = 12, 64, 500


def shares_of(weight: torch.Tensor, spread: float, count: int, seed: int) -> torch.Tensor:
    """(repeats, N, B): each path has its own shares around these weights."""
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(REPEATS, len(weight), count, generator=generator, dtype=torch.float64)
    raw = weight[:, None] * (spread * noise).exp()
    return raw / raw.sum(1, keepdim=True)


@pytest.mark.slow
def test_the_share_is_covered():
    weight = torch.ones(STEPS, dtype=torch.float64)
    weight[[3, 4]] = 12.0
    found = [blame(s) for s in shares_of(weight, 1.0, PATHS, 1)]
    truth = float(shares_of(weight, 1.0, 40 * PATHS, 2)[:50, [3, 4]].sum(1).mean())
    assert all(b.steps == (3, 4) for b in found) and sum(b.decided for b in found) > 0.98 * REPEATS
    inside = sum(b.share.low <= truth <= b.share.high for b in found) / REPEATS
    assert inside == pytest.approx(0.95, abs=0.025)  # 500 repeats: one sd is 1 %


def test_a_tie_is_not_decided():
    """Five equal steps: any three make half, so every block of paths would name others."""
    weight = torch.full((STEPS,), 0.02, dtype=torch.float64)
    weight[2:7] = 1.0
    found = [blame(s) for s in shares_of(weight, 1.0, PATHS, 3)]
    assert sum(b.decided for b in found) / REPEATS < 0.05
    usual = found[0]
    assert not usual.decided and set(usual.maybe) | set(usual.sure) >= set(usual.steps)


@pytest.mark.slow
def test_a_named_set_is_the_populations():
    """A near tie: wrong names are as rare as promised, even where few blocks dare to say one."""
    weight = torch.ones(STEPS, dtype=torch.float64)
    weight[[5, 6, 7]] = torch.tensor([7.0, 6.0, 2.2], dtype=torch.float64)
    truth = tuple(hottest(shares_of(weight, 1.0, 40 * PATHS, 4)[:50].mean((0, 2)).tolist()))
    found = [blame(s) for s in shares_of(weight, 1.0, PATHS, 5)]
    wrong = sum(b.decided and b.steps != truth for b in found) / REPEATS
    assert wrong < 0.05


def test_one_path_that_strays_names_nothing():
    weight = torch.ones(STEPS, dtype=torch.float64)
    weight[[3, 4]] = 8.0
    usual = shares_of(weight, 0.5, 256, 6)[0]
    strayed = usual.clone()
    strayed[:, 9] = 0
    strayed[10, 9] = 1.0
    before, after = blame(usual), blame(strayed)
    assert after.steps == before.steps and after.decided
    assert before.share.low < after.share.value < before.share.high


def test_few_paths_decide_nothing():
    one = torch.zeros(STEPS, 4)
    one[3] = 1.0
    found = blame(one)
    assert found.steps == (3,) and not found.decided and math.isnan(found.share.low)
    assert found.paths == 4


def test_paths_without_error_do_not_count():
    some = torch.zeros(STEPS, 20, dtype=torch.float64)
    some[5, :10] = 1.0
    found = blame(some)
    assert found.paths == 10 and found.steps == (5,) and found.share.value == 1.0
    nothing = blame(torch.zeros(STEPS, 20))
    assert nothing.steps == () and not nothing.decided
