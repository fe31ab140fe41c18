"""What Gradio remembers of a visitor's session, without a description of every part of the app.

Gradio describes all of its some eight hundred components anew when a session makes its first call:
50 ms of the first answer, and 0.2 MB that it holds of each.  They serve its deep links,
of which this page has none: its links are its state.  A component whose value an answer sets is
described then.
"""

from types import SimpleNamespace

from .quick import gr

SessionState, StateHolder = gr.state_holder.SessionState, gr.state_holder.StateHolder


class Remembered(StateHolder):
    """Gradio's sessions of one app."""

    def __init__(self, demo: gr.Blocks):
        super().__init__()
        self.set_blocks(demo)

    def __getitem__(self, name: str) -> SessionState:
        if name not in self.session_data:
            plain = SimpleNamespace(default_config=self.blocks.default_config, blocks={})
            self.session_data[name] = SessionState(plain)
        return super().__getitem__(name)
