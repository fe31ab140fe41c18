"""What Gradio remembers of a session: its answers, and no description of the app."""

from explorer.server.quick import gr
from explorer.server.remembered import Remembered


def test_a_session_describes_only_what_is_answered_and_keeps_its_state():
    with gr.Blocks(analytics_enabled=False) as demo:
        word, number, kept = gr.Textbox("plain"), gr.Number(1), gr.State([1])
    sessions = Remembered(demo)
    one, other = sessions["one"], sessions["other"]
    assert sessions["one"] is one and not list(one.components)
    one._update_value_in_config(word._id, "said")  # as Gradio does with an answer
    (told,) = one.components
    assert told["id"] == word._id and told["props"]["value"] == "said"
    one[kept._id].append(2)
    assert one[kept._id] == [1, 2] and other[kept._id] == [1] and other[number._id] is number


def test_it_remembers_so_many_sessions_as_the_app_says():
    with gr.Blocks(analytics_enabled=False) as demo:
        gr.Number(1)
    demo.state_session_capacity = 3
    sessions = Remembered(demo)
    for k in range(5):
        _ = sessions[f"session {k}"]
    assert list(sessions.session_data) == [f"session {k}" for k in (2, 3, 4)]
