"""From a request to the message that the page draws.

    {values | query, have}  ->  message  ->  {values, query, words, parts, states}

Every value is checked again by the settings themselves.
"""

import dataclasses
from html import escape
from typing import Any

from .. import __version__
from ..core.timesteps import Custom
from ..dialects import lists
from ..errors import Cancelled, UserError
from ..lab import afford, designs, notes
from ..lab.error import MORE, block_of, followed
from ..lab.experiment import Experiment, Run, draft, evaluations, levels, too_much
from ..lab.experiment import made as was_run
from ..lab.truth import patience
from ..lab.view import View
from ..settings import flatten, jsonable, to_query
from ..strips import loss
from ..study.names import solver_name
from ..ui import guided, networks, parts, predictors, words
from ..ui.refusal import refusal
from . import ahead, rest
from . import turn as turns
from .asked import LIST, problem, understood
from .desk import DESK
from .states import MEASURES, dropped, states
from .turns import ROOM

PARTS = ("data", "run", "loss", "path", "error")
SLOWLY = ("data", "run", "path", "loss", "error")  # of a slow network: first what costs nothing
BESIDE = ("run", "error", "loss", "data", "path")  # the order while another thread makes the others
BETTER = ("exact", "more")  # what is asked for at rest
HURRIED = 64  # samples of a first picture while more wait than are computed at once
FIRST = 0.07  # seconds for the first samples of a slow network
SLOW = 0.15  # seconds of a network's reference above which measures come one at a time
PATIENCE = 150  # ms that the error may take before the run is sent ahead of it
FULLY = frozenset(("run", *MEASURES))  # what may be measured fully, of a slow network
WARM = "first view"  # the thread that makes it before anybody asks


def _notes(e: Experiment, request: dict) -> list[str]:
    """What was guessed in reading a pasted list, and what is to be said of the time steps."""
    values = request.get("values")
    pasted = values.get(LIST) if isinstance(values, dict) else None
    given = isinstance(e.timesteps, Custom) and isinstance(pasted, str)
    return (lists.parse_sigmas(pasted).notes if given else []) + notes.notes(e)


def message(request: dict) -> dict:
    """Everything the page needs after an action, without what it already holds.

    A problem comes as a sentence under "problem"; a request that a newer one has overtaken comes
    back as {"stale": true}.
    """
    refused: dict = {}
    try:
        e, wrong = understood(request)
        rank, page, number = arrives(request)
        with ROOM.taking(rank, page, number):
            e = afford.opening(e) if request.get("opening") else e
            full = _full(request)
            left = afford.cut(e, full)
            refused = {} if left else refusal(e)
            shown = left.experiment if left else e
            with View(shown, exact=_settles(request)).room():
                made = _message(e, shown, full, request, page, number)
                if _settles(request):
                    rest.after(shown)
                return made | refused | _cut(left) | wrong | {"version": __version__}
    except Cancelled:
        return {"stale": True}
    except UserError as error:
        return problem(error) | refused


def arrives(request: Any) -> tuple[int, str, float]:
    """The rank of a request, its page and its number there; the desk hears of it."""
    if not isinstance(request, dict):
        return turns.FIRST, "", 0
    page, number = str(request.get("page", ""))[:64], request.get("id", 0)
    number = min(number, 2**53) if isinstance(number, int) else 0
    follows = bool(request.get("want"))
    DESK.arrive(page, number, follows)
    if not follows:
        return turns.FIRST, page, number
    return turns.SETTLED if _settles(request) else turns.FOLLOWS, page, number


def _full(request: dict) -> frozenset[str]:
    """The parts that a slow network is to be measured fully for."""
    full = request.get("full")
    return frozenset(v for v in FULLY if isinstance(full, list) and v in full)


def _cut(left: afford.Cut | None) -> dict:
    """What the page says of a view that was too much; None of one that was not."""
    if left is None:
        return {"cut": None}
    more = {} if left.more is None else {"fully": f"Run all, {parts.about(left.more)}"}
    return {"cut": {"chip": left.chip, "words": left.words, **more}}


def _settles(request: dict) -> bool:
    """Whether the settled error is asked for, which takes longer and holds more than a draft."""
    want = request.get("want")
    return isinstance(want, list) and any(name in want for name in BETTER)


def _message(
    asked: Experiment, e: Experiment, full: frozenset[str], request: dict, page: str, number: int
) -> dict:
    """asked: what the controls say; e: what is left of it where that is too much."""
    have = request.get("have") if isinstance(request.get("have"), dict) else {}
    wanted = request.get("want") if isinstance(request.get("want"), list) else None
    whole = View(e, full=full)
    why = too_much(e)  # then a draft is all that there will be, or what is there already stays
    if why and wanted is None and have.get("run") and have.get("data") == whole.key("data"):
        raise UserError(why)
    refusals = parts.refused(whole) | (dict.fromkeys(("run", "error"), why) if why else {})
    with ahead.beside(whole, have, page, number) as shared:
        anew = wanted is None and have.get("run") != whole.key("run")
        hurried = wanted is None and ROOM.firsts > 0  # then the run comes alone
        few = _few(e, anew, bool(why))
        sampling = DESK.watch(page, number, "Sampling", len(levels(few or e)))
        view = View(few or e, sampling, full=full)
        r = view.run  # before all else: what stands in its way is the answer
        held = _held(have, view if why else whole)
        made, pending = {}, []
        order = PARTS if whole.plan is None else SLOWLY
        for name in BESIDE if shared else order:
            if name in held or (name in refusals and name != "run"):
                continue
            if _late(name, view, wanted, hurried or (few is not None and anew), bool(made)):
                pending.append(name)
                continue
            tick = DESK.watch(page, number, f"Measuring the {name}", _length(name, view, r))
            made[name] = parts.part(name, view.watched(tick))
        if few and "run" in made:
            made["run"] = words.drafted(made["run"], few, e, why)
            pending = pending if why else ["run", *pending]
        if better := _better(e, wanted, have, page, number):
            made["error"] = better
        pending += _better_still(made.get("error", {}))
    drop = dropped(have, whole, pending, refusals)
    return {
        "values": jsonable(flatten(asked)),
        "query": to_query(asked),
        "parts": made,
        "states": states(made, pending, drop, have, refusals, whole),
        "pending": pending,
        "drop": drop,
        "predictors": predictors.menu(e),
        "words": _words(asked, e, _design(request), _notes(asked, request))
        | words.spent(None if few else r, e),
    }


def _few(e: Experiment, anew: bool, above: bool) -> Experiment | None:
    """The samples that come first, where all take long; None where all come at once.  above: all
    of them are too much."""
    few = draft(e, FIRST) if anew or above else None
    if ROOM.crowded and anew and not few and e.samples > HURRIED and not was_run(e):
        return dataclasses.replace(e, samples=HURRIED)
    return few


def _better(e: Experiment, wanted: list | None, have: dict, page: str, number: int) -> dict | None:
    """The error as well as it can be had: settled, or with further paths to say which steps make
    it; None where nobody asks for it, or it is there."""
    for name, what in (("more", "Following more paths"), ("exact", "Comparing all paths")):
        if wanted and name in wanted:
            tick = DESK.watch(page, number, what, _settling(e, MORE if name == "more" else 1))
            view = View(e, tick, exact=True, more=name == "more")
            if have.get("error") != view.key("error"):
                return parts.part("error", view)
    return None


def _better_still(error: dict) -> list[str]:
    """What is to be asked for at rest."""
    if error.get("exact") is False:
        return ["exact"]
    return ["more"] if error.get("more") else []


def _held(have: dict, view: View) -> set[str]:
    """The parts of this view that the page has: the error also held against the best reference."""
    fully = dataclasses.replace(view, full=FULLY)
    held = {name for name in PARTS if have.get(name) in (view.key(name), fully.key(name))}
    better = have.get("error") in (view.key("exact"), view.key("more"))
    return held | ({"error"} if better else set())


def _late(name: str, view: View, wanted: list | None, few: bool, begun: bool) -> bool:
    """Whether a part waits for the next request, so that the run is seen before it."""
    if name == "path" and view.own and not few:  # the run is there, and this is its shape
        return False
    if name in MEASURES and (few or (begun and patience(view.experiment) > SLOW)):
        return True
    if wanted is not None:
        return False
    if name == "error":
        return _cost(view.run) > PATIENCE
    return name == "path" and view.run.seconds > 0.3 and len(view.run.levels) > 1


def _length(name: str, view: View, r: Run) -> int:
    """How many steps the making of a part counts: of the loss, or of the reference and the run."""
    if name == "loss":
        few = afford.loss(view.source, "loss" in view.full)
        return few[0] if few else loss.NETWORK_LEVELS
    if name == "error" and view.plan is not None:
        return afford.ticks(view.experiment, view.plan)
    return 65 + (len(r.levels) if name == "error" else 0)


def _settling(e: Experiment, times: int) -> int:
    """How many steps settling the error counts, near enough: two references, and its blocks."""
    blocks = -(-followed(e, True, times) // block_of(e))
    return 3 * 65 + blocks * len(levels(e))


def _design(request: dict) -> str:
    design = request.get("design")
    return design if isinstance(design, str) and design in designs.DESIGNS else "edm"


def _cost(r: Run) -> float:
    """A guess in ms of what measuring the error takes: half as long again as the run."""
    return 1e3 * r.seconds * 1.5


def _words(e: Experiment, shown: Experiment, design: str, notes: list[str]) -> dict:
    """shown: what is left of it where it is too much."""
    changed = designs.changes(design, e)
    about = designs.DESIGNS[design].about
    if changed:
        about = f'<span class="changed">Changed: {words.departures(changed)}</span>'
    return {
        "design": about,
        "data": " ".join(
            filter(None, (escape(networks.about(e)), guided.about(e), afford.told(shown)))
        ),
        "churn": words.churn(e),
        "schedule": " ".join([words.schedule(e), *notes]).strip(),
        "solver": words.solver(e.solver),
        "sum-data": words.data_name(e.data),
        "sum-budget": f"NFE {evaluations(e)}",
        "sum-solver": solver_name(e.solver),
        "sum-schedule": f"{e.timesteps.label}, {e.schedule.formula}",
        "sum-churn": f"S<sub>churn</sub> {e.churn.s_churn:g}" if e.churn.s_churn else "off",
    }
