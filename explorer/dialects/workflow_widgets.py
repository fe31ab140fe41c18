"""Which widget of a ComfyUI node each saved value belongs to: a saved graph has them by position.

A seed is followed by one value more, what becomes of it after a run ("randomize").
"""

from typing import Any

_ENDS = ("steps", "sigma_max", "sigma_min")
_CONTROL = ("fixed", "increment", "decrement", "randomize")
_SEEDS = ("seed", "noise_seed")

WIDGETS: dict[str, tuple[str, ...]] = {
    # samplers
    "KSampler": ("seed", "steps", "cfg", "sampler_name", "scheduler", "denoise"),
    "KSamplerAdvanced": (
        *("add_noise", "noise_seed", "steps", "cfg", "sampler_name", "scheduler"),
        *("start_at_step", "end_at_step", "return_with_leftover_noise"),
    ),
    "KSampler (Efficient)": ("seed", "steps", "cfg", "sampler_name", "scheduler", "denoise"),
    "SamplerCustom": ("add_noise", "noise_seed", "cfg"),
    "ClownsharKSampler_Beta": (
        *("eta", "sampler_name", "scheduler", "steps", "steps_to_run", "denoise"),
        *("cfg", "seed", "sampler_mode", "bongmath"),
    ),
    "SharkSampler_Beta": (
        *("scheduler", "steps", "steps_to_run", "denoise", "cfg", "seed", "sampler_mode"),
    ),
    "ClownSampler_Beta": ("eta", "sampler_name", "seed", "bongmath"),
    "KSamplerSelect": ("sampler_name",),
    "RandomNoise": ("noise_seed",),
    "CFGGuider": ("cfg",),
    # lists
    "BasicScheduler": ("scheduler", "steps", "denoise"),
    "KarrasScheduler": (*_ENDS, "rho"),
    "ExponentialScheduler": _ENDS,
    "PolyexponentialScheduler": (*_ENDS, "rho"),
    "LaplaceScheduler": (*_ENDS, "mu", "beta"),
    "VPScheduler": ("steps", "beta_d", "beta_min", "eps_s"),
    "BetaSamplingScheduler": ("steps", "alpha", "beta"),
    "SDTurboScheduler": ("steps", "denoise"),
    "AlignYourStepsScheduler": ("model_type", "steps", "denoise"),
    "GITSScheduler": ("coeff", "steps", "denoise"),
    "OptimalStepsScheduler": ("model_type", "steps", "denoise"),
    "LTXVScheduler": ("steps", "max_shift", "base_shift", "stretch", "terminal"),
    "Flux2Scheduler": ("steps", "width", "height"),
    "ManualSigmas": ("sigmas",),
    "SplitSigmas": ("step",),
    "SplitSigmasDenoise": ("denoise",),
    "FlipSigmas": (),
    "SetFirstSigma": ("sigma",),
    "ExtendIntermediateSigmas": ("steps", "start_at_sigma", "end_at_sigma", "spacing"),
    # models
    "ModelSamplingDiscrete": ("sampling", "zsnr"),
    "ModelSamplingSD3": ("shift",),
    "ModelSamplingAuraFlow": ("shift",),
    "ModelSamplingFlux": ("max_shift", "base_shift", "width", "height"),
    "ModelSamplingLTXV": ("max_shift", "base_shift"),
    "ModelSamplingContinuousEDM": ("sampling", "sigma_max", "sigma_min"),
    "ModelSamplingContinuousV": ("sampling", "sigma_max", "sigma_min"),
    "ModelSamplingStableCascade": ("shift",),
    # sizes of latents
    "EmptyLatentImage": ("width", "height", "batch_size"),
    "EmptySD3LatentImage": ("width", "height", "batch_size"),
    "EmptyLTXVLatentVideo": ("width", "height", "length", "batch_size"),
    "LTXVImgToVideo": ("width", "height", "length", "batch_size"),
    "EmptyHunyuanLatentVideo": ("width", "height", "length", "batch_size"),
    "EmptyMochiLatentVideo": ("width", "height", "length", "batch_size"),
    "EmptyCosmosLatentVideo": ("width", "height", "length", "batch_size"),
}


def named(kind: str, values: list, widgets: list[str]) -> dict[str, Any]:
    """Values by their widgets' names.

    widgets: names that the node's own sockets tell, which is all there is for an unknown kind.
    """
    names = list(WIDGETS.get(kind, widgets))
    if kind == "ClownsharKSampler_Beta" and len(values) == 10:
        names.remove("steps_to_run")  # before that widget was added
    found: dict[str, Any] = {}
    left = iter(values)
    value: Any = next(left, _END)
    for name in names:
        if value is _END:
            break
        found[name] = value
        value = next(left, _END)
        if name in _SEEDS and (value in (*_CONTROL, None) or isinstance(value, bool)):
            value = next(left, _END)
    return found


_END = object()
