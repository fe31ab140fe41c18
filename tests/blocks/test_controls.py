"""Native controls are the declarations of the settings, and say them back."""

import re

import gradio as gr
import pytest

from explorer import SOLVERS, Experiment
from explorer.blocks import PANELS, Controls, Panels, connect, shown
from explorer.core.sampling import Churn
from explorer.errors import UserError
from explorer.settings import flatten, from_query, parameters, slots
from explorer.store import places
from explorer.strips import STRIPS

LINKS = [
    "",
    "data=moons&solver=rk2&solver.alpha=0.4&s_churn=7&s_tmin=0&nfe=9",
    "timesteps=custom&timesteps.levels=40,3,0.1&last=sigma_min",
    "model=guided&data=grid&afs=true&seed=3&samples=16",
]


@pytest.fixture(scope="module")
def whole():
    with gr.Blocks():
        return Controls()


def test_every_parameter_has_a_control_of_its_kind_bounds_and_help(whole):
    known = [*parameters(Experiment)]
    assert {c.parameter.key for c in whole.fields} == {p.key for p in known}
    assert len(whole.fields) == len(known) and set(whole.slots) == set(slots(Experiment))
    for component, p, _ in whole.fields:
        assert component.info == (p.spec.help or None), p.key
        if p.spec.choices:
            assert {v for _, v in component.choices} == {v for v, _ in p.spec.choices}, p.key
        elif isinstance(p.default, bool):
            assert isinstance(component, gr.Checkbox)
        elif not isinstance(p.default, str | tuple) and p.spec.high is not None:
            assert (component.minimum, component.maximum) == (p.spec.low, p.spec.high), p.key
            in_factors = p.spec.log and isinstance(p.default, float)
            assert isinstance(component, gr.Number if in_factors else gr.Slider), p.key


@pytest.mark.parametrize("link", LINKS)
def test_what_is_written_is_read(whole, link):
    e = from_query(Experiment, link)
    assert whole.read(whole.write(e)) == e
    groups = [(s, n) for s, own in whole.groups.items() for n in own]
    seen = {pair for pair, g in zip(groups, whole.shown(e), strict=True) if g.visible}
    chosen = {(s, flatten(e)[s]) for s in slots(Experiment)}
    assert seen == chosen & set(groups)


def test_a_value_that_cannot_be_is_refused_by_its_name(whole):
    values = whole.write(Experiment())
    at = len(whole.slots) + [c.parameter.key for c in whole.fields].index("nfe")
    for wrong, said in ((None, "NFE is empty"), (5000, "NFE = 5000 is out of range"), (2.5, "NFE")):
        with pytest.raises(UserError, match=said):
            whole.read([*values[:at], wrong, *values[at + 1 :]])


def test_a_part_of_an_app_may_show_some_of_them_or_another_setting():
    with gr.Blocks():
        some = Controls(Experiment(solver=SOLVERS["rk2"](alpha=0.3)), only=("nfe", "alpha"))
        churn = Controls(Churn(s_churn=4))
    assert [c.parameter.key for c in some.fields] == ["solver.alpha", "nfe"]
    assert some.read([0.7, 9]) == Experiment(solver=SOLVERS["rk2"](alpha=0.7), nfe=9)
    assert churn.read(churn.write(Churn(s_churn=8))) == Churn(s_churn=8)
    with gr.Blocks(), pytest.raises(UserError, match="no setting 'rhoo'"):
        Controls(only=("rhoo",))
    with gr.Blocks(), pytest.raises(UserError, match="no panel 'stages'.*curvature"):
        Panels("stages")


def test_the_figures_are_the_strips_of_the_page_in_both_themes():
    e = from_query(Experiment, "samples=16&nfe=9")
    light = shown(e, tuple(PANELS))
    assert [*PANELS] == ["stage", *STRIPS, "pca"] and len(light.figures) == len(PANELS)
    assert re.match(r"\*\*Heun, 9 evaluations: median end error [\d.]+\*\* \([\d.–]+\)", light.text)
    assert all(f.data for f in light.figures)
    ink = [f.data[0] for f in shown(e, ("curvature",), "dark").figures]
    assert ink[0].x == light.figures[2].data[0].x
    assert str(shown(e, ("plane",), "dark").figures[0]) != str(light.figures[3])


def test_what_cannot_be_measured_says_why_in_its_place():
    e = from_query(Experiment, "data=moons&data.dimension=2&solver=euler_a&samples=16&nfe=5")
    made = shown(e, ("error", "pca", "steps"))
    error, pca, steps = made.figures
    assert "new noise" in str(error.layout.annotations[0].text).lower().replace("<br>", " ")
    assert not pca.data and pca.layout.annotations and steps.data


def test_the_app_of_the_documentation_runs():
    """Twenty lines, as they stand there."""
    text = places.assets("docs", "blocks.md").read_text("utf-8")
    code = re.search(r"```python\n(.*?)```", text, re.DOTALL)[1]
    assert len([line for line in code.splitlines() if line.strip()]) <= 20
    made: dict = {"__name__": "app"}
    exec(code, made)
    demo = made["demo"]
    drawing = [fn for fn in demo.fns.values() if len(fn.targets) > 2]
    assert len(drawing) == 1 and len(drawing[0].outputs) == 5  # the sentence, the link, three plots
    assert connect.__module__ == "explorer.blocks"
