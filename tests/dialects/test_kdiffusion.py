"""k-diffusion and NVlabs edm by their own functions' names, against what they gave."""

import pytest

from explorer import dialects
from explorer.errors import UserError
from tests.dialects.recorded import near, rows
from tests.rows import each

# recorded in float32 from the tool against our float64; the reference's README measured each
FLOAT32 = {
    "kdiff.get_sigmas_karras": 1e-5,
    "kdiff.get_sigmas_exponential": 5e-6,
    "kdiff.get_sigmas_polyexponential": 5e-6,
    "kdiff.get_sigmas_vp": 5e-4,  # exp(x) − 1 cancels
    "kdiff.VDenoiser": 1e-4,  # tan near t = 1
}
ROUNDED = 6e-12  # of 12 digits that are written


def test_every_recorded_list_is_found_again():
    recorded = rows("kdiffusion.jsonl.gz")
    assert len(recorded) > 450

    def check(r):
        ours = dialects.run(r["tool"], r["group"], r["inputs"])
        exact = r["dtype"] != "float32"
        if "sigmas" in r:
            near(ours["sigmas"], r["sigmas"], ROUNDED if exact else FLOAT32.get(r["group"], 2e-6))
        else:
            near(ours["timesteps"], r["timesteps"], absolute=1e-9 if exact else 5e-3)

    each(recorded, check, lambda r: r["id"])


def test_one_step_of_the_tables_divides_by_zero_as_there():
    one = {"num_steps": 1, "discretization": "iddpm"}
    assert dialects.run("NVlabs edm", "nvlabs_edm.ablation_sigmas", one) == {
        "error": "ZeroDivisionError"
    }


def test_heun_asks_twice_at_every_level_but_the_first():
    asked = {"num_steps": 5, "discretization": "ve", "schedule": "ve"}
    euler = dialects.run("NVlabs edm", "nvlabs_edm.ablation_sigmas", {**asked, "solver": "euler"})
    heun = dialects.run("NVlabs edm", "nvlabs_edm.ablation_sigmas", {**asked, "solver": "heun"})
    assert len(heun["sigmas"]) == 9 and heun["sigmas"][::2] == euler["sigmas"]


def test_the_range_and_rho_are_obeyed():
    asked = {"num_steps": 3, "sigma_min": 0.1, "sigma_max": 10.0, "rho": 1}
    found = dialects.run("NVlabs edm", "nvlabs_edm.edm_sampler_calls", asked)["sigmas"]
    near(found, [10, 5.05, 5.05, 0.1, 0.1], 1e-12)


ABSURD = [
    ("k-diffusion", "kdiff.get_sigmas_karras", {"n": 1e9, "sigma_min": 0.1, "sigma_max": 10.0}),
    ("k-diffusion", "kdiff.get_sigmas_karras", {"n": 5, "sigma_min": "low", "sigma_max": 10.0}),
    ("k-diffusion", "kdiff.get_sigmas_karras", {"n": 5, "sigma_min": float("nan"), "sigma_max": 1}),
    ("k-diffusion", "kdiff.get_sigmas_karras", {"n": True, "sigma_min": 0.1, "sigma_max": 1}),
    ("k-diffusion", "kdiff.get_sigmas_karras", {"n": 2.5, "sigma_min": 0.1, "sigma_max": 1}),
    ("k-diffusion", "kdiff.get_sigmas_karras", {"n": None, "sigma_min": 0.1, "sigma_max": 1}),
    ("k-diffusion", "kdiff.get_sigmas_karras", {"sigma_min": 0.1, "sigma_max": 10.0}),
    ("k-diffusion", "kdiff.get_sigmas", {"n": 5}),
    ("k-diffusion", "kdiff.VDenoiser", {"sigma": "all"}),
    ("k-diffusion", "kdiff.DiscreteEpsDDPMDenoiser.get_sigmas", {"n": 5, "alphas_cumprod": 3}),
    ("NVlabs edm", "nvlabs_edm.ablation_sigmas", {"num_steps": 10**9}),
    ("NVlabs edm", "nvlabs_edm.ablation_sigmas", {"num_steps": 5, "sigma_min": -1.0}),
    ("NVlabs edm", "nvlabs_edm.ablation_sigmas", {"num_steps": 5, "rho": 0}),
    ("NVlabs edm", "nvlabs_edm.other", {"num_steps": 5}),
]


def test_absurd_questions_are_refused_in_a_sentence():
    def check(row):
        with pytest.raises(UserError, match=r"\w+ .*\.$"):
            dialects.run(*row)

    each(ABSURD, check)
