"""The strips of a run that was recorded elsewhere: the same drawings, of other numbers.

    measure(recording, beside) -> {strip: numbers}        drawings(numbers) -> {strip: Shown}

What cannot be measured has {"why"} in place of its numbers.
"""

import math
from typing import NamedTuple

import torch

from ..core.schedules import EDM
from ..errors import UserError
from ..figures.style import MULTISTEP, ONE_STEP
from ..numerals import count
from ..recorder import Recording
from ..recorder.beside import Beside
from . import curvature, plane
from .marks import Drawing, axis
from .strip import Help, Numbers, Strip, plain

LEAST = {"curvature": 3, "plane": 5}  # levels; any four points lie in a 3-space
LONGEST = 1e12  # of a state and of a noise level that are drawn
COLOURS = {"error": MULTISTEP}
RUN = "of the recorded steps, from the inner products of its states"
WORDS = {  # strip -> (hint, help): true of a recording, where the strip's own are of a view
    "steps": (
        "height Δ ln σ",
        Help("One arc is one step of the recorded run. Tall means long on the log axis."),
    ),
    "curvature": (
        "",
        Help(
            f"How much the run bends, {RUN}, in EDM’s frame (ink) and others. A solver’s own "
            "points, step size and all: dD/d ln σ is that of the parabola through three answers. "
            "σ<sub>data</sub> is the root mean square of the last answer.",
            "‖<i>y″</i>(<i>t</i>)‖ (d<i>t</i>/d ln σ)² / <i>s</i>,  <i>y</i> = <i>s x</i>",
            "Karras et al. 2022, Fig. 3 and App. D.1",
        ),
    ),
    "plane": (
        plane.Plane.hint,
        Help(
            f"PCA of each recorded sample’s path, centred, {RUN}. The random walk has the same "
            "step lengths and goes in as many dimensions as a state has numbers.",
            "‖<i>x</i> − <i>P</i><sub><i>k</i></sub> <i>x</i>‖ / ‖<i>x</i>‖",
            "Zhou et al. 2024 (AMED), Fig. 4",
        ),
    ),
    "error": (
        "from the denser run, RMS per number",
        Help(
            "Line: distance of the states of both runs at the levels they share; band: its 95 % "
            "interval, of the random directions alone. Segments: what each stretch adds. What was "
            "apart before is carried along by the network’s own answers at both states.",
            "<i>e</i>′ − δ − (σ′/σ) (<i>e</i> − δ),  <i>e</i> of the states, δ of the answers",
            "count sketch: Charikar et al. 2002",
        ),
    ),
}


class Shown(NamedTuple):
    """A strip with what it shows, a drawing for each choice."""

    strip: Strip
    hint: str
    help: Help
    drawn: dict[str, Drawing]


def measure(r: Recording, found: Beside | None = None) -> dict[str, Numbers]:
    """The numbers of each strip that a recording has; "error" only beside a denser one."""
    out = {"steps": _steps(r, found)}
    try:
        sigma, x, answers = path(r)
    except UserError as error:
        out |= {name: {"why": str(error)} for name in LEAST}
    else:
        out["curvature"] = _enough("curvature", sigma) or {
            **curvature.of_paths(sigma, x, answers, EDM(), sigma_data(r), exact=False),
            "spread": _spread(x.shape[1]),
            "sigma_data": sigma_data(r),
        }
        out["plane"] = _enough("plane", sigma) or _plane(r, sigma, x)
    if found is not None:
        out["error"] = _error(found)
    return out


def path(r: Recording) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """sigma (T,), x̂ and D (T, B, m) of its steps, in units in which a mean over the m axes is the
    mean over the numbers of a state.  Raises UserError where the recording holds no table."""
    sigma, x, answers = r.path()
    size = math.sqrt(x.shape[2] / r.dimension)
    lengths = x.norm(dim=2)
    if not (lengths.isfinite() & (lengths > 0) & (lengths < LONGEST)).all() or (
        len(sigma) and float(sigma.max()) > LONGEST
    ):
        raise UserError("Its states are no numbers, all 0, or beyond all bounds: no path is drawn.")
    return sigma, x * size, answers * size


def sigma_data(r: Recording) -> float:
    """The root mean square of the last answer, per number."""
    last = r.answers[-1] / math.sqrt(r.dimension) if r.answers else math.nan
    return last if math.isfinite(last) and last > 0 else 0.5


def drawings(numbers: dict[str, Numbers]) -> dict[str, Shown]:
    """From top to bottom, as on the spine."""
    from . import STRIPS

    out = {}
    for name, strip in STRIPS.items():
        if name in numbers:
            hint, about = WORDS[name]
            if "share" in numbers[name]:
                hint += ", weight = part of what all steps add"
            out[name] = Shown(strip, hint, about, _drawn(strip, numbers[name]))
    return out


def _drawn(strip: Strip, found: Numbers) -> dict[str, Drawing]:
    if "why" in found:
        return {"": Drawing(axis=axis(0, 1), marks=[], empty=found["why"])}
    drawn = strip.drawn(found, COLOURS.get(strip.name, ONE_STEP))
    for d in drawn.values():
        for mark in d["marks"]:
            mark.pop("drag", None)  # what was run stays as it was
    return drawn


def _enough(name: str, sigma: torch.Tensor) -> Numbers | None:
    least = LEAST[name]
    if len(sigma) >= least:
        return None
    need = "A curve needs" if name == "curvature" else "To leave a plane takes"
    return {"why": f"{need} {least} noise levels; this recording has {len(sigma)}."}


def _spread(samples: int) -> str:
    return "one sample" if samples == 1 else f"10–90 % of {samples}"


def _plane(r: Recording, sigma: torch.Tensor, x: torch.Tensor) -> Numbers:
    if r.dimension < 3:
        return {"why": plane.without(r.dimension)}
    return plane.of_paths(sigma, x, r.dimension)


def _steps(r: Recording, found: Beside | None) -> Numbers:
    levels = [float(r.sigma[i]) for i in r.steps()]
    sigma = [s for s in levels if 0 < s < math.inf]
    if not sigma:
        return {"why": "No step of this recording began at a finite noise level above 0."}
    if len(sigma) > 1 and sigma[1] > sigma[0]:
        return {"why": "The levels rise: this run went from data to noise."}
    ended = [r.end_sigma] if r.ended and 0 <= r.end_sigma < sigma[-1] else []
    numbers: Numbers = {"sigma": sigma + ended, "sigma_hat": sigma if ended else sigma[:-1]}
    if not numbers["sigma_hat"]:
        return {"why": "One level was recorded, and no step."}
    hops = len([s for s in numbers["sigma"][1:] if s > 0])
    if found is not None and found.single and len(found.first) >= hops > 1:
        added = found.defect.median().value[:hops]
        if float(added.sum()) > 0:
            numbers["share"] = (added / added.sum()).tolist()
            numbers["local"] = added.tolist()
            numbers["hot"] = [i for i in found.hot if i < hops]
    return numbers


def _error(found: Beside) -> Numbers:
    """As the strip draws it: at the levels above 0."""
    above = int((found.levels > 0).sum())
    if above < 2:
        return {"why": "The two runs share one noise level above 0: there is no curve to draw."}
    d, a = found.distance.median(), found.defect.median()
    return {
        "name": f"{found.steps[0]} steps",
        "sigma": plain(found.levels[:above]),
        "median": plain(d.value[:above]),
        "low": plain(d.low[:above]),
        "high": plain(d.high[:above]),
        "samples": found.distance.value.shape[1],
        "local": plain(a.value[: above - 1]),
        "hot": [i for i in found.hot if i < above - 1],
        "other": None,
        "floor": None,
        "reference": f"the denser recording, {count(found.steps[1])} steps",
    }
