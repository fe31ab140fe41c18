"""The plain page at /classic: native controls for every setting and Plotly figures, by the same
names in its address, under the same turns and limits as the page."""

import itertools
from collections.abc import Callable
from typing import Any

from ..blocks import Controls, Panels, connect
from ..figures.style import PALETTE
from ..lab.experiment import Experiment
from .in_turn import when_served
from .quick import gr
from .turn import FOLLOWS, breathe

NUMBERS = itertools.count(1)
PATH = "classic"
ABOUT = """# The plain page
Every setting as a native control, and the figures as Plotly draws them: the same view, the same
numbers and the same link as on [Explore](/). How to have these in an app of your own:
[documentation](/docs/blocks)."""


def register(demo: gr.Blocks) -> None:
    """Add the page to the Blocks of the server."""
    with demo.route("The plain page", f"/{PATH}", show_in_navbar=False):
        gr.HTML(_style(), padding=False)
        gr.Markdown(ABOUT)
        with gr.Row():
            with gr.Column(scale=1, min_width=320):
                controls = Controls(Experiment())
            with gr.Column(scale=2, min_width=320, elem_classes="figures"):
                panels = Panels()
        connect(demo, controls, panels, _in_turn, linked=True)


def _style() -> str:
    """Words of 4.5 to 1 in both themes; the figures stay in sight of the controls."""
    inks = {theme: PALETTE[theme]["ink-2"] for theme in ("light", "dark")}
    return f"""<style>
.nav-holder {{display: none}}
.gradio-container
  {{--block-info-text-color: {inks["light"]}; --block-label-text-color: {inks["light"]}}}
.dark .gradio-container, .gradio-container.dark
  {{--block-info-text-color: {inks["dark"]}; --block-label-text-color: {inks["dark"]}}}
.min_value, .max_value {{color: var(--block-info-text-color) !important}}
.figures {{position: sticky; top: 0; max-height: 100vh; overflow-y: auto; align-self: flex-start;
  background: var(--body-background-fill); z-index: 2; padding: 8px 0}}
.figures > * {{flex-shrink: 0}}
@media (max-width: 900px) {{.figures {{order: -1; position: static; max-height: none}}}}
</style>"""


async def _in_turn(work: Callable[[Any], Any], request: gr.Request) -> Any:
    """In the room, when the turn of this page comes; what it asked before is dropped."""
    return await when_served(
        lambda: work(breathe), FOLLOWS, f"classic-{request.session_hash}", next(NUMBERS)
    )
