"""Learned numbers as code that runs elsewhere, with nothing of this program in it.

    k-diffusion    a sample function: model(x, σ) is a denoiser, as its samplers have it
    ComfyUI        the same function as a SAMPLER, with its SIGMAS, in one file of custom_nodes
    diffusers      a scheduler class over EulerDiscreteScheduler, which keeps its own words

Where only times were learned a list is all there is: `exports` writes it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from .exports import Export, digits


@dataclass(frozen=True)
class Table:
    """levels: of the run, the last one 0 where it goes there.  rows: a_nj; r, gamma: of each step,
    or none.  slopes: "eps" or "x0"; see `core.solvers.forged`."""

    levels: tuple[float, ...]
    rows: tuple[tuple[float, ...], ...]
    r: tuple[float, ...] = ()
    gamma: tuple[float, ...] = ()
    slopes: str = "eps"


def _numbers(t: Table) -> str:
    """The table as constants."""
    rows = ",\n".join(f"    [{digits12(row)}]" for row in t.rows)
    text = f"SIGMAS = [{digits(t.levels)}]\nROWS = [\n{rows},\n]\n"
    if t.r:
        gamma = t.gamma or (0.0,) * len(t.r)
        text += f"R = [{digits12(t.r)}]\nGAMMA = [{digits12(gamma)}]\n"
    return text


def digits12(values: Sequence[float]) -> str:
    """Twelve digits: coefficients are differences, and what is lost in them the steps raise."""
    return ", ".join(repr(float(f"{v:.12g}")) for v in values)


_HEAD = '''

@torch.no_grad()
def sample_forged(model, x, sigmas=None, extra_args=None, callback=None, disable=None):
    """x: noise times SIGMAS[0].  The numbers belong to these SIGMAS and to no others."""
    if sigmas is not None:
        given = [float(s) for s in sigmas]
        near = all(abs(a - b) <= 1e-4 * max(a, b) for a, b in zip(given, SIGMAS))
        if len(given) != len(SIGMAS) or not near:
            raise ValueError(f"These coefficients belong to the sigmas {SIGMAS}.")
    extra_args = {} if extra_args is None else extra_args
    ones = x.new_ones([x.shape[0]])
    past = []
    for n, (sigma, after) in enumerate(zip(SIGMAS, SIGMAS[1:])):
        denoised = model(x, sigma * ones, **extra_args)
        if callback is not None:
            callback({"x": x, "i": n, "sigma": sigma, "sigma_hat": sigma, "denoised": denoised})
        if after == 0:
            return denoised
'''
_PAST = """        past = [SLOPE, *past][:ACROSS]
        x = x + (after - sigma) * sum(a * s for a, s in zip(ROWS[n], past))
    return x
"""
_PAST_X0 = """        past = [denoised, *past][:ACROSS]
        x = x + (after - sigma) * sum(a * (x - d) / sigma for a, d in zip(ROWS[n], past))
    return x
"""
_INSIDE = """        slope = (x - denoised) / sigma
        middle = after ** R[n] * sigma ** (1 - R[n])
        inner = x + (middle - sigma) * slope
        denoised = model(inner, (1 + GAMMA[n]) * middle * ones, **extra_args)
        slopes = [INNER, slope]
        x = x + (after - sigma) * sum(a * s for a, s in zip(ROWS[n], slopes))
    return x
"""


def function(t: Table) -> str:
    """The constants and the sample function."""
    if t.r:
        inner = "(inner - denoised) / middle" if t.slopes == "eps" else "(x - denoised) / sigma"
        body = _INSIDE.replace("INNER", inner)
    else:
        across = max(map(len, t.rows))
        body = (_PAST if t.slopes == "eps" else _PAST_X0).replace("ACROSS", str(across))
        body = body.replace("SLOPE", "(x - denoised) / sigma")
    return f"import torch\n\n{_numbers(t)}{_HEAD}{body}"


def k_diffusion(t: Table) -> Export:
    """A sample function like those of k_diffusion.sampling."""
    text = function(t) + "\n\n# samples = sample_forged(model, noise * SIGMAS[0])\n"
    return Export(text, "model(x, sigma) is a denoiser of k-diffusion: it answers with clean data.")


_NODE = '''

class ForgedSampler:
    """A SAMPLER and its SIGMAS for SamplerCustom."""

    RETURN_TYPES = ("SAMPLER", "SIGMAS")
    FUNCTION = "get"
    CATEGORY = "sampling/custom_sampling/samplers"

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {}}

    def get(self):
        import comfy.samplers

        return (comfy.samplers.KSAMPLER(sample_forged), torch.FloatTensor(SIGMAS))


NODE_CLASS_MAPPINGS = {"ForgedSampler": ForgedSampler}
'''


def comfy(t: Table) -> Export:
    """A file for custom_nodes: its node gives the sampler and its sigmas to SamplerCustom."""
    note = "Save it as custom_nodes/forged.py; wire both outputs of ForgedSampler to SamplerCustom."
    return Export(function(t) + _NODE, note)


_SCHEDULER = '''

class ForgedScheduler(EulerDiscreteScheduler):
    """pipe.scheduler = ForgedScheduler.from_config(pipe.scheduler.config)"""

    @property
    def init_noise_sigma(self):
        return SIGMAS[0]

    def set_timesteps(self, num_inference_steps=None, device=None, **_):
        super().set_timesteps(device=device, sigmas=TOLD)
        self.past = []

    def step(self, model_output, timestep, sample, return_dict=True, **_):
        if self.step_index is None:
            self._init_step_index(timestep)
        i = self.step_index
        told = TOLD[i]
        output, x = model_output.float(), sample.float()
        kind = self.config.prediction_type
        if kind == "epsilon":
            denoised = x - told * output
        elif kind == "v_prediction":
            denoised = x / (told**2 + 1) - output * told / (told**2 + 1) ** 0.5
        else:
            denoised = output
        x = self.moved(i, x, denoised).to(sample.dtype)
        self._step_index += 1
        return EulerDiscreteSchedulerOutput(prev_sample=x) if return_dict else (x,)

'''
_MOVED = """    def moved(self, i, x, denoised):
        sigma, after = SIGMAS[i], SIGMAS[i + 1]
        if after == 0:
            return denoised
        self.past = [PART, *self.past][:ACROSS]
        return x + (after - sigma) * sum(a * TERM for a, s in zip(ROWS[i], self.past))
"""
_MOVED_INSIDE = """    def moved(self, i, x, denoised):
        n = i // 2
        sigma, after = SIGMAS[n], SIGMAS[n + 1]
        if after == 0:
            return denoised
        middle = after ** R[n] * sigma ** (1 - R[n])
        if i % 2 == 0:  # to the point inside, which is evaluated next
            slope = (x - denoised) / sigma
            self.past = [x, slope]
            return x + (middle - sigma) * slope
        start, slope = self.past
        slopes = [INNER, slope]
        return start + (after - sigma) * sum(a * s for a, s in zip(ROWS[n], slopes))
"""


def diffusers(t: Table) -> Export:
    """A scheduler class for a pipeline whose scheduler is of σ, as Euler's is."""
    head = (
        "import torch\nfrom diffusers import EulerDiscreteScheduler\n"
        "from diffusers.schedulers.scheduling_euler_discrete import (\n"
        "    EulerDiscreteSchedulerOutput,\n)\n\n"
    )
    if t.r:
        inner = "(x - denoised) / middle" if t.slopes == "eps" else "(start - denoised) / sigma"
        moved, told = _MOVED_INSIDE.replace("INNER", inner), _told(t)
    else:
        eps = t.slopes == "eps"
        moved = _MOVED.replace("ACROSS", str(max(map(len, t.rows))))
        moved = moved.replace("PART", "(x - denoised) / sigma" if eps else "denoised")
        moved = moved.replace("TERM", "s" if eps else "(x - s) / sigma")
        told = "SIGMAS"
    note = (
        "pipe.scheduler = ForgedScheduler.from_config(pipe.scheduler.config); num_inference_steps "
        "is ignored. For ε and v models whose σ reach these levels."
    )
    if t.levels[-1] != 0:
        note += " The list ends above 0, and so do the samples: noise is left in them."
    return Export(f"{head}{_numbers(t)}TOLD = {told}{_SCHEDULER}{moved}", note)


def _told(t: Table) -> str:
    """What the network is told at each of its evaluations."""
    gamma, out = t.gamma or (0.0,) * len(t.r), []
    for n, r in enumerate(t.r):
        start, end = t.levels[n], t.levels[n + 1]
        out += [start, (1 + gamma[n]) * end**r * start ** (1 - r)]
    left = t.levels[len(t.r) :]
    return f"[{digits([*out, *left])}]"
