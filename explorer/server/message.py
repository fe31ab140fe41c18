"""From a request to the message that the page draws.

    {values | query, have}  ->  message  ->  {values, query, words, parts}

Every value is checked again by the settings themselves.
"""

import math
import os
from concurrent.futures import ThreadPoolExecutor
from html import escape

from ..core.timesteps import Custom
from ..dialects import lint, lists
from ..errors import Cancelled, UserError
from ..lab import designs
from ..lab.experiment import Experiment, Run, draft, incomparable, levels, prepared, run, too_much
from ..lab.truth import compared, comparison, patience, steps_of
from ..settings import flatten, from_query, to_query, unflatten
from ..study.names import solver_name
from ..ui import amed, networks, panels, words
from .api import AT_ONCE, SLOTS
from .desk import DESK

PARTS = ("data", "run", "loss", "path", "error")
BESIDE = ("run", "error", "loss", "data", "path")  # the order while another thread makes the others
MEASURES = ("path", "loss", "error")  # what a slow network is asked for one at a time
LIST = "timesteps.levels"
FIRST = 0.07  # seconds for the first samples of a slow network
SLOW = 0.15  # seconds of a network's reference above which measures come one at a time
PATIENCE = 150  # ms that the error may take before the run is sent ahead of it
CORES = os.cpu_count() or 1
BESIDES = ThreadPoolExecutor(AT_ONCE)


def _experiment(request: dict) -> Experiment:
    """The experiment a request describes, by values or by a query string."""
    if not isinstance(request, dict):
        raise UserError(f"A request is an object with “values” or “query”; got {request!r:.60}.")
    if "query" in request:
        if not isinstance(request["query"], str):
            raise UserError(f"“query” must be text; got {request['query']!r:.60}.")
        return from_query(Experiment, request["query"])
    values = request.get("values")
    if not isinstance(values, dict):
        raise UserError(f"“values” must be an object of settings; got {values!r:.60}.")
    values = dict(values)
    if isinstance(pasted := values.get(LIST), str):
        values[LIST] = lists.parse_sigmas(pasted).sigmas
    return unflatten(Experiment, values)


def _list_notes(e: Experiment, request: dict) -> list[str]:
    """What was guessed in reading a pasted list, and what the linter says of any list."""
    if not isinstance(e.timesteps, Custom):
        return []
    values = request.get("values")
    pasted = values.get(LIST) if isinstance(values, dict) else None
    notes = lists.parse_sigmas(pasted).notes if isinstance(pasted, str) else []
    written = list(e.timesteps.levels)
    if e.last == "zero" and written[-1] > 0:
        written.append(0.0)
    source = prepared(e.data, e.model)
    made_for = (
        getattr(source.denoiser, "sigma_min", 0.0),
        getattr(source.denoiser, "sigma_max", math.inf),
    )
    return notes + [f.text for f in lint.lint(written, source.sigma_data, made_for)]


def message(request: dict) -> dict:
    """Everything the page needs after an action, without what it already holds.

    A problem comes as a sentence under "problem"; a request that a newer one has overtaken comes
    back as {"stale": true}.
    """
    try:
        e = _experiment(request)
        page, number = str(request.get("page", ""))[:64], request.get("id", 0)
        number = min(number, 2**53) if isinstance(number, int) else 0
        DESK.arrive(page, number, follows=bool(request.get("want")))
        with SLOTS:
            return _message(e, request, page, number)
    except Cancelled:
        return {"stale": True}
    except UserError as error:
        return {"problem": str(error)}


def _message(e: Experiment, request: dict, page: str, number: int) -> dict:
    have = request.get("have") if isinstance(request.get("have"), dict) else {}
    wanted = request.get("want") if isinstance(request.get("want"), list) else None
    keys = panels.keys(e)
    absent = panels.absent(e)
    alone = _ahead(e, keys, have, page, number)
    few = draft(e, FIRST) if wanted is None and have.get("run") != keys["run"] else None
    tick = DESK.watch(page, number, "Sampling", len(levels(few or e)))
    r = run(few or e, tick)
    slow = patience(e) > SLOW
    parts, pending = {}, []
    for name in PARTS if alone else BESIDE:
        if have.get(name) == keys[name] or name == "error" and have.get(name) == keys["exact"]:
            continue
        if name in absent:
            continue
        late = name == "error" and wanted is None and _cost(r) > PATIENCE
        late = late or name == "path" and wanted is None and r.seconds > 0.3 and len(r.levels) > 1
        late = late or name in MEASURES and (few or slow and parts)
        if late:
            pending.append(name)
            continue
        steps = (
            panels.LOSS_LEVELS if name == "loss" else 65 + (len(r.levels) if name == "error" else 0)
        )  # of the reference, of the run
        tick = DESK.watch(page, number, f"Measuring the {name}", steps)
        parts[name] = panels.part(name, few or e, r, tick)
    if few:
        parts["run"]["first"] = words.first(few, e)
        pending = ["run", *pending]
    if wanted and "exact" in wanted and have.get("error") != keys["exact"]:
        tick = DESK.watch(page, number, "Refining the reference", 3000)
        parts["error"] = panels.part("exact", e, r, tick)
    elif parts.get("error", {}).get("exact") is False:
        pending.append("exact")
    moved = have.get("data") != keys["data"]  # what is on show belongs to other data
    drop = [
        p
        for p in (*pending, *absent)
        if have.get(p) is not None and (p == "error" or p in MEASURES and (moved or p in absent))
    ]
    design = request.get("design")
    design = design if isinstance(design, str) and design in designs.DESIGNS else "edm"
    return {
        "values": flatten(e),
        "query": to_query(e),
        "parts": parts,
        "pending": pending,
        "drop": drop,
        "predictors": amed.menu(e),
        "words": _words(e, r, design, _list_notes(e, request)),
    }


def _ahead(e: Experiment, keys: dict, have: dict, page: str, number: float) -> bool:
    """Let another core make what does not hang on the run, beginning with the reference; whoever
    asks for it meanwhile waits for that.  True where there is none, or where a network fills them
    all.
    """
    source = prepared(e.data, e.model)
    if source.pace is not None or source.device.device.type != "cpu" or CORES < 2 or too_much(e):
        return True
    check = DESK.check(page, number)

    def make() -> None:
        for name in ("path", "data", "loss"):
            if have.get(name) != keys[name]:
                panels.part(name, e, None, check)
        if incomparable(e) is None and have.get("error") != keys["error"]:
            steps_of(e, check)
        if compared(e):
            comparison(e, check)

    BESIDES.submit(make)
    return False


def _cost(r: Run) -> float:
    """A guess in ms of what measuring the error takes: half as long again as the run."""
    return 1e3 * r.seconds * 1.5


def _words(e: Experiment, r: Run, design: str, notes: list[str]) -> dict:
    changed = designs.changes(design, e)
    about = designs.DESIGNS[design].about
    if changed:
        about = f'<span class="changed">Changed: {words.departures(changed)}</span>'
    return {
        "design": about,
        "data": escape(networks.about(e)),
        "budget": words.budget(e, r),
        "churn": words.churn(e),
        "schedule": " ".join([words.schedule(e), *notes]).strip(),
        "solver": e.solver.card,
        "sum-data": words.data_name(e.data),
        "sum-budget": f"NFE {r.nfe}",
        "sum-solver": solver_name(e.solver),
        "sum-schedule": f"{e.timesteps.label}, {e.schedule.formula}",
        "sum-churn": f"S<sub>churn</sub> {e.churn.s_churn:g}" if e.churn.s_churn else "off",
    }
