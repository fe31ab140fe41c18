"""The churn panel and the distances, by their data."""

import math
from types import SimpleNamespace

import plotly.graph_objects as go
import pytest

from explorer.analysis.churn import added
from explorer.analysis.distance import Estimate
from explorer.core.sampling import Churn
from explorer.figures.churn import churn_figure
from explorer.figures.distances import distances

SIGMAS = [80.0, 10.0, 1.0, 0.1, 0.01]
CHURN = Churn(s_churn=1.0, s_tmin=0.05, s_tmax=20)
AMOUNTS = {0.0: Estimate(0.05, 0.04, 0.06, 8), 1.0: Estimate(0.04, 0.03, 0.05, 8)}
ZERO = Estimate(0.02, 0.01, 0.03, 8)


def panel(churn=CHURN, amounts=AMOUNTS):
    fig = churn_figure(
        added(churn, SIGMAS, 5),
        (churn.s_tmin, churn.s_tmax),
        Churn.CAP,
        amounts,
        churn.s_churn,
        ZERO,
    )
    go.Figure(fig)
    return fig


def test_arrows_go_from_sigma_to_sigma_hat_at_gamma():
    fig = panel()
    heads = next(t for t in fig["data"] if t.get("marker", {}).get("symbol") == "triangle-left")
    assert heads["x"] == pytest.approx([12, 1.2, 0.12]) and heads["y"] == pytest.approx([0.2] * 3)
    noise = next(t for t in fig["data"] if t.get("yaxis") == "y2")
    expected = [1.007 * s * math.sqrt(1.2**2 - 1) for s in (10, 1, 0.1)]
    assert noise["x"] == [10, 1, 0.1] and noise["y"] == pytest.approx(expected, rel=1e-3)


def test_band_and_cap_are_drawn():
    fig = panel()
    band, *_ = [s for s in fig["layout"]["shapes"] if s.get("yref") == "y domain"]
    assert (band["x0"], band["x1"]) == (20, 0.05)
    cap = next(s for s in fig["layout"]["shapes"] if s.get("yref") == "y")
    assert cap["y0"] == cap["y1"] == pytest.approx(math.sqrt(2) - 1)
    words = " ".join(a["text"] for a in fig["layout"]["annotations"])
    assert "cap √2 − 1 = 0.41" in words and "γ = 0.2" in words


def test_a_band_without_end_stays_on_the_axis():
    fig = panel(Churn(s_churn=1.0, s_tmin=0, s_tmax=1e9))
    band = next(s for s in fig["layout"]["shapes"] if s.get("yref") == "y domain")
    left, right = (10**v for v in fig["layout"]["xaxis"]["range"])
    assert left >= band["x0"] > 80 and 0.01 > band["x1"] >= right * 0.999


def test_each_amount_has_its_interval():
    fig = panel()
    dots = [t for t in fig["data"] if t.get("xaxis") == "x2"]
    assert [t["x"] for t in dots] == [["none"], ["1"]]
    assert dots[0]["error_y"]["array"] == pytest.approx([0.01])
    assert fig["layout"]["xaxis2"]["categoryarray"] == ["none", "1"]
    assert fig["layout"]["yaxis3"]["range"][1] > 0.06


def test_before_anything_is_measured_the_left_half_is_there():
    fig = panel(amounts={})
    assert not [t for t in fig["data"] if t.get("xaxis") == "x2"]
    assert [t for t in fig["data"] if t.get("yaxis") == "y2"]


ROWS = [
    SimpleNamespace(name="Heun", family="one-step", wasserstein=Estimate(0.03, 0.02, 0.04, 9)),
    SimpleNamespace(
        name="Euler ancestral", family="stochastic", wasserstein=Estimate(0.05, 0.04, 0.06, 9)
    ),
]


def test_shares_stand_beside_distances_on_the_same_rows():
    shares = [Estimate(0.997, 0.99, 1, 9), Estimate(0.2, 0.1, 0.3, 9)]
    fig = distances(ROWS, ZERO, ("share within 3 σ of a mode", shares, Estimate(0.99, 0.98, 1, 9)))
    go.Figure(fig)
    beside = [t for t in fig["data"] if t["xaxis"] == "x2"]
    assert [t["y"] for t in beside] == [["Heun"], ["Euler ancestral"]]
    assert beside[1]["error_x"]["array"] == pytest.approx([0.1])
    texts = [a["text"] for a in fig["layout"]["annotations"]]
    assert {"99.7 %", "20 %", "fresh data", "0.03"} <= set(texts)
    assert fig["layout"]["xaxis2"]["title"]["text"] == "share within 3 σ of a mode"


def test_without_shares_the_distances_have_the_whole_width():
    fig = distances(ROWS, ZERO)
    assert fig["layout"]["xaxis"]["domain"] == [0, 1] and "xaxis2" not in fig["layout"]
