"""Solvers side by side, by the data of their figures."""

import itertools
import math
from types import SimpleNamespace

import plotly.graph_objects as go
import pytest

from explorer.analysis.intervals import Estimate
from explorer.analysis.order import Slope
from explorer.core.solvers import DDIM, EulerAncestral, Heun, UniPC
from explorer.figures.charts import HEIGHT, LINE_HEIGHT, spread
from explorer.figures.compare import error_vs_nfe, truncation_figure
from explorer.figures.style import FAMILY, REFERENCE
from explorer.study.end_error import Row

NFE = (5, 9, 13, 27, 55)


def rows_of(solver, name, order, start=0.5) -> list[Row]:
    """Nine samples at each budget, a factor 1.2 from one to the next; their mean follows others."""
    middles = [start * (5 / n) ** order for n in NFE]
    spread = [1.2 ** (k - 4) for k in range(9)]
    return [
        Row(
            solver, name, solver.family, n, n, 7 * m, m / 2, 2 * m, m, 0.1,
            each=[m * k for k in spread],
        )
        for n, m in zip(NFE, middles)
    ]  # fmt: skip


ROWS = [
    *rows_of(DDIM(), "DDIM", 1),
    *rows_of(Heun(), "Heun", 2, 2.0),
    *rows_of(UniPC(), "UniPC-3", 3),
]
SLOPES = {
    "DDIM": Slope(-1.0, -1.04, -0.96, 5),
    "Heun": Slope(-1.9, -2.02, -1.78, 4),
    "UniPC-3": None,
}


def curve(fig: dict, name: str) -> dict:
    return next(t for t in fig["data"] if t["name"] == name)


def texts(fig: dict) -> list[str]:
    return [a["text"] for a in fig["layout"]["annotations"]]


def test_curves_are_the_rows():
    fig = error_vs_nfe(ROWS[::-1], SLOPES)
    go.Figure(fig)
    assert {t["name"] for t in fig["data"]} == {"DDIM", "Heun", "UniPC-3"}  # no band unasked
    for name in SLOPES:
        own = [r for r in ROWS if r.name == name]
        assert curve(fig, name)["x"] == [r.nfe for r in own]
        assert curve(fig, name)["y"] == pytest.approx([r.median for r in own], rel=1e-3)
    axes = fig["layout"]["xaxis"], fig["layout"]["yaxis"]
    assert all(a["type"] == "log" for a in axes)
    assert [a["title"]["text"] for a in axes] == ["NFE", "median end error"]


def test_a_point_has_its_interval_as_whiskers_and_in_words():
    ddim = curve(error_vs_nfe(ROWS, SLOPES), "DDIM")
    first, bars = ROWS[0], ddim["error_y"]
    assert bars["array"][0] == pytest.approx(first.middle.high - first.median, rel=1e-3)
    assert bars["arrayminus"][0] == pytest.approx(first.median - first.middle.low, rel=1e-3)
    assert ddim["text"][0] == "0.5 (0.3–0.83), 10–90 % 0.25–1"


def test_the_family_is_a_colour_and_the_member_a_dash_and_a_marker():
    fig = error_vs_nfe(ROWS, SLOPES)
    ddim, heun, unipc = (curve(fig, n) for n in SLOPES)
    assert ddim["line"]["color"] == heun["line"]["color"] == FAMILY["one-step"]
    assert unipc["line"]["color"] == FAMILY["multistep"]
    assert ddim["line"]["dash"] != heun["line"]["dash"]
    assert ddim["marker"]["symbol"] != heun["marker"]["symbol"]


def test_labels_give_the_measured_beside_the_nominal_order():
    words = texts(error_vs_nfe(ROWS, SLOPES))
    assert any(w.endswith("Heun: order 1.9 ± 0.1, nominal 2") for w in words)
    assert any(w.endswith("DDIM: order 1.0 ± 0.1, nominal 1") for w in words)
    assert any(w.endswith("UniPC-3: nominal order 4") for w in words)  # its corrector adds one
    assert len({w[0] for w in words}) == 2  # ● and ■: the second family begins again


def test_only_the_highlighted_solver_has_a_band():
    fig = error_vs_nfe(ROWS, SLOPES, highlight="Heun")
    go.Figure(fig)
    bands = [t for t in fig["data"] if t.get("fill")]
    own = [r for r in ROWS if r.name == "Heun"]
    assert len(bands) == 1 and bands[0] is fig["data"][0]
    assert bands[0]["y"] == pytest.approx(
        [r.high for r in own] + [r.low for r in own[::-1]], rel=1e-3
    )
    assert curve(fig, "Heun")["line"]["width"] > curve(fig, "DDIM")["line"]["width"]


def test_the_floor_is_a_dotted_line_in_range():
    fig = error_vs_nfe(ROWS, SLOPES, floor=2e-6)
    floor = curve(fig, "floor")
    assert floor["y"] == [2e-6, 2e-6] and floor["x"] == [5, 55]
    assert floor["line"]["dash"] == "dot" and floor["line"]["color"] == REFERENCE
    assert fig["layout"]["yaxis"]["range"][0] <= math.log10(2e-6)
    assert any("floor" in w for w in texts(fig))


def test_the_title_is_the_finding_that_is_given():
    """Which is best is no matter of a figure."""
    fig = error_vs_nfe(ROWS, SLOPES, title="Best at 55 evaluations: UniPC-3")
    assert fig["layout"]["title"]["text"] == "Best at 55 evaluations: UniPC-3"
    assert error_vs_nfe(ROWS, SLOPES)["layout"]["title"]["text"] == ""


def test_what_has_no_value_is_said_and_gaps_are_skipped():
    silent = Row(EulerAncestral(), "Euler ancestral", "stochastic", 9, note="by distribution")
    gap = Row(Heun(), "Heun", "one-step", 39, note="blew up")
    fig = error_vs_nfe([*ROWS, silent, gap], SLOPES)
    go.Figure(fig)
    assert "Euler ancestral: by distribution" in texts(fig)
    assert 39 not in curve(fig, "Heun")["x"]
    assert not any(t["name"] == "Euler ancestral" for t in fig["data"])


@pytest.mark.parametrize(
    "rows", [[], [Row(DDIM(), "DDIM", "one-step", 5, note="blew up")], ROWS[:1]]
)
def test_a_sweep_that_has_just_begun_is_a_figure_too(rows):
    fig = error_vs_nfe(rows, {})
    go.Figure(fig)
    assert len(fig["data"]) == sum(r.median is not None for r in rows)


def test_labels_that_end_together_do_not_overlap():
    same = [r for k in range(8) for r in rows_of(DDIM(), f"member {k}", 1)]
    fig = error_vs_nfe(same, {})
    heights = sorted(a["y"] for a in fig["layout"]["annotations"])
    gaps = [(b - a) * (HEIGHT - 80) for a, b in itertools.pairwise(heights)]
    assert min(gaps) >= LINE_HEIGHT - 1e-6 and heights[0] >= 0 and heights[-1] <= 1
    looks = {(t["line"]["dash"], t["marker"]["symbol"]) for t in fig["data"]}
    assert len(looks) == 8


@pytest.mark.parametrize(
    "places, moved",
    [
        ([], []),
        ([50], [50]),
        ([10, 50], [10, 50]),
        ([50, 52], [43.5, 58.5]),
        ([50, 50, 50], [35, 50, 65]),
        ([0, 1], [0, 15]),
        ([99, 100], [85, 100]),
        ([40, 50, 52], [32 + 1 / 3, 47 + 1 / 3, 62 + 1 / 3]),
    ],
)
def test_spread(places, moved):
    assert spread(places, 15, 100) == pytest.approx(moved)


SIGMA = [40.0, 10.0, 1.0, 0.1, 0.02]
CURVES = {
    "ρ = 1": (SIGMA, [1e-4, 1e-4, 1e-2, 0.3, 0.0], [1e-5, 1e-5, 1e-3, 0.5, 0.0]),
    "ρ = 7": (SIGMA, [1e-3, 1e-3, 1e-3, 1e-3, 1e-5], [1e-4] * 5),
}


def test_truncation_runs_from_noise_to_data():
    fig = truncation_figure(CURVES, highlight="ρ = 1")
    go.Figure(fig)
    left, right = fig["layout"]["xaxis"]["range"]
    assert left > math.log10(40) > math.log10(0.02) > right
    assert curve(fig, "ρ = 7")["x"] == SIGMA and curve(fig, "ρ = 7")["y"] == CURVES["ρ = 7"][1]
    assert curve(fig, "ρ = 1")["y"][-1] is None  # 0 has no place on a log axis
    band = next(t for t in fig["data"] if t.get("fill"))
    assert all(v > 0 for v in band["y"]) and len(band["x"]) == len(band["y"]) == 8
    assert all(any(name in text for text in texts(fig)) for name in CURVES)


def test_truncation_takes_the_colour_of_the_solvers_family():
    one = {"ρ = 7": CURVES["ρ = 7"]}
    fig = truncation_figure(one, family="multistep")
    assert {t["line"]["color"] for t in fig["data"]} == {FAMILY["multistep"]}


def test_values_of_one_setting_darken_in_their_order():
    six = {f"ρ = {k}": CURVES["ρ = 7"] for k in (1, 2, 3, 5, 7, 9)}
    inks = [curve(truncation_figure(six), name)["line"]["color"] for name in six]
    bright = [sum(int(ink[k : k + 2], 16) for k in (1, 3, 5)) for ink in inks]
    assert len({*inks}) == 6 and bright == sorted(bright, reverse=True)


def test_rows_are_anything_with_the_right_names():
    row = SimpleNamespace(
        name="a",
        family="learned",
        x=5,
        median=0.1,
        middle=Estimate(0.1, 0.08, 0.12, 50),
        low=0.05,
        high=0.2,
        nominal=2,
        note="",
    )
    assert error_vs_nfe([row], {})["data"][0]["line"]["color"] == FAMILY["learned"]
