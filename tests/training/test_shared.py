"""What all samples share is found before a predictor tells them apart, and it starts from there."""

import dataclasses
from itertools import pairwise

import pytest
import torch

from explorer.core.predictor import Predictor
from explorer.core.solvers import AMED, Plugin
from explorer.core.timesteps import VPTime
from explorer.training.amed import AMEDTraining, Trainer
from explorer.training.shared import Settled, Shared, settle

from ..core.problems import mixture, normal

LEVELS, R = (80.0, 9.2, 0.89, 0.002), (0.03, 0.45, 0.2)
MODEL = mixture(k=8, d=2, std=0.15)


def test_it_says_to_every_sample_what_belongs_to_the_step():
    shared = Shared(LEVELS, R, Predictor(0.1, 0.2))
    for k, (a, b) in enumerate(pairwise(LEVELS)):
        r, c, t = shared(None, a, b, 5)
        assert r.tolist() == pytest.approx([R[k]] * 5)
        assert c.tolist() == pytest.approx([1.0] * 5) and t.tolist() == pytest.approx([1.0] * 5)
    assert Shared(LEVELS, R, Predictor(0.1))(None, 80.0, 9.2, 5)[2] == 1.0  # no head for a


def test_it_settles_where_the_error_is_least():
    shared, wanted = Shared(LEVELS, R, Predictor(0.1)), (0.11, 0.3, 0.4)

    def errors(i):
        off = [shared(None, a, b)[0] - w for a, b, w in zip(LEVELS, LEVELS[1:], wanted)]
        far = [shared(None, a, b)[1] - 1.03 for a, b in pairwise(LEVELS)]
        return 1e-4 + sum(v.square() for v in (*off, *far))

    *_, last = settle(shared, errors, 200)
    assert last.r == pytest.approx(wanted, abs=5e-3)  # the last updates are of 1e-3
    assert last.c == pytest.approx((1.03,) * 3, abs=5e-3) and last.a == (1.0,) * 3


def test_numbers_of_each_sample_begin_as_those_of_all():
    shared = Shared(LEVELS, R, Predictor(0.1, 0.2))
    apart = shared.apart(4)
    for a, b in pairwise(LEVELS):
        assert torch.equal(apart(None, a, b, 4)[0], shared(None, a, b, 4)[0])
    apart(None, 9.2, 0.89, 4)[0].sum().backward()
    assert apart.logits.grad.shape == (3, 3, 4)


@pytest.mark.parametrize("look", [True, False])
def test_a_predictor_is_aimed_at_r_c_and_a(look):
    p = Predictor(0.1, 0.2, look, torch.Generator().manual_seed(1))
    c, a = (0.95, 1.02, 1.06), (1.1, 0.9, 1.0)
    p.aim(LEVELS, R, c, a)
    features = normal(6, 64, seed=1).float()
    for k, (here, there) in enumerate(pairwise(LEVELS)):
        found = [v.tolist() for v in p(features, here, there, 6)]
        for values, wanted in zip(found, (R[k], c[k], a[k])):
            assert values == pytest.approx([wanted] * 6, abs=2e-3)  # float32 weights


def test_features_are_seen_by_how_they_differ():
    """What is said of h is what was said before of (h − mean)/deviation."""
    p = Predictor(0.1, generator=torch.Generator().manual_seed(1))
    other = Predictor(0.1, generator=torch.Generator().manual_seed(1))
    g = torch.Generator().manual_seed(2)
    h = 3 + torch.randn(500, 64, generator=g) * torch.linspace(0.1, 2, 64)
    p.feature_scale = 0.2
    p.center(h)
    plain = (h - h.mean(0)) / h.std(0)
    for mine, known in zip(p(h, 9.2, 0.89, 500), other(plain, 9.2, 0.89, 500)):
        if not isinstance(mine, float):
            torch.testing.assert_close(mine, known, rtol=1e-4, atol=1e-5)  # float32
    still = h.clone()
    still[:, 5] = 1.0  # a number that says nothing
    p.center(still)
    assert all(bool(v.isfinite().all()) for v in p.parameters())


@pytest.mark.parametrize("solver", [AMED(), Plugin("ipndm2")], ids=repr)
def test_a_training_starts_from_what_all_share(solver):
    how = AMEDTraining(
        place="search",
        settle=40,
        weigh="ratio",
        finish=1.0,
        paths=128,
        batch=32,
        rounds=2,
        inner=8,
        scale_dir=0.1,
        scale_time=0.1,
    )
    t = Trainer(MODEL, solver, VPTime(), 3, how=how)
    list(t._place(None))
    settled = list(t._settle(None))
    assert [s.update for s in settled] == list(range(1, 41)) and t.settled == settled[-1]
    standing = t.held_out()
    assert list(standing.errors) == ["untrained", "searched", "shared", "learned"]
    assert standing.errors["learned"].tolist() == pytest.approx(
        standing.errors["shared"].tolist(), rel=0.05
    )
    # what is shared is no worse than the stops alone, on seeds that neither saw
    assert standing.ratio("shared", "searched").value < 1.02


def test_the_published_recipe_knows_nothing_of_it():
    assert AMEDTraining().settle == 0 and AMEDTraining().weigh == "distance"
    t = Trainer(MODEL, AMED(), VPTime(), 2, how=AMEDTraining(paths=64, batch=32))
    assert not any(isinstance(row, Settled) for row in t.run()) and t.settled is None
    assert dataclasses.asdict(t.how)["settle"] == 0
