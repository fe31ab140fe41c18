"""The families of models that people load: what a file of weights means for its noise levels.

A loader in a ComfyUI graph names a file; the file stands for one of these.  `sigma` here is the
tool's own number: σ of a variance-exploding model, t in 0…1 of a flow model.  The settings are
ComfyUI's defaults of each model (comfy/supported_models.py, comfy/model_sampling.py).
"""

import math
from dataclasses import dataclass
from typing import Any

from ..core.tables import STABLE_DIFFUSION, shifted
from ..errors import UserError
from .comfy_models import COMFY_BETAS

# The last ᾱ of a zero-terminal-SNR table is 0.  ComfyUI and A1111 write 4518.76 for its σ,
# diffusers 4096; nothing else reaches this.
ENDLESS = 4000.0
STAND_IN = 4518.76367188


@dataclass(frozen=True)
class Family:
    """One family.

    name         its key; label is what a person reads
    kind         "discrete" (a table of betas), "flow" or "edm" (continuous σ)
    prediction   "epsilon", "v_prediction", "flow_prediction" or "edm"
    betas        (name, start, end) of a discrete table; zero_snr: rescaled to end at ᾱ = 0
    shift        α of a flow model, or the shift of Stable Cascade's cosine
    mu           ln α where the tool states that instead (Flux, LTX-Video)
    multiplier   what the tool's t is multiplied by before the network sees it
    sigma_min/max  the ends, in the tool's own numbers
    """

    name: str
    label: str
    kind: str
    prediction: str
    sigma_min: float
    sigma_max: float
    betas: tuple[str, float, float] | None = None
    zero_snr: bool = False
    shift: float | None = None
    mu: float | None = None
    multiplier: float = 1000.0
    sigma_data: float = 1.0
    sampling: str = "ModelSamplingDiscrete"  # ComfyUI's class

    @property
    def alpha(self) -> float:
        """What σ = t/(1 − t) is multiplied by; 1 where nothing shifts."""
        if self.kind != "flow":
            return 1.0
        return math.exp(self.mu) if self.mu is not None else (self.shift or 1.0)

    def level(self, sigma: float) -> float:
        """Our σ of one of the tool's numbers: t/(1 − t) in a flow model, where 1 is σ = ∞.

        With zero terminal SNR the tools' stand-ins for ∞ (4096, 4518.76) are ∞ too.
        """
        return level(sigma, self.kind, self.zero_snr)

    def facts(self) -> dict:
        """The family in the words of a run record's "model"."""
        low, high = self.sigma_min, self.sigma_max
        said: dict[str, Any] = {"name": self.name, "kind": self.kind}
        said["prediction"] = self.prediction
        if self.kind == "flow":
            low, high = 0.0, 1.0
            said["timestep_scale"] = self.multiplier
            said |= {"mu": self.mu} if self.mu is not None else {"shift": self.shift}
        elif self.betas:
            name, start, end = self.betas
            said |= {"beta_schedule": name, "beta_start": start, "beta_end": end}
            said |= {"num_train_timesteps": 1000, "zero_terminal_snr": self.zero_snr}
            high = math.inf if self.zero_snr else high
        elif self.kind == "edm":
            said["kind"] = "edm" if self.prediction == "edm" else "edm-v"
            said["sigma_data"] = self.sigma_data
        else:
            said |= {"kind": "cosine", "shift": self.shift}
        return said | {"sigma_min": low, "sigma_max": high}

    def model(self) -> dict:
        """The family as a record of ComfyUI's model sampling, in the words of `dialects.comfy`."""
        cosmos = self.sampling == "ModelSamplingCosmosRFlow"
        word = "COSMOS_RFLOW" if cosmos else _COMFY[self.prediction]
        said: dict[str, Any] = {"class": self.sampling, "prediction": word}
        if self.betas:
            name, start, end = self.betas
            said |= {
                "beta_schedule": COMFY_BETAS.get(name, name),
                "linear_start": start,
                "linear_end": end,
                "timesteps": 1000,
                "zsnr": self.zero_snr,
            }
        elif self.sampling == "ModelSamplingFlux":
            said["shift"] = self.mu
        elif self.kind == "flow":
            said |= {"shift": self.shift, "multiplier": self.multiplier}
        elif self.sampling == "StableCascadeSampling":
            said["shift"] = self.shift
        else:
            said |= {"sigma_min": self.sigma_min, "sigma_max": self.sigma_max}
            said["sigma_data"] = self.sigma_data
        return said


def level(sigma: float, kind: str, zero_snr: bool = False) -> float:
    """Our σ of a tool's number for a model of this kind; see `Family.level`."""
    sigma = float(sigma)
    if kind == "flow":
        return math.inf if sigma >= 1 else sigma / (1 - sigma)
    return math.inf if zero_snr and sigma >= ENDLESS else sigma


def family(name: str) -> Family:
    """The family of this name.  Raises UserError with the names for another."""
    found = FAMILIES.get(_ALIASES.get(name, name)) if isinstance(name, str) else None
    if found is None:
        raise UserError(f"Unknown model family {name!r:.60}. Known: {', '.join(FAMILIES)}.")
    return found


_ALIASES = {"sdxl_v": "sdxl_vpred"}

_COMFY = {
    "epsilon": "EPS",
    "v_prediction": "V_PREDICTION",
    "flow_prediction": "CONST",
    "edm": "EDM",
}


def _table(name, label, prediction="epsilon", betas=STABLE_DIFFUSION, **more):
    """A family with a table of 1000 betas; the ends are those of the default table."""
    ends = {"sigma_min": 0.0291671582, "sigma_max": 14.6146412} | more
    return Family(name, label, "discrete", prediction, betas=betas, **ends)


def _flow(name, label, shift, multiplier=1000.0):
    """A flow model on ComfyUI's thousand entries, t = 1/1000 … 1, each shifted by α."""
    return Family(
        name,
        label,
        "flow",
        "flow_prediction",
        float(shifted(1 / 1000, shift)),
        1.0,
        shift=shift,
        multiplier=multiplier,
        sampling="ModelSamplingDiscreteFlow",
    )


def _flux(name, label, mu):
    """A flow model on ten thousand entries, shifted by e^μ."""
    low = float(shifted(1 / 10_000, math.exp(mu)))
    kind = ("flow", "flow_prediction")
    return Family(name, label, *kind, low, 1.0, mu=mu, multiplier=1.0, sampling="ModelSamplingFlux")


def _edm(name, label, prediction, low, high, data, sampling="ModelSamplingContinuousEDM"):
    """A model with continuous σ."""
    ends = {"sigma_data": data, "sampling": sampling}
    return Family(name, label, "edm", prediction, low, high, **ends)


def _cascade(name, label, shift):
    """Stable Cascade: a cosine of 10,000 entries, ᾱ kept within 0.0001 and 0.9999."""
    low, top = math.sqrt(0.0001 / 0.9999), math.sqrt(0.9999 / 0.0001)
    kinds = ("discrete", "epsilon", low, top)
    return Family(name, label, *kinds, shift=shift, sampling="StableCascadeSampling")


FAMILIES: dict[str, Family] = {
    f.name: f
    for f in (
        _table("sd15", "Stable Diffusion 1.5"),
        _table("sdxl", "Stable Diffusion XL"),
        _table("sd21_v", "SD 2.1, v-prediction", "v_prediction"),
        _table("sdxl_vpred", "SDXL, v-prediction", "v_prediction"),
        _table(
            "sdxl_vpred_zsnr",
            "SDXL, v-prediction, zero SNR",
            "v_prediction",
            zero_snr=True,
            sigma_max=STAND_IN,
        ),
        _flow("sd3", "Stable Diffusion 3", 3.0),
        _flux("flux_dev", "FLUX.1 dev", 1.15),
        _flow("flux_schnell", "FLUX.1 schnell", 1.0, 1.0),
        _flux("flux2", "FLUX.2", 2.02),
        _flux("chroma", "Chroma", 1.15),
        _flow("z_image", "Z-Image", 3.0, 1.0),
        _flow("mochi", "Mochi 1", 6.0, 1.0),
        _flow("wan", "Wan 2.1 and 2.2", 8.0),
        _flow("hunyuan_video", "HunyuanVideo", 7.0),
        _flow("qwen_image", "Qwen-Image", 1.15, 1.0),
        _flow("lumina2", "Lumina 2", 6.0, 1.0),
        _flow("auraflow", "AuraFlow", 1.73, 1.0),
        _flux("ltxv", "LTX-Video", 2.37),
        _edm("svd", "Stable Video Diffusion", "v_prediction", 0.002, 700.0, 1.0),
        _edm("playground", "Playground v2.5", "edm", 0.002, 80.0, 0.5),
        _edm("cosmos", "Cosmos", "flow_prediction", 0.002, 80.0, 1.0, "ModelSamplingCosmosRFlow"),
        _edm(
            "stable_audio",
            "Stable Audio",
            "v_prediction",
            0.03,
            500.0,
            1.0,
            "ModelSamplingContinuousV",
        ),
        _cascade("cascade_c", "Stable Cascade, stage C", 2.0),
        _cascade("cascade_b", "Stable Cascade, stage B", 1.0),
    )
}
