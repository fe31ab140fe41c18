"""Texts to start from: each shows one thing that people ask about."""

from functools import cache
from typing import Any, NamedTuple

from ...dialects import comfy
from ...dialects.exports import digits


class Example(NamedTuple):
    """name in the page; label in the menu; title and note of its card; more: of the question."""

    name: str
    label: str
    title: str
    note: str
    text: str
    more: dict[str, Any]


_SDXL = """{
 "_class_name": "DPMSolverMultistepScheduler",
 "beta_start": 0.00085,
 "beta_end": 0.012,
 "beta_schedule": "scaled_linear",
 "num_train_timesteps": 1000,
 "timestep_spacing": "trailing",
 "use_karras_sigmas": true,
 "prediction_type": "epsilon",
 "final_sigmas_type": "zero"
}
"""
_LEAD = """{
 "_class_name": "DDIMScheduler",
 "beta_start": 0.00085,
 "beta_end": 0.012,
 "beta_schedule": "scaled_linear",
 "rescale_betas_zero_snr": true,
 "prediction_type": "v_prediction",
 "timestep_spacing": "leading",
 "steps_offset": 1
}
"""
_WAN = """{"nodes": [
 {"id": 1, "type": "UNETLoader", "mode": 0, "inputs": [],
  "outputs": [{"name": "MODEL", "type": "MODEL", "links": [1]}],
  "widgets_values": ["wan2.1_t2v_1.3B_fp16.safetensors", "default"]},
 {"id": 2, "type": "ModelSamplingSD3", "mode": 0,
  "inputs": [{"name": "model", "type": "MODEL", "link": 1}],
  "outputs": [{"name": "MODEL", "type": "MODEL", "links": [2]}],
  "widgets_values": [8.0]},
 {"id": 3, "type": "EmptyLatentImage", "mode": 0, "inputs": [],
  "outputs": [{"name": "LATENT", "type": "LATENT", "links": [3]}],
  "widgets_values": [832, 480, 1]},
 {"id": 4, "type": "KSampler", "mode": 0,
  "inputs": [{"name": "model", "type": "MODEL", "link": 2},
   {"name": "latent_image", "type": "LATENT", "link": 3}],
  "outputs": [{"name": "LATENT", "type": "LATENT", "links": []}],
  "widgets_values": [1, "randomize", 30, 6.0, "uni_pc", "simple", 1.0]}],
 "links": [[1, 1, 0, 2, 0, "MODEL"], [2, 2, 0, 4, 0, "MODEL"], [3, 3, 0, 4, 3, "LATENT"]],
 "version": 0.4}
"""


@cache
def examples() -> tuple[Example, ...]:
    """The four, in their order."""
    once = comfy.schedule(comfy.model("sd3"), "simple", 20)
    sd3 = (
        '{"_class_name": "FlowMatchEulerDiscreteScheduler", "shift": 3.0}\n\n'
        f"# the list has shift 3 in it already\nsigmas = [{digits(once[:-1])}]\n\n"
        "pipe(prompt, sigmas=sigmas)\n"
    )
    return (
        Example(
            "sdxl",
            "SDXL Karras 25 in three tools",
            "diffusers DPM++ 2M, Karras, trailing, SDXL",
            "The same σ as ComfyUI and A1111 under this name; the timesteps differ.",
            _SDXL,
            {"steps": 25},
        ),
        Example(
            "sd3",
            "SD3, shift 3 applied twice",
            "SD3, a shifted list for a scheduler that shifts",
            "What runs has shift 3 × 3 = 9.",
            sd3,
            {},
        ),
        Example(
            "wan",
            "Wan 2.1, shift 8, hand over at 0.875",
            "ComfyUI UniPC, simple, Wan 2.1 with shift 8",
            "Two experts meet at t = 0.875, which is σ = 7.",
            _WAN,
            {"split": 7.0},
        ),
        Example(
            "lead",
            "Leading spacing that starts at 981",
            "diffusers DDIM, leading, SD2.1-v with zero terminal SNR",
            "The step of pure noise, timestep 999, is never run.",
            _LEAD,
            {"steps": 50},
        ),
    )
