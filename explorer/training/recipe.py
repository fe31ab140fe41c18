"""How a predictor of AMED's is trained: settings, teachers, their levels; what is told of it."""

import dataclasses
import math
from typing import TYPE_CHECKING, ClassVar

import torch
from torch import Tensor

from ..core.ode import Stepper
from ..core.solvers import DDIM, DPM2, IPNDM, DPMpp, Heun, UniPC
from ..core.timesteps import Custom
from ..errors import UserError
from ..settings import param, setting
from .standing import LEARNED, UNTRAINED, Standing
from .stops import PLACES

if TYPE_CHECKING:
    from .amed import Trainer

TEACHERS: dict[str, tuple[str, Stepper]] = {
    "heun": ("Heun", Heun()),
    "dpm2": ("DPM-Solver-2", DPM2()),
    "ipndm4": ("iPNDM-4", IPNDM(4)),
    "dpmpp3": ("DPM-Solver++(3M)", DPMpp(3)),
    "unipc3": ("UniPC-3", UniPC(3)),
    "ddim": ("DDIM", DDIM()),
}
WARM = 0.15  # the part of a training over which the rate rises
STEPS = {"view": "its own", "gits": "GITS", "search": "searched"}  # as the table calls them


@setting
class AMEDTraining:
    """How a predictor is trained; the defaults are those published for AMED-Solver on CIFAR-10."""

    name: ClassVar[str] = "amed"
    teacher: str = param(
        "heun",
        label="Teacher",
        choices=tuple((k, v[0]) for k, v in TEACHERS.items()),
        help="the fine solver whose states are the targets",
    )
    inner: int = param(
        1,
        1,
        16,
        1,
        label="M",
        help="teacher levels inside each step; the paper has 1 for AMED-Solver, 2 for plug-ins",
    )
    scale_dir: float = param(
        0.01, 0.0, 0.5, 0.01, label="Range of c", help="c lies within 1 ± this; 0 leaves c out"
    )
    scale_time: float = param(
        0.0, 0.0, 0.5, 0.01, label="Range of a", help="a lies within 1 ± this; 0 leaves a out"
    )
    look: bool = param(
        True,
        label="Features",
        choices=((True, "look at the sample"), (False, "levels only")),
        help="without them all samples share r and c (the paper's ablation)",
    )
    place: str = param(
        "view",
        label="Steps",
        choices=PLACES,
        help="which levels it is trained on; searched ones come with the points "
        "inside, from which the predictor starts",
    )
    paths: int = param(
        10_000, 64, 200_000, 1, label="Paths", log=True, help="trained on in all, rounds included"
    )
    batch: int = param(128, 4, 1024, 1, label="Batch", log=True, help="paths at a time")
    rounds: int = param(
        1, 1, 64, 1, label="Rounds", help="how often each path is used; the teacher walks it once"
    )
    rate: float = param(5e-3, 1e-5, 0.1, label="Learning rate", log=True, help="of Adam")
    finish: float = param(
        0.0,
        0.0,
        1.0,
        0.05,
        label="Finish",
        help="the last part of the training, whose loss is the distance at the "
        "end of the run, through all steps at once; 0 as published",
    )
    settle: int = param(
        0,
        0,
        2000,
        1,
        label="Shared first",
        help="updates of the r, c and a that all samples share, from which the predictor then "
        "starts; 0 as published",
    )
    weigh: str = param(
        "distance",
        label="Finish on",
        choices=(("distance", "the distance"), ("ratio", "its logarithm")),
        help="the distance at the end, of which a few lost paths make most, or its logarithm, "
        "in which every path counts alike",
    )
    anneal: bool = param(
        False,
        label="Its course",
        choices=((False, "constant"), (True, "falls to 0, a cosine")),
        help="of the learning rate over the training",
    )
    seed: int = param(0, 0, 2**30 - 1, 1, label="Seed", help="of the weights and of the paths")

    def rate_at(self, done: int, batches: int, warm: bool) -> float:
        """Of the update after so many.  warm: it rises first, where there is something to lose.
        Adam's first updates move every weight by the whole rate, whatever the gradient: from what
        all samples share they lead away (0.0098 to 0.013 on a mixture, with 0.005).
        """
        fall = (1 + math.cos(math.pi * done / batches)) / 2 if self.anneal else 1.0
        return self.rate * fall * (min(1.0, (done + 1) / (WARM * batches)) if warm else 1.0)


@dataclasses.dataclass(frozen=True, eq=False)
class Progress:
    """After one batch.  loss (K − 1,): per step, mean over the batch.  r, c, a (K − 1, 2): mean and
    standard deviation over the batch.  standing: on held-out seeds, where it was measured.
    """

    batch: int
    batches: int
    loss: tuple[float, ...]
    r: tuple[tuple[float, float], ...]
    c: tuple[tuple[float, float], ...]
    a: tuple[tuple[float, float], ...]
    seconds: float
    standing: Standing | None = None

    @property
    def error(self) -> float | None:
        """Mean end error of the student on held-out seeds, where it was measured."""
        return None if self.standing is None else self.standing.mean(LEARNED).value

    @property
    def before(self) -> float | None:
        """That of the solver it started from, r = ½ and c = 1."""
        return None if self.standing is None else self.standing.mean(UNTRAINED).value


def noted(training: "Trainer") -> dict:
    """What a predictor's file says of how it was trained."""
    t, how = training, training.how
    last = t.history[-1] if t.history else None
    looked = [p for p in t.history if p.standing is not None]
    standing = looked[-1].standing if looked else None
    found, shared = t.placed, t.settled
    return {
        "teacher": how.teacher,
        "M": how.inner,
        "batch": how.batch,
        "rate": how.rate,
        "finish": how.finish,
        "weigh": how.weigh,
        "paths": t.done * how.batch,
        "rounds": how.rounds,
        "seed": how.seed,
        "steps": STEPS[how.place],
        "placed": found and {"r": list(found.r), "error": found.error, "tried": found.tried},
        "shared": shared and {"r": list(shared.r), "c": list(shared.c), "a": list(shared.a)},
        "seconds": round(t.seconds, 1),
        "error": looked[-1].error if looked else None,
        "error_before": looked[-1].before if looked else None,
        "standing": standing and standing.plain(),
        "held_out": standing and len(standing.errors[LEARNED]),
        "loss": last and list(last.loss),
        "r": last and [list(v) for v in last.r],
        "c": last and [list(v) for v in last.c],
        "a": last and [list(v) for v in last.a],
        "errors": [[p.batch, p.error] for p in looked],
    }


def refined(timesteps, steps: int, inner: int) -> Tensor:
    """The grid's own levels for M + 1 times as many steps; between typed levels those of ρ = 7."""
    if steps < 1:
        raise UserError("A predictor needs at least one step.")
    if not isinstance(timesteps, Custom):
        return timesteps.sigmas((inner + 1) * steps + 1)
    levels = timesteps.sigmas()
    if len(levels) != steps + 1:
        raise UserError(
            f"A list of {len(levels)} levels makes {len(levels) - 1} steps, not {steps}."
        )
    root = levels ** (1 / 7)
    part = torch.arange(inner + 1, dtype=root.dtype) / (inner + 1)
    fine = (root[:-1, None] + part * (root[1:] - root[:-1])[:, None]) ** 7
    fine[:, 0] = levels[:-1]
    return torch.cat([fine.flatten(), levels[-1:]])


def spread(v: Tensor | float) -> tuple[float, float]:
    """Mean and standard deviation over the samples of what a predictor said of a step."""
    if isinstance(v, float):
        return v, 0.0
    v = v.detach()
    return float(v.mean()), float(v.std()) if len(v) > 1 else 0.0
