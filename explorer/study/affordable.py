"""How many samples a study may take within the cap on work."""

import dataclasses

from ..core.timesteps import Rho
from ..errors import UserError
from ..lab import cost
from ..lab.experiment import Experiment, work
from ..lab.source import SETTLED, prepared
from ..numerals import number

FEWEST = 8  # samples that a mean and a band need


def compared_within_work(
    trials: list[Experiment], fewest: int = FEWEST, paced: bool = True
) -> list[Experiment]:
    """The same with as many samples as the whole sweep may work on, at most those compared.

    paced: of a network only as many as its pace allows; else as many on any machine.  Raises
    UserError where `fewest` are too many.
    """
    one = [dataclasses.replace(e, samples=1) for e in trials]
    evaluation = {
        (e.data, e.model, e.timesteps.sigma_max, e.timesteps.sigma_min): work(
            dataclasses.replace(e, timesteps=Rho(), nfe=1)
        )
        for e in one
    }
    total = sum(map(work, one)) + cost.REFERENCE * sum(evaluation.values())
    wanted, affordable = max(e.samples for e in trials), int(cost.WORK_LIMIT / total)
    if affordable < min(fewest, wanted):
        raise UserError(
            f"{len(trials)} runs on {trials[0].data.label} are {number(fewest * total)} "
            f"operations for {fewest} samples; at most {number(cost.WORK_LIMIT)} are "
            "allowed. Use fewer runs, smaller budgets or less data."
        )
    most = (prepared(e.data, e.model).settled for e in one) if paced else (SETTLED,)
    limit = min(affordable, *most)
    return [dataclasses.replace(e, samples=min(e.samples, limit)) for e in trials]


def within_work(e: Experiment, each: float, most: int, least: int = 4) -> int:
    """How many samples, at most so many, a measurement of so much work for each of them may take.

    Raises UserError where the cap allows fewer than `least`.
    """
    count = min(most, int(cost.WORK_LIMIT / each))
    if count < min(least, most):
        raise UserError(
            f"On {e.data.label} this is {number(least * each)} operations for {least} "
            f"samples; at most {number(cost.WORK_LIMIT)} are allowed. Use fewer "
            "evaluations or less data."
        )
    return count
