"""Native Gradio controls and Plotly figures of a view, for other people's apps and for /classic.

    with gr.Blocks() as demo:
        controls = Controls(Experiment(), only=("solver", "nfe", "rho"))
        panels = Panels("stage", "steps", "error")
        connect(demo, controls, panels)

The controls are made from the declarations of the settings, the figures from the marks of the
strips: a new solver, setting or strip is here without a line.
"""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import gradio as gr

from ..errors import Cancelled, UserError
from ..lab.experiment import Experiment
from ..lab.source import Watch
from ..settings import flatten, from_query, jsonable, to_query, unflatten
from .controls import Controls
from .panels import PANELS, Shown, shown

__all__ = ["PANELS", "Controls", "Panels", "connect", "shown"]

Work = Callable[[Watch | None], Shown]
Serve = Callable[[Work, gr.Request], Awaitable[Shown]]
THEME = """(...given) => {
  given[given.length - 1] = document.body.classList.contains('dark') ? 'dark' : 'light';
  return given;
}"""
STYLE = """<style>
.drawn .modebar-container {top: auto !important; bottom: 32px}
@media (pointer: coarse) {
  .drawn .js-plotly-plot {margin-bottom: 32px}
  .drawn .modebar-container {bottom: 0}
}
</style>"""  # the bar of a figure is not over its title; where it always shows, in a row of its own
ADDRESS = """(query) => {
  const keep = new URLSearchParams(location.search).get('__theme');
  const theme = keep ? (query ? '&' : '') + '__theme=' + keep : '';
  history.replaceState(null, '', location.pathname + (query || theme ? '?' + query + theme : ''));
}"""


class Panels:
    """Places for the sentence and the figures, made where Blocks are open; names: of `PANELS`."""

    def __init__(self, *names: str, columns: int = 2):
        self.names = names or tuple(PANELS)
        if unknown := [n for n in self.names if n not in PANELS]:
            raise UserError(f"There is no panel {unknown[0]!r:.40}. Known: {', '.join(PANELS)}.")
        self.text = gr.Markdown("Not run yet.", elem_classes="told")
        gr.HTML(STYLE, padding=False)
        self.plots = []
        for start in range(0, len(self.names), columns):
            with gr.Row():
                for name in self.names[start : start + columns]:
                    drawn = gr.Plot(
                        label=PANELS[name],
                        show_label=False,
                        min_width=320,
                        elem_classes="drawn",
                    )
                    self.plots.append(drawn)


async def _here(work: Work, request: gr.Request) -> Shown:
    """In one of Gradio's threads."""
    import anyio

    return await anyio.to_thread.run_sync(work, None)


def connect(
    demo: gr.Blocks, controls: Controls, panels: Panels, serve: Serve = _here, linked: bool = False
) -> None:
    """Draw the panels whenever a control is moved, and when the page opens.

    serve: how work is done, for servers with a queue of their own.  linked: the address of the page
    holds the view and is read when it opens, as on Explore.
    """
    theme = gr.Textbox("light", visible=False, label="theme")
    query = gr.Textbox("", visible=False, label="link")
    drawn = [panels.text, query, *panels.plots]
    quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}

    async def draw(request: gr.Request, *given):
        *values, colours = given
        return await _drawn(partial(controls.read, values), panels, colours, serve, request)

    asked = gr.on(
        controls.triggers,
        draw,
        [*controls.components, theme],
        drawn,
        js=THEME,
        trigger_mode="always_last",
        concurrency_limit=None if serve is not _here else 1,
        **quiet,
    )
    for slot, choice in controls.slots.items():
        _chosen(controls, slot, choice, quiet)

    async def opened(request: gr.Request, colours: str):
        e, told = _of_link(request, controls.setting) if linked else (controls.setting, "")
        out = await _drawn(lambda: e, panels, colours, serve, request)
        out[0] = f"{told}\n\n{out[0]}" if told else out[0]
        return [*out, *controls.write(e), *controls.shown(e)]

    told = [*drawn, *controls.components, *controls.all_groups]
    first = demo.load(opened, [theme], told, js=THEME, **quiet)
    if linked:
        for event in (asked, first):
            event.then(None, query, None, js=ADDRESS, api_visibility="private")


def _chosen(controls: Controls, slot: str, choice: Any, quiet: dict) -> None:
    """Another choice of a slot shows its own controls and hides the others'."""
    groups = controls.groups[slot]

    def turn(name: str):
        return [gr.Group(visible=name == own) for own in groups]

    if groups:
        out = turn if len(groups) > 1 else lambda name: turn(name)[0]
        choice.input(out, choice, [*groups.values()], concurrency_limit=None, **quiet)


async def _drawn(
    setting: Callable[[], Any], panels: Panels, theme: str, serve: Serve, request: gr.Request
) -> list:
    """The sentence, the link and the figures; of what is refused the reason, and the last figures
    stay."""
    stay = [gr.skip()] * len(panels.plots)
    try:
        e = _experiment(setting())
        made: Shown = await serve(lambda watch: shown(e, panels.names, theme, watch), request)
    except Cancelled:  # a newer one is on its way
        return [gr.skip(), gr.skip(), *stay]
    except UserError as error:
        return [f"**Not shown.** {error}", gr.skip(), *stay]
    return [made.text, to_query(e), *made.figures]


def _experiment(setting: Any) -> Experiment:
    """A view of a setting: itself, or a solver, time steps or churn within the first view."""
    if isinstance(setting, Experiment):
        return setting
    for name, known in vars(Experiment()).items():
        if getattr(setting, "name", None) and hasattr(known, "name"):
            entries = Experiment.__dataclass_fields__[name].metadata.get("entries", {})
            if type(setting) in entries.values():
                own = {f"{name}.{k}": v for k, v in flatten(setting).items()}
                return unflatten(Experiment, {name: setting.name, **jsonable(own)})
        elif type(known) is type(setting):
            return unflatten(Experiment, jsonable(flatten(setting)))
    raise UserError(f"A view cannot be made of {type(setting).__name__}; give an Experiment.")


def _of_link(request: gr.Request, base: Experiment) -> tuple[Experiment, str]:
    """What the address of the page says, and what is wrong with it."""
    try:
        return from_query(Experiment, _query(request)), ""
    except UserError as error:
        return base, f"**The link was not opened.** {error} This is the first view instead."


def _query(request: gr.Request) -> str:
    from urllib.parse import urlencode

    pairs = {k: v for k, v in dict(request.query_params).items() if not k.startswith("__")}
    return urlencode(pairs)
