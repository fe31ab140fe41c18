"""ComfyUI, RES4LYF, A1111, diffusers, k-diffusion and published lists as time steps of the lab."""

from typing import Any, ClassVar

from .. import dialects
from ..core.tables import STABLE_DIFFUSION
from ..dialects import a1111, comfy, gits, res4lyf
from ..dialects import a1111_names as names
from ..dialects.comfy_inputs import longer
from ..dialects.comfy_models import Sampling
from ..dialects.published import ALIGN_YOUR_STEPS, OPTIMAL_STEPS
from ..errors import UserError
from ..settings import param, setting
from .tool_steps import Made, ToolSteps, answered, denoise, family

BETAS = dict(zip(("beta_schedule", "beta_start", "beta_end"), STABLE_DIFFUSION, strict=True))
_SHORTER = "below 1, as for an image that is kept in part: steps/denoise are made, the last run"


@setting
class ComfySteps(ToolSteps):
    """KSampler's schedulers, and nodes that have one of their own."""

    NODES: ClassVar[dict[str, str]] = {
        "sd_turbo": "SDTurboScheduler",
        "ltxv": "LTXVScheduler",
        "flux2": "Flux2Scheduler",
    }

    name: ClassVar[str] = "comfy"
    tool: ClassVar[str] = "ComfyUI"
    source: ClassVar[str] = "ComfyUI 0.3.64, comfy/samplers.py"
    formula: ClassVar[str] = "σ_i as ComfyUI's scheduler lists them for this model"
    scheduler: str = param(
        "karras",
        label="scheduler",
        choices=(*((s, s) for s in comfy.SCHEDULERS), *((k, k) for k in NODES)),
        help="as KSampler names it",
    )
    family: str = family("sd15")
    denoise: float = denoise(_SHORTER)
    start_percent: float = param(
        0.0, 0, 1, 0.01, label="from part", help="levels above this part of the model's way go"
    )
    end_percent: float = param(
        1.0, 0, 1, 0.01, label="to part", help="levels below this part of the model's way go"
    )

    def made(self, steps: int) -> Made:
        model = comfy.model(self.family)
        if self.scheduler in self.NODES:
            return self._of_node(model, steps)
        if self.denoise > comfy.FULL:
            made = self._whole(model, steps)
        else:
            made = self._whole(model, longer(steps, self.denoise))[-(steps + 1) :]
        return Made(self._between(made, model), self.family)

    def _of_node(self, model: Sampling, steps: int) -> Made:
        """A node's list; one that knows no denoise is cut as SplitSigmasDenoise cuts."""
        flow, part = self.scheduler != "sd_turbo", {"denoise": self.denoise}
        inputs = {"steps": steps} | ({} if flow else part)
        made = comfy.node(self.NODES[self.scheduler], inputs, model)[0]
        if flow and self.denoise < 1:
            made = comfy.node("SplitSigmasDenoise", {"sigmas": made, **part})[1]
        return Made(self._between(made, model), "flux_dev" if flow else self.family)

    def _whole(self, model: Sampling, steps: int) -> list[float]:
        return comfy.schedule(model, self.scheduler, steps)

    def _between(self, sigmas: list[float], model: Sampling) -> list[float]:
        """Without levels outside the two parts of the model's way."""
        if self.start_percent <= 0 and self.end_percent >= 1:
            return sigmas
        top, bottom = model.percent(self.start_percent), model.percent(self.end_percent)
        kept = [s for s in sigmas if bottom <= s <= top * (1 + 1e-9)]
        if not any(s > 0 for s in kept):
            raise UserError(
                f"No level of {self.label} lies between {self.start_percent:g} and "
                f"{self.end_percent:g} of the way, σ {top:.4g} to {bottom:.4g}; widen it."
            )
        return kept


@setting
class RES4LYFSteps(ComfySteps):
    """The schedulers that the node pack RES4LYF adds to KSampler's."""

    name: ClassVar[str] = "res4lyf"
    tool: ClassVar[str] = "RES4LYF"
    source: ClassVar[str] = "RES4LYF, sigmas.py"
    formula: ClassVar[str] = "σ_i as RES4LYF's scheduler lists them"
    scheduler: str = param(
        "bong_tangent",
        label="scheduler",
        choices=tuple((s, s) for s in res4lyf.SCHEDULERS),
        help="bong_tangent goes from 1 to 0 whatever the model, as flow models want it",
    )
    family: str = family("sd3")

    def _whole(self, model: Sampling, steps: int) -> list[float]:
        return res4lyf.schedule(model, self.scheduler, steps)


@setting
class A1111Steps(ToolSteps):
    """The webui's schedule types."""

    name: ClassVar[str] = "a1111"
    tool: ClassVar[str] = "A1111"
    source: ClassVar[str] = "A1111 webui 1.10.1, modules/sd_schedulers.py"
    formula: ClassVar[str] = "σ_i as A1111's schedule type lists them"
    scheduler: str = param(
        "karras",
        label="schedule type",
        choices=tuple((s.name, s.label) for s in names.SCHEDULES.values() if s.name != "automatic"),
        help="as the page's menu names it",
    )
    model: str = param(
        "sd15",
        label="for model",
        choices=(
            ("sd15", "Stable Diffusion 1.5"),
            ("sdxl", "Stable Diffusion XL"),
            ("sd15_ztsnr", "with zero terminal SNR"),
        ),
        help="only Align Your Steps tells SD 1.5 and SDXL apart",
    )
    denoise: float = denoise(
        "below 1, as img2img's denoising strength: the first steps are left out"
    )

    def made(self, steps: int) -> Made:
        asked = a1111.settings(self.model)
        part = self.denoise if self.denoise < 1 else None
        frame = "sdxl_vpred_zsnr" if "zt" in self.model else "sd15"
        euler, schedule = names.sampler("Euler"), names.schedule(self.scheduler)
        return Made(
            answered(a1111.on_sigmas(asked, euler, schedule, steps, part), self.label), frame
        )


@setting
class DiffusersSteps(ToolSteps):
    """diffusers' spacings and the switches that put other levels in their place."""

    name: ClassVar[str] = "diffusers"
    tool: ClassVar[str] = "diffusers"
    source: ClassVar[str] = "diffusers 0.42, schedulers"
    formula: ClassVar[str] = "σ_i as the scheduler of a pipeline lists them"
    scheduler: str = param(
        "leading",
        label="levels",
        choices=(
            ("leading", "leading"),
            ("linspace", "linspace"),
            ("trailing", "trailing"),
            ("use_karras_sigmas", "use_karras_sigmas"),
            ("use_exponential_sigmas", "use_exponential_sigmas"),
            ("use_beta_sigmas", "use_beta_sigmas"),
            ("use_lu_lambdas", "use_lu_lambdas"),
            ("use_flow_sigmas", "use_flow_sigmas"),
            ("flow_match", "FlowMatchEulerDiscrete"),
        ),
        help="timestep_spacing, or the switch of a scheduler's config",
    )
    spacing: str = param(
        "linspace",
        label="spacing",
        choices=tuple((s, s) for s in ("leading", "linspace", "trailing")),
        help="timestep_spacing under a switch, which takes its ends from it",
    )
    shift: float = param(3.0, 0.01, 100, 0.01, label="shift", log=True, help="of a flow model")
    zero_snr: bool = param(
        False,
        label="Terminal SNR",
        choices=((False, "as trained"), (True, "rescaled to zero")),
        help="rescale_betas_zero_snr",
    )
    denoise: float = denoise("below 1, as a pipeline's strength: the first steps are left out")

    def config(self) -> dict:
        """The scheduler_config.json that makes these levels."""
        if self.scheduler == "flow_match":
            return {"_class_name": "FlowMatchEulerDiscreteScheduler", "shift": self.shift}
        multistep = self.scheduler in ("use_lu_lambdas", "use_flow_sigmas")
        said = {
            "_class_name": f"{'DPMSolverMultistep' if multistep else 'EulerDiscrete'}Scheduler",
            **BETAS,
            "steps_offset": 1,
            "rescale_betas_zero_snr": self.zero_snr,
        }
        if self.scheduler == "use_flow_sigmas":
            said |= {"prediction_type": "flow_prediction", "flow_shift": self.shift}
        if not self.scheduler.startswith("use_"):
            return said | {"timestep_spacing": self.scheduler}
        return said | {"timestep_spacing": self.spacing, self.scheduler: True}

    def made(self, steps: int) -> Made:
        sigmas = answered(dialects.config(self.config(), steps), self.label)
        if self.denoise < 1:
            run = min(int(steps * self.denoise), steps)
            sigmas = sigmas[max(len(sigmas) - 1 - run, 0) :]
        flow = "flow" in self.scheduler
        return Made(sigmas, "sd3" if flow else "sdxl_vpred_zsnr" if self.zero_snr else "sd15")


@setting
class KDiffusionSteps(ToolSteps):
    """k-diffusion's get_sigmas functions between two ends, and its uniform steps of SD's table."""

    name: ClassVar[str] = "kdiffusion"
    tool: ClassVar[str] = "k-diffusion"
    source: ClassVar[str] = "k-diffusion 0.1.1, sampling.py"
    formula: ClassVar[str] = "σ_i as get_sigmas_… lists them"
    scheduler: str = param(
        "karras",
        label="function",
        choices=tuple(
            (s, f"get_sigmas_{s}" if s != "get_sigmas" else "get_sigmas, discrete model")
            for s in ("karras", "exponential", "polyexponential", "vp", "get_sigmas")
        ),
        help="the function that makes the list",
    )
    top: float = param(
        14.614642, 0.5, 1000, label="σ_max", log=True, help="not asked by vp and get_sigmas"
    )
    bottom: float = param(
        0.0291675, 1e-4, 10, label="σ_min", log=True, help="not asked by vp and get_sigmas"
    )
    rho: float = param(
        7.0, 0.1, 20, 0.1, label="ρ", help="7 for karras, 1 for polyexponential are usual"
    )

    def made(self, steps: int) -> Made:
        if self.scheduler == "get_sigmas":
            group = "kdiff.DiscreteEpsDDPMDenoiser.get_sigmas"
            inputs: dict = {"n": steps, "alphas_cumprod": BETAS}
        else:
            group = f"kdiff.get_sigmas_{self.scheduler}"
            ends = {"sigma_min": self.bottom, "sigma_max": self.top}
            inputs = {"n": steps} | (ends if self.scheduler != "vp" else {})
            if self.scheduler in ("karras", "polyexponential"):
                inputs["rho"] = self.rho
        return Made(answered(dialects.run("k-diffusion", group, inputs), self.label))


@setting
class PublishedSteps(ToolSteps):
    """Lists that papers give as numbers; other counts of steps are read off between them."""

    name: ClassVar[str] = "published"
    tool: ClassVar[str] = "Published"
    source: ClassVar[str] = "arXiv:2404.14507, arXiv:2405.11326, arXiv:2503.21774"
    formula: ClassVar[str] = "σ_i as published, straight in ln σ between them"
    scheduler: str = param(
        "ays_sd1",
        label="list",
        choices=(
            *((f"ays_{k.lower()}", f"Align Your Steps, {k}") for k in ALIGN_YOUR_STEPS),
            ("gits", "GITS, SD1"),
            *((f"optimal_{k.lower()}", f"OptimalSteps, {k}") for k in OPTIMAL_STEPS),
        ),
        help="whose list",
    )
    coeff: float = param(
        1.2,
        label="coefficient",
        choices=tuple((c, f"{c:.2f}") for c in gits.COEFFICIENTS),
        help="of GITS: smaller puts more steps at the noisy end",
    )
    denoise: float = denoise("below 1, that part of the steps is left, the last ones")

    def made(self, steps: int) -> Made:
        said: dict[str, Any] = {"steps": steps, "denoise": self.denoise}
        if self.scheduler == "gits":
            return Made(comfy.node("GITSScheduler", {**said, "coeff": self.coeff})[0], "sd15")
        kind, which = self.scheduler.split("_")
        table = {"ays": ALIGN_YOUR_STEPS, "optimal": OPTIMAL_STEPS}[kind]
        said["model_type"] = next(k for k in table if k.lower() == which)
        node = {"ays": "AlignYourStepsScheduler", "optimal": "OptimalStepsScheduler"}[kind]
        frame = "svd" if which == "svd" else "sd15" if kind == "ays" else "flux_dev"
        return Made(comfy.node(node, said)[0], frame)
