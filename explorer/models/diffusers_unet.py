"""A U-Net of the diffusers library as a Denoiser.  diffusers is optional.

    load_folder(folder) -> NetworkDenoiser        fetch_hub("owner/name") -> folder

A folder holds `config.json` (of a UNet2DModel), its weights as .safetensors, and the scheduler that
it was trained for: unet/ and scheduler/ inside one folder, as pipelines have it, or both in one.
Its .bin files are pickles and are not read.
"""

import dataclasses
import json
import math
import re
import threading
from pathlib import Path

import torch
from torch import Tensor, nn

from ..errors import UserError
from .denoiser import NetworkDenoiser, Preconditioned
from .files import cache_folder
from .precond import EDM

WEIGHTS = "diffusion_pytorch_model.safetensors"
DISCRETE = ("DDPMScheduler", "DDIMScheduler", "PNDMScheduler", "DPMSolverMultistepScheduler",
            "UniPCMultistepScheduler", "DEISMultistepScheduler")
CONTINUOUS = ("EDMEulerScheduler", "EDMDPMSolverMultistepScheduler")
PREDICTIONS = ("epsilon", "v_prediction", "sample")
LONGEST = 2**20  # bytes of a config
MOST_STEPS = 100_000


@dataclasses.dataclass(frozen=True, eq=False)
class Discrete:
    """Preconditioning of a network that was trained on T discrete steps of variance-preserving
    noise; x_k = √ᾱ_k y + √(1 − ᾱ_k) ε, which is x/√(1 + σ²) at σ_k = √((1 − ᾱ_k)/ᾱ_k).

        ε:  D = x − σ F        v:  D = x/(1 + σ²) − σ/√(1 + σ²) F        y:  D = F

    c_noise is the step k, between steps by its place in ln σ.  Salimans & Ho 2022,
    arXiv:2202.00512, for v.  levels (T,) float64 rising.
    """

    levels: Tensor
    prediction: str
    sigma_data: float = 0.5

    @property
    def sigma_min(self) -> float:
        return float(self.levels[0])

    @property
    def sigma_max(self) -> float:
        return float(self.levels[-1])

    def c_skip(self, sigma: Tensor) -> Tensor:
        one = torch.ones_like(sigma)
        return {"epsilon": one, "v_prediction": 1 / (1 + sigma**2), "sample": 0 * one}[
            self.prediction]

    def c_out(self, sigma: Tensor) -> Tensor:
        return {"epsilon": -sigma, "v_prediction": -sigma * (1 + sigma**2).rsqrt(),
                "sample": torch.ones_like(sigma)}[self.prediction]

    def c_in(self, sigma: Tensor) -> Tensor:
        return (1 + sigma**2).rsqrt()

    def c_noise(self, sigma: Tensor) -> Tensor:
        logs, here = self.levels.log().to(sigma), sigma.log().clamp(
            math.log(self.sigma_min), math.log(self.sigma_max))
        k = torch.searchsorted(logs, here.detach().reshape(-1)).reshape(sigma.shape)
        k = k.clamp(1, len(logs) - 1)
        return k - 1 + (here - logs[k - 1]) / (logs[k] - logs[k - 1])

    def round_sigma(self, sigma: Tensor) -> Tensor:
        """The nearest level in ln σ."""
        sigma = torch.as_tensor(sigma)
        return self.levels.to(sigma)[self.c_noise(sigma.double()).round().long()]


@dataclasses.dataclass(frozen=True)
class MinusEDM(EDM):
    """EDM with F of the other sign: what diffusers calls v for EDM's schedulers."""

    def c_out(self, sigma: Tensor) -> Tensor:
        return -super().c_out(sigma)


class Adapter(nn.Module):
    """A UNet2DModel, called as the networks here are."""

    def __init__(self, unet: nn.Module, label_dim: int):
        super().__init__()
        self.unet, self.label_dim = unet, label_dim
        self._lock = threading.Lock()

    def forward(self, x: Tensor, c_noise: Tensor, labels: Tensor | None = None,
                augment: Tensor | None = None, features: bool = False):
        if not features:
            return self._answer(x, c_noise, labels)
        seen = []
        with self._lock:  # a hook belongs to the module, and others may be calling it
            hook = self.unet.mid_block.register_forward_hook(lambda *a: seen.append(a[-1]))
            try:
                out = self._answer(x, c_noise, labels)
            finally:
                hook.remove()
        return out, seen[-1]

    def _answer(self, x: Tensor, c_noise: Tensor, labels: Tensor | None) -> Tensor:
        classes = None
        if self.label_dim:
            if labels is None or not bool(labels.any(1).all()):
                raise UserError("This diffusers network always had a class in training; give "
                                f"labels from 0 to {self.label_dim - 1}.")
            classes = labels.argmax(1).expand(len(x))
        return self.unet(x, c_noise.expand(len(x)), class_labels=classes).sample


def load_folder(folder: str | Path) -> NetworkDenoiser:
    """The Denoiser in a diffusers folder.  Raises UserError for anything else."""
    folder = Path(folder)
    inner = folder / "unet" if (folder / "unet").is_dir() else folder
    config, scheduler = _json(inner / "config.json"), _scheduler(folder, inner)
    if config.get("_class_name") != "UNet2DModel":
        raise UserError(f"{inner} holds a {str(config.get('_class_name'))[:60]!r}; UNet2DModel is "
                        "read here, without text and without a latent space.")
    precond, side = precond_of(scheduler), config.get("sample_size")
    side = side[0] if isinstance(side, list) and side and side == side[:1] * len(side) else side
    channels, classes = config.get("in_channels"), config.get("num_class_embeds") or 0
    if type(side) is not int or type(channels) is not int or type(classes) is not int:
        raise UserError(f"{inner / 'config.json'} does not say how large its square images are.")
    if config.get("class_embed_type") is not None:
        raise UserError(f"class_embed_type {config['class_embed_type']!r} is not read; plain "
                        "class labels (null) are.")
    net = Adapter(_unet(config, inner / WEIGHTS), classes)
    return NetworkDenoiser(Preconditioned(net, precond, (channels, side, side)))


def hub_folder(name: str, root: str | Path | None = None) -> Path:
    """Where a model of the Hugging Face hub lies once its owner/name was fetched."""
    return cache_folder(root) / "diffusers" / name.replace("/", "--")


def fetch_hub(name: str, root: str | Path | None = None) -> Path:
    """Download the configs and .safetensors of owner/name; for the command line alone.

    Raises UserError for a name that is none, without the package, and without a network.
    """
    if not re.fullmatch(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}", name):
        raise UserError(f"{name[:200]!r} is not a model of the hub; owner/name is wanted.")
    try:
        from huggingface_hub import snapshot_download
    except ImportError:
        raise UserError("Fetching from the hub needs huggingface_hub: pip install diffusers"
                        ) from None
    place = hub_folder(name, root)
    try:
        snapshot_download(name, local_dir=place, allow_patterns=[
            "*config.json", f"{WEIGHTS}", f"unet/{WEIGHTS}"])
    except Exception as problem:  # the hub's errors have many roots: no network, no such model
        raise UserError(f"{name} could not be fetched from the hub ({type(problem).__name__}: "
                        f"{str(problem)[:160]}).") from None
    return place


def precond_of(scheduler: dict):
    """The preconditioning that a scheduler's config implies.  Raises UserError."""
    name, prediction = str(scheduler.get("_class_name")), scheduler.get("prediction_type",
                                                                        "epsilon")
    if prediction not in PREDICTIONS:
        raise UserError(f"prediction_type {str(prediction)[:60]!r} is not read. Known: "
                        f"{', '.join(PREDICTIONS)}.")
    if name in CONTINUOUS:
        if prediction == "sample":
            raise UserError(f"{name} with prediction_type 'sample' is not read; epsilon and "
                            "v_prediction are.")
        return (EDM if prediction == "epsilon" else MinusEDM)(
            _number(scheduler, "sigma_data", 0.5))
    if name in DISCRETE:
        return Discrete(_levels(scheduler), prediction)
    raise UserError(f"Scheduler {name[:60]!r} is not read. Known: "
                    f"{', '.join((*DISCRETE, *CONTINUOUS))}.")


def _levels(scheduler: dict) -> Tensor:
    """σ_k = √((1 − ᾱ_k)/ᾱ_k), (T,) float64."""
    if scheduler.get("rescale_betas_zero_snr"):
        raise UserError("rescale_betas_zero_snr takes σ to infinity, where no sampler here starts.")
    alphas = 1 - _betas(scheduler)
    if not bool(((alphas > 0) & (alphas < 1)).all()):
        raise UserError("The scheduler's betas must lie between 0 and 1.")
    bar = alphas.cumprod(0)
    return ((1 - bar) / bar).sqrt()


def _betas(scheduler: dict) -> Tensor:
    if (given := scheduler.get("trained_betas")) is not None:
        if not isinstance(given, list) or not 2 <= len(given) <= MOST_STEPS or \
                not all(isinstance(b, int | float) for b in given):
            raise UserError("trained_betas must be a list of numbers.")
        return torch.tensor(given, dtype=torch.float64)
    steps, kind = scheduler.get("num_train_timesteps", 1000), scheduler.get("beta_schedule",
                                                                            "linear")
    if type(steps) is not int or not 2 <= steps <= MOST_STEPS:
        raise UserError(f"num_train_timesteps must be from 2 to {MOST_STEPS}; "
                        f"got {str(steps)[:40]}.")
    low, high = _number(scheduler, "beta_start", 1e-4), _number(scheduler, "beta_end", 0.02)
    ramp = lambda a, b: torch.linspace(a, b, steps, dtype=torch.float64)
    if kind == "linear":
        return ramp(low, high)
    if kind == "scaled_linear":
        return ramp(low**0.5, high**0.5) ** 2
    if kind == "squaredcos_cap_v2":  # Nichol & Dhariwal 2021, Eq. 17
        t = torch.arange(steps + 1, dtype=torch.float64) / steps
        bar = torch.cos((t + 0.008) / 1.008 * math.pi / 2) ** 2
        return (1 - bar[1:] / bar[:-1]).clamp(max=0.999)
    if kind == "sigmoid":
        return torch.sigmoid(ramp(-6, 6)) * (high - low) + low
    raise UserError(f"beta_schedule {str(kind)[:60]!r} is not read. Known: linear, scaled_linear, "
                    "squaredcos_cap_v2, sigmoid.")


def _number(config: dict, key: str, default: float) -> float:
    value = config.get(key, default)
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value < 1e3:
        raise UserError(f"{key} = {str(value)[:40]} in the scheduler's config is out of range.")
    return float(value)


def _scheduler(folder: Path, inner: Path) -> dict:
    places = [p / "scheduler_config.json" for p in (folder / "scheduler", folder, inner.parent /
                                                    "scheduler", inner)]
    found = next((p for p in places if p.is_file()), None)
    if found is None:
        raise UserError(f"{folder} has no scheduler_config.json, so nobody knows what its network "
                        "predicts and at which noise levels.")
    return _json(found)


def _json(path: Path) -> dict:
    try:
        if path.stat().st_size > LONGEST:
            raise ValueError(f"longer than {LONGEST:,} bytes")
        value = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(value, dict):
            raise ValueError("not an object")
        return value
    except (OSError, ValueError, RecursionError) as problem:
        raise UserError(f"{path} cannot be read ({str(problem)[:120]}); a folder of ours has "
                        "weights.safetensors, one of diffusers unet/config.json.") from None


def _unet(config: dict, weights: Path) -> nn.Module:
    try:
        from diffusers import UNet2DModel
    except ImportError:
        raise UserError("Reading this folder needs the diffusers package, which is not installed: "
                        "pip install diffusers") from None
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    if not weights.is_file():
        other = " Its .bin is a pickle and is not read." if list(weights.parent.glob("*.bin")) \
            else ""
        raise UserError(f"{weights} is missing.{other}")
    try:
        unet = UNet2DModel.from_config({k: v for k, v in config.items() if k[:1] != "_"})
        unet.load_state_dict(load_file(weights))
    except (SafetensorError, OSError, ValueError, TypeError, KeyError, RuntimeError) as problem:
        raise UserError(f"{weights.parent} cannot be built: {str(problem)[:200]}") from None
    return unet.float().eval()
