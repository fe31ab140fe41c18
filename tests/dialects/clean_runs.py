"""Runs that are right, in the words of a run record, made by the tools' own formulas.

Every model, schedule, sampler and count of steps that goes together; where a tool's own list is
faulty (equal neighbours, NaN, a start that misses zero terminal SNR), it is left out.
"""

import itertools
import math
from collections.abc import Iterator

from explorer.core.tables import mu_of
from explorer.dialects import run

SD = {"beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012}
TABLE = {"sigma_min": 0.0291671581, "sigma_max": 14.6146422, "num_train_timesteps": 1000} | SD
LINEAR = {"beta_schedule": "linear", "beta_start": 0.0001, "beta_end": 0.02}


def _table(name: str, prediction: str = "epsilon", **more) -> dict:
    kind = {"name": name, "kind": "discrete", "prediction": prediction}
    return kind | TABLE | {"zero_terminal_snr": False} | more


def _flow(name: str, scale: float = 1000, **shift: float) -> dict:
    ends = {"sigma_min": 0.0, "sigma_max": 1.0, "timestep_scale": scale}
    return {"name": name, "kind": "flow", "prediction": "flow_prediction"} | ends | shift


def _edm(name: str, kind: str, prediction: str, low: float, high: float) -> dict:
    ends = {"sigma_min": low, "sigma_max": high}
    return {"name": name, "kind": kind, "prediction": prediction} | ends


MODELS = {  # with the words of ComfyUI's sampling for the same model
    m["name"]: (m, comfy)
    for m, comfy in (
        (_table("SD1.5"), ("ModelSamplingDiscrete", {})),
        (_table("SD2.1 768 v", "v_prediction"), ("ModelSamplingDiscrete", {})),
        (
            _table("SDXL v, zero SNR", "v_prediction", zero_terminal_snr=True, sigma_max="inf"),
            ("ModelSamplingDiscrete", {"zsnr": True}),
        ),
        (
            _table("PixArt", sigma_min=0.0100005, sigma_max=157.407, **LINEAR),
            (
                "ModelSamplingDiscrete",
                {"linear_start": 0.0001, "linear_end": 0.02, "beta_schedule": "sqrt_linear"},
            ),
        ),
        (
            _table("HunyuanDiT", "v_prediction", sigma_max=45.3656, beta_end=0.018),
            ("ModelSamplingDiscrete", {"linear_end": 0.018}),
        ),
        (_flow("SD3 medium", shift=3.0), ("ModelSamplingDiscreteFlow", {"shift": 3.0})),
        (_flow("Wan 2.1 14B", shift=8.0), ("ModelSamplingDiscreteFlow", {"shift": 8.0})),
        (_flow("HunyuanVideo", shift=7.0), ("ModelSamplingDiscreteFlow", {"shift": 7.0})),
        (_flow("AuraFlow", 1.0, shift=1.73), ("ModelSamplingDiscreteFlow", {"shift": 1.73})),
        (_flow("Lumina 2", 1.0, shift=6.0), ("ModelSamplingDiscreteFlow", {"shift": 6.0})),
        (_flow("Qwen-Image", 1.0, shift=1.15), ("ModelSamplingDiscreteFlow", {"shift": 1.15})),
        (_flow("FLUX.1 schnell", 1.0, shift=1.0), ("ModelSamplingDiscreteFlow", {"shift": 1.0})),
        (_flow("FLUX.1 dev 1024x1024", 1.0, mu=1.15), ("ModelSamplingFlux", {"shift": 1.15})),
        (_flow("FLUX.1 dev 512x512", 1.0, mu=0.63), ("ModelSamplingFlux", {"shift": 0.63})),
        (_flow("LTX-Video", 1.0, mu=2.37), ("ModelSamplingFlux", {"shift": 2.37})),
        (
            _edm("Playground v2.5", "edm", "edm", 0.002, 80.0),
            ("ModelSamplingContinuousEDM", {"sigma_min": 0.002, "sigma_max": 80.0}),
        ),
        (
            _edm("Stable Video Diffusion", "edm-v", "v_prediction", 0.002, 700.0),
            ("ModelSamplingContinuousEDM", {"sigma_min": 0.002, "sigma_max": 700.0}),
        ),
        (
            _edm("Stable Cascade stage C", "cosine", "epsilon", 0.02, 99.995) | {"shift": 2.0},
            ("StableCascadeSampling", {"shift": 2.0}),
        ),
    )
}
COMFY = {
    "comfyui_models": {
        name: {"class": sampling, "prediction": _word(model), "zsnr": False} | more
        for name, (model, (sampling, more)) in MODELS.items()
        for _word in [
            lambda m: {
                "epsilon": "EPS",
                "v_prediction": "V_PREDICTION",
                "flow_prediction": "CONST",
                "edm": "EDM",
            }[m["prediction"]]
        ]
    }
}
SCHEDULERS = [
    "simple",
    "sgm_uniform",
    "karras",
    "exponential",
    "ddim_uniform",
    "beta",
    "normal",
    "linear_quadratic",
    "kl_optimal",
]
STEPS = (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 18, 20, 24, 25, 28, 30, 35, 40, 50, 60, 75, 100)
DROPPING = ("dpm_2", "dpm_2_ancestral", "uni_pc", "uni_pc_bh2")
KEEPING = ("euler", "dpmpp_2m", "heun", "dpmpp_2m_sde", "deis", "lcm", "res_multistep")
FULL = "full denoise from noise"


def comfy_runs() -> Iterator[dict]:
    """Full runs of ComfyUI, plain and through samplers that drop the second-to-last level."""
    for name in MODELS:
        for scheduler in (*SCHEDULERS, "bong_tangent", "beta57"):
            for i, steps in enumerate(STEPS):
                sampler = (*KEEPING, *DROPPING)[(i + len(name) + len(scheduler)) % 11]
                yield from _comfy(name, scheduler, steps, sampler)


def _comfy(name: str, scheduler: str, steps: int, sampler: str) -> Iterator[dict]:
    flow = MODELS[name][0]["kind"] == "flow"
    if scheduler == "bong_tangent" and not flow:
        return  # it runs from 1 to 0 whatever the model
    if scheduler == "ddim_uniform" and MODELS[name][0].get("zero_terminal_snr"):
        return  # it never runs the last timestep
    tool, group = "ComfyUI", "comfyui.scheduler"
    if scheduler in ("bong_tangent", "beta57"):
        tool, group = "RES4LYF", "res4lyf.scheduler"
    asked = {"model": name, "scheduler": scheduler, "steps": steps + (sampler in DROPPING)}
    sigmas = run(tool, group, asked, COMFY).get("sigmas") or []
    if sampler in DROPPING and len(sigmas) > 1:
        sigmas = [*sigmas[:-2], sigmas[-1]]
    if good(sigmas):
        yield record(name, sigmas, steps, sampler, scheduler)


def partial_runs() -> Iterator[dict]:
    """Image to image in ComfyUI: the end of a longer list."""
    for name in MODELS:
        for scheduler in SCHEDULERS:
            for steps, denoise in ((20, 0.35), (30, 0.6), (12, 0.85), (8, 0.5)):
                asked = {"model": name, "scheduler": scheduler, "steps": int(steps / denoise)}
                sigmas = run("ComfyUI", "comfyui.scheduler", asked, COMFY).get("sigmas") or []
                sigmas = sigmas[-(steps + 1) :]
                if good(sigmas):
                    goal = f"image to image, denoise {denoise}"
                    yield record(name, sigmas, steps, "euler", scheduler) | {"goal": goal}


def record(name: str, sigmas, steps: int, sampler: str, scheduler: str | None = None) -> dict:
    """A run record; the scheduler's name only where it is told."""
    told = {"model": MODELS[name][0], "goal": FULL, "sampler": sampler, "steps": steps}
    return told | ({"scheduler": scheduler} if scheduler else {}) | {"sigmas": list(sigmas)}


def good(sigmas) -> bool:
    """Falls all the way to 0, and holds no NaN."""
    falls = all(a > b for a, b in itertools.pairwise(sigmas))
    return len(sigmas) > 1 and falls and sigmas[-1] == 0 and all(map(math.isfinite, sigmas))


def node_runs() -> Iterator[dict]:
    """Lists of ComfyUI's own scheduler nodes, and A1111's schedules with its own names."""
    for steps in (4, 10, 15, 20, 30):
        for node, name, more in (
            ("AlignYourSteps", "SD1.5", {"model_type": "SDXL"}),
            ("AlignYourSteps", "Stable Video Diffusion", {"model_type": "SVD"}),
            ("GITS", "SD1.5", {"coeff": 1.2}),
            ("OptimalSteps", "FLUX.1 dev 1024x1024", {"model_type": "FLUX"}),
            ("OptimalSteps", "Wan 2.1 14B", {"model_type": "Wan"}),
        ):
            asked = {"steps": steps, "denoise": 1.0} | more
            yield from _node(f"{node}Scheduler", name, asked, steps)
        for tokens, terminal in (((1, 64, 64), 0.1), ((1, 22, 30), 0.02), ((8, 22, 30), 0.1)):
            asked = {"steps": steps, "max_shift": 2.05, "base_shift": 0.95, "stretch": True}
            asked |= {"terminal": terminal, "latent_fhw": list(tokens)}
            mu = mu_of(math.prod(tokens), 1024, 4096, 0.95, 2.05)
            for made in _node("LTXVScheduler", "LTX-Video", asked, steps):
                yield made | {"model": made["model"] | {"mu": mu}}
        for schedule in A1111:
            for sampler in ("Euler", "DPM++ 2M", "DPM2 a", "DPM++ 3M SDE"):
                asked = {"model": "sd15", "sampler": sampler, "schedule": schedule, "steps": steps}
                sigmas = run("A1111 webui", "a1111.sampler", asked).get("sigmas") or []
                if good(sigmas):
                    yield record("SD1.5", sigmas, steps, sampler, schedule)


A1111 = (
    *("Automatic", "Uniform", "Karras", "Exponential", "Polyexponential", "SGM Uniform"),
    *("Align Your Steps", "Simple", "Normal", "DDIM", "Beta"),
)


def _node(node: str, name: str, asked: dict, steps: int) -> Iterator[dict]:
    sigmas = run("ComfyUI", f"comfyui.node.{node}", asked, COMFY).get("sigmas") or []
    if good(sigmas):
        yield record(name, sigmas, steps, "euler")
