"""Where a network was trained: its p_train, of what its checkpoint records of itself.

where(config) -> Where        config: of a `store.weights.Checkpoint`
"""

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

from torch import Tensor

from ..analysis.loss import TRAINING, discrete_density
from ..errors import UserError
from ..models.discrete import Discrete, precond_of
from ..models.flow import Flow
from .loss import LOSSES, EDMLoss, FlowLoss, VELoss, VPLoss

NAMES = {"edm": "EDM", "vp": "VP", "ve": "VE", "iddpm": "iDDPM", "flow": "flow matching"}
LAWS = {  # of σ, as it is drawn in training; HTML
    "edm": "ln σ ~ N({p_mean:g}, {p_std:g}²)",
    "vp": "<i>t</i> uniform, σ(<i>t</i>) of VP",
    "ve": "ln σ uniform from {sigma_min:g} to {sigma_max:g}",
    "iddpm": "each of 1000 levels equally often",
    "flow": "logit <i>t</i> = ln σ ~ N({p_mean:g}, {p_std:g}²)",
}

UNTOLD = "The file does not say how this network was trained. "


class Where(NamedTuple):
    """density(σ (S,)) -> (S,), per unit of ln σ.  name: for beside the curve; told: whose it is and
    how it is known, in a sentence, as HTML."""

    density: Callable[[Tensor], Tensor]
    name: str
    told: str


def published(design: str) -> Where:
    """A column of EDM's Table 1, for a denoiser that was not trained."""
    name = NAMES[design]
    return Where(
        TRAINING[design],
        f"{name} trains here",
        f"The hill is p<sub>train</sub> of {name}: {_law(design)}. This denoiser is computed from "
        "the data and was not trained.",
    )


def where(config: Mapping) -> Where:
    """As the training was recorded; where it was not, as others of the same preconditioning are
    trained, and that is said."""
    recorded = config.get("training")
    if isinstance(recorded, Mapping) and recorded.get("loss") in LOSSES:
        return _recorded(recorded)
    if isinstance(scheduler := config.get("scheduler"), Mapping):
        try:
            kind = precond_of(scheduler)
        except UserError:  # of another version: it will be said when the network is read
            kind = None
        if isinstance(kind, Discrete):
            return _discrete(kind)
        if isinstance(kind, Flow):
            return _flow({"p_mean": math.log(kind.shift)}, UNTOLD)
    return _supposed(config)


def _recorded(training: Mapping) -> Where:
    design = str(training["loss"])
    if design == "flow":
        return _flow(training, "")
    if design != "edm":
        return Where(
            LOSSES[design]().density,
            f"trained here, as {NAMES[design]}",
            f"The hill is p<sub>train</sub> of this network: {_law(design)}, as {NAMES[design]}.",
        )
    usual = EDMLoss()
    own = EDMLoss(
        p_mean=_number(training, "p_mean", usual.p_mean),
        p_std=_number(training, "p_std", usual.p_std),
    )
    law = _law("edm", p_mean=own.p_mean, p_std=own.p_std)
    if own == usual:
        name, beside = "trained here, as EDM", "as EDM"
    else:
        name = f"trained here: P_mean {own.p_mean:g}".replace("-", "−")
        if own.p_std != usual.p_std:
            name += f", P_std {own.p_std:g}"
        beside = f"where EDM has {_law('edm')}"
    return Where(
        own.density, name, f"The hill is p<sub>train</sub> of this network: {law}, {beside}."
    )


def _flow(training: Mapping, doubt: str) -> Where:
    """Flow matching's logit-normal; without a record that of Esser et al. 2024."""
    law = {k: _number(training, k, v) for k, v in vars(FlowLoss()).items()}
    return Where(
        FlowLoss(**law).density,
        "flow matching trains here" if doubt else "trained here, as flow matching",
        f"{doubt}The hill is p<sub>train</sub> of flow matching: {_law('flow', **law)}.",
    )


def _discrete(kind: Discrete) -> Where:
    return Where(
        lambda sigma: discrete_density(sigma, kind.levels),
        "trained here",
        f"The hill is p<sub>train</sub> of this network’s scheduler: each of its "
        f"{len(kind.levels)} levels equally often.",
    )


def _supposed(config: Mapping) -> Where:
    """By the column of its preconditioning: EDM's own code joins a loss to each."""
    design = str(config.get("precond"))
    design = design if design in LOSSES else "edm"
    if design == "flow":
        return _flow({}, UNTOLD)
    kwargs = config.get("precond_kwargs")
    kwargs, law = kwargs if isinstance(kwargs, Mapping) else {}, {}
    loss = LOSSES[design]()
    if design == "vp":
        loss = VPLoss(_number(kwargs, "epsilon_t", 1e-5))
    elif design == "ve":
        law = {k: _number(kwargs, k, getattr(loss, k)) for k in ("sigma_min", "sigma_max")}
        loss = VELoss(**law)
    name = NAMES[design]
    return Where(
        loss.density,
        f"{name} trains here",
        f"{UNTOLD}The hill is p<sub>train</sub> of "
        f"{name}, whose preconditioning it has: {_law(design, **law)}.",
    )


def _law(design: str, **given: float) -> str:
    usual = {"p_mean": -1.2, "p_std": 1.2, "sigma_min": 0.02, "sigma_max": 100.0}
    return LAWS[design].format(**(usual | given)).replace("-", "−")


def _number(found: Mapping, key: str, default: float) -> float:
    value = found.get(key, default)
    fits = isinstance(value, int | float) and math.isfinite(value)
    return float(value) if fits else default
