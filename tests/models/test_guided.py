"""Guidance of exact denoisers: by all classes, by a worse model, and what it refuses."""

import dataclasses

import pytest
import torch

from explorer.core.guidance import Guidance
from explorer.core.law import law
from explorer.core.oriented import blurred
from explorer.core.solvers import DDIM
from explorer.data import Moons, Spiral, Tree
from explorer.errors import UserError
from explorer.lab.experiment import Experiment, incomparable, run, work
from explorer.models import Exact, GuidedExact
from explorer.settings import from_query, to_query

X, SIGMA = torch.randn(4, 2, dtype=torch.float64), torch.tensor(0.4, dtype=torch.float64)


def test_by_all_classes_it_is_classifier_free_guidance():
    made = GuidedExact(condition=0, guidance=3.0, against="any").load(Tree())
    strong, weak = law(Tree(), 0)(X, SIGMA), law(Tree())(X, SIGMA)
    assert made(X, SIGMA).equal(weak + 3.0 * (strong - weak))


def test_by_a_worse_model_it_is_autoguidance():
    made = GuidedExact(condition=1, guidance=2.0, blur=0.02, weaker=0.2).load(Tree())
    own = law(Tree(), 1)
    strong, weak = blurred(own, 0.02)(X, SIGMA), blurred(own, 0.2)(X, SIGMA)
    assert made(X, SIGMA).equal(weak + 2.0 * (strong - weak))
    assert GuidedExact().load(Spiral()).shape == (16,)  # any data have a worse model


def test_weight_one_is_the_class_alone_to_the_bit():
    e = Experiment(data=Moons(dimension=2), nfe=9, samples=8)
    alone = run(dataclasses.replace(e, model=Exact(condition=1))).samples
    for how in ({"guidance": 1.0}, {"guidance": 4.0, "how": Guidance(sigma_lo=1.0, sigma_hi=1.0)}):
        model = GuidedExact(condition=1, against="any", **how)
        assert run(dataclasses.replace(e, model=model)).samples.equal(alone)


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ({"against": "any"}, "pick a class"),
        ({"condition": 2}, "no class 2"),
        ({"blur": 0.2, "weaker": 0.1}, "is not worse than one with 0.2"),
    ],
)
def test_what_cannot_be(model, said):
    with pytest.raises(UserError, match=said):
        GuidedExact(**model).load(Tree())


def test_the_work_of_both_is_counted():
    e = Experiment(data=Tree(), samples=1, nfe=10)
    alone = work(dataclasses.replace(e, model=Exact(condition=0)))
    both = GuidedExact(condition=0, against="any")
    assert work(dataclasses.replace(e, model=both)) == 3 * alone  # one class, and two


def test_a_link_holds_all_of_it():
    how = Guidance(rule="cfgpp", sigma_lo=0.1, sigma_hi=5.0, curve=(0.2, 1.0, 2.0, 3.0))
    e = Experiment(data=Tree(), model=GuidedExact(condition=0, against="any", how=how))
    assert from_query(Experiment, to_query(e)) == e
    with pytest.raises(UserError, match="is no interval"):
        from_query(Experiment, "model=guided&model.sigma_lo=3&model.sigma_hi=2")


def test_what_follows_no_path_is_not_held_against_one():
    e = Experiment(data=Tree(), model=GuidedExact(condition=0, against="any"), solver=DDIM())
    assert incomparable(e) is None
    cfgpp = dataclasses.replace(e.model, how=Guidance(rule="cfgpp"))
    assert "CFG++ follows no ODE" in incomparable(dataclasses.replace(e, model=cfgpp))
    apg = dataclasses.replace(e.model, how=Guidance(rule="apg", momentum=-0.5))
    assert "momentum of APG" in incomparable(dataclasses.replace(e, model=apg))
