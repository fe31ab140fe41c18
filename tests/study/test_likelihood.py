"""Likelihood as a study: exact denoisers agree with the closed form, others are said to differ."""

import pytest
import torch

from explorer.core.denoisers import Gaussian
from explorer.data import Moons, Spiral
from explorer.errors import UserError
from explorer.lab import cost
from explorer.lab.experiment import Experiment
from explorer.models import MODELS
from explorer.study.likelihood import Known, likelihood_plan, likelihoods
from explorer.study.round_trip import images
from explorer.ui import likelihood as said

EXACT = Experiment(data=Moons(dimension=2))


def test_the_density_of_an_exact_denoisers_flow_is_the_datas():
    *_, known = likelihoods(EXACT)
    assert len(known.found) == 64 and known.dimension == 2 and known.probes == 0
    # 64 images, tolerance 1e-5 a step
    assert max(abs(a - b) for a, b in zip(known.found, known.exact)) < 1e-2
    assert known.less.low <= known.less.value <= known.less.high
    assert "The flow’s density is the data’s" in said.title(known)


def test_of_a_gaussian_fit_it_is_the_gaussians():
    """In closed form; the moons are no Gaussian, and the title says by how much."""
    e = Experiment(data=Spiral(dimension=2), model=MODELS["gaussian"]())
    plan = likelihood_plan(e)
    value = plan[0].measure(plan[0].experiment)
    x = images(plan[0].experiment)
    fitted = Gaussian.fit(e.data.points(), e.data.thickness)
    spread = fitted.variances + 0.002**2
    along = (x - fitted.mean) @ fitted.directions.T
    law = torch.distributions.Normal(torch.zeros(2, dtype=x.dtype), spread.sqrt())
    exact = law.log_prob(along).sum(1)
    # at σ = 80 the data's own law stands in for the Gaussian's: 1e-3 of a nat
    assert value["found"] == pytest.approx(exact.tolist(), abs=5e-3)
    known = Known(*(tuple(value[k]) for k in ("found", "exact", "spread")), 0.0, (80, 0.002), 2, 0)
    assert known.less.low > 0 and "likelier under their own law" in said.title(known)


@pytest.mark.parametrize(
    "off, words",
    [
        (0.0, "The flow’s density is the data’s: at most 0 nats apart"),
        (1.0, "likelier under their own law than under the model, by 0.5"),
        (-1.0, "likelier under the model than under their own law, by −0.5"),
    ],
)
def test_the_title_follows_the_interval(off, words):
    noise = torch.randn(32, generator=torch.Generator().manual_seed(0)).double()
    exact = tuple(noise.tolist())
    found = tuple((noise - off + 0.01 * off * noise).tolist())
    assert words in said.title(Known(found, exact, (0.0,) * 32, 0.0, (80, 0.002), 2, 0))


def test_no_difference_is_claimed_that_the_images_do_not_show():
    noise = torch.randn(32, generator=torch.Generator().manual_seed(0)).double()
    found = tuple((noise - noise.mean()).tolist())
    known = Known(found, (0.0,) * 32, (0.0,) * 32, 0.0, (80, 0.002), 2, 0)
    assert "No difference" in said.title(known)


def test_too_much_work_is_refused_before_it_begins(monkeypatch):
    monkeypatch.setattr(cost, "WORK_LIMIT", 1e4)
    with pytest.raises(UserError, match="operations for 4 samples"):
        likelihood_plan(EXACT)
