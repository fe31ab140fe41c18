"""What stands below a figure: what it shows, of which settings, at which cost."""

from collections.abc import Sequence

from ... import __version__
from ...core.ode import needs_schedule
from ...figures.paper.words import plain
from ...lab.experiment import Experiment, made, run
from ...lab.experiment import evaluations as asked_for
from ...numerals import number
from ...settings import to_query
from ...strips import STRIPS
from ...study.names import sampler_name
from .. import words
from .pinned import name

DENOISE = "One sample under rising noise, the denoiser’s answer to it, and where that changes"
STAGE = {
    "plane": "Samples at the noise level of the cursor, their paths and the data",
    "line": "Paths against time, from noise to data",
    "image": "Samples at the noise level of the cursor",
}


def title(e: Experiment) -> str:
    """“Heun, 35 NFE, Spiral in 2-D”."""
    return f"{sampler_name(e)}, {nfe(e)} NFE, {words.data_name(e.data)}"


def nfe(e: Experiment) -> int:
    """Of the run where it was made, else what its budget buys."""
    return run(e).nfe if made(e) else asked_for(e)


def of(
    e: Experiment,
    names: Sequence[str],
    cursor: float | None = None,
    pin: Experiment | Sequence[Experiment] | None = None,
    told: str = "",
    base: bool = False,
) -> str:
    """The whole of it, in sentences.  told: what a chart says of itself;
    base: the settings are those that its runs share, whose solver and cost it says itself."""
    whole = {"stage": STAGE[e.data.kind], "denoise": DENOISE}
    shown = [whole.get(n) or _strip(n) for n in names]
    out = [*shown, told.rstrip(". "), settings(e, base)]
    if cursor is not None:
        out.append(f"Cursor at σ = {number(cursor)}")
    kept = [pin] if isinstance(pin, Experiment) else pin or ()
    out += [f"Pinned, dotted: {name(e, p)} ({nfe(p)} NFE); ?{to_query(p)}" for p in kept]
    out.append(f"Settings: ?{to_query(e)}" if to_query(e) else "Settings: as the page opens")
    out.append(f"Diffusion Sampler Explorer {__version__}")
    return ". ".join(filter(None, out)) + "."


def _strip(name: str) -> str:
    one = STRIPS[name]
    return f"{one.title}: {plain(one.hint)}" if one.hint else one.title


def settings(e: Experiment, base: bool = False) -> str:
    """“Heun, 35 NFE, on Spiral in 2-D; model: …”."""
    run_of = "" if base else f"{sampler_name(e)}, {nfe(e)} NFE, "
    pieces = [f"{run_of}on {words.data_name(e.data)}"]
    pieces.append(f"model: {getattr(e.model, 'label', e.model.name)}")
    grid = e.timesteps
    pieces.append(f"time steps: {grid.label}")
    ends = (getattr(grid, "sigma_max", None), getattr(grid, "sigma_min", None))
    if all(isinstance(v, int | float) for v in ends):
        pieces[-1] += f", σ from {number(ends[0])} to {number(ends[1])}"
    if needs_schedule(e.solver):
        pieces.append(f"{e.schedule.label} frame")
    if e.churn.s_churn > 0:
        pieces.append(f"S_churn = {number(e.churn.s_churn)}")
    pieces.append(f"{e.samples} samples, seed {e.seed}")
    return "; ".join(plain(p) for p in pieces)
