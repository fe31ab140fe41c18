"""DPM-Solver++ (multistep and singlestep), UniPC, DEIS, SA-Solver: n of n + 1 places of the table.

All take flow matching's levels too: `use_flow_sigmas`, t' = α t/(1 + (α − 1) t) of an even t, with
timesteps cut to whole numbers.
"""

import math
from collections.abc import Mapping

import numpy as np

from . import shapes, spacings, tables
from .answer import answer
from .defaults import Config
from .euler import only_steps
from .flow import stretched, time_shift
from .refusal import Refused

ALGORITHMS = {
    "DPMSolverMultistepScheduler": {"dpmsolver", "dpmsolver++", "sde-dpmsolver", "sde-dpmsolver++"}
    | {"deis"},
    "DPMSolverSinglestepScheduler": {"dpmsolver", "dpmsolver++", "sde-dpmsolver++", "deis"},
    "DEISMultistepScheduler": {"deis", "dpmsolver", "dpmsolver++"},
    "SASolverScheduler": {"data_prediction", "noise_prediction"},
}
SOLVERS = {"midpoint", "heun", "logrho", "bh1", "bh2"}  # of another class: replaced, not refused
TO_ZERO = {"dpmsolver++", "sde-dpmsolver++"}  # the only ones with a last step to 0


class _Table:
    """A class's table, and what it refuses when it is built."""

    def __init__(self, name: str, c: Config):
        shapes.check(c)
        self.bar = tables.alphas_cumprod(name, c, stand_in=True)
        self.sigmas = tables.sigmas(self.bar)
        self.logs = np.log(self.sigmas)
        if c.get("algorithm_type", "deis") not in ALGORITHMS.get(name, {"deis"}):
            raise Refused("NotImplementedError")
        if c.get("solver_type", "heun") not in SOLVERS:
            raise Refused("NotImplementedError")
        refuse_zero(c)
        self.total = c["num_train_timesteps"]

    def clipped(self, c: Config) -> int:
        """Entries whose λ = ln(√ᾱ/√(1 − ᾱ)) lies below the config's."""
        with np.errstate(all="ignore"):
            lam = np.log(np.sqrt(self.bar)) - np.log(np.sqrt(1 - self.bar))
        return int(np.searchsorted(lam[::-1], tables.FLOAT(c["lambda_min_clipped"])))

    def shaped(self, c: Config, n: int, kind: str, whole: bool) -> tuple[np.ndarray, np.ndarray]:
        """Levels of a shape over the whole table and their timesteps."""
        if kind == "lu":
            sigmas = shapes.even_lambda(self.logs, n)
        else:
            sigmas = shapes.shaped(c, kind, self.sigmas[::-1], n)
        timesteps = shapes.timestep(sigmas, self.logs)
        return sigmas, timesteps.round() if whole else timesteps

    def interpolated(self, timesteps: np.ndarray) -> np.ndarray:
        return np.interp(timesteps, np.arange(len(self.sigmas)), self.sigmas)


def refuse_zero(c: Config) -> None:
    """A last step to 0 with an algorithm of DPM-Solver's that has none."""
    if (
        c.get("final_sigmas_type") == "zero"
        and c.get("algorithm_type", "dpmsolver++") not in TO_ZERO
    ):
        raise Refused


def _shift(c: Config, given: Mapping) -> float:
    """The α of flow levels: of the config, or e^μ."""
    if given.get("mu") is None:
        return c["flow_shift"]
    if not (c["use_dynamic_shifting"] and c["time_shift_type"] == "exponential"):
        raise Refused("AssertionError")
    return float(np.exp(given["mu"]))


def _flow(c: Config, n: int, shift: float) -> tuple[np.ndarray, np.ndarray]:
    t = 1.0 - np.linspace(1, 1 / c["num_train_timesteps"], n + 1)
    t = (shift * t / (1 + (shift - 1) * t))[::-1][:-1].copy()
    return t, t * c["num_train_timesteps"]


def _without_mu(given: Mapping) -> dict:
    return {k: v for k, v in given.items() if k != "mu"}


def dpm_multistep(name: str, c: Config, n: int, given: Mapping) -> dict:
    """DPM-Solver++(2M) and its kin."""
    only_steps(n, _without_mu(given), "timesteps")
    table = _Table(name, c)
    shift = _shift(c, given)
    kind = "lu" if c["use_lu_lambdas"] and not c["use_karras_sigmas"] else shapes.shape(c)
    if given.get("timesteps") is not None:
        if kind:
            raise Refused
        timesteps = np.array(given["timesteps"]).astype(np.int64)
        if c["use_flow_sigmas"]:
            raise Refused("TypeError")
    else:
        timesteps = spacings.multistep(c, n, table.total - table.clipped(c))
    sigmas = table.interpolated(timesteps)
    if kind:
        whole = kind in ("karras", "lu") and c["beta_schedule"] != "squaredcos_cap_v2"
        sigmas, timesteps = table.shaped(c, n, kind, whole)
    elif c["use_flow_sigmas"]:
        sigmas, timesteps = _flow(c, n, shift)
    return _answer(timesteps, shapes.ended(sigmas, shapes.end(c, table.sigmas[0])))


def _answer(timesteps: np.ndarray, sigmas: np.ndarray, **more) -> dict:
    with np.errstate(all="ignore"):
        return answer(timesteps.astype(np.int64), sigmas, init_noise_sigma=1.0, order=1, **more)


def dpm_singlestep(name: str, c: Config, n: int, given: Mapping) -> dict:
    """DPM-Solver++ with whole steps of several calls: also the order of each."""
    only_steps(n, _without_mu(given), "timesteps")
    table = _Table(name, c)
    shift = _shift(c, given)
    lower = bool(c["lower_order_final"])
    orders(c, c["num_train_timesteps"], lower)
    kind = shapes.shape(c)
    if given.get("timesteps") is not None:
        if kind:
            raise Refused
        timesteps = np.array(given["timesteps"]).astype(np.int64)
        n = len(timesteps)
    else:
        timesteps = spacings.multistep(c, n, table.total - table.clipped(c))
    sigmas = table.interpolated(timesteps)
    if kind:
        sigmas, timesteps = table.shaped(c, n, kind, kind == "karras")
    elif c["use_flow_sigmas"]:
        sigmas, timesteps = _flow(c, n, shift)
    sigmas = shapes.ended(sigmas, shapes.end(c, table.sigmas[0]))
    if c["solver_order"] == 0:
        raise Refused("ZeroDivisionError")
    lower = lower or n % c["solver_order"] != 0 or c["final_sigmas_type"] == "zero"
    return _answer(timesteps, sigmas, order_list=orders(c, n, lower))


def orders(c: Config, n: int, lower_at_end: bool) -> list[int]:
    """The order of each call: rounds of 1 … order, the last ones lower where the config says so."""
    top = c["solver_order"]
    if top > 3:
        raise Refused
    if top < 1:
        raise Refused("UnboundLocalError")
    found = list(range(1, top + 1)) * (n // top)
    if lower_at_end and top == 3:
        found = [1, 2, 3] * (n // 3 - (n % 3 == 0)) + {0: [1, 2, 1], 1: [1], 2: [1, 2]}[n % 3]
    elif lower_at_end and top == 2:
        found = [1, 2] * ((n - 1) // 2) + ([1, 1] if n % 2 == 0 else [1])
    if c["final_sigmas_type"] == "zero":
        if not found:
            raise Refused("IndexError")
        found[-1] = 1
    return found


def unipc(name: str, c: Config, n: int, given: Mapping) -> dict:
    """UniPC: also takes levels of flow matching, a dynamic shift and a terminal one."""
    if any(k not in ("sigmas", "mu") for k in given):
        raise Refused("TypeError")
    if c["shift_terminal"] is not None and not c["use_flow_sigmas"]:
        shapes.check(c)
        tables.betas(name, c)
        raise Refused
    table = _Table(name, c)
    if c["use_dynamic_shifting"] and given.get("mu") is None:
        raise Refused
    own = given.get("sigmas")
    if own is not None:
        if not c["use_flow_sigmas"]:
            raise Refused
        own = np.array(own, dtype=np.float64)
        n = len(own)
    timesteps = spacings.multistep(c, n)
    kind = shapes.shape(c)
    if kind:
        sigmas, timesteps = _unipc_shaped(c, n, kind, table, own)
        last = sigmas[-1]
    elif c["use_flow_sigmas"]:
        sigmas = _unipc_flow(c, n, own, given.get("mu"))
        timesteps = sigmas * c["num_train_timesteps"]
        last = sigmas[-1]
    else:
        sigmas = table.interpolated(timesteps)
        last = table.sigmas[0]
    return _answer(timesteps, shapes.ended(sigmas, shapes.end(c, last)))


def _unipc_shaped(c: Config, n: int, kind: str, table: _Table, own: np.ndarray | None):
    """A shape over the table or over given levels; Karras' is read as σ of flow matching."""
    rising = table.sigmas if own is None else own
    sigmas = shapes.shaped(c, kind, rising[::-1], n)
    if kind == "karras" and c["use_flow_sigmas"]:
        sigmas = sigmas / (sigmas + 1)
        return sigmas, sigmas * c["num_train_timesteps"]
    timesteps = shapes.timestep(sigmas, np.log(rising))
    return sigmas, timesteps.round() if kind == "karras" else timesteps


def _unipc_flow(c: Config, n: int, own: np.ndarray | None, mu: float | None) -> np.ndarray:
    t = np.linspace(1, 1 / c["num_train_timesteps"], n + 1)[:-1] if own is None else own
    if c["use_dynamic_shifting"]:
        t = time_shift(c, mu, t)
    else:
        t = c["flow_shift"] * t / (1 + (c["flow_shift"] - 1) * t)
    if c["shift_terminal"]:
        t = stretched(t, c["shift_terminal"])
    if math.fabs(t[0] - 1) < 1e-6:  # t = 1 has no logSNR
        t[0] -= 1e-6
    return t


def without_end(name: str, c: Config, n: int, given: Mapping) -> dict:
    """DEIS and SA-Solver: the last level stands twice in place of 0."""
    deis = name == "DEISMultistepScheduler"
    only_steps(n, _without_mu(given) if deis else given)
    table = _Table(name, c)
    shift = _shift(c, given) if deis else c["flow_shift"]
    last = table.total if deis else table.total - table.clipped(c)
    timesteps = spacings.multistep(c, n, last)
    kind = shapes.shape(c)
    if kind:
        sigmas, timesteps = table.shaped(c, n, kind, kind == "karras")
    elif c["use_flow_sigmas"]:
        sigmas, timesteps = _flow(c, n, shift)
    else:
        return _answer(timesteps, shapes.ended(table.interpolated(timesteps), table.sigmas[0]))
    return _answer(timesteps, shapes.ended(sigmas, sigmas[-1]))
