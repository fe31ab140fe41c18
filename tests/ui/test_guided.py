"""What is said and shown of guidance: words true in each state, maps that are the densities."""

import base64
import dataclasses

import numpy as np
import torch

from explorer.core.denoisers import Mixture
from explorer.core.guidance import Guidance
from explorer.core.guided import Guided
from explorer.core.solvers import DDIM
from explorer.data import Moons, Spiral, Tree
from explorer.figures import stage as drawing
from explorer.lab.experiment import Experiment
from explorer.lab.view import View
from explorer.models import Exact, GuidedExact, Network
from explorer.strips import STRIPS
from explorer.ui import guided, panel, parts, stage, words

GRID_X = torch.linspace(-drawing.REACH_X, drawing.REACH_X, drawing.WIDTH).double()
GRID_Y = torch.linspace(drawing.REACH_Y, -drawing.REACH_Y, drawing.HEIGHT).double()
FLAT = torch.eye(2).double()


def view(data=Moons(dimension=2), **model):
    how = model.pop("how", Guidance())
    made = GuidedExact(condition=0, guidance=3.0, against="any", how=how)
    return View(Experiment(data=data, model=dataclasses.replace(made, **model), nfe=9, samples=64))


def said(**how):
    return guided.about(view(how=Guidance(**how)).experiment)


def test_the_rule_the_weight_and_the_place_are_said():
    assert said().endswith(": w = 3.")
    assert "w = 3 for 0.1 &lt; σ ≤ 2; elsewhere one denoiser" in said(sigma_lo=0.1, sigma_hi=2.0)
    assert "w = 3 above σ = 0.1;" in said(sigma_lo=0.1)
    assert "w = 3 up to σ = 2;" in said(sigma_hi=2.0)
    assert "w(σ) a curve between 1 and 4." in said(curve=(0.1, 1.0, 1.0, 4.0))
    assert "adds the noise of" in said(rule="cfgpp")
    apg = said(rule="apg", norm=0.5, momentum=-0.5)
    assert "without what is parallel" in apg and "no longer than 0.5, with −0.5" in apg
    assert "Nothing is guided" in said(sigma_lo=1.0, sigma_hi=1.0)


def test_who_has_no_guidance_hears_nothing_of_it():
    assert guided.about(Experiment()) == ""
    assert guided.about(Experiment(model=Network(guidance=2.0))) == ""  # its slider says it
    assert "above σ = 1" in guided.about(
        Experiment(model=Network(guidance=2.0, how=Guidance(sigma_lo=1.0)))
    )
    plain = View(Experiment(data=Moons(dimension=2), model=Exact(), nfe=9, samples=8))
    assert guided.spent(plain.run) == guided.cost(plain.run) == ""
    assert "guided" not in STRIPS["steps"].levels(plain)
    assert not {"meant", "law"} & set(parts.part("data", plain))
    assert "drawn" not in parts.part("run", plain)


def test_what_it_costs_is_said_where_the_numbers_are():
    r = view(how=Guidance(sigma_lo=1.0)).run
    both = int((r.trajectory.evaluated > 1.0).sum())
    assert 0 < both < 9
    asked = f"Guidance asks both denoisers in {both} of 9 evaluations: {9 + both} passes."
    assert guided.spent(r) == asked
    assert f"{9 + both} passes: both denoisers asked in {both}" in words.status(r)[0]
    assert words.spent(r, r.experiment)["budget"].endswith("passes.")
    assert parts.numbers(r, [])["passes"] == 9 + both


def unpacked(text):
    found = np.frombuffer(base64.b64decode(text), "u1").astype(float) / 255
    return torch.from_numpy(found).reshape(drawing.HEIGHT, drawing.WIDTH)


def hill(mean, variance):
    away = (GRID_X[None] - mean[0]) ** 2 + (GRID_Y[:, None] - mean[1]) ** 2
    found = torch.exp(-away / (2 * variance))
    return found / found.max()


def test_what_is_meant_is_the_product_of_powers():
    """Of one Gaussian each the product is one: precision w/a + (1 − w)/b, then the blur's."""
    a, b, w = 0.2, 0.5, 2.5
    means = torch.tensor([[0.4, -0.2]]).double(), torch.tensor([[0.1, 0.3]]).double()
    law = Guided(Mixture(means[0], a**0.5), Mixture(means[1], b**0.5), w)
    sharp = w / a + (1 - w) / b
    mean = ((w / a) * means[0] + ((1 - w) / b) * means[1])[0] / sharp
    found = drawing.meant_map(law, w, FLAT, 1.0, guided.WIDTH)
    # the level of the finer grid, 0.01, is in both; a pixel is 0.07
    assert torch.allclose(found, hill(mean, 1 / sharp + guided.WIDTH**2), atol=0.02)


def test_what_is_drawn_is_the_density_of_the_samples():
    x = torch.randn(4000, 2, generator=torch.Generator().manual_seed(0)).double() * 0.5
    found = drawing.drawn_map(x, 0.5, 0.3)
    true = hill((0.0, 0.0), 1 + 0.3**2)
    assert float((found / found.sum() - true / true.sum()).abs().sum()) < 0.12  # 4,000 samples


def test_at_weight_one_the_class_is_meant():
    v = View(
        Experiment(
            data=Moons(dimension=2),
            model=GuidedExact(condition=0, guidance=1.0, against="any", how=Guidance(rule="cfgpp")),
            solver=DDIM(),
            samples=64,
            nfe=9,
        )
    )
    data = parts.part("data", v)
    assert data["meant_words"] == "meant: p(x|c)¹ p(x)⁰"
    law = v.source.denoiser.strong
    own = drawing.drawn_map(
        law.sample(4096, torch.Generator().manual_seed(1)), stage.spread(v.source), guided.WIDTH
    )
    meant = unpacked(data["meant"])
    assert float((meant / meant.sum() - own / own.sum()).abs().sum()) < 0.2  # sampling noise


def test_maps_are_of_planes_with_known_densities():
    assert {"meant", "meant_words", "law"} <= set(parts.part("data", view()))
    assert parts.part("run", view())["drawn_words"] == "drawn: 64 samples"
    deep = View(Experiment(data=Spiral(), model=GuidedExact(), nfe=9, samples=8))
    assert "meant" not in parts.part("data", deep) and "drawn" not in parts.part("run", deep)
    named = parts.part("data", view(against="weaker", how=Guidance(curve=(0.1, 1.0, 1.0, 2.5))))
    assert named["meant_words"] == "meant: p(x)²·⁵ worse p(x)⁻¹·⁵"


def test_no_map_is_empty_or_not_a_number():
    tree = {"how": Guidance(rule="cfgpp"), "guidance": 1.0}
    for model in (
        tree,
        {"guidance": 10.0},
        {"against": "weaker", "guidance": 6.0},
        {"guidance": 0.0},
    ):
        found = guided.meant(view(Tree(), **model).source, 0.5)
        assert unpacked(found["meant"]).max() == 1.0
    maps = parts.part("data", view(Tree(), against="weaker", guidance=6.0))["density"]["maps"]
    each = np.frombuffer(base64.b64decode(maps), "u1").reshape(drawing.MAPS, -1)
    assert (each.max(1) == 255).all()


def test_the_steps_show_where_both_are_asked():
    v = view(how=Guidance(sigma_lo=0.1, sigma_hi=2.0))
    sigma, w, both = STRIPS["steps"].levels(v)["guided"]
    assert sigma == sorted(sigma, reverse=True)
    for s, weight, two in zip(sigma, w, both):
        assert (weight, two) == ((3.0, True) if 0.1 < s <= 2.0 else (1.0, False))
    assert 0.1 in sigma and 2.0 in sigma
    drawn = STRIPS["steps"].quick(v, "#5550c0")[""]
    label = next(m["label"]["text"] for m in drawn["marks"] if m.get("label"))
    assert label == "w(σ), up to 3"


def test_the_panel_holds_its_rows():
    html = panel.panel()
    for entry in ("guided", "network"):
        for key in ("rule", "sigma_lo", "sigma_hi", "curve", "momentum", "norm", "parallel"):
            assert html.count(f'data-key="model.{key}"') == 2
            assert f'id="model-{key}-{entry}"' in html


def test_the_weight_that_is_meant_is_the_largest_of_a_curve():
    law = Guided(Mixture(torch.zeros(1, 2)), Mixture(torch.ones(1, 2)), 2.0)
    assert guided.meant_by(law) == 2.0
    law.how = Guidance(curve=(0.1, 1.0, 1.0, 4.0, 9.0, 2.0))
    assert guided.meant_by(law) == 4.0
