"""A beside B from the same noise: pairs, refusals, and what may be said of them."""

import dataclasses
from types import SimpleNamespace

import pytest
import torch

from explorer.analysis.intervals import mean_ratio
from explorer.core.churn import Churn
from explorer.core.solvers import DDIM, IPNDM, DPMpp, EulerAncestral, Heun
from explorer.data import Digits
from explorer.errors import UserError
from explorer.lab.experiment import Experiment
from explorer.models.guided import GuidedExact
from explorer.settings import to_query
from explorer.study import ab, samples
from explorer.study.end_error import measure
from explorer.study.samples import Shown
from explorer.ui.ab import ab as asked
from explorer.ui.ab import shown
from explorer.ui.image_grid import grid

A = Experiment(nfe=9, solver=Heun(), samples=8)
DIGITS = Experiment(data=Digits(), nfe=9, solver=DPMpp(), samples=8)


def other(e: Experiment, **changes) -> Experiment:
    return dataclasses.replace(e, **changes)


def pair(one: list[float], two: list[float], far=(None, None), **more) -> ab.Pair:
    """A pair with these errors; far: which of them end elsewhere."""
    known = [f or [0] * len(one) for f in far]
    sides = [Shown(9, each=x, astray=f) for x, f in zip((one, two), known, strict=True)]
    return ab.Pair(A, other(A, solver=DDIM()), *sides, **more)


@pytest.fixture(scope="module")
def digits() -> list[ab.Pair]:
    """DPM-Solver++ and DDIM on digits at 9 evaluations."""
    return list(ab.beside(DIGITS, other(DIGITS, solver=DDIM(), seed=7), 1))


@pytest.fixture(scope="module")
def spiral() -> list[ab.Pair]:
    """Heun and DDIM, two seeds."""
    return list(ab.beside(A, other(A, solver=DDIM(), seed=7), 2))


def test_both_start_from_the_noise_of_a(spiral):
    """B's own seed gives way: its errors are those of A's seeds, one after the other."""
    assert spiral[-1].b.seed == 0 and spiral[-1].count == 2 * ab.BLOCK
    for seed in (0, 1):
        own = measure(other(A, solver=DDIM(), seed=seed, samples=ab.BLOCK))
        part = slice(seed * ab.BLOCK, (seed + 1) * ab.BLOCK)
        assert spiral[-1].its.each[part] == pytest.approx(own.each, rel=1e-9)
        assert sum(spiral[-1].its.astray[part]) == own.elsewhere


def test_after_each_two_cells_a_whole_is_known(spiral):
    assert [p.count for p in spiral] == [0, 64, 64, 128]
    assert not spiral[0].paired and spiral[1].paired


@pytest.mark.slow
def test_the_median_and_the_mean_tell_two_stories_and_it_is_said(digits):
    """On digits at 9 evaluations DDIM is nearer on most paths, and loses more of them."""
    made = ab.said(digits[-1])
    assert (made.nearer, made.median, made.mean, made.kept) == (-1, -1, 1, 1) and made.split
    told = shown(digits[-1], 1, 7)
    assert "DDIM ends nearer in" in told["title"] and "more often" in told["title"]
    assert "own seed 7 gave way" in told["note"]
    assert "depends on the measure" in told["ab"]["said"][-1]["lead"]
    assert all("(" in s["text"] for s in told["ab"]["said"][:4])  # an interval each
    assert [r["ahead"] for r in told["ab"]["comes"]] == ["b", "a", "a", ""]


def test_one_method_under_two_names_is_the_same_in_every_sample():
    """iPNDM of order 1 is Euler in σ on the denoiser, which is DDIM."""
    *_, found = ab.beside(other(A, solver=DDIM()), other(A, solver=IPNDM(order=1)), 1)
    assert found.same and not any(dataclasses.astuple(ab.said(found)))
    assert "same error in every sample" in shown(found, 1, 0)["title"]


def test_what_costs_more_is_said_wherever_it_is_ranked():
    """Guidance asks two denoisers in an evaluation: at equal evaluations the costs are not."""
    found = pair([1.0] * 64, [0.5] * 64)
    assert "against" not in shown(found, 1, 0)["title"]
    found = dataclasses.replace(found, its=dataclasses.replace(found.its, passes=17))
    told = shown(found, 1, 0)
    assert "100 % of samples at 17 passes against 9" in told["title"]
    assert told["ab"]["said"][-1]["text"] == "A takes 9 passes, B 17."
    assert told["ab"]["comes"][-1]["name"] == "passes"
    guided = other(A, model=GuidedExact(guidance=2.0), nfe=5, samples=4)
    assert samples.Samples(2)(guided)["passes"] == 10 and samples.Samples(2)(A)["passes"] is None


def test_pairs_tell_what_the_two_alone_do_not():
    """Paths differ e² times, B makes 1.2 times A's error on each: the ratio says so."""
    path = torch.randn(64, generator=torch.Generator().manual_seed(0)).double().exp()
    found = pair(path.tolist(), (1.2 * path).tolist())
    assert found.ratio.value == pytest.approx(1.2) and ab.said(found).median == 1
    assert found.means.low == pytest.approx(1.2) and found.means.high == pytest.approx(1.2)
    assert found.nearer.value == 0 and ab.said(found).nearer == 1


def test_medians_that_say_otherwise_than_the_pairs_are_no_rank():
    """B errs a little less on most paths and is lost on more of them: its median is the larger one,
    and the row of medians ranks nobody."""
    one = [0.001] * 33 + [1.0] * 31
    two = [0.0009] * 28 + [1.5] * 5 + [0.9] * 31
    found = pair(one, two)
    assert ab.said(found).median == -1
    row = shown(found, 1, 0)["ab"]["comes"][0]
    assert row["ahead"] == "" and float(row["a"].split()[0]) < float(row["b"].split()[0])


def test_what_cannot_be_told_is_not_ranked():
    draw = torch.Generator().manual_seed(1)
    one, two = (torch.randn(64, generator=draw).exp().tolist() for _ in range(2))
    made = ab.said(pair(one, two, ([0, 1] * 32, [1, 0] * 32)))
    assert (made.nearer, made.median, made.mean, made.kept) == (0, 0, 0, 0) and not made.split
    said = shown(pair(one, two), 1, 0)
    assert "cannot be told with 64 samples" in said["title"]
    assert all(s["who"] == "level" for s in said["ab"]["said"])


def test_a_ratio_of_means_takes_both_of_a_pair():
    """Draws of each alone would leave an interval, though B is twice A on every path."""
    x = torch.rand(32, generator=torch.Generator().manual_seed(2)).double()
    found = mean_ratio(2 * x, x)
    assert (found.low, found.value, found.high) == pytest.approx((2, 2, 2))
    assert mean_ratio(x[:5], x[:5]).low != mean_ratio(x[:5], x[:5]).low  # nan: too few


REFUSED = [
    (A, other(A, data=Digits()), "A has 16 numbers a sample, B 64: no common noise."),
    (A, other(A, seed=5, samples=3), "the same settings"),
]


@pytest.mark.parametrize("a, b, why", REFUSED, ids=["shape", "same"])
def test_two_without_common_noise_are_refused(a, b, why):
    with pytest.raises(UserError, match=why):
        ab.plan(a, b)


@pytest.mark.parametrize("seeds", [0, 33, True, "4", None])
def test_seeds_are_a_small_whole_number(seeds):
    with pytest.raises(UserError, match="from 1 to 32"):
        ab.plan(A, other(A, solver=DDIM()), seeds)


NO_RATIO = [
    ({"solver": EulerAncestral()}, "New noise"),
    ({"churn": Churn(s_churn=5)}, "churn"),
    ({"timesteps": dataclasses.replace(A.timesteps, sigma_max=40.0)}, "other paths"),
]


@pytest.mark.parametrize("changes, why", NO_RATIO, ids=["random", "churn", "range"])
def test_where_the_paths_are_not_the_same_there_is_no_ratio_and_the_samples_are_shown(changes, why):
    *_, found = ab.beside(A, other(A, **changes), 1)
    told = shown(found, 1, 0)
    assert not found.paired and why in told["ab"]["why"] and told["ab"]["scatter"] is None
    assert told["ab"]["b"]["count"] == ab.BLOCK and told["ab"]["b"]["x"]
    assert "No ratio" in told["ab"]["said"][0]["lead"]


def test_what_is_kept_goes_on_with_more_seeds(tmp_path):
    one, two = other(A, solver=DDIM()), A
    first = [p.count for p in ab.beside(one, two, 1, folder=tmp_path)]
    kept = len(list(tmp_path.rglob("*.json")))
    again = list(ab.beside(one, two, 2, folder=tmp_path))
    assert first == [0, 64] and kept == 2 and len(list(tmp_path.rglob("*.json"))) == 4
    assert again[-1].count == 128 and again[1].mine.each == again[-1].mine.each[:64]


def test_a_sample_that_is_not_finite_is_no_picture(monkeypatch):
    """It is named, and its pixels are the middle of the scale."""
    bad = torch.full((3, 1, 8, 8), float("nan"))
    bad[1] = 0.5
    row = dataclasses.replace(measure(other(A, samples=3)), each=(), note="blew up")
    monkeypatch.setattr(samples, "ended", lambda e, watch: (row, bad, None))
    found = samples.shown_of(samples.Samples(3)(other(DIGITS, samples=3)))
    assert found.lost == [0, 2] and found.x[0][0][0][0] == 0 and found.x[1][0][0][0] == 0.5
    assert found.note == "blew up" and not found.each


SIZES = [((1, 8, 8), 1024), ((3, 32, 32), 21), ((3, 64, 64), 21), ((3, 512, 512), 21)]


@pytest.mark.parametrize("shape, most", SIZES)
def test_pictures_of_a_cell_are_bounded(shape, most):
    """However large an image is, and however many are asked for."""
    source = SimpleNamespace(kind="image", shape=shape, denoiser=None)
    assert samples._most(source) == most
    x = samples._pixels(source, torch.ones(2, *shape), None)
    assert max(x.shape[-2:]) <= samples.SIDE and x.mean() == pytest.approx(1)
    assert most * x[0].numel() <= samples.NUMBERS


def test_the_page_measures_no_cell_twice(monkeypatch):
    """More seeds measure what is new; the same grid again nothing."""
    made, own = [], samples.Samples.__call__
    count = lambda self, e, watch=None: made.append(e) or own(self, e, watch)
    monkeypatch.setattr(samples.Samples, "__call__", count)
    times = lambda work: (made.clear(), list(work.rows(lambda: None)), len(made))[2]
    request = {"b": to_query(other(A, solver=DDIM())), "seeds": 1}
    assert [times(asked(A, {**request, "seeds": n})) for n in (1, 1, 2)] == [2, 0, 2]
    axes = {
        "rows": {"key": "solver", "values": "ddim,heun"},
        "columns": {"key": "nfe", "values": "5,9"},
    }
    few = Experiment(samples=4)
    assert [times(grid(few, axes)) for _ in range(2)] == [4, 0]
