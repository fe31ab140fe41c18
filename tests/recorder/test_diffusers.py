"""Real schedulers of diffusers, recorded: D and its level are what the scheduler's own is."""

import math

import pytest
import torch

import explorer
from explorer.recorder import read

diffusers = pytest.importorskip("diffusers")

SD = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
CASES = {
    "EulerDiscreteScheduler": SD,
    "EulerAncestralDiscreteScheduler": SD,
    "HeunDiscreteScheduler": SD,
    "LMSDiscreteScheduler": SD,
    "KDPM2DiscreteScheduler": SD,
    "DDIMScheduler": SD | {"clip_sample": False},
    "DDPMScheduler": SD | {"clip_sample": False},
    "DPMSolverMultistepScheduler": SD,
    "DPMSolverSinglestepScheduler": SD,
    "UniPCMultistepScheduler": SD,
    "DEISMultistepScheduler": SD,
    "PNDMScheduler": SD | {"skip_prk_steps": True},
    "EDMEulerScheduler": {"sigma_data": 0.5},
    "EDMDPMSolverMultistepScheduler": {"sigma_data": 0.5},
    "FlowMatchEulerDiscreteScheduler": {"shift": 3.0},
    "FlowMatchHeunDiscreteScheduler": {"shift": 3.0},
}


class Pipe:
    """What a diffusers pipeline does with its scheduler, on data that are all one point."""

    guidance_scale = 4.0

    def __init__(self, name: str, config: dict, prediction: str = "epsilon"):
        more = {} if "Flow" in name else {"prediction_type": prediction}
        self.scheduler = getattr(diffusers, name)(**config, **more)
        self.flow, self.edm = "Flow" in name, "EDM" in name

    def __call__(self, point: torch.Tensor, steps: int = 6) -> torch.Tensor:
        s = self.scheduler
        s.set_timesteps(steps)
        g = torch.Generator().manual_seed(0)
        x = torch.randn(point.shape, generator=g) * getattr(s, "init_noise_sigma", 1.0)
        for t in s.timesteps:
            given = s.scale_model_input(x, t) if hasattr(s, "scale_model_input") else x
            draws = any(word in type(s).__name__ for word in ("Ancestral", "DDPM"))
            more = {"generator": g} if draws else {}
            x = s.step(self.said(given, t, x, point), t, x, **more, return_dict=False)[0]
        return x

    def said(self, given, t, x, point):
        """What a network that knows the one point would answer."""
        s = self.scheduler
        if self.flow:
            index = s.step_index if s.step_index is not None else s.index_for_timestep(t)
            return (x - point) / s.sigmas[index]
        if self.edm:
            sigma = s.sigmas[s.step_index]
            skip = 0.25 / (sigma**2 + 0.25)
            return (point - skip * x) / (sigma * 0.5 / (sigma**2 + 0.25).sqrt())
        alpha = self.alpha(t)  # given is variance preserving, whatever the scheduler keeps
        noise = (given - math.sqrt(alpha) * point) / math.sqrt(1 - alpha)
        if s.config.prediction_type == "v_prediction":
            return math.sqrt(alpha) * noise - math.sqrt(1 - alpha) * point
        return noise if s.config.prediction_type == "epsilon" else point.clone()

    def alpha(self, t) -> float:
        """Its own table's, between its entries by log sigma, as its own levels are."""
        s = self.scheduler
        table = ((1 - s.alphas_cumprod) / s.alphas_cumprod).sqrt().double().log()
        low = min(int(t), len(table) - 2)
        level = torch.lerp(table[low], table[low + 1], float(t) - low).exp()
        return float(1 / (1 + level**2))


@pytest.mark.parametrize("name", CASES)
def test_each_schedulers_answers_are_recorded_as_the_point_that_they_are(tmp_path, name):
    point = torch.linspace(-1, 1, 3 * 16).reshape(1, 3, 4, 4)
    pipe = Pipe(name, CASES[name])
    plain = pipe(point)
    with explorer.record(tmp_path / "run.jsonl", pipe):
        again = pipe(point)
    assert torch.equal(plain, again) and "step" not in vars(pipe.scheduler)
    found = read(tmp_path / "run.jsonl")
    norm = float(point.norm())
    assert found.denoised is not None
    # interpolated timesteps are rounded by the scheduler, and the first levels are large
    assert torch.allclose(found.denoised.norm(dim=2), torch.tensor(norm).double(), rtol=2e-2)
    assert found.header["about"]["scheduler"]["_class_name"] == name
    assert found.guidance[0] == 4.0 and found.timestep[0] is not None
    assert found.end is not None


@pytest.mark.parametrize("prediction", ["v_prediction", "sample"])
@pytest.mark.parametrize(
    "name", ["EulerDiscreteScheduler", "DDIMScheduler", "UniPCMultistepScheduler"]
)
def test_what_the_network_predicts_makes_no_difference(tmp_path, name, prediction):
    point = torch.linspace(-1, 1, 48).reshape(1, 3, 4, 4)
    pipe = Pipe(name, CASES[name], prediction)
    with explorer.record(tmp_path / "run.jsonl", pipe):
        pipe(point)
    found = read(tmp_path / "run.jsonl")
    assert torch.allclose(found.denoised.norm(dim=2), point.norm().double(), rtol=2e-2)


def test_one_recording_is_of_one_run(tmp_path):
    pipe = Pipe("DDIMScheduler", CASES["DDIMScheduler"])
    point = torch.zeros(1, 3, 4, 4)
    with explorer.record(tmp_path / "run.jsonl", pipe):
        pipe(point)
        pipe(point)
    assert len(read(tmp_path / "run.jsonl").sigma) == 6


def test_a_run_that_is_interrupted_claims_no_end(tmp_path):
    """Nor does one whose error came within a step; after the last step the end is known."""
    for stop, ended in ((3, False), (6, True)):
        pipe = Pipe("EulerDiscreteScheduler", SD)
        plain, asked = pipe.said, []

        def said(*given, plain=plain, asked=asked, stop=stop):
            asked.append(1)
            if len(asked) > stop:
                raise KeyboardInterrupt
            return plain(*given)

        pipe.said = said
        path = tmp_path / str(stop)
        with pytest.raises((KeyboardInterrupt, ValueError)), explorer.record(path, pipe):
            pipe(torch.zeros(1, 3, 4, 4))
            raise ValueError("a decoder without memory")
        found = read(path)
        assert found.ended is ended and len(found.sigma) == stop


def test_the_end_is_at_the_level_that_the_scheduler_ends_at(tmp_path):
    more = {"clip_sample": False, "set_alpha_to_one": False}
    pipe = Pipe("DDIMScheduler", SD | more)
    with explorer.record(tmp_path / "run", pipe):
        pipe(torch.zeros(1, 3, 4, 4))
    found, alpha = read(tmp_path / "run"), float(pipe.scheduler.alphas_cumprod[0])
    assert found.end_sigma == pytest.approx(math.sqrt(1 / alpha - 1))
    assert found.end_scale == pytest.approx(math.sqrt(alpha))
