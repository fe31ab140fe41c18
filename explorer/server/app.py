"""The page: one HTML component with a constant template, one straight line from request to message.

    browser  {values | query, have}  ->  explore  ->  {values, query, words, parts}  ->  drawings

The live path is a server function (one round trip of some 10 ms); the same work is reachable as
named API endpoints.  Every value is checked again by the settings themselves.
"""

import json
import sys
import threading
from typing import Any

from starlette.middleware import Middleware

from ..ui import pages
from . import api, classic, docs, files, head, hosts, knocks, lean, logs, once, recordings, stopping
from .amed import amed_keep, amed_picture, amed_shipped
from .api import receive
from .cards import card_open, leave
from .claims import ablation_record, amed_headline, claim_list, lesson
from .curves import answer
from .design import design
from .door import Door
from .explore import anatomy, beside, cancel, explore, progress, reshape
from .headers import Headers, Inner
from .in_turn import at_once, in_turn
from .measurements import job_cancel, job_poll, job_start
from .message import WARM, arrives, message
from .networks import network_list, network_open
from .paper import paper
from .quick import gr
from .recordings import recording, recording_keep
from .remembered import Remembered
from .schedules import schedules
from .sentences import guarded
from .train import training
from .turn import FIRST, FOLLOWS, SETTLED
from .turns import AT_ONCE, EACH
from .workers import WORKERS

CALLS = [  # what the page calls, by these names
    in_turn(explore, arrives),
    at_once(progress),
    at_once(cancel),
    receive,
    reshape,
    in_turn(anatomy, lambda _: (SETTLED, "", 0)),
    in_turn(beside, lambda _: (SETTLED, "", 0)),
    in_turn(answer, lambda _: (SETTLED, "", 0)),
    in_turn(paper, lambda _: (FOLLOWS, "", 0)),
    job_start,
    job_poll,
    job_cancel,
    amed_keep,
    amed_shipped,
    in_turn(amed_picture, lambda _: (FOLLOWS, "", 0)),
    training,
    network_list,
    network_open,
    claim_list,
    lesson,
    in_turn(design, lambda _: (SETTLED, "", 0)),
    in_turn(schedules, lambda _: (FIRST, "", 0)),
    recording_keep,
    in_turn(recording, lambda _: (SETTLED, "", 0)),
    ablation_record,
    amed_headline,
    in_turn(leave, lambda _: (SETTLED, "", 0)),
    in_turn(card_open, lambda _: (SETTLED, "", 0)),
]
SESSIONS = 128  # that Gradio remembers; nothing here hangs on their state
GLANCE = 0.02  # seconds from one look to the next into a queue without work
WITHOUT = {  # of what Gradio begins by itself
    "run_history": False,
    "footer_links": [],
    "quiet": True,
    "ssr_mode": False,
    "mcp_server": False,  # whose calls all have one address; --mcp is another
    "_frontend": False,  # no look for its page within 3 s, at which a busy machine would not start
}
SCRIPT = """
import(props.script).then((app) => app.start({element, props, server, upload}));
"""


def build() -> gr.Blocks:
    """The Gradio app, ready to launch."""
    with gr.Blocks(title=head.TITLE, analytics_enabled=False) as demo:
        gr.HTML(
            html_template=pages.template(),
            js_on_load=SCRIPT,
            apply_default_css=False,
            elem_id="explorer",
            padding=False,
            server_functions=[guarded(call) for call in CALLS],
            config=json.dumps(pages.config()),  # as text: Svelte watches each value of an object
            script=head.script(),
            plotly=files.plotly_script(),
        )
        api.register()
        recordings.register()
    classic.register(demo)
    return demo


def _at_rest(queue: Any) -> None:
    """Gradio's queue without what it does for nobody."""
    queue.pending_messages_per_session.max_size = SESSIONS  # answers that nobody fetched
    # it looks whether it is empty a thousand times a second: a twentieth of a core, for ever
    queue.sleep_when_free = queue.progress_update_sleep_when_free = GLANCE
    # after each call it makes a table of all of them, which nobody may see here; its pandas,
    # imported by one thread, is half there for another's figures
    queue.ANAYLTICS_CACHE_FREQUENCY = sys.maxsize


def _page(page: bytes) -> bytes:
    """What Gradio gives at the server's address, as this page needs it."""
    return head.edit(lean.edit(page))


@once.read_once()
def launch(host: str = "127.0.0.1", port: int = 7860, **options) -> Any:
    """Serve the page; returns the demo and Gradio's (app, local url, share url).

    allowed_hosts: names that this server answers to beside its own; embed: origins whose pages may
    show it in a frame; auth: (user, password) pairs; tools: whether /mcp answers.

    Raises UserError.
    """
    if options.get("auth"):
        options["auth"] = knocks.checker(options["auth"])
    with once.unserved():
        demo = build()
        demo.queue(max_size=options.pop("queue_size", 64), default_concurrency_limit=AT_ONCE)
    said, same = Headers(options.pop("embed", ())), set[str]()
    door = Door(hosts.Names(host, options.pop("allowed_hosts", ())), said)
    door.names.shared = lambda: demo.share_url
    if options.pop("tools", False):
        from .mcp import Mcp

        door.tools = Mcp(options.get("auth"))
    _at_rest(demo._queue)
    out = demo.launch(
        server_name=host,
        server_port=port,
        app_kwargs={
            "routes": [*files.routes(), *docs.routes()],
            "lifespan": door.lifespan,
            "middleware": [Middleware(Inner, said, {"": _page}, same)],
        },
        max_threads=2
        * EACH,  # calls that leave Gradio's queue for the room: more than one visitor's
        state_session_capacity=SESSIONS,
        **WITHOUT,
        **options,
    )
    demo.app.state_holder = Remembered(demo)
    door.server = demo.server
    demo.door = door
    logs.take_servers()
    if not head.bundled():
        logs.say(head.ONE_BY_ONE)
    demo.share = False  # from here on, too, its page is this server's and asks nobody else's
    if not options.get("auth"):  # else it names who asks
        same.add("")
    # no daemon: it is waited for at the end, which torch does not survive in the middle of its work
    threading.Thread(target=_warm, name=WARM).start()
    return demo, *out


def _warm() -> None:
    """Have the first view, and a worker for the first measurement, before anybody asks."""
    try:
        message({"query": ""})
        WORKERS.warm()
    except RuntimeError:  # a script that ended meanwhile starts no more threads
        if threading.main_thread().is_alive():
            raise


def wait(demo: gr.Blocks) -> None:
    """Serve until a signal asks for the end; then save what is at work and close."""
    stopping.STOP.wait()
    demo.door.health.stopping = True
    demo.server.config.timeout_graceful_shutdown = 1
    stopping.end(lambda: demo.close(verbose=False))
