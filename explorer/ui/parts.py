"""The parts of the message that the page draws, each under a key that names its content.

    data    belongs to the data set and model: points, density, denoise strip
    loss    too; a part of its own, since a network takes its time
    path    belongs to the reference: true paths, curvature, subspace
    run     the solver's own states, steps and costs
    error   the run against the reference, and which step is to blame

Each strip travels with the part that it names, under "strips"; what the run shows of it at once
comes with the run, under "quick".  The page says which parts it holds (`have`), and only the
others are made and sent.
"""

import dataclasses
from collections.abc import Mapping

import torch

from ..analysis import geometry
from ..core.guided import passes
from ..figures import pack
from ..figures.style import FAMILY, rounded
from ..lab import afford, coarse, cost, judged, lowered
from ..lab.experiment import Experiment, Run
from ..lab.source import MEMOS, Watch
from ..lab.truth import patience
from ..lab.view import View
from ..lab.watched import asking
from ..memo import Memo
from ..numerals import count
from ..strips import STRIPS, plane
from ..strips.strip import Numbers, Strip
from . import headline, stage, words
from .opened import opened

PARTS = ("data", "loss", "path", "run", "error")

_parts = Memo(24 * 2**20)
_numbers = Memo(8 * 2**20)
MEMOS += [_parts, _numbers]


def part(name: str, view: View) -> dict:
    """One part of the message; those that hang on no run are remembered by their key."""
    key = view.key(name)
    make = {"data": _data, "loss": _loss, "path": _path, "run": _run, "error": _error}[name]
    if name in ("run", "error"):
        return {"key": key, **make(view)}
    return _parts((name, key), lambda: {"key": key, **make(view)})


def refused(view: View) -> dict[str, str]:
    """The parts that cannot be measured, and why."""
    out = {}
    if why := lacking(view):
        out["loss"] = why
    return out


def lacking(view: View) -> str | None:
    """Why nothing is held against data, or None."""
    return getattr(view.experiment.data, "lacking", None)


def unfollowed(e: Experiment) -> str | None:
    """Why the true paths of a view are not followed, or None."""
    wait = patience(e)
    return f"{judged.MINUTES.format(wait / 60)}they are not followed." if wait > cost.LONG else None


def measured(strip: Strip, view: View) -> Numbers:
    """The numbers of a strip, remembered by their key."""
    return _numbers((strip.name, strip.key(view)), lambda: strip.measure(view, view.watch))


def colour(view: View) -> str:
    """That of the solver's family."""
    return FAMILY[view.experiment.solver.family]


def _strips(name: str, view: View) -> dict:
    drawn, wanted = {}, asking(view.watch)
    for strip in (s for s in STRIPS.values() if s.part == name):
        wanted()  # those of many large paths take a second
        drawn[strip.name] = strip.drawn(measured(strip, view), colour(view))
    return drawn


def _data(view: View) -> dict:
    source = view.source
    shown = {"plane": words.plane_name(view.experiment.data)} if source.kind == "plane" else {}
    return {
        "kind": source.kind,
        "name": words.name_of(view),
        "shape": list(source.shape),
        "points": 0 if hasattr(source.data, "lacking") else len(source.mixture),
        "classes": source.data.classes,
        "names": list(getattr(source.data, "names", ())),
        **shown,
        "lacking": lacking(view),
        **stage.of_data(view),
        "strips": _strips("data", view),
    }


def _loss(view: View) -> dict:
    few = afford.loss(view.source, "loss" in view.full)
    slow = {} if afford.strip(view.source) is None else {"strip": stage.strip(view)}
    said = f"{few[0]} levels, {few[1]} samples" if few else ""
    return {"strips": _strips("loss", view), **slow, **_fully(view, "loss", said)}


def _fully(view: View, name: str, said: str) -> dict:
    """What is said of a part of a slow network that is cut down, and the offer to measure it
    fully, with about how long that takes."""
    if not said or name in view.full:
        return {}
    e = view.experiment
    return {"said": said, "fully": f"Measure fully, {about(afford.takes(e, name))}"}


def about(seconds: float) -> str:
    """“about 40 s”, “about 12 min”."""
    if seconds < 90:
        return f"about {max(1, round(seconds))} s"
    return f"about {count(round(seconds / 60))} min"


def _path(view: View) -> dict:
    offer = _fully(view, "path", f"on the {len(view.run.levels) - 1} own steps" * view.own)
    if view.own and (why := coarse.shapeless(view.run)):
        return {"why": why, "strips": {}, **offer}
    return offer | {
        "sigma": rounded(view.paths.sigma, 6),
        **stage.of_paths(view),
        "planes": _planes(view),
        "strips": _strips("path", view),
    }


def _planes(view: View) -> dict | None:
    """The paths in their own principal axes, for the shelf."""
    dimension = int(torch.tensor(view.source.shape).prod())
    if dimension < 3:
        return None
    sigma, several = plane.thinned(view, stage.EXACT_PATHS)
    coordinates, _ = geometry.principal(several, min(3, dimension))
    return {
        "sigma": rounded(sigma, 6),
        "paths": several.shape[1],
        "coordinates": pack.floats(coordinates),
    }


def _run(view: View) -> dict:
    """States, steps, costs; without errors, so that it can be drawn at once."""
    r, tr = view.run, view.run.trajectory
    sigma, hat = tr.sigma.tolist(), tr.sigma_hat.tolist()
    own = colour(view)
    return {
        "sigma": rounded(sigma, 7),
        "hat": rounded(hat, 7),
        "pure": tr.pure,  # whether the first of them stands for ∞
        "t": rounded(tr.t, 6),
        "gamma": rounded([h / s - 1 for s, h in zip(sigma, hat)]),
        "frame": stage.frame_of(r.experiment.schedule),
        "colour": own,
        "nfe": r.nfe,
        "steps": r.steps,
        "title": headline.title(r),
        "status": words.status(r),
        "churned": r.experiment.churn.s_churn > 0,
        **stage.of_run(view),
        "quick": {s.name: found for s in STRIPS.values() if (found := s.quick(view, own))},
        "strips": _strips("run", view),
    }


def _error(view: View) -> dict:
    """The run against the reference: added up, each step alone, and the shares."""
    if why := judged.unknown(view):
        wanted = view.plan is not None and not view.incomparable
        offer = _fully(view, "error", "not measured" * wanted)
        alone = headline.alone(view.run, why)
        return {"finding": None, "why": why, "exact": True, "alone": alone, **offer}
    measured(STRIPS["error"], view)  # first, as it begins with what waits for nobody
    strips = _strips("error", view)
    errors, found = view.errors, view.blame
    settled = min(view.experiment.samples, view.source.settled)
    exact = view.exact or view.plan is not None  # of a slow network nothing better follows
    draft = 0 if exact or len(errors.end) >= settled else settled
    more = view.exact and not view.more and judged.undecided(view)
    head = headline.headline(view.run, errors, found, view.versus, draft, more)
    if view.plan is not None and view.plan.finer:
        learned = view.experiment.solver.family == "learned"  # its steps are for its own levels
        beside = f"Held against {'Heun' if learned else 'the same solver'} in twice the steps."
        head = dataclasses.replace(head, versus=f"{head.versus} {beside}".strip())
    if exact and (moved := lowered.cost(view.run, view.watch)):
        text = f"{words.lowered(view.run, moved)}."
        head = dataclasses.replace(head, versus=f"{head.versus} {text}".strip())
    return {
        "finding": head.plain(),
        "share": rounded(found.each),
        "exact": exact,
        "more": more,
        "local": rounded(errors.steps.local.quantile(0.5, 1)),
        "hot": list(found.steps) if found.decided else [],
        "measured": found.paths,
        "added_up": rounded(errors.path.quantile(0.5, 1)),
        "ends": words.ends(errors),
        "strips": strips,
        **({"opened": opened(view)} if exact else {}),
        **_fully(view, "error", "against twice the steps" * (view.plan is not None)),
    }


def numbers(r: Run, strips: list[str], watch: Watch | None = None) -> Mapping:
    """The run as plain numbers, for the API, settled, with those of some strips; "why" says why it
    has no error, or none to hold it against, where there is none."""
    view, tr = View(r.experiment, watch, exact=True, more=True), r.trajectory
    out = {
        "nfe": r.nfe,
        "passes": passes(r.source.denoiser, tr.evaluated),
        "steps": r.steps,
        "sigma": tr.sigma.tolist(),
        "evaluated": tr.evaluated.tolist(),
        "seconds": r.seconds,
        "ms_per_evaluation": r.ms_per_evaluation,
        "device": r.source.device.label,
    }
    with view.room():
        if (moved := lowered.cost(r, watch)) is not None:
            out["precision"] = {"name": r.source.precision, "moves": dataclasses.asdict(moved)}
        if strips:
            out["strips"] = {name: measured(STRIPS[name], view) for name in strips}
        return out | judged.judged(view)
