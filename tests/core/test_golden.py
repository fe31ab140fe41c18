"""The published samplers, run elsewhere on an exact mixture: 21 of EDM's Algorithm 2 and 72 of its
generalised form (4 grids, 3 schedules, 2 scalings, Euler and RK2); and 162 of the one-step and
multistep solvers over 3 grids of 6, 10 and 18 levels."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.integrate import quad

from explorer.core import schedules, timesteps
from explorer.core.denoisers import Mixture
from explorer.core.sampling import Churn, sample
from explorer.core.solvers import DEIS, DPM2, IPNDM, IPNDMV, RK2, DPMpp, Euler, Heun, UniPC

from .problems import tensor

GOLDEN = np.load(Path(__file__).parents[1] / "data" / "samplers_edm.npz")
CASES = json.loads(str(GOLDEN["cases"]))
STORED = {name: torch.from_numpy(GOLDEN[name]) for name in GOLDEN.files if name != "cases"}
DENOISER = Mixture(
    STORED["gmm_means"].reshape(-1, 3, 2, 2), STORED["gmm_stds"], STORED["gmm_weights"]
)

# At γ = 0 the published code still goes σ → t → σ and adds noise of variance
# max(σ̂² − σ², 0): where rounding makes that 1e-16 instead of 0, noise of 2e-8 σ slips in.
# It happens at σ = 1.50 of these runs and nowhere else in the file.
LEAKED = {"case055", "case056", "case057", "case058"}


def grid_of(case):
    """The grid, and the schedule whose β are fitted to the grid's range."""
    grid = {"vp": timesteps.VP, "ve": timesteps.VE, "iddpm": timesteps.IDDPM, "edm": timesteps.Rho}[
        case["discretization"]
    ]()
    if case["discretization"] == "vp":
        high, low = schedules.VP().sigma(tensor(1.0, 1e-3)).tolist()
        grid = timesteps.VP(high, low)
    schedule = {
        "vp": schedules.VP.fitted(grid.sigma_min, grid.sigma_max),
        "ve": schedules.VE(),
        "linear": schedules.EDM(),
    }[case["schedule"]]
    return grid, dataclasses.replace(schedule, scaling=case["scaling"])


def run(case):
    if case["kind"] == "edm_sampler":
        grid = timesteps.Rho(case["rho"], case["sigma_max"], case["sigma_min"])
        schedule, solver = schedules.EDM(), Heun()
        churn = Churn(
            case.get("S_churn", 0),
            case.get("S_min", 0),
            case.get("S_max", 1e9),
            case.get("S_noise", 1.0),
        )
    else:
        grid, schedule = grid_of(case)
        solver = Euler() if case["solver"] == "euler" else RK2(alpha=case["alpha"])
        churn = Churn()
    sigmas = torch.cat([grid.sigmas(case["num_steps"]), tensor(0.0)])
    return sample(
        DENOISER,
        STORED["latents"],
        sigmas,
        solver,
        schedule,
        churn,
        STORED.get("noise_" + case["case"]),
    )


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


SECOND = np.load(Path(__file__).parents[1] / "data" / "samplers_multistep.npz")
SECOND_CASES = json.loads(str(SECOND["cases"]))
SECOND_X, SECOND_LEVELS = torch.from_numpy(SECOND["x"]), torch.from_numpy(SECOND["evaluated"])
SPAN = (80.0, 0.002)


def solver_of(case):
    order = case.get("max_order")
    prediction = "eps" if case.get("predict_x0") is False else "x0"
    options = {
        "prediction": prediction,
        "thresholding": prediction == "x0",  # always on there
        "lower_order_final": case.get("lower_order_final", True),
    }
    return {
        "euler_sampler": lambda: Euler(),
        "heun_sampler": lambda: Heun(),
        "dpm_2_sampler": lambda: DPM2(r=case["r"]),
        "ipndm_sampler": lambda: IPNDM(order=order),
        "ipndm_v_sampler": lambda: IPNDMV(order=order),
        "dpm_pp_sampler": lambda: DPMpp(order=order, **options),
        "unipc_sampler": lambda: UniPC(order=order, variant=case["variant"], **options),
        "deis_sampler": lambda: DEIS(order=order, variable=case["deis_mode"]),
    }[case["kind"]]()


def run_second(case):
    grid = torch.from_numpy(SECOND[f"schedule_{case['schedule_type']}_{case['num_steps']}"])
    return sample(
        DENOISER,
        STORED["latents"],
        grid,
        solver_of(case),
        afs=case.get("afs", False),
        denoise=case.get("denoise_to_zero", False),
    )


def vp_time(span):
    """τ(σ) of the VP schedule fitted to the span, and dσ/dτ as the published code writes it."""
    low, high = (float(np.log(s**2 + 1)) for s in span[::-1])
    beta_d = 2 * (low / 1e-3 - high) / (1e-3 - 1)
    beta_min = high - beta_d / 2

    def tau(sigma):
        return (np.sqrt(beta_min**2 + 2 * beta_d * np.log(sigma**2 + 1)) - beta_min) / beta_d

    def rate(u):
        alpha = np.exp(-0.5 * u**2 * beta_d - u * beta_min)
        return 0.5 * (beta_d * u + beta_min) / np.sqrt(alpha * (1 - alpha))

    return tau, rate


def basis(nodes, j, u):
    """The Lagrange polynomial of node j at u."""
    return np.prod([(u - n) / (nodes[j] - n) for k, n in enumerate(nodes) if k != j], axis=0)


def riemann(self, levels, end, span):
    """The published coefficients of DEIS: 10,000 points with both ends, but steps of h/10,000."""
    tau, rate = vp_time(span)
    nodes, end = [tau(s) for s in levels], tau(end)
    u = np.linspace(nodes[0], end, 10_000)
    return [
        float((rate(u) * basis(nodes, j, u)).sum() * (end - nodes[0]) / 10_000)
        for j in range(len(nodes))
    ]


def worst(case, expected):
    return float((run_second(case).samples - expected).abs().max() / expected.abs().max())


def test_every_published_multistep_case_is_here():
    kinds = [c["kind"].removesuffix("_sampler") for c in SECOND_CASES]
    assert {k: kinds.count(k) for k in kinds} == {
        "euler": 12,
        "heun": 12,
        "dpm_2": 18,
        "ipndm": 30,
        "ipndm_v": 9,
        "dpm_pp": 36,
        "unipc": 27,
        "deis": 18,
    }


@pytest.mark.parametrize(
    "i", range(len(SECOND_CASES)), ids=[f"{c['kind'][:-8]}-{c['case']}" for c in SECOND_CASES]
)
def test_samples_and_levels_of_the_published_solver(i, monkeypatch):
    case, levels = SECOND_CASES[i], SECOND_LEVELS[i]
    levels = levels[levels.isfinite()]
    if case["kind"] == "deis_sampler":
        monkeypatch.setattr(DEIS, "_weights", riemann)
    result = run_second(case)
    assert result.nfe == len(levels)
    torch.testing.assert_close(result.evaluated, levels, rtol=1e-9, atol=0)
    assert worst(case, SECOND_X[i]) < 1e-9


def test_exact_deis_lies_within_the_error_of_the_published_sum():
    """A sum of first order: 6e-4 where the rate changes most over a step, on 6 levels."""
    found = {
        n: max(
            worst(c, SECOND_X[i])
            for i, c in enumerate(SECOND_CASES)
            if c["kind"] == "deis_sampler" and c["num_steps"] == n
        )
        for n in (6, 10, 18)
    }
    assert found[18] < found[10] < found[6] < 1e-3
    assert found[18] > 1e-6  # the sum, not rounding


@pytest.mark.parametrize("n", [6, 10, 18])
@pytest.mark.parametrize("grid", ["polynomial", "logsnr", "time_uniform"])
def test_the_integrals_of_deis_are_exact(grid, n):
    levels = SECOND[f"schedule_{grid}_{n}"]
    tau, rate = vp_time(SPAN)
    for i in range(1, n - 1):
        past = levels[max(0, i - 3) : i + 1][::-1]
        nodes = [tau(s) for s in past]
        ours = DEIS()._weights(tuple(past.tolist()), float(levels[i + 1]), SPAN)
        exact = [
            quad(
                lambda u: rate(u) * basis(nodes, j, u),
                nodes[0],
                tau(levels[i + 1]),
                epsabs=0,
                epsrel=1e-12,
                limit=200,
            )[0]
            for j in range(len(nodes))
        ]
        np.testing.assert_allclose(ours, exact, rtol=1e-9, atol=1e-9 * max(map(abs, exact)))
