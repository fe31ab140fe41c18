"""Any list as code for diffusers: lines that, when run, leave the same levels in a scheduler."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ...errors import UserError
from . import tables
from .defaults import Config, full
from .levels import frame_of
from .refusal import Refused

SHIFTED = ("FlowMatchEulerDiscreteScheduler", "FlowMatchLCMScheduler")
PLAIN = {  # nothing is to be done to levels that are given
    "shift": 1.0,
    "use_dynamic_shifting": False,
    "shift_terminal": None,
    "invert_sigmas": False,
    "use_karras_sigmas": False,
    "use_exponential_sigmas": False,
    "use_beta_sigmas": False,
}
UNIPC = {"flow_shift": 1.0, "use_dynamic_shifting": False, "shift_terminal": None}
SHAPES = ("use_karras_sigmas", "use_exponential_sigmas", "use_beta_sigmas", "use_lu_lambdas")
FLOATS = ("HeunDiscreteScheduler",)  # timesteps between the table's entries
WHOLE = (  # only its entries
    "DPMSolverMultistepScheduler",
    "DPMSolverSinglestepScheduler",
    "DDPMScheduler",
    "LCMScheduler",
    "TCDScheduler",
)
SET = (  # take no list, and read theirs as it stands
    "EulerAncestralDiscreteScheduler",
    "LMSDiscreteScheduler",
    "DEISMultistepScheduler",
    "SASolverScheduler",
    "UniPCMultistepScheduler",
    "EDMEulerScheduler",
    "EDMDPMSolverMultistepScheduler",
    "CosineDPMSolverMultistepScheduler",
)
TOP = 2.0**12  # diffusers' number for σ = ∞
MOST = 1000
LONGEST = 100_000  # letters of one setting, a table of betas


def as_diffusers(levels: Sequence[float], config: Mapping) -> str:
    """Python that makes `scheduler`, with these levels, of this config's class.

    levels: our σ from noise to 0 (inf for pure noise), the final 0 may be left out.
    sigmas= where the class takes it; else timesteps=, whole ones where it takes no others, and the
    code says how far these are off; else the scheduler's own list is replaced.
    Raises UserError where the class can have no such list.
    """
    name, c = full(config)
    try:
        with np.errstate(all="ignore"):
            return _code(name, c, config, _checked(levels))
    except Refused as refused:
        raise UserError(f"diffusers refuses this config ({refused.name}).") from None


def _code(name: str, c: Config, config: Mapping, told: list[float]) -> str:
    if frame_of(name, c) == "flow":
        return _flow(name, c, config, told)
    zero = bool(c.get("rescale_betas_zero_snr"))
    if math.isinf(told[0]) and not zero:
        raise UserError("The list starts at σ = ∞; the config has no rescale_betas_zero_snr.")
    told = [min(s, TOP) for s in told]
    if name == "EulerDiscreteScheduler":
        return _lines(name, config, {}, f"scheduler.set_timesteps(sigmas={_list([*told, 0.0])})")
    if name in FLOATS + WHOLE:
        return _timesteps(name, c, config, told)
    if name in SET:
        return _replaced(name, config, told)
    raise UserError(
        f"{name} takes no list of levels. EulerDiscreteScheduler does, and with ε or v it is DDIM."
    )


def _checked(levels: Sequence[float]) -> list[float]:
    """The levels without their final 0.  Raises UserError unless they fall."""
    told = [float(s) for s in levels]
    told = told[:-1] if told and told[-1] == 0 else told
    if not 1 <= len(told) <= MOST:
        raise UserError(
            f"A list for diffusers has 1 to {MOST} levels above 0; this has {len(told)}."
        )
    if not all(a > b for a, b in zip(told, [*told[1:], 0.0], strict=True)):
        raise UserError("The levels do not fall from each to the next; diffusers needs that.")
    return told


def _flow(name: str, c: Config, config: Mapping, told: list[float]) -> str:
    t = [1.0 if math.isinf(s) else s / (1 + s) for s in told]
    if name in SHIFTED:
        own: dict[str, Any] = {k: v for k, v in PLAIN.items() if c[k] != v}
        return _lines(name, config, own, f"scheduler.set_timesteps(sigmas={_list(t)})")
    if name == "UniPCMultistepScheduler":
        own = {k: v for k, v in UNIPC.items() if c[k] != v}
        own |= {k: False for k in SHAPES if c.get(k)}
        own["final_sigmas_type"] = "zero"
        call = f"scheduler.set_timesteps(sigmas=np.array({_list(t)}))"
        return "import numpy as np\n" + _lines(name, config, own, call)
    if name == "LTXEulerAncestralRFScheduler":
        return _lines(name, config, {}, f"scheduler.set_timesteps(sigmas={_list([*t, 0.0])})")
    if name == "FlowMapEulerDiscreteScheduler":
        return _lines(name, config, {"shift": 1.0}, f"scheduler.set_timesteps(sigmas={_list(t)})")
    if name == "MiniMaxH3Scheduler":
        return _lines(name, config, {}, f"scheduler.set_timesteps(sigmas={_list([*t, 0.0])})")
    raise UserError(f"{name} takes no list of levels. FlowMatchEulerDiscreteScheduler does.")


def _lines(name: str, config: Mapping, own: Mapping[str, Any], *calls: str) -> str:
    """The import, the scheduler of the config with `own` settings in place of its, and calls."""
    kept = {k: v for k, v in config.items() if isinstance(k, str) and not k.startswith("_")}
    settings = "".join(f"    {k!r}: {_literal(v)},\n" for k, v in {**kept, **own}.items())
    made = (
        f"scheduler = {name}.from_config({{\n{settings}}})" if settings else f"scheduler = {name}()"
    )
    return "\n".join([f"from diffusers import {name}\n", made, *calls]) + "\n"


def _literal(value: Any) -> str:
    """A value of JSON as Python writes it; infinity has no literal."""
    if isinstance(value, float) and not math.isfinite(value):
        return f'float("{value}")'
    if not isinstance(value, str | int | float | list | None) or len(str(value)) > LONGEST:
        raise UserError(f"{str(value)[:40]!r} in the config is no setting of a scheduler.")
    return repr(value)


def _list(values: Iterable[float]) -> str:
    """A list in as many digits as float32 tells apart."""
    return "[" + ", ".join(f"{v:.9g}" for v in values) + "]"


def _timesteps(name: str, c: Config, config: Mapping, told: list[float]) -> str:
    """The timesteps whose levels these are: the scheduler reads σ linearly between entries."""
    table = tables.sigmas(tables.alphas_cumprod(name, c, stand_in=True)).astype(np.float64)
    if not table[0] * 0.9999 <= told[-1] or not told[0] <= table[-1] * 1.0001:
        raise UserError(
            f"Levels from {told[0]:.4g} to {told[-1]:.4g} leave the table, "
            f"{table[-1]:.4g} to {table[0]:.4g}."
        )
    at = np.interp(told, table, np.arange(len(table)))
    own: dict[str, Any] = {k: False for k in SHAPES if c.get(k)}
    if c.get("final_sigmas_type", "zero") != "zero":
        own["final_sigmas_type"] = "zero"
    if name in FLOATS:
        return _lines(name, config, own, f"scheduler.set_timesteps(timesteps={_list(at)})")
    whole = at.round().astype(int)
    if len(set(whole.tolist())) < len(whole):
        raise UserError(
            f"{name} takes whole timesteps alone, and two of these levels have the same one. "
            "EulerDiscreteScheduler takes the levels themselves."
        )
    off = float(np.abs(table[whole] / told - 1).max())
    note = f"# whole timesteps alone: levels are up to {100 * off:.2g} % beside those of the list"
    return _lines(name, config, own, note, f"scheduler.set_timesteps(timesteps={whole.tolist()})")


def _replaced(name: str, config: Mapping, told: list[float]) -> str:
    """The list put in place of the scheduler's own, after it is made for as many steps."""
    calls = [
        f"scheduler.set_timesteps({len(told)})",
        "# this class takes no list: its own is replaced, by which step() goes",
        f"scheduler.sigmas = torch.tensor({_list([*told, 0.0])})",
        f"scheduler.timesteps = torch.tensor({_list(_steps_of(name, config, told))})",
    ]
    return "import torch\n" + _lines(name, config, {}, *calls)


def _steps_of(name: str, config: Mapping, told: list[float]) -> list[float]:
    """What the network is told: ¼ ln σ (EDM), 2/π atan σ (cosine), or the place in the table."""
    from .shapes import timestep

    name, c = full(config)
    if name.startswith("Cosine"):
        return [2 / math.pi * math.atan(s) for s in told]
    if name.startswith("EDM"):
        return [0.25 * math.log(s) for s in told]
    logs = np.log(tables.sigmas(tables.alphas_cumprod(name, c, stand_in=True)))
    return [float(t) for t in timestep(np.array(told), logs)]
