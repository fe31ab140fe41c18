"""Two recordings of the same noise: distances and what each step adds, within what is stated."""

import math

import pytest
import torch

from explorer.errors import UserError
from explorer.recorder.beside import beside

from . import loops


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    return loops.run(folder / "a", 10, samples=4), loops.run(folder / "b", 40, samples=4)


def size(x: torch.Tensor) -> torch.Tensor:
    return x.norm(dim=-1) / math.sqrt(x.shape[-1])


def test_distances_are_those_of_the_states_within_their_intervals(both):
    (mine, x, _), (denser, y, _) = both
    found = beside(mine, denser)
    known = size(torch.cat([x[:11] - y[0:41:4], x[-1:] - y[-1:]]))
    assert found.levels.tolist() == pytest.approx(loops.levels(10)) and found.single
    assert found.steps == (11, 41)
    inside = (found.distance.low <= known) & (known <= found.distance.high)
    assert float(inside.double().mean()) > 0.85  # 95 % each; 48 of them, and not independent
    far = known > 1e-3
    off = (found.distance.value[far] / known[far] - 1).abs()
    assert 0 < float(off.max()) < 4 * mine.error


def test_what_a_step_adds_is_what_it_misses_along_the_denser_run(both):
    """Euler is what a defect is held against, so its own is the truncation on the other's states:
    the difference of both is of second order, and small where the runs are near each other."""
    (mine, _, _), (denser, y, d) = both
    found, sigma = beside(mine, denser), loops.levels(10)
    level = torch.tensor(sigma, dtype=torch.float64)[:, None, None]
    states, answers = torch.cat([y[0:41:4], y[-1:]]), d[0:41:4]
    euler = answers + level[1:] / level[:-1] * (states[:-1] - answers)
    missed = size(states[1:] - euler)
    large = missed > 1e-3
    assert int(large.sum()) > 8
    off = found.defect.value[large] / missed[large] - 1
    assert float(off.abs().max()) < 4 * mine.error


def test_steps_that_are_exact_add_nothing(tmp_path):
    """One point: the path is a straight line, and Euler follows it."""
    point = loops.POINTS[:1]
    mine, denser = (loops.run(tmp_path / f"{n}", n, points=point)[0] for n in (5, 15))
    found = beside(mine, denser)
    assert not found.defect.low.any() and not found.hot
    assert float(found.defect.high.max()) < 1e-4  # rounding of sums in float32, of states of 15


def test_the_step_that_adds_most_is_told_only_where_it_is_clear(both, tmp_path):
    mine = both[0][0]
    found = beside(mine, both[1][0])
    d = found.defect.median()
    most = int(d.value.argmax())
    clear = float(d.low[most]) > max(float(h) for i, h in enumerate(d.high) if i != most)
    assert found.hot == ((most,) if clear else ())
    again = loops.run(tmp_path / "again", 10, samples=4)[0]
    assert not beside(mine, again).hot  # the same run: nothing adds anything


def test_levels_that_one_run_skips_are_taken_together(tmp_path):
    sigmas = loops.levels(12)
    mine = loops.run(tmp_path / "a", sigmas=sigmas)[0]
    other = loops.run(tmp_path / "b", sigmas=[*sigmas[:4], 1.234, *sigmas[6:]])[0]
    found = beside(mine, other)
    assert not found.single and (3, 5) in zip(found.first, found.last, strict=True)
    assert "11 of 13 levels are in both" in " ".join(found.notes)


def test_what_cannot_be_compared_says_why(tmp_path, both):
    mine = both[0][0]
    with pytest.raises(UserError, match=r"not of the same noise.* 1[.]\d of their length"):
        beside(mine, loops.run(tmp_path / "seed", 40, seed=1)[0])
    with pytest.raises(UserError, match=r"no noise level in common.*\(11 here\)"):
        sigmas = [s * 1.01 for s in loops.levels(40)[:-1]]
        beside(mine, loops.run(tmp_path / "levels", sigmas=sigmas)[0])
    bare = loops.run(tmp_path / "bare", 10, samples=4)
    bare = loops.lines_without(tmp_path / "bare", "sketch")
    with pytest.raises(UserError, match="no random directions"):
        beside(mine, bare)


def test_a_run_that_was_cut_off_is_compared_as_far_as_it_went(tmp_path, both):
    mine = loops.run(tmp_path / "cut", 10, samples=4, stop=6)[0]
    found = beside(mine, both[1][0])
    assert float(found.levels[-1]) == pytest.approx(loops.levels(10)[5])
    assert "cut off" in " ".join(found.notes)


def test_notes_tell_of_a_second_run_that_is_no_denser(tmp_path, both):
    (mine, *_), (denser, *_) = both
    assert "no more than the 41" in " ".join(beside(denser, mine).notes)
