"""The loss of a training over σ and over images."""

import math

import pytest

from explorer.figures.training import TOP, loss_by_sigma, loss_curve, planned
from explorer.training.loss import EDMLoss, VPLoss

SIGMA = [0.01, 0.1, 1.0, 10.0]
FIRST = [1e-4 * 0.99, 1e-2 * 0.96, 0.2, 0.2494]
NOW, FLOOR = [0.8 * v for v in FIRST], [0.7 * v for v in FIRST]


def figure(objective):
    return loss_by_sigma(
        SIGMA, FIRST, NOW, [0.9 * v for v in NOW], [1.1 * v for v in NOW], FLOOR, objective
    )


def test_the_loss_is_weighted_and_ordered():
    traces = {t["name"]: t for t in figure(EDMLoss(0.5))["data"]}
    first = traces["before training"]["y"]
    assert first == pytest.approx([1.03, 1.0, 1.0, 1.0], abs=0.04)
    assert traces["now"]["y"] == pytest.approx([0.8 * v for v in first], rel=1e-3)
    assert traces["ideal denoiser"]["line"]["dash"] == "dot"
    vp = {t["name"]: t for t in figure(VPLoss())["data"]}["now"]["y"]
    assert vp == pytest.approx([v / s**2 for v, s in zip(NOW, SIGMA)], rel=1e-3)


def test_noise_runs_from_high_on_the_left_and_p_train_peaks_where_training_looks():
    shown = figure(EDMLoss(0.5, p_mean=-1.2))
    low, high = shown["layout"]["xaxis"]["range"]
    assert (low, high) == (1.0, -2.0) and shown["layout"]["yaxis"]["range"] == [0, TOP]
    density = next(t for t in shown["data"] if t["name"] == "p_train")
    peak = density["x"][density["y"].index(max(density["y"]))]
    assert math.log(peak) == pytest.approx(-1.2, abs=0.1)


def test_before_a_training_its_floor_and_p_train_are_shown_alone():
    shown = planned(SIGMA, FLOOR, EDMLoss(0.5))
    whole = {t["name"]: t for t in figure(EDMLoss(0.5))["data"]}
    assert [t["name"] for t in shown["data"]] == ["p_train", "ideal denoiser"]
    assert shown["data"][1]["y"] == whole["ideal denoiser"]["y"]
    assert len(shown["layout"]["annotations"]) == 2


def test_the_interval_encloses_the_curve():
    traces = {t["name"]: t for t in figure(EDMLoss(0.5))["data"]}
    upper, lower = traces["interval"]["y"][:4], traces["interval"]["y"][:3:-1]
    assert all(a < b < c for a, b, c in zip(lower, traces["now"]["y"], upper))


def test_the_curve_says_what_was_seen():
    shown = loss_curve([(1000, 1.0), (2000, 0.5), (3000, 0.6)], 10_000, "points")
    assert shown["data"][0]["x"] == [1.0, 2.0, 3.0]
    assert shown["layout"]["xaxis"]["range"] == [0, 10]
    assert "points" in shown["layout"]["xaxis"]["title"]["text"]
    assert "running mean" in shown["layout"]["annotations"][0]["text"]
    empty = loss_curve([], 100)
    assert empty["data"][0]["y"] == [] and not empty["layout"]["annotations"]
