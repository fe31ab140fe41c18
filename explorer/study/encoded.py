"""Which views can be walked up the ODE from an image, and how they are then."""

import dataclasses

from ..core.churn import Churn, Restart
from ..core.encoding import goes_up
from ..core.known import bounds
from ..errors import UserError
from ..lab.experiment import Experiment
from ..lab.source import prepared
from ..numerals import number


def upwards(base: Experiment) -> Experiment:
    """The view as it is walked both ways, one sample of it: to σ_min, without new noise."""
    return dataclasses.replace(
        base, churn=Churn(), restart=Restart(), afs=False, last="sigma_min", samples=1
    )


def check_upwards(base: Experiment) -> None:
    """Raises UserError for a solver that cannot go up and steps beyond what the network knows."""
    if not goes_up(base.solver):
        raise UserError(
            f"{base.solver.label} cannot run upwards: it needs a past, new noise or steps made for "
            "it; choose a one-step solver such as Heun."
        )
    low, high = bounds(prepared(base.data, base.model).denoiser)
    top, bottom = float(base.timesteps.sigma_max), float(base.timesteps.sigma_min)
    if top > high or bottom < low:
        raise UserError(
            f"This network knows σ from {number(low)} to {number(high)}, and the steps go from "
            f"{number(bottom)} to {number(top)}: choose σ_min and σ_max within."
        )


def check_image(base: Experiment) -> None:
    """Raises UserError for a view without images: encode needs one."""
    if base.data.kind != "image":
        raise UserError(
            f"{base.data.label} is no set of images, so there is none to encode; choose digits, "
            "glyphs or another set of images."
        )
