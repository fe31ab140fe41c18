"""What is known of a run, for the detectors: model, goal, sampler, numbers.  Nothing is guessed.

A run record tells it in its own words; a family's name stands for a model where that is all.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from ...core.tables import Table, mu_of
from ...errors import UserError
from ..families import ENDLESS, FAMILIES, Family
from ..given import number
from ..report import Run

GOALS = (  # the first whose words are in the goal
    ("inversion", r"invers|invert|unsampl|(?:picture|image|clean|data) (?:in)?to noise|add noise"),
    ("first", r"first (?:stage|pass|expert)|stage (?:1|one)\b|high.noise|leave noise|leftover"),
    ("last", r"second (?:stage|pass|expert)|stage (?:2|two)\b|low.noise|refiner|last stage"),
    ("part", r"image.to.image|img2img|inpaint|hi.?res|strength|denoise 0?\.\d|upscal|detailer"),
    ("part", r"video.to.video|vid2vid|partial|part.way"),
    ("full", r"full|from (?:pure )?noise|txt2img|text.to.|generat"),
)


class Stage(NamedTuple):
    """One of several passes over the same picture."""

    sigmas: tuple[float, ...]
    add_noise: bool | None
    steps: int | None


@dataclass(frozen=True)
class About:
    """The model.  low, high: its trained range in the tool's numbers, inf at zero terminal SNR.

    kind: "discrete", "cosine", "flow", "edm", "edm-v" or None.  alpha: the shift that the list
    should have, by_mu where the picture's size decides it.  scale: what t = 1 is called when the
    network is told; steps: length of its table.
    """

    name: str = "this model"
    kind: str | None = None
    prediction: str | None = None
    low: float | None = None
    high: float | None = None
    alpha: float | None = None
    by_mu: bool = False
    zero_snr: bool = False
    few_step: bool = False
    scale: float | None = None
    steps: int = 1000
    betas: tuple[str, float, float] | None = None
    shift: float | None = None
    sigma_data: float = 1.0

    @property
    def flow(self) -> bool:
        return self.kind == "flow"

    @property
    def table(self) -> Table | None:
        """The noise of its timesteps, as trained."""
        return _table(*self.betas, self.steps, self.zero_snr) if self.betas else None

    def with_snr(self, zero: bool) -> "About":
        """The same with its table stretched to zero terminal SNR, or not."""
        other = replace(self, zero_snr=zero, high=math.inf if zero else None)
        return other if zero or not other.table else replace(other, high=other.table.sigmas[-1])


@dataclass(frozen=True)
class Case:
    """A run with its model and goal; sigmas and timesteps as the tool wrote them."""

    run: Run
    model: About
    goal: str
    sampler: str
    scheduler: str
    steps: int | None
    config: Mapping[str, Any]
    stages: tuple[Stage, ...]
    told: Mapping[str, Any]

    @property
    def sigmas(self) -> tuple[float, ...]:
        return self.run.sigmas

    @property
    def timesteps(self) -> tuple[float, ...]:
        return self.run.timesteps or ()

    @cached_property
    def above(self) -> tuple[float, ...]:
        """The levels before the final 0."""
        end = len(self.sigmas)
        while end and self.sigmas[end - 1] == 0:
            end -= 1
        return self.sigmas[:end]

    @property
    def class_name(self) -> str:
        """diffusers' name of the scheduler, "" where it is none."""
        name = self.config.get("_class_name")
        return name if isinstance(name, str) else self.sampler if "Sched" in self.sampler else ""

    @property
    def ends_low(self) -> bool:
        """Does it stop at σ_min with no way to go on?  (DEIS and SA-Solver of diffusers.)"""
        return self.class_name.startswith(("DEIS", "SASolver"))

    @property
    def spacing(self) -> str | None:
        found = self.config.get("timestep_spacing")
        return found if isinstance(found, str) else None


def endless(sigma: float) -> bool:
    """Does the number stand for σ = ∞?  (4096 in diffusers, 4518.76 in ComfyUI and A1111.)"""
    return sigma >= ENDLESS


def case_of(run: Run) -> Case:
    """Everything that a run tells, checked for type; what is missing or odd is left out."""
    told = run.facts or {}
    steps = number(told.get("steps"))
    return Case(
        run,
        about(told.get("model"), run),
        goal_of(told),
        _text(told.get("sampler")) or run.sampler or "",
        (_text(told.get("scheduler")) or "").strip().lower().replace(" ", "_").replace("-", "_"),
        int(steps) if steps is not None and 0 < steps < 1e6 and steps == int(steps) else None,
        _dict(told.get("scheduler_config")),
        _stages(told.get("stages")),
        told,
    )


def goal_of(told: Mapping[str, Any]) -> str:
    """ "full", "part", "first", "last", "inversion", "stages", or "" where nobody says."""
    if isinstance(told.get("stages"), list) and len(told["stages"]) > 1:
        return "stages"
    goal = (_text(told.get("goal")) or "").lower()
    return next((name for name, words in GOALS if re.search(words, goal)), "")


def about(model: Any, run: Run) -> About:
    """The model of a record, or of a family's name."""
    if isinstance(model, dict):
        return _told(model)
    family = FAMILIES.get(model if isinstance(model, str) else run.model or "")
    return _known(family) if family else About(kind="flow" if run.frame == "flow" else None)


def _told(model: dict) -> About:
    kind = _text(model.get("kind"))
    steps = number(model.get("num_train_timesteps"))
    steps = int(steps) if steps and 2 <= steps <= 10_000 else 1000
    zero = model.get("zero_terminal_snr") is True
    flow, betas = kind == "flow", None
    if kind == "discrete":
        start, end = number(model.get("beta_start")), number(model.get("beta_end"))
        betas = (_text(model.get("beta_schedule")) or "", start or 0.0, end or 0.0)
    table = _table(*betas, steps, zero) if betas else None
    low, high = number(model.get("sigma_min")), number(model.get("sigma_max"))
    if kind == "cosine" and low is not None:
        low = min(low, math.sqrt(1e-4 / 0.9999))  # Stable Cascade's table is cut at ᾱ = 0.9999
    mu, shift = number(model.get("mu")), number(model.get("shift"))
    tokens = number(model.get("image_seq_len"))
    if flow and mu is None and shift is None and tokens and 0 < tokens < 1e6:
        mu = mu_of(tokens)  # of Flux, whose scheduler is asked by the picture's size
    alpha = math.exp(mu) if mu is not None and abs(mu) < 50 else shift
    return About(
        name=(_text(model.get("name")) or "this model")[:80],
        kind=kind,
        prediction=_text(model.get("prediction")),
        low=low if low is not None or table is None else float(table.sigmas[0]),
        high=high if high is not None or table is None else float(table.sigmas[-1]),
        alpha=alpha if flow and alpha and alpha > 0 else None,
        by_mu=flow and mu is not None,
        zero_snr=zero,
        few_step=model.get("few_step") is True,
        scale=number(model.get("timestep_scale")),
        steps=steps,
        betas=betas if table else None,
        shift=shift,
        sigma_data=number(model.get("sigma_data")) or 1.0,
    )


def _known(family: Family) -> About:
    flow = family.kind == "flow"
    cosine = family.sampling == "StableCascadeSampling"
    return About(
        family.label,
        "cosine" if cosine else family.kind,
        family.prediction,
        family.sigma_min,
        math.inf if family.zero_snr else family.sigma_max,
        family.alpha if flow else None,
        family.mu is not None,
        family.zero_snr,
        scale=family.multiplier if flow else None,
        betas=family.betas,
        shift=family.shift,
        sigma_data=family.sigma_data,
    )


@lru_cache(maxsize=64)
def _table(name: str, start: float, end: float, steps: int, zero: bool) -> Table | None:
    try:
        table = Table.of(name, start, end, steps, zero)
    except UserError:
        return None
    return table if 0 < table.sigmas[0] < table.sigmas[-2] < math.inf else None


def _stages(stages: Any) -> tuple[Stage, ...]:
    found = []
    for stage in stages if isinstance(stages, list) else ():
        numbers = [number(s) for s in _list(_dict(stage).get("sigmas"))]
        noise, steps = _dict(stage).get("add_noise"), number(_dict(stage).get("steps"))
        found.append(
            Stage(
                tuple(math.nan if s is None else s for s in numbers),
                noise if isinstance(noise, bool) else None,
                int(steps) if steps is not None and 0 < steps < 1e6 else None,
            )
        )
    return tuple(found)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _dict(value: Any) -> dict:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list:
    return value if isinstance(value, list) else []
