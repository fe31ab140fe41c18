"""The page: one HTML component with a constant template, one straight line from request to message.

    browser  {values | query, have}  ->  explore  ->  {values, query, words, parts}  ->  drawings

The live path is a server function (one round trip of some 10 ms); the same work is reachable as
named API endpoints.  Every value is checked again by the settings themselves.
"""

import json
import threading
from typing import Any

from fastapi import Response

from ..dialects import edits
from ..errors import UserError
from ..lab.experiment import Experiment
from ..settings import unflatten
from ..ui import amed, pages
from . import api, compare, files, networks, train
from .api import AT_ONCE, SLOTS, receive, uploaded
from .desk import DESK
from .message import LIST, message
from .quick import gr


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
        if not isinstance(n, int) or isinstance(n, bool) or not 2 <= n <= edits.LONGEST:
            raise UserError(
                f"Levels must be a whole number from 2 to {edits.LONGEST}; got {n!r:.40}."
            )
        return {"levels": [float(f"{s:.6g}") for s in edits.resample(e.timesteps.levels, n)]}
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
    with gr.Blocks(title="Diffusion Sampler Explorer", analytics_enabled=False) as demo:
        gr.HTML(
            html_template=pages.template(),
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
            config=pages.config(),
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
