"""The page: one HTML component with a constant template, one straight line from request to message.

    browser  {values | query, have}  ->  explore  ->  {values, query, words, parts}  ->  drawings

The live path is a server function (one round trip of some 10 ms); the same work is reachable as
named API endpoints.  Every value is checked again by the settings themselves.
"""

import json
import math
import os
import threading
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from html import escape
from typing import Any

from fastapi import Response

from ..core.timesteps import Custom
from ..dialects import lists
from ..errors import Cancelled, UserError
from ..lab import designs
from ..lab.experiment import Experiment, Run, draft, incomparable, levels, prepared, run, too_much
from ..lab.truth import comparison, patience, steps_of
from ..settings import flatten, from_query, to_query, unflatten
from ..study.sweep import solver_name
from ..ui import amed, amed_form, compare, controls, networks, panels, train, words
from . import api, files
from .api import AT_ONCE, SLOTS, receive, uploaded
from .quick import gr

PARTS = ("data", "run", "loss", "path", "error")
BESIDE = ("run", "error", "loss", "data", "path")  # the order while another thread makes the others
MEASURES = ("path", "loss", "error")  # what a slow network is asked for one at a time
LIST = "timesteps.levels"
PAGES = 512  # open pages whose newest request is remembered
FIRST = 0.07  # seconds for the first samples of a slow network
SLOW = 0.15  # seconds of a network's reference above which measures come one at a time
PATIENCE = 150  # ms that the error may take before the run is sent ahead of it


class Desk:
    """Which request of each open page is the newest, and how far it is."""

    def __init__(self):
        self._lock = threading.Lock()
        self._newest: OrderedDict[str, float] = OrderedDict()
        self._acted: dict[str, float] = {}  # the newest of a person; others follow of themselves
        self._progress: dict[str, dict] = {}

    def arrive(self, page: str, number: float, follows: bool = False) -> None:
        if not page:  # callers without a name have nothing to do with each other
            return
        with self._lock:
            self._newest[page] = max(number, self._newest.get(page, 0))
            self._newest.move_to_end(page)
            if not follows:
                self._acted[page] = self._newest[page]
            while len(self._newest) > PAGES:
                old, _ = self._newest.popitem(last=False)
                self._progress.pop(old, None)
                self._acted.pop(old, None)

    def cancel(self, page: str) -> None:
        """Whatever this page waits for is no longer wanted."""
        with self._lock:
            if page in self._newest:
                self._newest[page] += 0.5
                self._acted[page] = self._newest[page]

    def watch(self, page: str, number: float, what: str, total: int):
        """A function that counts steps and raises Cancelled once a newer request is there; its
        `check` raises without counting."""
        state = {"what": what, "done": 0, "total": total}
        self._progress[page] = state

        def check() -> None:
            if self._newest.get(page, 0) > number:
                raise Cancelled

        def tick() -> None:
            state["done"] = min(state["done"] + 1, total)
            check()

        tick.check = check
        return tick

    def check(self, page: str, number: float):
        """A function that raises Cancelled once a person wants another view."""

        def check() -> None:
            if self._acted.get(page, 0) > number:
                raise Cancelled

        return check

    def progress(self, page: str) -> dict:
        return dict(self._progress.get(page, {}))


DESK = Desk()
CORES = os.cpu_count() or 1
BESIDES = ThreadPoolExecutor(AT_ONCE)


# ---- the message --------------------------------------------------------------------------------


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
    return notes + [f.text for f in lists.lint(written, source.sigma_data, made_for)]


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
        if panels.compared(e):
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


def explore(request: dict):
    """The page's own call: a request in, a message out, as JSON without detours."""
    return Response(
        json.dumps(message(request), ensure_ascii=False, allow_nan=False),
        media_type="application/json",
    )


def progress(page: str) -> dict:
    """How far the newest request of a page is."""
    return DESK.progress(str(page)[:64])


def cancel(page: str) -> dict:
    """Stop what this page waits for; the last picture stays."""
    DESK.cancel(str(page)[:64])
    return {}


def job_start(request: dict) -> dict:
    """Begin one of the Compare page's measurements."""
    return compare.start(request)


def job_poll(request: dict):
    """What a measurement has so far."""
    return Response(
        json.dumps(compare.poll(request), ensure_ascii=False), media_type="application/json"
    )


def job_cancel(request: dict) -> dict:
    """Stop a measurement; what it has stays."""
    return compare.cancel(request)


def amed_keep(request: dict) -> dict:
    """Save what a training has learned; the view that samples with it."""
    try:
        return amed.keep(
            compare.JOBS.get(request.get("job") if isinstance(request, dict) else None)
        )
    except UserError as error:
        return {"problem": str(error)}


def amed_picture(request: dict):
    """One step of true paths, and where every r and c would lead; with “plane”, Fig. 4 instead."""
    try:
        if not isinstance(request, dict):
            raise UserError("A picture is asked for with the values of a view.")
        with SLOTS:
            if request.get("plane"):
                out = amed.plane(request)
            else:
                job = request.get("job")
                about = compare.JOBS.get(job).about if job else None
                out = amed.picture({**request, "training": about})
    except UserError as error:
        out = {"problem": str(error)}
    return Response(json.dumps(out, ensure_ascii=False), media_type="application/json")


def training(request: dict):
    """The Train page: start, pause, resume, cancel, and how far it is."""
    return Response(
        json.dumps(train.act(request), ensure_ascii=False), media_type="application/json"
    )


def reshape(request: dict) -> dict:
    """A list of levels with another number of them, along the same curve in ln σ."""
    try:
        levels = request.get("levels") if isinstance(request, dict) else None
        e = unflatten(Experiment, {"timesteps": "custom", LIST: levels})
        n = request.get("count")
        if not isinstance(n, int) or isinstance(n, bool) or not 2 <= n <= lists.LONGEST:
            raise UserError(
                f"Levels must be a whole number from 2 to {lists.LONGEST}; got {n!r:.40}."
            )
        return {"levels": [float(f"{s:.6g}") for s in lists.resample(e.timesteps.levels, n)]}
    except UserError as error:
        return {"problem": str(error)}


def network_list(_=None) -> dict:
    """The networks that the menu shows."""
    return networks.listing()


def network_open(request: dict) -> dict:
    """Take in an EDM .pkl or a zipped diffusers folder that the browser has just uploaded; it is
    read as data, never run."""
    try:
        path = uploaded(request)
        return networks.receive(path, str(request.get("name", path.name))[:200])
    except UserError as error:
        return {"problem": str(error)}


def network_fetch(request: dict) -> dict:
    """Fetch a published checkpoint, where the owner allows it: begin, or ask how far it is."""
    try:
        return networks.fetch(request if isinstance(request, dict) else {})
    except UserError as error:
        return {"problem": str(error)}


# ---- the page -----------------------------------------------------------------------------------

SCRIPT = """
import(props.script).then((app) => app.start({element, props, server, upload}));
"""


def build() -> gr.Blocks:
    """The Gradio app, ready to launch."""
    template = (
        (files.ASSETS / "page.html")
        .read_text()
        .replace("@controls", controls.panel())
        .replace("@amed", amed_form.panel())
        .replace("@gits", amed_form.search_panel())
    )
    with gr.Blocks(title="Diffusion Sampler Explorer", analytics_enabled=False) as demo:
        gr.HTML(
            html_template=template,
            js_on_load=SCRIPT,
            apply_default_css=False,
            elem_id="explorer",
            padding=False,
            server_functions=[
                explore,
                progress,
                cancel,
                receive,
                reshape,
                job_start,
                job_poll,
                job_cancel,
                amed_keep,
                amed_picture,
                training,
                network_list,
                network_open,
                network_fetch,
            ],
            config={**controls.config(), "training": train.form()},
            script=f"{files.base()}/js/app.js",
            plotly=files.plotly_script(),
        )
        api.register()
    return demo


def launch(host: str = "127.0.0.1", port: int = 7860, **options) -> Any:
    """Serve the page; returns Gradio's (app, local url, share url)."""
    demo = build()
    demo.queue(max_size=options.pop("queue_size", 64), default_concurrency_limit=AT_ONCE)
    out = demo.launch(
        server_name=host,
        server_port=port,
        head=files.head(),
        run_history=False,
        footer_links=[],
        app_kwargs={"routes": files.routes()},
        quiet=True,
        ssr_mode=False,
        **options,
    )
    threading.Thread(
        target=message, args=({"query": ""},), daemon=True
    ).start()  # warm the first view
    return demo, *out


def wait() -> None:
    """Serve until interrupted."""
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        pass
