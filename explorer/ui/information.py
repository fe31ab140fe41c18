"""What the page says of information schedules: what is decided where, and steps made from it."""

from ..figures.information import information_figure
from ..lab.experiment import Experiment
from ..numerals import capital, factor, interval, number, percent, short, span
from ..settings import flatten
from ..study import information as study
from ..study.information import AYS, ENTROPIC, OWN, RESCALED, Grid, Information
from ..study.names import solver_name
from ..study.optimise import with_levels
from . import words
from .measurement import Measurement

FAMILIES = {OWN: "one-step", ENTROPIC: "multistep", RESCALED: "stochastic", AYS: "learned"}
HOW = {
    OWN: "the steps of the settings",
    ENTROPIC: "as many nats decided in each step (Stancevic et al. 2025)",
    RESCALED: "the same with a nat counted σ times",
    AYS: "the least bound (Sabour et al. 2024)",
}


def information(base: Experiment, request: dict) -> Measurement:
    """The curve of the loss as information, and the steps it makes."""
    return Measurement(
        base,
        lambda watch: study.information(base, watch),
        study.stages(base),
        lambda rows: shown(base, rows[-1]),
    )


def shown(base: Experiment, found: Information) -> dict:
    """What is known so far."""
    return {
        "title": title(found),
        "note": note(base, found),
        "figure": information_figure(found, found.grids, FAMILIES),
        "columns": ["steps", "", "AYS’s bound", "most in one step", "end error", "× the settings’"],
        "table": [line(g) for g in found.grids],
        "reasons": True,
        "offers": [offer(base, g) for g in found.grids if g.name != OWN],
        "exact": {
            "columns": ["steps", "levels", "bound of each step", "error", "times", "from", "to"],
            "rows": [
                [
                    g.name,
                    " ".join(f"{s:.7g}" for s in g.levels),
                    " ".join(f"{b:.7g}" for b in g.bound),
                    g.error and g.error.value,
                    *((g.times.value, g.times.low, g.times.high) if g.times else (None,) * 3),
                ]
                for g in found.grids
            ],
        },
    }


def title(found: Information) -> str:
    """Which steps are better than the settings' own, and by how much; only what intervals allow."""
    judged = [g for g in found.grids if g.times is not None]
    if not judged:
        return "What is decided about the data at each noise level"
    told = study.apart(judged)
    better = [g for g in told if g.times.value < 1]
    if better:
        best = min(better, key=lambda g: g.times.value)
        return f"{capital(best.name)} steps end {_times(best)} as far off as those of the settings"
    if len(told) == len(judged):
        return "No steps made from information are better here than those of the settings"
    return "No steps made from information can be told to be better than those of the settings"


def note(base: Experiment, found: Information) -> str:
    """What was measured, and what the two rules are."""
    told = (
        f"{words.data_name(base.data)}, {solver_name(base.solver)}, {found.samples} samples, 95 % "
        "intervals. Above: E‖x₀ − D‖²/σ², the nats of the data that are decided per e-fold of "
        "noise (I-MMSE); below: each step’s part of its list’s bound on what is missed by keeping "
        "D as it was at the start of a step. "
    )
    if found.why:
        return f"{told}No end error: {found.why}"
    if not any(g.error for g in found.grids):
        return told
    return told + "End errors on other noise, path by path."


def line(g: Grid) -> list[str]:
    """A list's row."""
    total = sum(g.bound)
    return [
        g.name,
        HOW[g.name],
        number(total),
        percent(max(g.bound) / total) if total > 0 else "–",
        interval(g.error.value, g.error.low, g.error.high) if g.error else "–",
        "1" if g.name == OWN else _factor(g),
    ]


def _factor(g: Grid) -> str:
    return factor(g.times.value, g.times.low, g.times.high) if g.times else "–"


def _times(g: Grid) -> str:
    assert g.times is not None
    return f"{short(g.times.value)} × ({span(g.times.low, g.times.high)})"


def offer(base: Experiment, g: Grid) -> dict:
    """A button that puts a list into the view."""
    values = {
        k: v for k, v in flatten(with_levels(base, g.levels)).items() if k.startswith("timesteps")
    }
    return {"text": f"Use {g.name} steps", "values": values, "page": "explore"}
