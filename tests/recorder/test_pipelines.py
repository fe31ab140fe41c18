"""Tiny random pipelines of the diffusers library, recorded, beside the same runs in the program.

Both go from the same noise over the same levels: DDIM or Euler there, Euler in σ here, where the
folder is opened as any other.  The pipelines compute in float32 throughout, which leaves 1e-6 of
the curvature's peak: 1.1e-6 at most was seen, and 2e-8 of the plane's residuals.
"""

import pytest
import torch

import explorer
from explorer.analysis import geometry
from explorer.core.sampling import sample
from explorer.core.schedules import EDM
from explorer.core.solvers import SOLVERS
from explorer.models import load
from explorer.models.asking import Asked
from explorer.recorder import read
from explorer.strips import recorded

from ..models import pipelines

pytest.importorskip("transformers", reason="the library's pipelines import it")
pytestmark = pytest.mark.slow  # each folder is read in a process of its own

STEPS = 10  # a divisor of 1000: else DDIM of diffusers steps to other levels than it asks at
SAMPLES = 2
SIDE = {"FluxTransformer2DModel": 16}
ALIKE = 1e-5


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("EXPLORER_CACHE", str(tmp_path / "cache"))


def noise(side: int) -> torch.Tensor:
    return torch.randn(SAMPLES, 4, side, side, generator=torch.Generator().manual_seed(0))


def text(*shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(1))


def of_sd(folder, parts):
    """Stable Diffusion, its prompt read by its own CLIP, twice: by the pipeline and by us."""
    import diffusers

    words = pipelines.with_prompts(folder)
    pipe = diffusers.StableDiffusionPipeline(
        vae=parts["vae"],
        text_encoder=words["encoder"],
        tokenizer=words["tokenizer"],
        unet=parts["net"],
        scheduler=parts["scheduler"],
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    ids = words["tokenizer"](
        "a cat", padding="max_length", max_length=12, truncation=True, return_tensors="pt"
    ).input_ids
    with torch.no_grad():
        states = words["encoder"](ids)[0]
    call = {"prompt": "a cat", "num_images_per_prompt": SAMPLES, "height": 16, "width": 16}
    return pipe, call | {"latents": noise(8)}, Asked(states=states)


def of_sdxl(folder, parts):
    import diffusers

    pipe = diffusers.StableDiffusionXLPipeline(
        vae=parts["vae"],
        text_encoder=None,
        text_encoder_2=None,
        tokenizer=None,
        tokenizer_2=None,
        unet=parts["net"],
        scheduler=parts["scheduler"],
        add_watermarker=False,
    )
    states, pooled = text(1, 8, 16), text(1, 16)
    call = {"height": 16, "width": 16, "num_images_per_prompt": SAMPLES, "latents": noise(8)}
    sizes = torch.tensor([[16.0, 16.0, 0.0, 0.0, 16.0, 16.0]])
    given = {"prompt_embeds": states, "pooled_prompt_embeds": pooled}
    return pipe, call | given, Asked(states=states, pooled=pooled, sizes=sizes)


def of_sd3(folder, parts):
    import diffusers

    names = [f"{kind}{n}" for kind in ("text_encoder", "tokenizer") for n in ("", "_2", "_3")]
    pipe = diffusers.StableDiffusion3Pipeline(
        transformer=parts["net"],
        scheduler=parts["scheduler"],
        vae=parts["vae"],
        **dict.fromkeys(names),
    )
    states, pooled = text(1, 8, 16), text(1, 24)
    call = {"height": 16, "width": 16, "num_images_per_prompt": SAMPLES, "latents": noise(8)}
    given = {"prompt_embeds": states, "pooled_prompt_embeds": pooled, "sigmas": times()}
    return pipe, call | given, Asked(states=states, pooled=pooled)


def of_flux(folder, parts):
    import diffusers

    pipe = diffusers.FluxPipeline(
        scheduler=parts["scheduler"],
        vae=parts["vae"],
        text_encoder=None,
        tokenizer=None,
        text_encoder_2=None,
        tokenizer_2=None,
        transformer=parts["net"],
    )
    states, pooled = text(1, 8, 16), text(1, 24)
    packed = diffusers.FluxPipeline._pack_latents(noise(16), SAMPLES, 4, 16, 16)
    call = {"height": 32, "width": 32, "num_images_per_prompt": SAMPLES, "latents": packed}
    given = {"prompt_embeds": states, "pooled_prompt_embeds": pooled, "sigmas": times()}
    return pipe, call | given, Asked(states=states, pooled=pooled)


def times() -> list[float]:
    """Of flow matching, from below 1: its state at 1 is noise alone, at σ = ∞."""
    return [0.95 - 0.9 * i / (STEPS - 1) for i in range(STEPS)]


CASES = {
    "UNet2DConditionModel": of_sd,
    "SDXL": of_sdxl,
    "SD3Transformer2DModel": of_sd3,
    "FluxTransformer2DModel": of_flux,
}


@pytest.mark.parametrize("kind", CASES)
def test_curvature_and_plane_are_those_of_the_same_run_here(tmp_path, kind):
    folder, more = tmp_path / "pipe", {}
    if kind not in pipelines.FLOW:
        more = {"timestep_spacing": "trailing", "set_alpha_to_one": False}
    parts = pipelines.write(folder, kind, **more)
    pipe, call, asked = CASES[kind](folder, parts)
    pipe.set_progress_bar_config(disable=True)
    guidance = 1.0  # none: one answer for each state
    if "sigmas" not in call:
        call["num_inference_steps"] = STEPS
    with explorer.record(tmp_path / "run.jsonl", pipe):
        pipe(**call, guidance_scale=guidance, output_type="latent")
    found = read(tmp_path / "run.jsonl")
    sigma, x, d = recorded.path(found)
    assert len(sigma) == STEPS and found.ended and x.shape[1] == SAMPLES
    assert found.header["about"]["pipeline"] == type(pipe).__name__

    z, top = noise(SIDE.get(kind, 8)).double(), sigma[0]
    whole = z * (1 + top) if kind in pipelines.FLOW else z * (1 + top**2).sqrt()
    levels = torch.cat([sigma, torch.zeros(1, dtype=torch.float64)])
    own = load(folder).conditioned(asked)
    t = sample(own, whole / top, levels, SOLVERS["euler"](), EDM())
    y, e = (v[:STEPS].double().flatten(2).cpu() for v in (t.x, t.denoised))
    figures = {
        "states": ((x.norm(dim=2) * (y.shape[2] / x.shape[2]) ** 0.5 / y.norm(dim=2)) - 1).abs(),
        "bend": off(*(geometry.bend(sigma, *v, EDM(), 1.0)[1] for v in ((x, d), (y, e)))),
        "plane": (geometry.residuals(x) - geometry.residuals(y)).abs(),
        "held": (geometry.explained(x, 3) - geometry.explained(y, 3)).abs(),
    }
    worst = {name: float(v.max()) for name, v in figures.items()}
    assert all(v < ALIKE for v in worst.values()), worst


def off(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Of the largest value of each path."""
    return (a - b).abs() / b.amax(0)
