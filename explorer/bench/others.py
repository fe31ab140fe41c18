"""Other libraries' samplers run on our denoisers: to be held against ours, in time and in result.

diffusers' schedulers are driven by the loop that its pipelines have, on noise levels of their own
(`use_karras_sigmas`); k-diffusion's functions take any.  Neither is needed to run the explorer:

    pip install diffusers
    pip install --no-deps k-diffusion torchsde trampoline
"""

import contextlib
import copy
import importlib
import importlib.util
import sys
import types
from collections.abc import Callable
from functools import cache
from typing import Any

import torch
from torch import Tensor

from ..core.solvers import (
    DEIS,
    DPM2,
    LMS,
    DPMpp,
    DPMpp2S,
    DPMppSDE,
    Euler,
    EulerAncestral,
    Heun,
    UniPC,
)

INSTALL = "pip install diffusers; pip install --no-deps k-diffusion torchsde trampoline"

# name: (class in diffusers, its settings, ours).  States are x̂ with ε, or αx̂ (VP) with D or ε.
PLAIN, VP = "plain", "vp"
DIFFUSERS: dict[str, tuple[str, dict[str, Any], Any, str]] = {
    "euler": ("EulerDiscreteScheduler", {}, Euler(), PLAIN),
    "heun": ("HeunDiscreteScheduler", {}, Heun(), PLAIN),
    "dpm2": ("KDPM2DiscreteScheduler", {}, DPM2(), PLAIN),
    "lms": ("LMSDiscreteScheduler", {}, LMS(), PLAIN),
    "dpmpp-2": ("DPMSolverMultistepScheduler", {"solver_order": 2}, DPMpp(2), VP),
    "dpmpp-3": ("DPMSolverMultistepScheduler", {"solver_order": 3}, DPMpp(3), VP),
    "unipc-2": (
        "UniPCMultistepScheduler",
        {"solver_order": 2, "final_sigmas_type": "zero"},
        UniPC(2),
        VP,
    ),
    "unipc-3": (
        "UniPCMultistepScheduler",
        {"solver_order": 3, "final_sigmas_type": "zero"},
        UniPC(3),
        VP,
    ),
    "unipc-3 bh1": (
        "UniPCMultistepScheduler",
        {"solver_order": 3, "solver_type": "bh1", "final_sigmas_type": "zero"},
        UniPC(3, "bh1"),
        VP,
    ),
    "deis-2": (
        "DEISMultistepScheduler",
        {"solver_order": 2, "lower_order_final": False},
        DEIS(2, "log"),
        VP,
    ),
    "deis-3": (
        "DEISMultistepScheduler",
        {"solver_order": 3, "lower_order_final": False},
        DEIS(3, "log"),
        VP,
    ),
    "euler_a": (
        "EulerAncestralDiscreteScheduler",
        {"timestep_spacing": "linspace"},
        EulerAncestral(),
        PLAIN,
    ),
    "dpmpp_sde": (
        "DPMSolverMultistepScheduler",
        {"solver_order": 2, "algorithm_type": "sde-dpmsolver++"},
        DPMppSDE(),
        VP,
    ),
}
K_DIFFUSION: dict[str, tuple[str, dict[str, Any], Any]] = {  # name: (function, its settings, ours)
    "euler": ("sample_euler", {}, Euler()),
    "heun": ("sample_heun", {}, Heun()),
    "dpm2": ("sample_dpm_2", {}, DPM2()),
    "lms": ("sample_lms", {}, LMS()),
    "dpmpp_2s": ("sample_dpmpp_2s_ancestral", {"eta": 0.0}, DPMpp2S()),
    "dpmpp-2": ("sample_dpmpp_2m", {}, DPMpp(2)),
    "euler_a": ("sample_euler_ancestral", {}, EulerAncestral()),
    "dpmpp_sde": ("sample_dpmpp_2m_sde", {}, DPMppSDE()),
}


def missing(library: str) -> str | None:
    """Why a library cannot be used here, or None."""
    try:
        (diffusers if library == "diffusers" else k_diffusion)()
    except ImportError as problem:
        return f"{library} is not to be used here ({problem}); {INSTALL}"
    return None


@cache
def diffusers() -> types.ModuleType:
    """The library.  Raises ImportError where it is not installed."""
    return importlib.import_module("diffusers")


@cache
def k_diffusion() -> types.ModuleType:
    """k-diffusion's sampling functions alone.  Raises ImportError where they are not installed.

    The package's front door imports CLIP, kornia and wandb, and its helpers torchvision, of which
    a sampler uses nothing: the front door is left shut and torchvision stood in for.
    """
    found = importlib.util.find_spec("k_diffusion")
    if found is None or found.submodule_search_locations is None:
        raise ImportError("k_diffusion is not installed")
    package = types.ModuleType("k_diffusion")
    package.__path__ = list(found.submodule_search_locations)
    names = ("torchvision", "torchvision.transforms", "torchvision.transforms.functional")
    stand_ins = {name: types.ModuleType(name) for name in names}
    stand_ins[names[1]].__dict__["functional"] = stand_ins[names[2]]
    with _in_place({"k_diffusion": package, **stand_ins}):
        return importlib.import_module("k_diffusion.sampling")


@contextlib.contextmanager
def _in_place(modules: dict):
    before = {name: sys.modules.get(name) for name in modules}
    sys.modules.update(modules)
    try:
        yield
    finally:
        for name, module in before.items():
            if module is None:
                sys.modules.pop(name, None)
            else:
                sys.modules[name] = module


def scheduler(name: str, steps: int):
    """A scheduler of diffusers, set to so many steps on its own noise levels, Karras' where it
    knows them."""
    kind, settings, _, frame = DIFFUSERS[name]
    made = getattr(diffusers(), kind)
    if "EulerAncestral" not in kind:  # knows no Karras levels
        settings = {**settings, "use_karras_sigmas": True}
    if frame == VP and "DEIS" not in kind:
        settings = {**settings, "prediction_type": "sample"}
    out = made(num_train_timesteps=1000, **settings)
    out.set_timesteps(steps)
    out.is_scale_input_called = (
        True  # our denoisers scale their input themselves; silences a warning
    )
    return out


def levels(made) -> Tensor:
    """The noise levels σ̂ of a scheduler, (N + 1,), each once, with its final 0."""
    return torch.unique(made.sigmas.double()).flip(0)


def diffusers_loop(
    name: str,
    made,
    denoiser: Callable,
    noise: Tensor,
    new_noise: Callable[[int], Tensor] | torch.Generator,
    steps: int | None = None,
) -> Tensor:
    """x̂ after the pipeline's loop: model, then `scheduler.step`, for each time step or the first
    few; `made` is used up.  new_noise(i): the unit noise of stochastic ones; Euler ancestral draws
    it from a generator, and takes no other.
    """
    _, _, ours, frame = DIFFUSERS[name]
    given: dict[str, Any] = {}
    sigma = made.sigmas.to(noise)
    alpha = ((1 + sigma**2).rsqrt() if frame == VP else torch.ones_like(sigma)).unbind()
    if hasattr(made, "sigmas_interpol"):  # KDPM2: where its second evaluations are made
        sigma = torch.stack([sigma[::2], made.sigmas_interpol[1::2].to(noise)], 1).flatten()
    levels, vp, epsilon = sigma.unbind(), frame == VP, made.config.prediction_type == "epsilon"
    x = noise * levels[0] * alpha[0]
    for i, t in enumerate(made.timesteps[:steps]):
        plain = x / alpha[i] if vp else x
        out = denoiser(plain, levels[i])
        if epsilon:
            out = (plain - out) / levels[i]
        if ours.name == "euler_a":
            given["generator"] = new_noise
        elif ours.name == "dpmpp_sde" and not isinstance(new_noise, torch.Generator):
            given["variance_noise"] = new_noise(i)
        x = made.step(out, t, x, return_dict=False, **given)[0]
    end = alpha[len(made.timesteps[:steps])]
    return x / end


def fresh(made, count: int) -> list:
    """Copies of a scheduler that has not stepped yet, for runs that each use one up."""
    return [copy.deepcopy(made) for _ in range(count)]


def k_diffusion_run(
    name: str, denoiser: Callable, noise: Tensor, sigmas: Tensor, new_noise: Callable[[int], Tensor]
) -> Tensor:
    """x̂ after one of k-diffusion's functions.  new_noise(i): the unit noise of step i."""
    function, settings, ours = K_DIFFUSION[name]
    if ours.family == "stochastic" or "ancestral" in function:
        steps = {float(s): i for i, s in enumerate(sigmas)}
        settings = {**settings, "noise_sampler": lambda a, b: new_noise(steps[float(a)])}
    sampler = getattr(k_diffusion(), function)
    return sampler(denoiser, noise * sigmas[0], sigmas, disable=True, **settings)
