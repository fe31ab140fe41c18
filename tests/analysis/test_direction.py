"""The point where a tangent is parallel to the chord, and the family of one-step solvers."""

import math

import pytest
import torch

from explorer.analysis.direction import along, family
from explorer.analysis.reference import adaptive_reference, reference
from explorer.core.denoisers import Gaussian
from explorer.core.sampling import sample
from explorer.core.solvers import AMED, DDIM, DPM2, Heun

from ..core.problems import mixture, normal, tensor

MODEL = mixture(k=6, d=3)
START = 20.0 * normal(5, 3)


def test_on_a_circle_the_tangent_is_parallel_half_way():
    """A path on a circle in σ's own arc: Reference.at is asked for states, so any curve will do."""

    class Circle:
        def at(self, sigma, count=None):
            angle = sigma[:, None, None]
            return torch.cat([angle.cos(), angle.sin(), 0 * angle], 2)

    found = along(Circle(), 1.2, 0.4, points=801)
    level = 1.2 ** (1 - float(found.r[0])) * 0.4 ** float(found.r[0])
    assert level == pytest.approx(0.8, abs=2e-3)  # the grid in ln σ
    assert float(found.angle[0]) < 2e-3
    # the chord is shorter than the arc: sin(h/2)/(h/2) of it
    assert float(found.c[0]) == pytest.approx(math.sin(0.4) / 0.4, rel=1e-3)


def test_of_a_gaussian_it_is_where_calculus_says():
    """x ∝ √(σ² + l): in one direction every tangent is parallel, so c carries all, and the mean
    value theorem gives s in between where c = 1."""
    law = Gaussian(tensor(0.0, 0.0), tensor(1.0, 1.0), torch.eye(2).double())
    from explorer.analysis.reference import closed_reference

    truth = closed_reference(law, 20.0 * normal(4, 2), 20.0, 0.05)
    found = along(truth, 4.0, 0.5, points=401)
    assert float(found.angle.max()) < 1e-3
    x = found.x[:, 0, 0]
    chord = float((x[-1] - x[0]) / (0.5 - 4.0))
    s = (found.sigma - 0).tolist()
    slopes = (found.tangent[:, 0, 0]).tolist()
    where = min(range(401), key=lambda i: abs(slopes[i] - chord))
    assert 0.5 < s[where] < 4.0 and slopes[where] == pytest.approx(chord, rel=5e-3)


def test_its_r_and_c_beat_the_geometric_middle():
    """From true states, over a step in which the paths bend."""
    truth = adaptive_reference(MODEL, START, 20.0, 0.05)
    found = along(truth, 3.0, 0.5, points=97)
    end = truth.at(tensor(0.5))[0]
    start = truth.at(tensor(3.0))[0]

    def error(r, c):
        from explorer.core.ode import Ode
        from explorer.core.solvers.learned import amed_step

        ode = Ode(MODEL)
        here = ode.evaluate(start, tensor(3.0)[0])
        return float((amed_step(ode, here, 0.5, r, c, 1.0) - end).norm(dim=1).mean())

    best = error(found.r.reshape(-1, 1), found.c.reshape(-1, 1))
    assert best < error(0.5, 1.0)
    assert ((found.r > 0) & (found.r < 1)).all() and (found.angle < 0.5).all()


def test_the_family_holds_every_one_step_solver():
    grid = tensor(20.0, 2.0)
    x = START
    f = family(MODEL, x, 20.0, 2.0, points=11)
    run = lambda solver: sample(MODEL, x / 20.0, grid, solver).samples
    torch.testing.assert_close(f.ddim, run(DDIM()), rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(f.dpm2(10), run(Heun()), rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(f.dpm2(5), run(DPM2(0.5)), rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(f.amed(5, 1.0), run(AMED()), rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(f.amed(3, 0.97), run(AMED(r=0.3, c=0.97)), rtol=1e-9, atol=1e-9)
    assert torch.equal(f.points[0], x)


def test_the_tangent_of_a_reference_is_its_noise():
    truth = reference(MODEL, START, 20.0, 0.05, 129)
    found = along(truth, 3.0, 0.5, points=193)
    states, sigma = found.x[60], found.sigma[60]
    expected = (states - MODEL(states, sigma)) / sigma
    torch.testing.assert_close(found.tangent[60], expected, rtol=1e-3, atol=1e-3)
