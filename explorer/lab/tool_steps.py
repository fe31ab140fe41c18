"""Time steps as other tools name them: the list that a tool makes, on our σ, with its crops.

    ComfySteps(scheduler="karras", family="sdxl", denoise=0.5).sigmas(20)

One class for each tool; `by` names the field that tells its lists apart, and the menu has a line
for each.  sigmas(n) is the tool's list of n steps without the final 0, which the loop appends;
where a tool makes more or fewer levels than steps (ddim_uniform, doubles left out, a strength),
these are the levels that run, and the evaluations are counted from them.
"""

import math
from functools import lru_cache
from typing import Any, ClassVar, NamedTuple

import torch
from torch import Tensor

from ..core.timesteps import HIGHEST, LOWEST
from ..dialects.families import FAMILIES
from ..errors import UserError
from ..settings import param, setting

HEADING = "As other tools name it"
CROPS = ("start", "end", "leftover", "penultimate", "start_percent", "end_percent")
MOST_LEVELS = 1000  # of a list that runs here


class Made(NamedTuple):
    """A tool's list in its own numbers, from noise to picture, and the family of models whose
    numbers these are; None where they are noise levels σ anyway.
    """

    sigmas: list[float]
    family: str | None = None


class _Said:
    """The tool's name by the class, and with the chosen list's name by an instance."""

    def __get__(self, steps: Any, owner: Any) -> str:
        return owner.tool if steps is None else f"{owner.tool} {steps.chosen}"


@setting
class ToolSteps:
    """What the tools share: the crop of a list by steps, by parts of the way, and its end."""

    tool: ClassVar[str] = ""
    by: ClassVar[str] = "scheduler"
    label: ClassVar = _Said()
    short: ClassVar = _Said()
    formula: ClassVar[str] = "σ_i as the tool lists them"
    source: ClassVar[str] = ""
    start: int = param(
        0, 0, 1000, 1, label="from step", help="earlier steps are left to another run: a hand-over"
    )
    end: int = param(0, 0, 1000, 1, label="to step", help="later steps are left out; 0: to the end")
    leftover: bool = param(
        False,
        label="Last level",
        choices=((False, "forced to 0"), (True, "noise left over")),
        help="of a list that ends early: 0 all the same, or its noise kept for another run; then "
        "let the ending stop at σ_min",
    )
    penultimate: bool = param(
        True,
        label="Last but one",
        choices=((True, "kept"), (False, "dropped")),
        help="dropped: one step more is made and the last level above 0 left out, as for DPM2",
    )

    def made(self, steps: int) -> Made:
        """The tool's own list of so many steps."""
        raise NotImplementedError

    @property
    def chosen(self) -> str:
        """The list's name, as the tool has it."""
        return str(getattr(self, self.by))

    def listed(self, n: int) -> list[float]:
        """The list for n steps on our σ, cropped, with its final 0; the first may be ∞."""
        made = self.made(n + (not self.penultimate))
        sigmas = made.sigmas
        if not self.penultimate and len(sigmas) > 2:
            sigmas = [*sigmas[:-2], sigmas[-1]]
        if any(math.isnan(s) for s in sigmas):
            raise UserError(f"{self.label} has no list of {n} step{'s' * (n > 1)}; use more.")
        level = FAMILIES[made.family].level if made.family else float
        return [level(s) for s in self._cropped(sigmas)]

    def _cropped(self, sigmas: list[float]) -> list[float]:
        kept = sigmas
        if 0 < self.end < len(kept) - 1:
            kept = kept[: self.end + 1]
            if not self.leftover:
                kept = [*kept[:-1], 0.0]
        kept = kept[self.start :]
        if not any(s > 0 for s in kept[:-1] or kept):
            raise UserError(
                f"{self.label} makes {len(sigmas) - 1} steps here; none is left from step "
                f"{self.start}{f' to {self.end}' if self.end else ''}. Raise NFE or crop less."
            )
        return kept

    def sigmas(self, n: int) -> Tensor:
        """Levels above 0 of the tool's list of n steps, falling, float64; the first may be ∞.

        Raises UserError where the tool has no such list.
        """
        return torch.tensor(_levels(self, n), dtype=torch.float64)

    @property
    def pure(self) -> bool:
        """Whether it begins at σ = ∞."""
        return math.isinf(float(self.sigmas(NOMINAL)[0]))

    @property
    def sigma_max(self) -> float:
        return min(float(self.sigmas(NOMINAL)[0]), HIGHEST)

    @property
    def sigma_min(self) -> float:
        return float(self.sigmas(NOMINAL)[-1])

    def within(self, low: float, high: float) -> "Within":
        """The list with what lies beyond these ends moved to them, each level once."""
        return Within(self, low, high)


NOMINAL = 20  # steps of the list whose ends stand for a tool's range


@lru_cache(256)
def _levels(steps: ToolSteps, n: int) -> tuple[float, ...]:
    kept: list[float] = []
    for level in steps.listed(n):
        level = level if math.isinf(level) and not kept else min(level, HIGHEST)
        if level >= LOWEST and (not kept or level < kept[-1]):
            kept.append(level)
    if not kept:
        raise UserError(f"{steps.label} lists no level above {LOWEST:g} here.")
    if len(kept) > MOST_LEVELS:
        raise UserError(f"{steps.label} makes {len(kept):,} levels; at most {MOST_LEVELS:,} run.")
    return tuple(kept)


class Within(NamedTuple):
    """A tool's list between two ends."""

    steps: ToolSteps
    low: float
    high: float

    @property
    def pure(self) -> bool:
        """Whether it begins at σ = ∞."""
        return self.steps.pure and math.isinf(self.high)

    @property
    def sigma_max(self) -> float:
        return min(self.steps.sigma_max, self.high)

    @property
    def sigma_min(self) -> float:
        return max(self.steps.sigma_min, self.low)

    def sigmas(self, n: int) -> Tensor:
        """As of the list, with what lies beyond at the ends, each level once."""
        levels = self.steps.sigmas(n).clamp(self.low, self.high)
        return levels[torch.cat([torch.tensor([True]), levels[1:] < levels[:-1]])]


def denoise(help: str) -> float:
    """The field of a crop by strength."""
    return param(1.0, 0.01, 1, 0.01, label="denoise", help=help)


def family(default: str) -> str:
    """The field that says whose noise levels are listed."""
    return param(
        default,
        label="for model",
        choices=tuple((f.name, f.label) for f in FAMILIES.values()),
        help="whose table of noise levels the tool reads; a flow model's t is σ/(1 + σ)",
    )


def answered(answer: dict, what: str, key: str = "sigmas") -> list[float]:
    """A tool's list.  Raises UserError in words where the tool itself fails."""
    if "error" in answer:
        raise UserError(f"{what} has no such list: the tool itself fails ({answer['error']}).")
    return answer[key]
