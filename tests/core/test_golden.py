"""The published samplers, run elsewhere on an exact mixture: 21 of EDM's Algorithm 2 and 72 of its
generalised form (4 grids, 3 schedules, 2 scalings, Euler and RK2)."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from explorer.core import schedules, timesteps
from explorer.core.denoisers import Mixture
from explorer.core.sampling import Churn, sample
from explorer.core.solvers import RK2, Euler, Heun

from .problems import tensor

GOLDEN = np.load(Path(__file__).parents[1] / "data" / "samplers_edm.npz")
CASES = json.loads(str(GOLDEN["cases"]))
STORED = {name: torch.from_numpy(GOLDEN[name]) for name in GOLDEN.files if name != "cases"}
DENOISER = Mixture(STORED["gmm_means"].reshape(-1, 3, 2, 2), STORED["gmm_stds"],
                   STORED["gmm_weights"])

# At γ = 0 the published code still goes σ → t → σ and adds noise of variance
# max(σ̂² − σ², 0): where rounding makes that 1e-16 instead of 0, noise of 2e-8 σ slips in.
# It happens at σ = 1.50 of these runs and nowhere else in the file.
LEAKED = {"case055", "case056", "case057", "case058"}


def grid_of(case):
    """The grid, and the schedule whose β are fitted to the grid's range."""
    grid = {"vp": timesteps.VP, "ve": timesteps.VE, "iddpm": timesteps.IDDPM,
            "edm": timesteps.Rho}[case["discretization"]]()
    if case["discretization"] == "vp":
        high, low = schedules.VP().sigma(tensor(1.0, 1e-3)).tolist()
        grid = timesteps.VP(high, low)
    schedule = {"vp": schedules.VP.fitted(grid.sigma_min, grid.sigma_max), "ve": schedules.VE(),
                "linear": schedules.EDM()}[case["schedule"]]
    return grid, dataclasses.replace(schedule, scaling=case["scaling"])


def run(case):
    if case["kind"] == "edm_sampler":
        grid = timesteps.Rho(case["rho"], case["sigma_max"], case["sigma_min"])
        schedule, solver = schedules.EDM(), Heun()
        churn = Churn(case.get("S_churn", 0), case.get("S_min", 0), case.get("S_max", 1e9),
                      case.get("S_noise", 1.0))
    else:
        grid, schedule = grid_of(case)
        solver = Euler() if case["solver"] == "euler" else RK2(alpha=case["alpha"])
        churn = Churn()
    sigmas = torch.cat([grid.sigmas(case["num_steps"]), tensor(0.0)])
    return sample(DENOISER, STORED["latents"], sigmas, solver, schedule, churn,
                  STORED.get("noise_" + case["case"]))


def test_every_published_case_is_here():
    kinds = [c["kind"] for c in CASES]
    assert (kinds.count("edm_sampler"), kinds.count("ablation_sampler")) == (21, 72)
    assert sum("S_churn" in c for c in CASES) == 9


@pytest.mark.parametrize("i", range(len(CASES)), ids=[c["case"] for c in CASES])
def test_samples_and_levels_of_the_published_sampler(i):
    case, expected = CASES[i], STORED["x"][i]
    levels = STORED["evaluated"][i]
    levels = levels[levels.isfinite()]
    result = run(case)
    assert result.nfe == len(levels)
    # log(1 + σ²) without log1p loses 11 digits at σ = 0.002 in the published code
    torch.testing.assert_close(result.evaluated, levels, rtol=1e-9, atol=0)
    tolerance = 2e-7 if case["case"] in LEAKED else 1e-9
    worst = (result.samples - expected).abs().max() / expected.abs().max()
    assert worst < tolerance
