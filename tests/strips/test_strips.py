"""The strips along σ: their numbers, and the marks that show them."""

import itertools
import json
import math

import plotly.graph_objects as go
import pytest
import torch

from explorer.analysis.shares import hottest, runs_of
from explorer.core.sampling import Churn
from explorer.core.schedules import VP
from explorer.core.solvers import Euler
from explorer.core.timesteps import Custom
from explorer.data import DATASETS, Digits, Diracs, Moons, Spiral
from explorer.lab.experiment import Experiment
from explorer.lab.view import View
from explorer.strips import STRIPS, Look
from explorer.strips.figure import figure
from explorer.ui import parts

VIEWS = {
    "default": Experiment(samples=32),
    "plane": Experiment(data=Moons(dimension=2), samples=16, solver=Euler(), schedule=VP()),
    "digits": Experiment(data=Digits(), samples=16, nfe=11),
    "line": Experiment(data=Diracs(), samples=32, nfe=21),
    "churn": Experiment(samples=16, nfe=17, churn=Churn(s_churn=30.0)),
    "list": Experiment(samples=8, timesteps=Custom(levels=(50.0, 2.0, 0.05))),
    "one": Experiment(samples=8, nfe=1),
}
KINDS = {
    "line": ("x", "y"),
    "band": ("x", "low", "high"),
    "area": ("x", "y"),
    "arcs": ("start", "stop", "height"),
    "bars": ("start", "stop", "y"),
    "dots": ("x", "y"),
    "text": (),
}


def drawings(e: Experiment) -> dict[str, dict]:
    """Every drawing of a view, by the name of its strip and the choice."""
    view = View(e)
    measured = [s for s in STRIPS.values() if s.part != "error" or view.incomparable is None]
    out = {
        f"{s.name} {choice}".strip(): drawing
        for s in measured
        for choice, drawing in s.drawn(s.measure(view)).items()
    }
    return out | {"levels alone": STRIPS["steps"].quick(view, "#5550c0")[""]}


@pytest.fixture(scope="module", params=VIEWS)
def every(request):
    return drawings(VIEWS[request.param])


def known(values):
    return [v for v in values if v is not None]


def test_every_number_is_finite_or_a_gap(every):
    for name, drawing in every.items():
        json.dumps(drawing, allow_nan=False)
        for mark in drawing["marks"]:
            rows = [mark[row] for row in KINDS[mark["mark"]]]
            assert len({len(row) for row in rows}) <= 1, name
            assert all(math.isfinite(v) for row in rows for v in known(row)), name


def test_what_is_measured_is_fit_for_json():
    for name, e in VIEWS.items():
        view = View(e)
        for strip in STRIPS.values():
            if strip.part != "error" or view.incomparable is None:
                assert json.dumps(strip.measure(view), allow_nan=False), (name, strip.name)


def test_ranges_rise_and_log_axes_are_positive(every):
    for name, drawing in every.items():
        axis = drawing["axis"]
        low, high = axis["range"]
        assert low < high and (not axis["log"] or low > 0), name
        shown = [value for value, _ in axis["ticks"] if low <= value <= high]
        assert shown or drawing.get("empty"), name


def test_a_strip_says_what_it_is():
    for name, strip in STRIPS.items():
        words = json.loads(json.dumps(strip.words()))
        assert words["name"] == name and words["title"] and words["height"] > 0
        assert words["layer"] in ("data", "run") and words["part"] in parts.PARTS
        wanted = set(strip.choices.options) if strip.choices else {""}
        assert set(words["help"]) in (wanted, {""})
        for text in words["help"].values():
            assert text["what"]
            assert name == "steps" or (text["formula"] and text["source"])  # those of the grid


def test_choices_have_names_of_their_own():
    keys = [s.choices.key for s in STRIPS.values() if s.choices]
    assert keys == ["measure", "weight"]  # as published in links


def test_the_cursor_has_a_curve_that_falls_from_noise_to_data(every):
    for name, drawing in every.items():
        for mark in drawing["marks"]:
            if mark.get("main"):
                x = mark["x"]
                assert len(x) == len(mark["y"]), name
                assert all(a > b for a, b in itertools.pairwise(x)), name
        assert sum(bool(m.get("main")) for m in drawing["marks"]) <= 1


def test_a_strip_is_a_figure_of_its_own(every):
    for name, drawing in every.items():
        strip = STRIPS.get(name.split()[0], STRIPS["steps"])
        fig = figure(strip, drawing)
        assert isinstance(fig, go.Figure) and len(fig.data) == len(drawing["marks"])
        assert fig.layout.xaxis.type == "log"
        assert fig.layout.xaxis.range[0] > fig.layout.xaxis.range[1]  # noise on the left
        assert "noise level σ" in fig.layout.xaxis.title.text


def main(drawing) -> dict:
    return next(m for m in drawing["marks"] if m.get("main"))


@pytest.mark.parametrize("name", ["curvature bend", "plane", "loss edm"])
def test_the_curves_that_open_with_the_page_lie_inside_their_axes(name):
    drawing = drawings(VIEWS["default"])[name]
    low, high = drawing["axis"]["range"]
    assert all(0.5 * low <= y <= high for y in known(main(drawing)["y"]))


# ---- the parts of the strips ---------------------------------------------------------------------

SIGMA = [80.0, 10.0, 1.0, 0.1, 0.0]


def steps(sigma=SIGMA, hat=None, **more) -> dict:
    numbers = {"sigma": sigma, "sigma_hat": hat or [s for s in sigma if s > 0], **more}
    return STRIPS["steps"].draw(numbers, Look())


def of_kind(drawing, kind: str) -> list[dict]:
    return [m for m in drawing["marks"] if m["mark"] == kind]


def words(drawing) -> list[str]:
    return [m["text"] for m in of_kind(drawing, "text")]


def test_a_hop_is_as_high_as_its_step_in_log_sigma():
    drawing = steps()
    tops = [v for m in of_kind(drawing, "arcs") for v in m["height"]]
    assert max(tops) == pytest.approx(math.log(10), rel=1e-3) and len(tops) == 3
    assert "→ 0" in words(drawing)
    assert "→ 0" not in words(steps(SIGMA[:-1], SIGMA[:-2]))


def test_the_hottest_steps_are_drawn_heavy_and_carry_their_share():
    share = [0.05, 0.6, 0.35]
    drawing = steps(share=share, hot=hottest(share))
    heavy = of_kind(drawing, "arcs")[2]
    assert heavy["width"] == 3 and heavy["start"] == [10.0] and heavy["stop"] == [1.0]
    assert "60 %" in words(drawing)


def test_churn_is_an_arrow_back_to_more_noise():
    hat = [80.0, 10.0, 1.3, 0.1]
    on, off = (steps(hat=hat, churn=(0.5, 5.0, is_on)) for is_on in (True, False))
    arrows = [m for m in of_kind(on, "dots") if m["shape"] == "triangle"]
    assert arrows[0]["x"] == [1.3]
    assert of_kind(on, "bars")[0]["start"] == [1.0]
    assert of_kind(on, "band")[0]["x"] == [5.0, 0.5]
    assert any("off" in text for text in words(off)) and not of_kind(off, "bars")


def test_the_table_of_steps_has_a_row_for_each_level():
    view = View(VIEWS["default"])
    columns = {c["name"]: c["values"] for c in STRIPS["steps"].quick(view, "")[""]["columns"]}
    sigma = [s for s in view.run.trajectory.sigma.tolist() if s > 0]
    assert {len(v) for v in columns.values()} == {len(sigma)}
    for i, (a, b) in enumerate(itertools.pairwise(sigma)):
        assert columns["Δσ"][i] == pytest.approx(a - b, rel=1e-5)
        assert columns["Δ ln σ"][i] == pytest.approx(math.log(a / b), abs=1e-4)
        assert columns["γ"][i] == 0  # no churn: σ̂ is σ
    assert columns["Δ ln σ"][-1] == "→ 0"


@pytest.mark.parametrize(
    "share, hot", [([0.1, 0.6, 0.3], [1]), ([0.3, 0.3, 0.4], [0, 2]), ([1.0], [0]), ([], [])]
)
def test_the_fewest_steps_that_make_half(share, hot):
    assert hottest(share) == hot


def test_neighbours_stay_together():
    assert runs_of([14, 9, 10, 3]) == [[3], [9, 10], [14]]


def test_data_without_a_plane_say_why():
    for data, lifts in ((Diracs(), False), (Moons(dimension=2), True)):
        view = View(Experiment(data=data, samples=8))
        path = parts.part("path", view)
        drawing = path["strips"]["plane"][""]
        assert path["planes"] is None and "plane" in drawing["empty"]
        assert ("offer" in drawing) == lifts


def test_the_loss_is_weighted_by_each_design():
    view = View(VIEWS["plane"])
    loss, spread = STRIPS["loss"].measure(view), parts.part("data", view)["spread"]
    raw, edm, vp = (main(STRIPS["loss"].draw(loss, Look(k))) for k in ("raw", "edm", "vp"))
    s = torch.tensor(raw["x"])
    weight = (s**2 + spread**2) / (s * spread) ** 2  # λ of EDM, Table 1
    torch.testing.assert_close(
        torch.tensor(edm["y"]), weight * torch.tensor(raw["y"]), rtol=2e-3, atol=1e-9
    )
    torch.testing.assert_close(
        torch.tensor(vp["y"]), torch.tensor(raw["y"]) / s**2, rtol=2e-3, atol=1e-9
    )


def test_the_evaluations_stand_at_the_foot_of_the_loss():
    view = View(VIEWS["default"])
    (ticks,) = STRIPS["loss"].quick(view, "#123456")[""]["over"]
    assert len(ticks["x"]) == view.run.nfe and ticks["on"] == "height"
    assert ticks["shape"] == "tick" and ticks["colour"] == "#123456"


def test_the_solvers_own_steps_are_dots_over_the_curvature():
    quick = STRIPS["curvature"].quick(View(VIEWS["default"]), "#123456")
    assert set(quick) == set(STRIPS["curvature"].choices.options)
    for drawing in quick.values():
        (own,) = drawing["over"]
        assert own["shape"] == "ring" and len(own["x"]) == len(own["y"]) > 10
    assert STRIPS["curvature"].quick(View(VIEWS["churn"]), "") == {}  # no polyline of one flow


def test_the_default_view_states_its_error():
    error = parts.part("error", View(VIEWS["default"]))
    assert error["finding"]["title"].startswith("Heun, 35 evaluations: median end error")
    assert sum(error["share"]) == pytest.approx(1, abs=0.01)
    assert set(error["hot"]) <= set(range(17))


def test_what_stays_of_a_pinned_run_is_its_steps_and_its_error():
    made = drawings(VIEWS["default"])
    pinned = {k: [m["mark"] for m in d["marks"] if m.get("pin")] for k, d in made.items()}
    assert pinned["steps"] == ["arcs"] * 3 and pinned["error"] == ["line", "dots"]
    assert not pinned["plane"] and not pinned["loss edm"]


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
    numbers = {"frame": "edm", measure: {"sigma": sigma, "curves": curves}}
    axis = (drawing := STRIPS["curvature"].draw(numbers, Look(measure)))["axis"]
    low, high = axis["range"]
    drawn = [v for m in drawing["marks"] for row in KINDS[m["mark"]][1:] for v in known(m[row])]
    assert max(drawn) <= high and (not axis["log"] or min(wild) >= low)
    assert 2 <= len(axis["ticks"]) <= 5
    assert all(low <= value <= high for value, _ in axis["ticks"])


@pytest.mark.parametrize("values", [(1.0, 1.2, 0.9), (1.0, 0.02, 1e-5), (3.0, 150.0, 0.7)])
def test_the_axis_of_the_loss_has_two_ticks_at_least(values):
    row = list(values)
    numbers = dict.fromkeys(("mean", "low", "high"), row) | {
        "sigma": [10.0, 1.0, 0.1],
        "name": "floor",
        "weight": {"raw": [1.0] * 3},
        "density": {"raw": [0.1, 1, 0.1]},
        "trained": {"raw": ["EDM trains here", ""]},
    }
    axis = STRIPS["loss"].draw(numbers, Look("raw"))["axis"]
    low, high = axis["range"]
    ticks = [v for v, _ in axis["ticks"]]
    assert len(ticks) >= 2 and all(low <= v <= high for v in ticks) and high >= max(values)
