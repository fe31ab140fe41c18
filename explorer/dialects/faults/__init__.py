"""What can be wrong with a run: one file for a kind of fault or a close pair, all in one tuple.

A detector is a module with KINDS, the names of what it finds, and `find(case)`, the faults with
their sentences and, where there is one, the mended list.  Each reasons from what this model,
schedule, sampler and count of steps would make.  Faults that follow from another are not told.
"""

import numpy as np

from ..report import SEVERITIES, Fault, Run
from . import (
    direction,
    frame,
    gap,
    interval,
    leftover,
    not_a_number,
    penultimate,
    prediction,
    repeats,
    scale,
    shift,
    snr,
    stages,
    start,
    steps_off,
    trained_range,
)
from .case import case_of

# a detector comes after those whose faults explain its own
DETECTORS = (
    not_a_number,
    direction,
    frame,
    snr,
    repeats,
    trained_range,
    scale,
    start,
    steps_off,
    prediction,
    shift,
    penultimate,
    stages,
    gap,
    leftover,
    interval,
)
KINDS = tuple(kind for detector in DETECTORS for kind in detector.KINDS)
LISTS = (  # all that is read off the list's numbers
    *frame.KINDS,
    *snr.KINDS,
    *repeats.KINDS,
    *trained_range.KINDS,
    *start.KINDS,
    *scale.KINDS,
    *steps_off.KINDS,
    *shift.KINDS,
    *penultimate.KINDS,
    *stages.KINDS,
    *gap.KINDS,
    *leftover.KINDS,
)
EXPLAINS = {  # what is not told once this is
    "not_a_number": (*direction.KINDS, *LISTS),
    "wrong_direction": LISTS,
    "flow_list_on_eps_model": (*LISTS, *prediction.KINDS),
    "eps_list_on_flow_model": LISTS,
    "zero_snr_on_ordinary_model": (*trained_range.KINDS, *start.KINDS, *steps_off.KINDS),
    "no_zero_terminal_snr": (*start.KINDS, *steps_off.KINDS),
    "outside_trained_range": start.KINDS,
    "timestep_scale_wrong": (*steps_off.KINDS, *start.KINDS),
    "off_by_one_timesteps": start.KINDS,
    "noise_removed_between_stages": stages.KINDS,
}


def faults_of(run: Run) -> list[Fault]:
    """What is wrong with a run, the worst first; nothing where it is right."""
    case, found = case_of(run), []
    explained: set[str] = set()
    for detector in DETECTORS:
        if explained.issuperset(detector.KINDS):
            continue
        with np.errstate(all="ignore"):  # a stranger's numbers may be any
            said = detector.find(case)
        for fault in said:
            if fault.kind not in explained:
                found.append(fault)
                explained.update(EXPLAINS.get(fault.kind, ()))
    return sorted(found, key=lambda fault: SEVERITIES.index(fault.severity))
