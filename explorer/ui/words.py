"""The sentences of the page: what was found, what a setting does, why a control is off."""

import math
from collections.abc import Collection, Iterable
from html import escape

from ..analysis.intervals import Estimate
from ..core import graphs
from ..core.ode import adapts, needs_schedule
from ..core.sampling import Churn
from ..core.timesteps import Custom
from ..lab import budget as bought
from ..lab import timesteps
from ..lab.error import Errors
from ..lab.experiment import Experiment, Run, evaluations, is_random, levels
from ..lab.tool_steps import ToolSteps
from ..lab.view import View
from ..models import classifier, compiled
from ..models.contract import Stored
from ..numerals import capital, count, duration, number, percent, percent1, short, span
from ..settings import parameters, slots
from ..study.names import FRAME_NAMES as FRAME_NAMES
from ..study.names import sampler_name, solver_name
from . import adaptive, guided


def data_name(data) -> str:
    """“Spiral in 16-D”."""
    dimension = getattr(data, "dimension", None)
    if dimension and data.kind == "plane":
        return f"{data.label} in {dimension}-D"
    return data.label


def judge(data) -> str:
    """“our classifier (right on 98.6 % of 5,000 images it had not seen)”: who judges images, and
    how far to trust it; “our classifier” where none ships for the data.
    """
    if classifier.find(data) is None:
        return "our classifier"
    facts = classifier.about(data)
    right, seen = percent1(facts["accuracy"]), count(facts["checked"])
    return f"our classifier (right on {right} of {seen} images it had not seen)"


def name_of(view: View) -> str:
    """What is sampled: the data, or a network without any."""
    e = view.experiment
    if hasattr(e.data, "lacking") and isinstance(e.model, Stored):
        return e.model.found(e.data).label
    return data_name(e.data)


def plane_name(data) -> str:
    """Which plane of their many coordinates the stage shows."""
    dimension = data.points().shape[1]
    if getattr(data, "principal", False):
        return f"principal plane of {dimension} coordinates"
    return f"coordinates 1–2 of {dimension}"


def frame(schedule) -> str:
    """How its time goes with σ."""
    return {"edm": "t = σ", "ve": "t = σ²"}.get(schedule.name, f"t of {schedule.label}")


def ends(errors: Errors) -> str:
    """For the status line."""
    middle, end = errors.middle, errors.end
    low, high = end.quantile(end.new_tensor([0.1, 0.9])).tolist()
    return (
        f"end error <b>{short(middle.value)}</b> median of {len(end)}, 10–90 % "
        f"{span(low, high)}, {short(float(end.mean()))} mean"
    )


def status(r: Run) -> list[str]:
    """The line of numbers at the bottom, piece by piece; the errors come with their own part."""
    e = r.experiment
    tail = {
        "zero": "last one Euler",
        "sigma_min": "stops at σ<sub>min</sub>",
        "denoise": "then a denoise",
    }[e.last]
    each = (
        ""
        if r.ms_per_evaluation is None
        else f", <b>{duration(r.ms_per_evaluation / 1e3)}</b> an evaluation"
    )
    device, found = r.source.device, r.trajectory.tried
    name = solver_name(e.solver)
    made = f" = {r.steps} steps ({name}, {tail})" if found is None else f": {adaptive.tried(found)}"
    return [
        f"<b>NFE {r.nfe}</b>{made}{guided.cost(r)}",
        f"{duration(r.seconds)}{each}",
        "",
        f"{e.samples} sample{'s' * (e.samples != 1)}, seed {e.seed}{own_stream(r)}",
        device.label,
        device.note + network_note(r),
    ]


def own_stream(r: Run) -> str:
    """Where a seed gives other samples than it does on a CPU."""
    e, kind = r.experiment, r.source.device.device.type
    drawn = kind == "cuda" and (e.churn.s_churn > 0 or is_random(e))
    return ", its new noise drawn by the GPU: another stream than a CPU’s" if drawn else ""


def network_note(r: Run) -> str:
    """In which precision its network ran, whether compiled, and why a GPU did not join its
    launches."""
    source = r.source
    if source.pace is None:
        return ""
    why = graphs.refused(source.sampler or source.denoiser)
    alone = f", without CUDA graphs ({escape(why)})" if why else ""
    form = compiled.state(source.sampler)
    return f", network in {source.precision}{form and ', '}{escape(form)}{alone}"


def lowered(r: Run, moved: Estimate) -> str:
    """What the precision of its sampler costs."""
    interval = f" ({span(moved.low, moved.high)})" if math.isfinite(moved.low) else ""
    return (
        f"The precision of its sampler, {r.source.precision}, moves the ends by "
        f"{short(moved.value)}{interval}"
    )


def drafted(run: dict, few: Experiment, e: Experiment, why: str | None = None) -> dict:
    """The run part of a first answer, so that nobody takes it for the whole: what it lacks, while
    that is on its way, or `why` it never comes."""
    made, whole = evaluations(few), evaluations(e)
    fewer = f"{made} of {whole} evaluations" if made < whole else ""
    many = f" {few.samples}" * (few.samples > 1)
    whole_batch = bool(fewer) and few.samples == e.samples
    some = "" if whole_batch else f"the first{many} of {e.samples} samples"
    shown = ", with ".join(filter(None, (some, fewer)))
    name, status = sampler_name(e), list(run["status"])
    status[0] = f"Draft: {status[0]}"
    if why:
        title, first = f"{name}: not run", f"{why} On show: {shown}."
    else:
        title, rest = (
            f"{name}: a draft",
            "the others are on their" if some else "the whole run is on its",
        )
        first = f"Draft: {shown}; {rest} way …"
    return run | {"title": title, "status": status, "first": first}


def counted(n: int) -> str:
    """A small number in words."""
    words = ("none", "one", "two", "three", "four", "five", "six")
    return words[n] if n < len(words) else str(n)


def budget(e: Experiment) -> str:
    """“18 steps = 35 evaluations.”, and a word if the budget was moved; no run is needed, so a
    draft cannot speak in its place."""
    moved, takes, steps = "", evaluations(e), len(levels(e)) - (e.last != "zero")
    if adapts(e.solver):
        return adaptive.budget(e, takes, len(levels(e)) - 1)
    if isinstance(e.timesteps, Custom):
        moved = " The typed list sets the number of steps."
    elif isinstance(e.timesteps, ToolSteps) and (made := bought.count(e)) != (
        asked := bought.bought(e)
    ):
        moved = f" {e.timesteps.label} makes {made} levels when asked for {asked} steps."
    elif takes != e.nfe:
        moved = f" {e.nfe} is not possible here; the nearest is {takes}."
    each = f"{counted(e.solver.evaluations)} a step"
    if e.afs:
        each += ", the first is analytic"
    if e.restart.repeats:
        each += f", {e.restart.repeats} restarts {e.restart.repeats * e.restart.inner} steps more"
    tail = {
        "zero": "the last step is Euler" if e.solver.evaluations > 1 else "the last step ends at 0",
        "sigma_min": "it stops at σ<sub>min</sub>",
        "denoise": "one more denoises at σ<sub>min</sub>",
    }[e.last]
    return (
        f"<b>{steps} step{'' if steps == 1 else 's'} = {takes} evaluation"
        f"{'' if takes == 1 else 's'}.</b> {solver_name(e.solver)} takes {each}; "
        f"{tail}.{moved}"
    )


def solver(solver) -> str:
    """Its card, and what its own settings come to where it says so."""
    return " ".join(filter(None, (solver.card, getattr(solver, "told", ""))))


def spent(r: Run | None, e: Experiment) -> dict[str, str]:
    """The budget, with what guidance and adaptive steps make of it where the whole run is there."""
    more = [guided.spent(r), adaptive.ended(r.trajectory.tried)] if r else []
    return {"budget": " ".join(s for s in (budget(e), *more) if s)}


def churn(e: Experiment) -> str:
    """What γ comes to, or why churn does nothing."""
    if e.churn.s_churn == 0:
        return "No effect while S<sub>churn</sub> is 0."
    steps = len(levels(e)) - (e.last != "zero")
    grid = levels(e).tolist()
    inside = sum(e.churn.gamma(s, steps) > 0 for s in grid)
    if not inside:
        return (
            f"No step lies between S<sub>tmin</sub> = {number(e.churn.s_tmin)} and "
            f"S<sub>tmax</sub> = {number(e.churn.s_tmax)}: no effect."
        )
    gamma = min(e.churn.s_churn / steps, Churn.CAP)
    cap = math.floor(10 * Churn.CAP * steps) / 10
    memory = (
        " Each time the solver’s memory begins anew, at order 1." if e.solver.memory > 1 else ""
    )
    return (
        f"γ = {short(gamma)}: {inside} of {steps} steps first raise σ by {percent(gamma)}. "
        f"No more effect above {number(cap)}.{memory}"
    )


def schedule(e: Experiment) -> str:
    """The hint where the schedule changes nothing, else nothing."""
    if needs_schedule(e.solver):
        return ""
    return f"{e.solver.label} works in σ: it ignores σ(t) and s(t)."


_NAMES = {
    "schedule": "frame",
    "timesteps": "time steps",
    "last": "ending",
    "s_churn": "S_churn",
    "s_tmin": "S_tmin",
    "s_tmax": "S_tmax",
    "s_noise": "S_noise",
}


def departures(changed: list[tuple]) -> str:
    """“ρ 7 → 3, solver Heun → Euler”: the first three settings that depart from a design."""
    keys = {key for key, *_ in changed}
    told = [c for c in changed if c[0] != "schedule.scaling" or "schedule" not in keys]
    return ", ".join(change(*c) for c in told[:3]) + (" …" if len(told) > 3 else "")


def change(key: str, before, now) -> str:
    """“ρ 7 → 3”, in the words of the controls."""
    name, choices = _spoken(key)
    if isinstance(now, tuple):
        return f"{name} edited"
    return f"{name} {_shown(before, choices)} → {_shown(now, choices)}"


def setting(key: str, value) -> str:
    """“ρ = 7”, or the choice alone: “Heun”."""
    name, choices = _spoken(key)
    if isinstance(value, tuple):
        return f"{name} edited"
    plain = name.lower() if len(name) > 2 and name.istitle() else name  # “seed”, but “NFE”
    return choices.get(value) or f"{plain} = {_shown(value, choices)}"


def told(key: str, value) -> tuple[str, str]:
    """What the controls call a setting, and its value as they show it: (“ρ”, “7”)."""
    name, choices = _spoken(key)
    name = name if len(name.split("<")[0]) < 2 else capital(name)
    return name, "edited" if isinstance(value, tuple) else _shown(value, choices)


def _shown(value, choices: dict) -> str:
    plain = f"{value:g}" if isinstance(value, float) else str(value)
    plain = number(value) if "e" in plain and isinstance(value, float) else plain
    return choices.get(value) or ("–" if value is None else plain)


def _spoken(key: str) -> tuple[str, dict]:
    """What the controls call a setting, and its choices."""
    name = _NAMES.get(key, key.split(".")[-1])
    if key == "timesteps":
        return name, timesteps.words()
    if (entries := slots(Experiment).get(key)) is not None:
        return name, {k: getattr(cls, "short", cls.label) for k, cls in entries.items()}
    found = next((p for p in parameters(Experiment) if p.key == key), None)
    if found is None:
        return name, {}
    head, _, low = _NAMES.get(key, found.spec.label or name).partition("_")
    return f"{head}<sub>{low}</sub>" if low else head, dict(found.spec.choices or ())


def unequal(took: Iterable[Collection[int]]) -> str:
    """That cells which stand beside each other did not cost the same; took: the evaluations of
    each group of them.  Nothing where they did."""
    if all(len(set(own)) < 2 for own in took):
        return ""
    return " Not at equal cost: a cell takes what fits into its budget, and says how much it took."
