"""What an X-ray says: the runs that it found, their noise levels on our ruler, and what is wrong.

Plain values only, so that a report can be kept, compared and sent.
"""

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Frame = Literal["ve", "flow"]
SEVERITIES = ("wrong", "know", "note")  # in the order in which they are told


@dataclass(frozen=True)
class Mend:
    """A list without the fault: the button's words, and the list in the tool's own numbers.

    sigmas is empty where the run told timesteps alone.  stage: which of several stages it replaces.
    """

    label: str
    sigmas: tuple[float, ...]
    timesteps: tuple[float, ...] | None = None
    stage: int | None = None


@dataclass(frozen=True)
class Fault:
    """One thing to tell about a run.

    kind: a name of `faults.KINDS`.  at: the index into the run's list, None where it is the whole
    list.  severity: "wrong" (the picture suffers), "know" (may be meant) or "note".
    """

    kind: str
    at: int | None
    text: str
    mend: Mend | None = None
    severity: Literal["wrong", "know", "note"] = "wrong"


@dataclass(frozen=True)
class Run:
    """One pass of a sampler over one list.

    sigmas: the tool's own numbers (t from 1 to 0 for flow models), a final 0 where the tool has it.
    levels: the same as our σ, noise over signal; a start at t = 1 or at zero SNR is inf.
    evaluations: network calls.  model: a family's name or the model's own.  where: which node or
    pass of the file.  timesteps: what the network is told, where the tool says so.
    frame: "flow" where sigmas are t.  facts: more that the tool told of the run, in the words of a
    run record (model, goal, steps, scheduler, scheduler_config, guidance_interval, stages).
    """

    text: str
    sigmas: tuple[float, ...]
    levels: tuple[float, ...]
    evaluations: int
    sampler: str | None = None
    prediction: str | None = None
    model: str | None = None
    where: str | None = None
    timesteps: tuple[float, ...] | None = None
    frame: Frame = "ve"
    notes: tuple[str, ...] = ()
    facts: dict[str, Any] | None = field(default=None, hash=False)


@dataclass(frozen=True)
class Report:
    """what: the kind of thing that was read, "ComfyUI workflow" or "list of sigmas"."""

    what: str
    runs: tuple[Run, ...]
    faults: tuple[Fault, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def wrong(self) -> bool:
        """Is anything in it wrong, and not only good to know?"""
        return any(fault.severity == "wrong" for fault in self.faults)

    def json(self) -> dict:
        """The report as JSON holds it: infinities and NaN as the words "inf", "-inf", "nan"."""
        return _plain(asdict(self))


def levels_of(sigmas: Iterable[float], frame: Frame) -> tuple[float, ...]:
    """The tool's numbers as our σ: t/(1 − t) in the flow frame, inf at t = 1; NaN stays."""
    if frame == "ve":
        return tuple(float(s) for s in sigmas)
    return tuple(t / (1 - t) if t < 1 else math.inf if t == 1 else math.nan for t in sigmas)


def _plain(value):
    if isinstance(value, dict):
        return {str(key): _plain(inside) for key, inside in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inside) for inside in value]
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    return value
