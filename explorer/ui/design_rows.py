"""Rows of EDM's Table 1: what each measures on a column, its formulas, and where it is tried."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor

from ..lab.columns import HIGH, LOW, Column, levels

STEPS = 18  # of the ρ grid: 35 evaluations of Heun, as for CIFAR-10


class Row(NamedTuple):
    """A row of Table 1.

    curve: Column -> (x, y); axis: what x is; where: the page that a click leads to, and own: what a
    cell sets there; formulas: of each column, as the paper has them.
    """

    name: str
    label: str
    group: str
    axis: str
    log: bool
    where: str
    about: str
    curve: Callable[[Column], tuple[Tensor, Tensor]]
    own: Callable[[Column], Mapping[str, Any]]
    formulas: Mapping[str, str]


def _over_t(c: Column) -> tuple[Tensor, Tensor]:
    first, last = (c.schedule.time(torch.tensor(s).double()) for s in (HIGH, LOW))
    t = torch.linspace(float(first), float(last), 97, dtype=torch.float64)
    return t, c.schedule.sigma(t)


def _steps(c: Column) -> tuple[Tensor, Tensor]:
    sigmas = c.timesteps.sigmas(STEPS)
    return torch.arange(len(sigmas)).double(), sigmas


def _along(what: Callable[[Column, Tensor], Tensor]):
    return lambda c: (levels(), what(c, levels()))


def _sampler(key: str):
    """The settings of one slot of the view, `schedule`, `timesteps` or `solver`."""
    return lambda c: {k: v for k, v in c.flat.items() if k.split(".")[0] == key}


ROWS = [
    Row(
        "sigma",
        "schedule σ(t)",
        "Sampling",
        "t",
        True,
        "explore",
        "noise level over time, from σ\u00a0=\u00a080 on the left to σ\u00a0=\u00a00.002",
        _over_t,
        lambda c: {k: v for k, v in _sampler("schedule")(c).items() if k != "schedule.scaling"},
        {
            "vp": "√(exp(½ β_d t² + β_{min} t) − 1)",
            "ve": "√t",
            "iddpm": "t",
            "edm": "t",
        },
    ),
    Row(
        "scale",
        "scaling s(t)",
        "Sampling",
        "sigma",
        False,
        "explore",
        "factor of the state at each noise level",
        _along(lambda c, s: c.schedule.scale(c.schedule.time(s))),
        lambda c: {"schedule.scaling": c.flat["schedule.scaling"]},
        {
            "vp": "1/√(exp(½ β_d t² + β_{min} t))",
            "ve": "1",
            "iddpm": "1",
            "edm": "1",
        },
    ),
    Row(
        "steps",
        "time steps",
        "Sampling",
        "step",
        True,
        "explore",
        f"noise levels of {STEPS} steps, i\u00a0=\u00a00\u00a0…\u00a0{STEPS - 1}",
        _steps,
        _sampler("timesteps"),
        {
            "vp": "t_i = 1 + i/(N − 1) (ε_s − 1)",
            "ve": "t_i = σ_{max}² (σ_{min}²/σ_{max}²)^{i/(N − 1)}",
            "iddpm": "u_j, j = ⌊j_0 + (M − 1 − j_0)/(N − 1) i + ½⌋",
            "edm": "(σ_{max}^{1/ρ} + i/(N − 1) (σ_{min}^{1/ρ} − σ_{max}^{1/ρ}))^ρ",
        },
    ),
    Row(
        "skip",
        "skip scaling c_{skip}",
        "Network",
        "sigma",
        False,
        "train",
        "how much of its input the denoiser lets through",
        _along(lambda c, s: c.precond.c_skip(s)),
        lambda c: {"precond": c.name},
        {"vp": "1", "ve": "1", "iddpm": "1", "edm": "σ_d²/(σ² + σ_d²)"},
    ),
    Row(
        "out",
        "output scaling c_{out}",
        "Network",
        "sigma",
        True,
        "train",
        "size of c_{out}: what an error of 1 in F does to D",
        _along(lambda c, s: c.precond.c_out(s).abs()),
        lambda c: {"precond": c.name},
        {"vp": "−σ", "ve": "σ", "iddpm": "−σ", "edm": "σ σ_d/√(σ² + σ_d²)"},
    ),
    Row(
        "in",
        "input scaling c_{in}",
        "Network",
        "sigma",
        True,
        "train",
        "factor of what the network sees",
        _along(lambda c, s: c.precond.c_in(s)),
        lambda c: {"precond": c.name},
        {"vp": "1/√(σ² + 1)", "ve": "1", "iddpm": "1/√(σ² + 1)", "edm": "1/√(σ² + σ_d²)"},
    ),
    Row(
        "noise",
        "noise condition c_{noise}",
        "Network",
        "sigma",
        False,
        "train",
        "the number that tells F the noise level; each column in its own units",
        _along(lambda c, s: c.precond.c_noise(s)),
        lambda c: {"precond": c.name},
        {
            "vp": "(M − 1) σ^{−1}(σ)",
            "ve": "ln(½ σ)",
            "iddpm": "M − 1 − arg min_j |u_j − σ|",
            "edm": "¼ ln σ",
        },
    ),
    Row(
        "train",
        "noise levels p_{train}",
        "Training",
        "sigma",
        False,
        "train",
        "density of the trained noise levels, per unit of ln σ",
        _along(lambda c, s: c.loss.density(s)),
        lambda c: {"loss": c.name},
        {
            "vp": "σ^{−1}(σ) ~ U(ε_t, 1)",
            "ve": "ln σ ~ U(ln σ_{min}, ln σ_{max})",
            "iddpm": "σ = u_j, j ~ U{0, M − 1}",
            "edm": "ln σ ~ N(P_{mean}, P_{std}²)",
        },
    ),
    Row(
        "lambda",
        "loss weighting λ",
        "Training",
        "sigma",
        True,
        "train",
        "weight of the squared error of D",
        _along(lambda c, s: c.loss.weight(s)),
        lambda c: {"loss": c.name},
        {"vp": "1/σ²", "ve": "1/σ²", "iddpm": "1/σ²", "edm": "(σ² + σ_d²)/(σ σ_d)²"},
    ),
]
