"""ComfyUI's model samplings: which noise levels a model knows, and what it calls each.

Formulas of comfy/model_sampling.py and the ModelSampling… nodes, in float64.  `sigma` is the
tool's own number: σ of a variance-exploding model, t in 0…1 of a flow model.
"""

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..core import tables

Array = NDArray[np.float64]
Numbers = ArrayLike

# What percent 0 stands for where σ has no top: a number larger than any level.
BEYOND = 999999999.9
# The last ᾱ that a zero-terminal-SNR table is left with, so that σ stays finite (4518.76).
LAST_ALPHA_BAR = 4.8973451890853435e-08
# ComfyUI's words for tables of betas, as diffusers calls them; and the other way
BETA_NAMES = {"linear": "scaled_linear", "sqrt_linear": "linear", "cosine": "squaredcos_cap_v2"}
COMFY_BETAS = {word: own for own, word in BETA_NAMES.items()}


@dataclass(frozen=True)
class Sampling:
    """One model's levels.  prediction: EPS, V_PREDICTION, CONST (flow), EDM, LCM, COSMOS_RFLOW."""

    prediction: str = "EPS"

    def levels(self) -> Array:
        """Every entry of the model's table, rising."""
        raise NotImplementedError

    @cached_property
    def table(self) -> Array:
        return self.levels()

    @property
    def low(self) -> float:
        return float(self.table[0])

    @property
    def high(self) -> float:
        return float(self.table[-1])

    def sigma(self, timestep: Numbers) -> Array:
        """Levels of timesteps, in the model's own unit of time."""
        raise NotImplementedError

    def timestep(self, sigma: Numbers) -> Array:
        """Timesteps of levels."""
        raise NotImplementedError

    def line(self, first: float, last: float, count: int) -> Array:
        """`count` timesteps from first to last, evenly."""
        return np.linspace(first, last, count)

    def percent(self, part: float) -> float:
        """The level at a part of the way from noise (0) to picture (1)."""
        if part <= 0:
            return self.top
        return 0.0 if part >= 1 else self.inside(part)

    def inside(self, part: float) -> float:
        """`percent` for 0 < part < 1."""
        raise NotImplementedError

    top: ClassVar[float] = BEYOND

    def noise(self, sigma: float, whole: bool) -> float:
        """What unit noise on an empty latent is multiplied by; whole: from pure noise."""
        flow = self.prediction in ("CONST", "COSMOS_RFLOW")
        return math.sqrt(1 + sigma**2) if whole and not flow else sigma


@dataclass(frozen=True)
class Discrete(Sampling):
    """A table of ᾱ; between entries ln σ is straight, a level's timestep is the nearest entry."""

    betas: tuple[str, float, float] = ("linear", 0.00085, 0.012)
    steps: int = 1000
    zero_snr: bool = False

    def levels(self) -> Array:
        name, start, end = self.betas
        bars = tables.alphas_cumprod(
            tables.betas(BETA_NAMES.get(name, name), start, end, self.steps)
        )
        if self.zero_snr:
            bars = np.array(tables.zero_terminal_snr(bars))
            bars[-1] = LAST_ALPHA_BAR
        return tables.sigmas(bars)

    def sigma(self, timestep: Numbers) -> Array:
        logs = np.log(self.table)
        return np.exp(np.interp(self.entry(timestep), np.arange(len(logs)), logs))

    def entry(self, timestep: Numbers) -> Array:
        """Where in the table a timestep lies."""
        return np.asarray(timestep, float)

    def timestep(self, sigma: Numbers) -> Array:
        away = np.log(np.asarray(sigma, float))[..., None] - np.log(self.table)
        return self.named(np.abs(away).argmin(-1).astype(float))

    def named(self, entry: Array) -> Array:
        """The timestep of a whole entry."""
        return entry

    def inside(self, part: float) -> float:
        return float(self.sigma(np.array((1 - part) * 999.0)))


@dataclass(frozen=True)
class Distilled(Discrete):
    """Every twentieth entry of the table, the top one among them: what LCM was distilled on."""

    kept: int = 50

    @property
    def skip(self) -> int:
        return self.steps // self.kept

    def levels(self) -> Array:
        return super().levels()[::-1][:: self.skip][: self.kept][::-1].copy()

    def entry(self, timestep: Numbers) -> Array:
        return (np.asarray(timestep, float) - (self.skip - 1)) / self.skip

    def named(self, entry: Array) -> Array:
        return entry * self.skip + (self.skip - 1)


@dataclass(frozen=True)
class Flow(Sampling):
    """Flow matching with a shift α of t; the network is told `multiplier` times σ."""

    prediction: str = "CONST"
    shift: float = 1.0
    multiplier: float = 1000.0
    entries: int = 1000
    top: ClassVar[float] = 1.0

    def levels(self) -> Array:
        return self.shifted(np.arange(1, self.entries + 1) / self.entries)

    def shifted(self, t: Array) -> Array:
        return np.asarray(tables.shifted(t, self.shift))

    def sigma(self, timestep: Numbers) -> Array:
        return self.shifted(np.asarray(timestep, float) / self.multiplier)

    def timestep(self, sigma: Numbers) -> Array:
        return np.asarray(sigma, float) * self.multiplier

    def inside(self, part: float) -> float:
        return float(self.shifted(np.array(1 - part)))


@dataclass(frozen=True)
class Flux(Flow):
    """A flow whose shift is given as μ = ln α; t goes to the network as it is."""

    shift: float = 1.15
    multiplier: float = 1.0
    entries: int = 10_000

    def shifted(self, t: Array) -> Array:
        return np.asarray(tables.shifted(t, tables.alpha_of(self.shift)))


@dataclass(frozen=True)
class Continuous(Sampling):
    """EDM: any σ between two ends; c_noise = ln(σ)/4 (Karras et al. 2022, Table 1)."""

    prediction: str = "EDM"
    sigma_min: float = 0.002
    sigma_max: float = 120.0
    sigma_data: float = field(default=1.0, compare=False)

    def levels(self) -> Array:
        return np.exp(np.linspace(math.log(self.sigma_min), math.log(self.sigma_max), 1000))

    def sigma(self, timestep: Numbers) -> Array:
        return np.exp(4 * np.asarray(timestep, float))

    def timestep(self, sigma: Numbers) -> Array:
        return np.log(np.asarray(sigma, float)) / 4

    def inside(self, part: float) -> float:
        return self.high ** (1 - part) * self.low**part


@dataclass(frozen=True)
class ContinuousV(Continuous):
    """σ = tan(t π/2): the v-prediction angle.

    The angle is a float32 in the tool, which near π/2 moves σ by 3e-5: it is one here too.
    """

    prediction: str = "V_PREDICTION"
    sigma_min: float = 0.03
    sigma_max: float = 500.0

    def sigma(self, timestep: Numbers) -> Array:
        angle = np.asarray(timestep, np.float32) * np.float32(math.pi) / np.float32(2)
        return np.tan(angle.astype(float))

    def timestep(self, sigma: Numbers) -> Array:
        angle = np.arctan(np.asarray(sigma, float)).astype(np.float32)
        return (angle / np.float32(math.pi) * np.float32(2)).astype(float)


@dataclass(frozen=True)
class CosmosFlow(Continuous):
    """Cosmos: levels in σ, named by the flow's t = σ/(σ + 1)."""

    prediction: str = "COSMOS_RFLOW"
    sigma_max: float = 80.0

    def sigma(self, timestep: Numbers) -> Array:
        t = np.asarray(timestep, float)
        end = self.high / (self.high + 1)
        return np.where(t >= end, self.high, t / (1 - np.minimum(t, end)))

    def timestep(self, sigma: Numbers) -> Array:
        sigma = np.asarray(sigma, float)
        return sigma / (sigma + 1)


@dataclass(frozen=True)
class Cascade(Sampling):
    """Stable Cascade: the cosine of Nichol and Dhariwal in continuous time, SNR over shift².

    In float32 as in the tool: towards the picture 1 − ᾱ cancels, and σ has 4 digits left.
    """

    shift: float = 1.0
    offset: ClassVar[float] = 8e-3

    def levels(self) -> Array:
        return self.sigma(np.arange(1, 10_001) / 10_000)

    def sigma(self, timestep: Numbers) -> Array:
        import torch  # float32 cosines, to the last bit; nothing else here needs it

        t = torch.as_tensor(np.asarray(timestep, np.float32))
        s = torch.tensor(self.offset)
        bar = torch.cos((t + s) / (1 + s) * torch.pi * 0.5) ** 2 / self._first(torch)
        if self.shift != 1:
            log_snr = (bar / (1 - bar)).log() + 2 * torch.log(1 / torch.tensor(self.shift))
            bar = 1 / (1 + torch.exp(-log_snr.double()).float())
        bar = bar.clamp(0.0001, 0.9999)
        return (((1 - bar) / bar) ** 0.5).double().numpy()

    def line(self, first: float, last: float, count: int) -> Array:
        import torch

        return torch.linspace(first, last, count).double().numpy()

    def _first(self, torch):
        """The cosine's value at t = 0."""
        s = torch.tensor(self.offset)
        return torch.cos(s / (1 + s) * torch.pi * 0.5) ** 2

    def timestep(self, sigma: Numbers) -> Array:
        import torch

        level = torch.as_tensor(np.asarray(sigma, np.float32))
        s = torch.tensor(self.offset)
        angle = ((1 / (level * level + 1) * self._first(torch)) ** 0.5).acos()
        return (angle / (torch.pi * 0.5) * (1 + s) - s).double().numpy()

    def inside(self, part: float) -> float:
        return float(self.sigma(np.array(1 - part)))
