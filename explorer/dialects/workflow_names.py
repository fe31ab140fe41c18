"""What ComfyUI's names mean: a file of weights (which family), a sampler (how many network calls).

A file's name is only a hint, so a family taken from one is said; what a sampler costs is counted
from its steps, comfy/k_diffusion/sampling.py and RES4LYF's beta/rk_coefficients_beta.py.
"""

import re
from typing import NamedTuple

FILES = (  # pattern of the name in lower case with dashes for other marks; the first that fits
    (r"flux-?1?-?schnell|schnell", "flux_schnell"),
    (r"flux-?2|klein", "flux2"),
    (r"chroma", "chroma"),
    (r"z-?image", "z_image"),
    (r"\bmochi", "mochi"),
    (r"flux", "flux_dev"),
    (r"qwen-?image", "qwen_image"),
    (r"lumina", "lumina2"),
    (r"aura-?flow", "auraflow"),
    (r"ltx", "ltxv"),
    (r"hunyuan-?video", "hunyuan_video"),
    (r"\bwan-?\d|\bwan\b|wan2", "wan"),
    (r"cosmos-?predict2|cosmos2", None),
    (r"cosmos", "cosmos"),
    (r"stable-?audio", "stable_audio"),
    (r"\bsvd|stable-?video", "svd"),
    (r"cascade.*stage-?b|stage-?b", "cascade_b"),
    (r"cascade|stage-?c", "cascade_c"),
    (r"\bsd-?3|stable-?diffusion-?3", "sd3"),
    (r"playground.*2-?5", "playground"),
    (r"v2-?1.*(768|-v\b)|768-?v|sd-?2-?1?-v\b", "sd21_v"),
    (r"(xl|pony|illustrious|noob|animagine).*v-?pred|v-?pred.*(xl|noob)", "sdxl_vpred"),
    (r"xl|pony|illustrious|noob|animagine", "sdxl"),
    (r"v1-?[45]|sd-?1-?[45]|sd-?15|sd-?turbo|dreamshaper|realistic-?vision|deliberate", "sd15"),
)


def family_of(file: str) -> str | None:
    """The family that a file's name points to; None where it says nothing."""
    name = re.sub(r"[^a-z0-9]+", "-", file.lower()[:300])
    for pattern, family in FILES:
        if re.search(pattern, name):
            return family
    return None


class Cost(NamedTuple):
    """Network calls: of a step, and of one that ends at 0."""

    step: int = 1
    last: int = 1


_TWO, _THREE = Cost(2, 1), Cost(3, 1)
COSTS = {
    "heun": _TWO,
    "dpm_2": _TWO,
    "dpm_2_ancestral": _TWO,
    "dpmpp_2s_ancestral": _TWO,
    "dpmpp_sde": _TWO,
    "dpmpp_sde_gpu": _TWO,
    "exp_heun_2_x0": _TWO,
    "exp_heun_2_x0_sde": _TWO,
    "seeds_2": _TWO,
    "seeds_3": _THREE,
}
_ONE = """
    euler euler_ancestral lms dpm_fast dpmpp_2m dpmpp_2m_sde dpmpp_2m_sde_gpu dpmpp_2m_sde_heun
    dpmpp_2m_sde_heun_gpu dpmpp_3m_sde dpmpp_3m_sde_gpu ddpm lcm ipndm ipndm_v deis res_multistep
    res_multistep_ancestral gradient_estimation er_sde sa_solver ddim uni_pc uni_pc_bh2
"""
ONE = frozenset(_ONE.split())


def calls(sampler: str, sigmas: list[float]) -> tuple[int, str | None]:
    """(network calls over a list, what is not sure about that).  Guidance is not counted twice."""
    steps = max(len(sigmas) - 1, 0)
    ends = steps > 0 and sigmas[-1] == 0
    name = sampler.rsplit("/", 1)[-1].removesuffix("_cfg_pp")
    if name == "heunpp2":  # three calls, two in the step before the last, one in the last
        return sum(min(3, steps - i) for i in range(steps)), None
    if name == "sa_solver_pece":
        return max(2 * steps - 1, 0), None
    if name == "dpm_adaptive":
        return steps, "dpm_adaptive chooses its own levels; how many calls it takes is not known."
    cost = COSTS.get(name) or (Cost() if name in ONE else _by_suffix(name))
    if cost is None:
        return steps, f"The sampler {name[:40]} is not known; one call a step is counted."
    return cost.step * (steps - ends) + cost.last * ends, None


def _by_suffix(name: str) -> Cost | None:
    """RES4LYF's names end in the stages of a step ("res_2s") or the points of its past ("_2m")."""
    found = re.fullmatch(r"[a-z0-9-]+(?:_[a-z0-9-]+)*?_(\d{1,2})(s|m)(?:_ode)?", name)
    if found is None:
        return None
    return Cost(int(found[1]), 1) if found[2] == "s" else Cost()


SAMPLER_NODES = {  # nodes that are a sampler with its settings
    "SamplerLMS": "lms",
    "SamplerEulerAncestral": "euler_ancestral",
    "SamplerEulerAncestralCFGPP": "euler_ancestral_cfg_pp",
    "SamplerEulerCFGpp": "euler_cfg_pp",
    "SamplerDPMPP_2M_SDE": "dpmpp_2m_sde",
    "SamplerDPMPP_3M_SDE": "dpmpp_3m_sde",
    "SamplerDPMPP_SDE": "dpmpp_sde",
    "SamplerDPMPP_2S_Ancestral": "dpmpp_2s_ancestral",
    "SamplerDPMAdaptative": "dpm_adaptive",
    "SamplerER_SDE": "er_sde",
    "SamplerSASolver": "sa_solver",
    "SamplerSEEDS2": "seeds_2",
    "SamplerLCMUpscale": "lcm",
}
