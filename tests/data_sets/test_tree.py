"""The tree of Karras et al. 2024: its published scale, its classes, its own law."""

import pytest
import torch

from explorer.core.law import law
from explorer.data import Moons, Tree
from explorer.errors import UserError
from explorer.models import Exact, Gaussian
from explorer.training import configs


def test_both_trees_have_mean_0_and_deviation_a_half():
    """The paper's root and scale make it so, to three digits."""
    whole = Tree().law()
    assert torch.allclose(whole.mean, torch.zeros(2).double(), atol=7e-4)
    assert torch.allclose(
        whole.covariance.diagonal().sqrt(), torch.full((2,), 0.5).double(), atol=7e-4
    )


def test_a_class_is_a_tree_of_its_own():
    tree = Tree()
    upper, lower = (law(tree, k) for k in range(2))
    assert len(upper) == len(lower) == 127 * 8
    assert float(upper.mean.min()) > 0.3 > -0.3 > float(lower.mean.max())
    x = torch.randn(50, 2, generator=torch.Generator().manual_seed(0)).double()
    level = torch.tensor(0.2).double()
    whole = tree.law()
    share = whole.weights[tree.labels() == 0].sum()
    both = (
        share * upper.log_density(x, level).exp() + (1 - share) * lower.log_density(x, level).exp()
    )
    assert torch.allclose(both, whole.log_density(x, level).exp(), rtol=1e-10)
    with pytest.raises(UserError, match="no class 2"):
        law(tree, 2)


def test_its_gaussians_are_longer_along_the_branch_than_across():
    spread = Tree().law().variances.sqrt()
    assert float((spread[:, 1] / spread[:, 0]).median()) == pytest.approx(1.46, abs=0.1)


def test_draws_come_with_their_class():
    x, labels = Tree().draw(4000, torch.Generator().manual_seed(0))
    assert x.dtype == torch.float32
    upper, lower = (law(Tree(), k) for k in range(2))
    level = torch.tensor(0.01).double()
    told = upper.log_density(x.double(), level) > lower.log_density(x.double(), level)
    assert float((told == (labels == 0)).double().mean()) > 0.98  # they touch at the root


def test_other_data_have_the_law_of_their_points():
    moons = Moons()
    assert len(law(moons, 1)) == 180
    assert Exact(condition=1).load(moons).means.equal(law(moons, 1).means)


def test_the_gaussian_fit_has_the_moments_of_the_law():
    fit, own = Gaussian(condition=0).load(Tree()), law(Tree(), 0)
    assert torch.allclose(fit.mean, own.mean, atol=1e-12)
    assert fit.sigma_data == pytest.approx(own.sigma_data, rel=1e-12)


def test_a_training_sees_the_law_and_not_the_middles():
    x, _ = configs.draw(Tree(), 500, torch.Generator().manual_seed(3))
    nearest = torch.cdist(x.double(), Tree().points()).min(1).values
    assert float(nearest.median()) > 1e-3
    assert configs.sigma_data(configs.Training(data=Tree(), augment=0.0)) == 0.5
