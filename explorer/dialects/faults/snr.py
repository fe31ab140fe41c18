"""Zero terminal SNR: a table that ends in pure noise, on a model trained with it and without.

Lin et al. 2024, arXiv:2305.08891.
"""

import math

import numpy as np

from ..report import Fault, Mend
from .case import About, Case, endless
from .made import told_at, whole
from .words import level

KINDS = ("no_zero_terminal_snr", "zero_snr_on_ordinary_model")


def find(case: Case) -> list[Fault]:
    """The config's word where there is one, else the table that the levels belong to."""
    if case.model.table is None:
        return []
    return _missing(case) if case.model.zero_snr else _needless(case)


def _missing(case: Case) -> list[Fault]:
    plain, above = case.model.with_snr(False), case.above
    top = float(plain.high or 0)
    if case.config:
        if case.config.get("rescale_betas_zero_snr") is True or not _has_option(case):
            return []
    elif not above or case.goal not in ("full", "first", "") or _is_zero(case, plain, top):
        return []
    start = f"starts at {level(above[0])}" if above else f"ends at σ = {level(top)}"
    said = (
        f"{case.model.name} was trained to pure noise, but this list {start}, on the ordinary "
        "table: brightness cannot leave the middle."
    )
    return [Fault("no_zero_terminal_snr", 0, said, _mend(case, case.model))]


def _needless(case: Case) -> list[Fault]:
    above = case.above
    rescaled = case.config.get("rescale_betas_zero_snr") is True
    known = endless(case.model.high or 0)  # a cosine table may itself go so high
    if not rescaled and (known or not (above and endless(above[0]))):
        return []
    top = level(case.model.high or 14.6)
    start = (
        f"starts at {level(above[0])} (written {above[0]:g})" if above else "has σ = ∞ at its top"
    )
    said = (
        f"The list {start}, for zero terminal SNR; {case.model.name} was trained to {top} and has "
        "not seen pure noise."
    )
    if above and not endless(above[0]):
        said = (
            f"The table is stretched to zero terminal SNR (rescale_betas_zero_snr), and "
            f"{case.model.name} was trained on the ordinary one, to {top}."
        )
    return [Fault("zero_snr_on_ordinary_model", 0, said, _mend(case, case.model))]


def _has_option(case: Case) -> bool:
    """Flow and EDM schedulers have no table to stretch."""
    return not case.class_name.startswith(("FlowMatch", "EDM"))


def _is_zero(case: Case, plain: About, top: float) -> bool:
    """Is the list one of the stretched table: above the ordinary one, or on its entries?"""
    first = case.above[0]
    return first > 1.01 * top or first < 0.99 * top and _nearer(case, case.model, plain)


def _nearer(case: Case, first: About, second: About) -> bool:
    """Do the levels lie nearer to the entries of the first table than of the second?"""
    sigmas = [s for s in case.above if s > 0 and math.isfinite(s)]
    if not sigmas or first.table is None or second.table is None:
        return False
    count = min(len(sigmas), len(case.timesteps))
    if count:
        told = np.array(case.timesteps[:count])
        off = [
            np.abs(a.timestep(sigmas[:count]) - told).mean() for a in (first.table, second.table)
        ]
    else:
        places = [np.asarray(a.timestep(sigmas)) for a in (first.table, second.table)]
        off = [np.abs(p - p.round()).mean() for p in places]
    return bool(off[0] < off[1])


def _mend(case: Case, about: About) -> Mend | None:
    """The same timesteps on the right table; where none are told, the tool's own list."""
    table, times = about.table, case.run.timesteps
    if table is None:
        return None
    if times and all(0 <= t <= about.steps - 1 for t in times):
        if about.zero_snr and times[0] < about.steps - 1:
            times = (about.steps - 1.0, *times[1:])
        found = (*(float(s) for s in table.sigma(times)), 0.0) if case.sigmas else ()
        if case.sigmas and len(case.sigmas) != len(found):
            return None
        return Mend("Use the right table", found, times)
    found = whole(case, about)
    told = tuple(told_at(about, s) for s in found[:-1]) if times else None
    return Mend("Use the right table", found, told) if found else None
