"""A1111's samplers that run on whole steps of the table: DDIM, DDIM CFG++, PLMS and UniPC.

Their schedules have no name: 1, 1 + s, 1 + 2s, … with s = ⌊1000/n⌋, which is often more than n.
DDIM and PLMS start at the last and never call the network at the first; UniPC takes only the
length of the list.  modules/sd_samplers_timesteps*.py and models/diffusion/uni_pc of v1.10.1.
"""

import numpy as np

from ..errors import UserError
from .a1111_table import Table

SKIPS = ("time_uniform", "time_quadratic", "logSNR")


def steps_of(n: int) -> list[float]:
    """The list that A1111 makes for n steps, rising.  More than 1000 steps have no list there."""
    return [float(min(t + 1, 999)) for t in range(0, 1000, 1000 // n)] if n <= 1000 else []


def calls(sampler: str, steps: list[float]) -> list[float]:
    """The step of every network call, in order; PLMS looks ahead once, after its first."""
    down = steps[:0:-1]
    if sampler == "PLMS" and down:
        ahead = steps[-2]
        return [down[0], ahead, *down[1:]]
    return down


def unipc_times(n: int, table: Table, skip: str = "time_uniform", start: float = 1.0) -> list:
    """UniPC's continuous times, n + 1 from `start` (1 = noise) to 0.001.

    skip: even in t, in √t, or in λ = ln(√ᾱ/√(1 − ᾱ)).  Zhao et al. 2023, arXiv:2302.04867.
    """
    if skip not in SKIPS:
        raise UserError(f"Unknown UniPC skip type {skip!r:.40}. Known: {', '.join(SKIPS)}.")
    last = 1 / 1000
    if skip == "time_uniform":
        return np.linspace(start, last, n + 1).tolist()
    if skip == "time_quadratic":
        return (np.linspace(start**0.5, last**0.5, n + 1) ** 2).tolist()
    first, end = _half_log_snr(start, table), _half_log_snr(last, table)
    logs = -0.5 * np.logaddexp(0, -2 * np.linspace(first, end, n + 1))
    times, means = _times(table), _log_means(table)
    return np.interp(logs, means[::-1], times[::-1]).tolist()


def unipc_steps(times: list[float]) -> list[float]:
    """What the network is told at each of UniPC's times: 1000 t − 1."""
    return [(t - 1 / 1000) * 1000 for t in times]


def unipc_sigmas(times: list[float], table: Table) -> list[float]:
    """σ at UniPC's continuous times; its ln √ᾱ is linear between entries."""
    return [float(np.exp(-_half_log_snr(t, table))) for t in times]


def _times(table: Table) -> np.ndarray:
    """t of each entry: 0.001 … 1."""
    return np.linspace(0, 1, len(table.alphas) + 1)[1:]


def _log_means(table: Table) -> np.ndarray:
    return 0.5 * np.log(table.alphas.astype(np.float64))


def _half_log_snr(t: float, table: Table) -> float:
    mean = float(np.interp(t, _times(table), _log_means(table)))
    return mean - 0.5 * float(np.log(-np.expm1(2 * mean)))
