"""The loss of the denoiser at each noise level, as each design weighs it."""

import math
from typing import NamedTuple

import torch

from ..analysis.loss import WEIGHTS, loss_per_sigma
from ..core import known
from ..core.denoisers import Mixture
from ..core.law import law
from ..errors import UserError
from ..figures.style import INK3, REFERENCE
from ..lab import afford, cost
from ..lab.source import Watch
from ..lab.view import View
from ..models.contract import Stored
from ..training.where import Where, published, where
from .marks import (
    DOT,
    Axis,
    Drawing,
    area,
    axis,
    band,
    digits,
    dots,
    label,
    line,
    nice,
    power,
    text,
)
from .strip import Choice, Help, Look, Numbers, Strip, plain

LEVELS, NETWORK_LEVELS = 52, 27  # noise levels, of exact denoisers and of networks
LEAST = 8  # samples
FOOT = 0.048  # where the ticks at the foot stand, as a part of the height
HILL = 1 / 1.9  # the height of p_train
FLAT = 20  # σ beyond which its name would leave it


class Design(NamedTuple):
    """A weight λ(σ): the menu's words and the words of a saved figure."""

    option: str
    hint: str


DESIGNS = {
    "edm": Design("weighted as in EDM", "λ(σ) E|<i>D</i> − <i>y</i>|², λ of EDM: untrained = 1"),
    **{
        key: Design(f"as in {name}: 1/σ²", f"E|<i>D</i> − <i>y</i>|²/σ², the weight of {name}")
        for key, name in (("vp", "VP"), ("ve", "VE"), ("iddpm", "iDDPM"))
    },
    "raw": Design("unweighted", "E|<i>D</i> − <i>y</i>|², unweighted"),
}

UNITS = {key: "loss" if key == "raw" else "weighted loss" for key in DESIGNS}


class Loss(Strip):
    """The loss at each noise level with its confidence band; p_train shaded."""

    name, title = "loss", "Loss"
    unit = UNITS
    part, height = "loss", 0.95
    choices = Choice("weight", {key: design.option for key, design in DESIGNS.items()})
    help = Help(
        "The loss at each noise level with its 95 % interval. For an exact denoiser it is the "
        "floor: no network goes below. The shaded hill is where training looks, of the network on "
        "show or else of the design that weighs the loss; the ticks at the foot are where this "
        "sampler spends its evaluations.",
        "λ(σ) E‖<i>D</i>(<i>y</i> + <i>n</i>; σ) − <i>y</i>‖²,  "
        "λ<sub>EDM</sub> = (σ² + σ<sub><i>d</i></sub>²)/(σ σ<sub><i>d</i></sub>)²",
        "Karras et al. 2022, Table 1 and Fig. 5a",
    )

    def measure(self, view: View, watch: Watch | None = None) -> Numbers:
        """sigma, and the unweighted mean, low and high (S,); weight, density: design -> (S,);
        trained: design -> [whose p_train its density is, a sentence on that]."""
        source = view.source
        size = math.prod(source.shape)
        count, number = 1024 if len(source.mixture) * size < 2e4 else 256, LEVELS
        if few := afford.loss(source, "loss" in view.full):
            number, count = few
        elif source.pace is not None:
            number = NETWORK_LEVELS
            count = cost.affordable(source.pace, number, count, LEAST, seconds=1.5)
        if why := getattr(source.data, "lacking", None):
            raise UserError(why)
        clean = _of_class(view).sample(count, torch.Generator().manual_seed(2))
        levels = known.learned(
            source.denoiser,
            torch.logspace(math.log10(160), math.log10(1e-3), number, dtype=torch.float64),
        )
        measured = loss_per_sigma(
            source.watched(watch), clean, levels, torch.Generator().manual_seed(3), watch
        )
        trained = {k: _where(view, k) for k in DESIGNS}
        densities = {k: w.density(levels) for k, w in trained.items()}
        return {
            "sigma": plain(levels),
            "mean": plain(measured.mean),
            "low": plain(measured.low),
            "high": plain(measured.high),
            "weight": {k: plain(WEIGHTS[k](levels, source.sigma_data)) for k in DESIGNS},
            "density": {k: plain(p / p.max()) for k, p in densities.items()},
            "name": _spoken(source),
            **({"few": f"{len(levels)} levels, {count} samples"} if few else {}),
            "trained": {k: [w.name, w.told] for k, w in trained.items()},
        }

    def draw(self, numbers: Numbers, look: Look) -> Drawing:
        """One weighting."""
        design, weight = DESIGNS[look.choice], numbers["weight"][look.choice]
        sigma, density = digits(numbers["sigma"]), digits(numbers["density"][look.choice])
        y, low, high = (
            digits([max(v * w, 1e-12) for v, w in zip(numbers[row], weight)])
            for row in ("mean", "low", "high")
        )
        found = _axis(y)
        foot = found["range"][0]
        least = numbers["name"].startswith("floor")
        name = label(numbers["name"], INK3, 8, short="floor" if least else "loss")
        peak = sigma[density.index(max(density))]
        hill = [v and round(HILL * v, 5) for v in density]
        trains, told = numbers["trained"][look.choice]
        return Drawing(
            hint=design.hint,
            axis=found,
            marks=[
                area(sigma, hill, REFERENCE, 0.14, on="height"),
                band(sigma, low, high, REFERENCE, 0.2),
                line(sigma, y, REFERENCE, 1.5, dash=list(DOT), label=name, main=True),
                # above the ticks at the foot; a flat hill has no peak to stand beside
                text(min(7 * peak, FLAT), foot, trains, side="above", lift=13),
            ],
            reading={"as": "short"},
            about=[{"kind": "text", "html": told}],
        )

    def quick(self, view: View, colour: str) -> dict[str, Drawing]:
        """Ticks at the foot where the sampler spends its evaluations."""
        levels = plain(view.run.trajectory.evaluated)
        foot = [FOOT] * len(levels)
        return {"": Drawing(over=[dots(levels, foot, colour, 6, "tick", alpha=0.8, on="height")])}


def _where(view: View, design: str) -> Where:
    """p_train of the network on show, whatever the weight; else of the design that weighs."""
    model = view.experiment.model
    if isinstance(model, Stored):
        return where(model.found(view.experiment.data).config)
    return published("edm" if design == "raw" else design)


def _axis(values: list) -> Axis:
    low = nice(-min((v for v in values if v), default=0.05), (-0.5, -0.05, -0.006, -6e-4, -6e-6))
    top = nice(max(values), (2.2, 22, 220, 2e4))
    bottom = -low if low < 0 else 6e-6
    ticks = [t for t in map(power, range(-5, 5)) if bottom <= t[0] <= top]
    ticks = ticks[-1::-2][::-1] if len(ticks) > 3 else ticks
    if len(ticks) < 2:  # less than two decades
        few = [v for v in (0.1, 0.2, 0.5, 1, 2, 5, 10) if bottom <= v <= top]
        return axis(bottom, top, True, few)
    return axis(bottom, top, True, ticks)


def _spoken(source) -> str:
    exact = isinstance(source.denoiser, Mixture)
    whole = exact and len(source.denoiser) == len(source.mixture)
    return "floor: the exact denoiser" if whole else "this denoiser"


def _of_class(view: View) -> Mixture:
    """What the denoiser has to make: the data, or those of the class that it was told."""
    source = view.source
    condition = getattr(view.experiment.model, "condition", -1)
    if condition < 0 or source.labels is None:
        return source.mixture
    if condition >= source.data.classes:
        return source.mixture
    return law(source.data, condition).to(source.device.device, source.device.dtype)
