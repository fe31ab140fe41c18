"""Networks at σ = ∞: who was trained on pure noise is asked for it, the others say a sentence."""

import dataclasses
import math

import pytest
import torch

from explorer.core import known
from explorer.core.sampling import sample
from explorer.core.schedules import Flow as FlowSchedule
from explorer.core.solvers import DDIM, DPMpp, Heun
from explorer.core.timesteps import Custom
from explorer.core.timesteps import Flow as FlowTimes
from explorer.errors import UserError
from explorer.models.denoiser import NetworkDenoiser, Preconditioned
from explorer.models.discrete import precond_of
from explorer.models.network import Guided
from explorer.models.precond import EDM, IDDPM, VE, VP, Flow

from ..core.problems import mixture, normal
from .test_precond import Oracle

ZERO = {"_class_name": "DDIMScheduler", "rescale_betas_zero_snr": True}
INF = torch.tensor(math.inf, dtype=torch.float64)


class Velocity(torch.nn.Module):
    """The exact velocity n − D of a mixture, as a network of flow matching would have it."""

    label_dim = 0

    def __init__(self):
        super().__init__()
        self.law, self.asked = mixture(), []
        self.one = torch.nn.Parameter(torch.ones(1))

    def forward(self, x, c_noise, labels=None, augment=None):
        t = float(c_noise[0]) / 1000
        self.asked.append((x.clone(), t))
        x = x.double()
        if t == 1:
            return (x - self.law(x, INF)).float()
        sigma = t / (1 - t)
        return ((x - self.law(x / (1 - t), torch.tensor(sigma))) / t).float()


def test_a_network_of_flow_matching_is_given_the_noise_and_t_1():
    net = Velocity()
    denoiser = NetworkDenoiser(Preconditioned(net, Flow(), (2,)))
    noise, grid = normal(8, 2), torch.tensor([math.inf, 9.0, 2.0, 0.5, 0.1, 0.0]).double()
    for solver, schedule in (
        (DDIM(), FlowSchedule()),
        (Heun(), FlowSchedule()),
        (DPMpp(), FlowSchedule()),
    ):
        net.asked.clear()
        found = sample(denoiser, noise, grid, solver, schedule).samples
        torch.testing.assert_close(net.asked[0][0], noise.float())
        assert net.asked[0][1] == 1
        exact = sample(net.law, noise, grid, solver, schedule).samples
        torch.testing.assert_close(found, exact, rtol=0, atol=2e-5)  # its answers are float32
    assert known.knows_noise(denoiser)
    assert known.knows_noise(Guided(denoiser, denoiser, 2.0))


@pytest.mark.parametrize("prediction, answer", [("v_prediction", -1.0), ("sample", 1.0)])
def test_a_table_of_zero_terminal_snr_has_a_step_of_pure_noise(prediction, answer):
    precond = precond_of({**ZERO, "prediction_type": prediction})
    said = normal(4, 3, seed=5)
    net = Oracle(said)
    denoised = NetworkDenoiser(Preconditioned(net, precond, (3,)))(normal(4, 3), INF)
    torch.testing.assert_close(denoised, answer * said)
    torch.testing.assert_close(net.x.double(), normal(4, 3), rtol=1e-6, atol=1e-7)
    assert float(net.c_noise) == 999, "the last step of the table, from 0"


def test_between_its_last_level_and_infinity_the_step_goes_on():
    precond = precond_of({**ZERO, "prediction_type": "v_prediction"})
    top = precond.sigma_max
    steps = precond.c_noise(torch.tensor([top, 2 * top, 1e9 * top]).double())
    torch.testing.assert_close(steps, torch.tensor([998.0, 998.5, 999.0]).double())
    assert float(precond.round_sigma(torch.tensor(1e9 * top))) == pytest.approx(top)


@pytest.mark.parametrize(
    "precond",
    [
        EDM(),
        VE(),
        VP(),
        IDDPM(),
        precond_of({**ZERO, "prediction_type": "epsilon"}),
        precond_of({"_class_name": "DDIMScheduler", "prediction_type": "v_prediction"}),
    ],
)
def test_who_knows_no_pure_noise_says_so_or_begins_where_it_can(precond):
    denoiser = NetworkDenoiser(Preconditioned(Oracle(normal(4, 3)), precond, (3,)))
    assert not known.knows_noise(denoiser)
    with pytest.raises(UserError, match="not trained on pure noise.*finite level such as 80"):
        denoiser(normal(4, 3), INF)
    for grid in (FlowTimes(), Custom((math.inf, 3.0, 1.0))):
        if math.isinf(precond.sigma_max):
            with pytest.raises(UserError, match="cannot begin at σ = ∞"):
                known.within(grid, denoiser)
        else:  # as other levels beyond its range, which a note tells
            kept = known.within(grid, denoiser)
            top = min(precond.sigma_max, 1000.0)  # the lab's highest
            assert not kept.pure and kept.sigma_max == pytest.approx(top, rel=1e-9)


def test_the_settings_of_the_column_come_back():
    assert dataclasses.replace(Flow(), steps=500).at_infinity() == (1.0, -1.0, 1.0, 500.0)
    with pytest.raises(UserError, match="shift"):
        Flow(shift=0.0)
