"""The strips along σ, by their data."""

import itertools
import math

import plotly.graph_objects as go
import pytest
import torch

from explorer.core.sampling import Churn
from explorer.core.schedules import VP
from explorer.core.solvers import Euler
from explorer.core.timesteps import Custom
from explorer.data import DATASETS, Digits, Diracs, Moons, Spiral
from explorer.figures import spine
from explorer.lab.experiment import Experiment, run
from explorer.ui import panels

VIEWS = {
    "default": Experiment(samples=32),
    "plane": Experiment(data=Moons(dimension=2), samples=16, solver=Euler(), schedule=VP()),
    "digits": Experiment(data=Digits(), samples=16, nfe=11),
    "line": Experiment(data=Diracs(), samples=32, nfe=21),
    "churn": Experiment(samples=16, nfe=17, churn=Churn(s_churn=30.0)),
    "list": Experiment(samples=8, timesteps=Custom(levels=(50.0, 2.0, 0.05))),
    "one": Experiment(samples=8, nfe=1),
}


def strips(name: str) -> dict[str, dict]:
    e = VIEWS[name]
    r = run(e)
    loss, path, made, error = (panels.part(part, e, r) for part in ("loss", "path", "run", "error"))
    out = {"steps": made["strip"], "plane": path["plane"]}
    out |= {f"loss {k}": v for k, v in loss["strips"].items()}
    out |= {f"curvature {k}": path["curvature"][k] for k in ("bend", "kappa", "angle", "chord")}
    if error["finding"]:
        out |= {"error": error["strip"], "shares": error["steps"]}
    return out


@pytest.fixture(scope="module", params=VIEWS)
def every(request):
    return strips(request.param)


def numbers(values):
    return [v for v in values if v is not None]


def test_every_number_is_finite_or_a_gap(every):
    for name, strip in every.items():
        for trace in strip["traces"]:
            assert len(trace["x"]) == len(trace["y"]), name
            assert all(math.isfinite(v) for v in numbers([*trace["x"], *trace["y"]])), name
        for label in strip["labels"]:
            assert len(label["x"]) == len(label["y"]), name
            assert all(math.isfinite(v) for v in numbers([*label["x"], *label["y"]])), name


def test_ranges_rise_and_log_axes_are_positive(every):
    for name, strip in every.items():
        low, high = strip["range"]
        assert low < high and (not strip["log"] or low > 0), name
        shown = [value for value, _ in strip["ticks"] if low <= value <= high]
        assert shown or strip.get("empty"), name
        assert strip["title"] and strip["hint"] and strip["weight"] > 0


def test_the_cursor_has_a_curve_that_falls_from_noise_to_data(every):
    for name, strip in every.items():
        if strip["main"]:
            x = strip["main"]["x"]
            assert len(x) == len(strip["main"]["y"]) and all(
                a > b for a, b in itertools.pairwise(x)
            ), name


def test_a_strip_is_a_figure_of_its_own(every):
    for strip in every.values():
        figure = spine.figure(strip)
        assert isinstance(figure, go.Figure) and len(figure.data) == len(strip["traces"])
        assert figure.layout.xaxis.type == "log"
        assert figure.layout.xaxis.range[0] > figure.layout.xaxis.range[1]  # noise on the left
        assert "noise level σ" in figure.layout.xaxis.title.text


@pytest.mark.parametrize("name", ["curvature bend", "plane", "loss edm"])
def test_the_curves_that_open_with_the_page_lie_inside_their_axes(name):
    strip = strips("default")[name]
    low, high = strip["range"]
    assert all(0.5 * low <= y <= high for y in numbers(strip["main"]["y"]))


# ---- the parts of the strips ---------------------------------------------------------------------

SIGMA = [80.0, 10.0, 1.0, 0.1, 0.0]


def test_a_hop_is_as_high_as_its_step_in_log_sigma():
    strip = spine.time_steps(SIGMA, SIGMA[:-1])
    tops = max(v for trace in strip["traces"][:3] for v in numbers(trace["y"]))
    assert tops == pytest.approx(math.log(10), rel=1e-3)
    assert any(note["text"] == "→ 0" for note in strip["notes"])
    assert not any(n["text"] == "→ 0" for n in spine.time_steps(SIGMA[:-1], SIGMA[:-2])["notes"])


def test_the_hottest_steps_are_drawn_heavy_and_carry_their_share():
    share = [0.05, 0.6, 0.35]
    strip = spine.time_steps(SIGMA, SIGMA[:-1], share, spine.hottest(share))
    heavy = strip["traces"][2]
    assert heavy["line"]["width"] == 3 and numbers(heavy["x"])[0] == 10.0
    assert any("60 %" in note["text"] for note in strip["notes"])


def test_churn_is_an_arrow_back_to_more_noise():
    hat = [80.0, 10.0, 1.3, 0.1]
    on = spine.time_steps(SIGMA, hat, churn=(0.5, 5.0, True))
    off = spine.time_steps(SIGMA, SIGMA[:-1], churn=(0.5, 5.0, False))
    arrows = [t for t in on["traces"] if t.get("marker", {}).get("symbol") == "triangle-left"]
    assert arrows[0]["x"] == [1.3]
    assert (on["shapes"][0]["x0"], on["shapes"][0]["x1"]) == (5.0, 0.5)
    assert any("off" in n["text"] for n in off["notes"])


@pytest.mark.parametrize(
    "share, hot", [([0.1, 0.6, 0.3], [1]), ([0.3, 0.3, 0.4], [0, 2]), ([1.0], [0]), ([], [])]
)
def test_the_fewest_steps_that_make_half(share, hot):
    assert spine.hottest(share) == hot


def test_neighbours_stay_together():
    assert spine.runs_of([14, 9, 10, 3]) == [[3], [9, 10], [14]]


def test_data_without_a_plane_say_why():
    for data in (Diracs(), Moons(dimension=2)):
        path = panels.path_part(Experiment(data=data, samples=8))
        assert path["planes"] is None and "plane" in path["plane"]["empty"]


def test_the_loss_is_weighted_by_each_design():
    data, loss = (panels.part(k, VIEWS["plane"], run(VIEWS["plane"])) for k in ("data", "loss"))
    raw, edm, vp = (loss["strips"][k]["main"] for k in ("raw", "edm", "vp"))
    s, spread = torch.tensor(raw["x"]), data["spread"]
    weight = (s**2 + spread**2) / (s * spread) ** 2  # λ of EDM, Table 1
    torch.testing.assert_close(
        torch.tensor(edm["y"]), weight * torch.tensor(raw["y"]), rtol=2e-3, atol=1e-9
    )
    torch.testing.assert_close(
        torch.tensor(vp["y"]), torch.tensor(raw["y"]) / s**2, rtol=2e-3, atol=1e-9
    )


def test_the_default_view_states_its_error():
    e = VIEWS["default"]
    error = panels.part("error", e, run(e))
    assert error["finding"]["title"].startswith("Heun, 35 evaluations: mean end error")
    assert sum(error["share"]) == pytest.approx(1, abs=0.01)
    assert set(error["hot"]) <= set(range(17))


def test_every_data_set_has_a_stage():
    assert {cls().kind for cls in DATASETS.values()} == {"plane", "line", "image"}
    assert Spiral().kind == "plane"


@pytest.mark.parametrize("size", [0.3, 3.0, 40.0])
@pytest.mark.parametrize("measure", ["bend", "kappa", "angle", "chord"])
def test_the_axis_of_curvature_holds_its_curves(measure, size):
    """Also of a frame that is not the chosen one."""
    sigma = [10.0, 1.0, 0.1, 0.01]
    mild, wild = [1e-3, 0.01, 0.1, 0.02], [2e-7 * size, 0.01, size, 0.1]
    curves = {"edm": (mild, mild, mild)} | (
        {"vp": (wild, wild, wild)} if measure in ("bend", "kappa") else {}
    )
    curves = curves if len(curves) > 1 else {"edm": (wild, wild, wild)}
    strip = spine.curvature(measure, "edm", sigma, curves)
    low, high = strip["range"]
    drawn = [v for t in strip["traces"] for v in t["y"] if v is not None]
    assert max(drawn) <= high and (not strip["log"] or min(wild) >= low)
    assert 2 <= len(strip["ticks"]) <= 5
    assert all(low <= value <= high for value, _ in strip["ticks"])


@pytest.mark.parametrize("values", [(1.0, 1.2, 0.9), (1.0, 0.02, 1e-5), (3.0, 150.0, 0.7)])
def test_the_axis_of_the_loss_has_two_ticks_at_least(values):
    strip = spine.loss([10.0, 1.0, 0.1], values, values, values, [0.1, 1, 0.1], "", "floor", "EDM")
    low, high = strip["range"]
    ticks = [v for v, _ in strip["ticks"]]
    assert len(ticks) >= 2 and all(low <= v <= high for v in ticks) and high >= max(values)
