"""The one axis of noise, and what else is read on it: t, timestep, log SNR, ᾱ and percent.

All are other labels on the same places.  The page is sent dense tables and ticks, and copies no
formula.  σ is noise over signal: log SNR = −2 ln σ, ᾱ = 1/(1 + σ²), t = σ/(1 + σ).
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...core import tables
from ...dialects.families import Family
from ...numerals import number

POINTS = 400  # of a dense table
ROOM = 1.35  # beyond the outermost levels
LOWEST, HIGHEST = 1e-5, 1e6
Floats = np.ndarray

_SIGMA = (
    "300 100 30 10 3 1 .3 .1 .03 .01 .003 1000 200 50 20 5 2 .5 .2 .05 .02 .002 3000 .001 10000"
)
_TIME = ".5 .9 .99 .1 .01 .999 .8 .2 .95 .05 .98 .02 .995 .7 .3 .6 .4 .998 .005 .9999 .002 .001"
_STEP = "999 0 500 900 100 990 950 980 800 20 700 300 50 995 5 600 400 200 960 998 10 2 1"
_SNR = "0 4 -4 8 -8 12 -12 2 -2 6 -6 10 -10 14 -14 16 -16"
_BAR = ".5 .9 .1 .99 .01 .999 .001 .0001 .9999 .00001 .99999 .000001 .999999"
_PERCENT = "0 100 50 10 20 90 30 70 80 98 40 60 95 5 99 1 2"
_numbers = lambda text: [float(v) for v in text.split()]


@dataclass(frozen=True)
class Model:
    """A family on the ruler: its timesteps, its percent, and the noise that it was trained on."""

    family: Family

    @property
    def table(self) -> tables.Table | None:
        """Of the betas; None of a model that has none."""
        betas = self.family.betas
        if betas is None:
            return None
        return tables.Table.of(betas[0], betas[1], betas[2], zero_snr=self.family.zero_snr)

    @property
    def trained(self) -> tuple[float, float]:
        """The largest and the smallest σ; a flow model knows all."""
        if self.family.kind == "flow":
            return math.inf, 0.0
        if (table := self.table) is not None:
            return float(table.sigmas[-1]), float(table.sigmas[0])
        return self.family.level(self.family.sigma_max), self.family.level(self.family.sigma_min)

    def timestep(self, sigma: Floats) -> Floats:
        """What the network is told, on 0 … 1000; NaN outside its table, or where it has none."""
        if self.family.kind == "flow":
            return 1000 * tables.flow_time(sigma)
        table = self.table
        if table is None:
            return np.full(np.shape(sigma), np.nan)
        high, low = self.trained
        beyond = (sigma > high * (1 + 1e-4)) | (sigma < low * (1 - 1e-4))
        return np.where(beyond, np.nan, table.timestep(sigma))

    def of_timestep(self, step: float) -> float:
        """Its σ; NaN outside."""
        if self.family.kind == "flow":
            return float(tables.flow_sigma(min(step / 1000, 1.0)))
        table = self.table
        inside = table is not None and 0 <= step <= len(table.sigmas) - 1
        return float(table.sigma(step)) if table is not None and inside else math.nan

    def percent(self, sigma: Floats) -> Floats:
        """How much of the way is gone, 0 … 1, by ComfyUI's percent_to_sigma; NaN outside.

        A table counts in timesteps, a flow model in the time before its shift, EDM in ln σ.
        """
        family = self.family
        if family.kind == "flow":
            return 1 - tables.flow_time(np.asarray(sigma) / family.alpha)
        if (table := self.table) is not None:
            return 1 - self.timestep(sigma) / (len(table.sigmas) - 1)
        high, low = self.trained
        with np.errstate(divide="ignore"):
            part = (math.log(high) - np.log(sigma)) / math.log(high / low)
        return np.where((part < -1e-6) | (part > 1 + 1e-6), np.nan, part)

    def of_percent(self, part: float) -> float:
        """Its σ, as ComfyUI's percent_to_sigma between its two ends."""
        family = self.family
        if family.kind == "flow":
            return family.alpha * float(tables.flow_sigma(1 - part))
        if (table := self.table) is not None:
            return float(table.sigma((1 - part) * (len(table.sigmas) - 1)))
        high, low = self.trained
        return high * (low / high) ** part


@dataclass(frozen=True)
class Ruler:
    """One scale under the axis.  read: σ (n,) -> what it says there; ticks: [σ, words]."""

    name: str
    label: str
    short: str
    read: Callable[[Floats], Floats]
    ticks: list[tuple[float, str]]


def rulers(model: Model) -> list[Ruler]:
    """The six, in their order."""
    signed = lambda v: f"{v:g}".replace("-", "−")
    logs = lambda s: -2 * np.log(s)
    bar = lambda s: 1 / (1 + s**2)
    return [
        Ruler(
            "sigma", "noise level σ", "σ", lambda s: s, [(v, f"{v:g}") for v in _numbers(_SIGMA)]
        ),
        Ruler(
            "time",
            "t, flow",
            "t",
            tables.flow_time,
            [(float(tables.flow_sigma(v)), f"{v:g}") for v in _numbers(_TIME)],
        ),
        Ruler(
            "timestep",
            "timestep",
            "timestep",
            model.timestep,
            [(model.of_timestep(v), f"{v:g}") for v in _numbers(_STEP)],
        ),
        Ruler(
            "snr",
            "log SNR",
            "log SNR",
            logs,
            [(math.exp(-v / 2), signed(v)) for v in _numbers(_SNR)],
        ),
        Ruler(
            "bar",
            "ᾱ, signal share",
            "ᾱ",
            bar,
            [(math.sqrt(1 / v - 1), number(v) if v < 1e-3 else f"{v:g}") for v in _numbers(_BAR)],
        ),
        Ruler(
            "percent",
            "percent, Comfy",
            "percent",
            lambda s: 100 * model.percent(s),
            [(model.of_percent(v / 100), f"{v:g} %") for v in _numbers(_PERCENT)],
        ),
    ]


def ends(lists: Iterable[Sequence[float]], model: Model) -> dict[str, Any]:
    """The axis that holds all these levels and what the model was trained on.

    {"left", "right"}: σ at both ends; "inf": a list starts at ∞; "trained": [high, low] or None.
    """
    levels = [v for one in lists for v in one]
    inside = [v for v in levels if 0 < v < math.inf]
    high, low = model.trained
    if 0 < low <= high < math.inf:
        inside += [high, low]
    left = min(max(inside, default=80.0) * ROOM, HIGHEST)
    right = max(min(inside, default=0.002) / ROOM, LOWEST)
    limits = [plain(high), plain(low)] if low > 0 or high < math.inf else None
    return {"left": left, "right": right, "inf": math.inf in levels, "trained": limits}


@np.errstate(all="ignore")  # levels beyond every model, and tables with a β of 0
def told(model: Model, axis: dict[str, Any]) -> dict[str, Any]:
    """The rulers for the page: ticks within the axis, and what each says at POINTS places."""
    left, right = axis["left"], axis["right"]
    logs = np.linspace(math.log(left), math.log(right), POINTS)
    out = []
    for ruler in rulers(model):
        inside = [(s, w) for s, w in ruler.ticks if right <= s <= left]
        out.append(
            {
                "name": ruler.name,
                "label": ruler.label,
                "short": ruler.short,
                "ticks": [[_digits(s, 9), words] for s, words in inside],
                "values": None if ruler.name == "sigma" else column(ruler.read(np.exp(logs))),
            }
        )
    return {"logs": [round(v, 6) for v in logs.tolist()], "rulers": out}


@np.errstate(all="ignore")
def read(levels: Sequence[float], model: Model) -> dict[str, list]:
    """What the rulers say at each level of a list, ends included; None where nothing is said."""
    sigma = np.asarray(levels, np.float64)
    known = np.isfinite(sigma) & (sigma > 0)
    safe = np.where(known, sigma, 1.0)
    out: dict[str, list] = {}
    for ruler in rulers(model):
        if ruler.name != "sigma":
            out[ruler.name] = column(np.where(known, ruler.read(safe), np.nan))
    limits = {"time": (1.0, 0.0), "bar": (0.0, 1.0), "percent": (0.0, 100.0)}
    if model.family.kind == "flow":
        limits["timestep"] = (1000.0, 0.0)
    elif math.isinf(model.trained[0]):
        limits["timestep"] = (len(model.table.sigmas) - 1.0 if model.table else math.nan, None)
    for i, value in enumerate(sigma):
        for name, (top, bottom) in limits.items():
            if value == math.inf:
                out[name][i] = top
            elif value == 0:
                out[name][i] = bottom
    return out


def column(values: Floats) -> list[float | None]:
    """Seven digits for the page; None where there is nothing to say."""
    return [None if not math.isfinite(v) else _digits(v, 7) for v in np.ravel(values).tolist()]


def plain(value: float) -> float | str:
    """A number as JSON holds it, and JavaScript's words for those that it does not."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return _digits(value, 12)


def _digits(value: float, n: int) -> float:
    return float(f"{value:.{n}g}")
