"""A choice in a menu must not keep the server busy: loading is work too, and is counted first."""

import pytest
import torch

from explorer.core.denoisers import Gaussian
from explorer.data import Digits, Patches
from explorer.errors import UserError
from explorer.lab import cost
from explorer.lab.experiment import Experiment, run, use_device
from explorer.lab.source import prepared
from explorer.models import Exact
from explorer.models import Gaussian as GaussianFit
from explorer.server.message import message

from ..core.problems import normal

LEVELS = torch.logspace(-1.5, 2, 7, dtype=torch.float64)


def by_covariance(points, thickness):
    """The fit as its definition says: eigenvectors of the whole (D, D) covariance."""
    flat = points.flatten(1)
    covariance = torch.cov(flat.T, correction=0)
    values, vectors = torch.linalg.eigh(covariance)
    return Gaussian(
        flat.mean(0).reshape(points.shape[1:]), values.clamp(min=0) + thickness**2, vectors.T
    )


@pytest.mark.parametrize("thickness", (0.0, 0.3))
@pytest.mark.parametrize("count", (2, 7, 27, 60), ids=lambda n: f"{n}-points")
def test_a_fit_by_the_points_is_the_fit_by_the_covariance(count, thickness):
    """1e-9: eigenvalues that are 0 come out as 1e-14 of the covariance, against σ² of 1e-3."""
    points = normal(count, 3, 3, 3, seed=count) * torch.linspace(0.1, 2, 3).double()
    fit, plain = Gaussian.fit(points, thickness), by_covariance(points, thickness)
    x = 3 * normal(5, 3, 3, 3, seed=1)
    for sigma in LEVELS:
        torch.testing.assert_close(fit(x, sigma), plain(x, sigma), rtol=1e-9, atol=1e-9)
        torch.testing.assert_close(
            fit.flow(x, 80.0, sigma), plain.flow(x, 80.0, sigma), rtol=1e-9, atol=1e-9
        )
    assert fit.sigma_data == pytest.approx(plain.sigma_data, rel=1e-12)


def test_draws_of_a_fit_to_few_thick_points_have_its_covariance():
    """Four points in 6-D: the directions that they do not span have the thickness alone."""
    points = normal(4, 6, seed=3)
    fit = Gaussian.fit(points, 0.5)
    drawn = fit.sample(200_000, torch.Generator().manual_seed(0))
    want = torch.cov(points.T, correction=0) + 0.25 * torch.eye(6).double()
    assert len(fit.variances) == 4
    # 200,000 draws know a covariance to 0.3 %; 2 % is six times that
    assert float((torch.cov(drawn.T) - want).abs().max()) < 0.02 * float(want.max())


def test_a_fit_to_large_photographs_holds_no_square_matrix(monkeypatch):
    """12,288 coordinates: an eigendecomposition of their covariance did not end in 170 s."""

    def refuse(matrix, *args, **options):
        raise AssertionError(f"eigh of {tuple(matrix.shape)}")

    monkeypatch.setattr(torch.linalg, "eigh", refuse)
    fit = GaussianFit().load(Patches(size=64))
    assert fit.directions.shape == (64, 12288)
    points = Patches(size=64).points()
    assert fit.sigma_data == pytest.approx(
        float((points - points.mean(0)).square().mean().sqrt()), rel=1e-10
    )


def test_loading_is_refused_before_it_begins_where_it_is_above_the_cap(monkeypatch):
    """Digits: 1797 points × 64 coordinates × 64."""
    use_device("cpu")
    monkeypatch.setattr(cost, "WORK_LIMIT", 7e6)
    monkeypatch.setattr(torch.linalg, "eigh", None)  # would fail otherwise
    with pytest.raises(UserError, match=r"Gaussian fit on Digits.*7.4·10⁶.*exact denoiser"):
        prepared(Digits(), GaussianFit())
    said = message({"values": {"data": "digits", "model": "gaussian"}})["problem"]
    assert "--max-work" in said
    assert run(Experiment(data=Digits(), model=Exact(), samples=1, nfe=3)).nfe == 3
