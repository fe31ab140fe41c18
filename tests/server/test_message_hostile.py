"""Whatever comes from a page gets a whole message or a sentence, never an exception."""

import math
import os
import zipfile
from urllib.parse import parse_qsl

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.lab.experiment import Experiment
from explorer.server import app
from explorer.server.message import PARTS, message
from explorer.settings import parameters, slots

from .test_message import FAST, ask, strict

# ---- bad input -----------------------------------------------------------------------------------

BAD = [  # (settings, what the sentence must name)
    ({"nfe": math.nan}, "nan"),
    ({"nfe": math.inf}, "inf"),
    ({"nfe": 10.5}, "10.5"),
    ({"nfe": -3}, "-3"),
    ({"nfe": 10**9}, "1000000000"),
    ({"nfe": "many"}, "many"),
    ({"nfe": None}, "None"),
    ({"nfe": True}, "True"),
    ({"nfe": []}, "[]"),
    ({"nfe": ""}, "''"),
    ({"samples": 10**7}, "10000000"),
    ({"samples": 0}, "0"),
    ({"samples": 2.5}, "2.5"),
    ({"seed": -1}, "-1"),
    ({"seed": 10**5000}, "600 digits"),
    ({"timesteps.sigma_min": -0.1}, "-0.1"),
    ({"timesteps.sigma_max": math.inf}, "inf"),
    ({"timesteps.sigma_min": 5.0, "timesteps.sigma_max": 1.0}, "swap"),
    ({"timesteps.rho": math.nan}, "nan"),
    ({"timesteps.rho": "7,5"}, "7,5"),
    ({"s_tmin": 2.0, "s_tmax": 1.0}, "S_tmin = 2"),
    ({"s_churn": -1}, "-1"),
    ({"s_noise": math.nan}, "nan"),
    ({"s_tmax": "∞"}, "∞"),
    ({"solver": "hune"}, "hune"),
    ({"solver": None}, "None"),
    ({"solver": 3}, "3"),
    ({"data": "../../etc/passwd"}, "passwd"),
    ({"data": ["spiral"]}, "spiral"),
    ({"model": {}}, "{}"),
    ({"colour": "red"}, "colour"),
    ({"solver.beta": 1}, "beta"),
    ({"solver": "rk2", "solver.alpha": 0}, "0"),
    ({"solver": "rk2", "solver.alpha": 9}, "9"),
    ({"timesteps": "custom", "timesteps.levels": [1.0, 2.0]}, "2"),
    ({"timesteps": "custom", "timesteps.levels": [1.0]}, "two levels"),
    ({"timesteps": "custom", "timesteps.levels": "a,b"}, "a,b"),
    ({"timesteps": "custom", "timesteps.levels": [10.0, None, 0.1]}, "None"),
    ({"timesteps": "custom", "timesteps.levels": [10.0, math.nan, 0.1]}, "nan"),
    ({"timesteps": "custom", "timesteps.levels": list(range(600, 0, -1))}, "512"),
    ({"data": "upload"}, "upload"),
    ({"data": "upload", "data.digest": "../secret"}, "../secret"),
    ({"data": "upload", "data.digest": "0123456789abcdef"}, "0123456789abcdef"),
    ({"data": "drawn", "data.points_text": "??"}, "??"),
    ({"data": "spiral", "model.condition": 3}, "3"),
    ({"data": "digits", "model.condition": 77}, "77"),
    ({1: 2}, "1"),
    ({"last": "soon"}, "soon"),
]


@pytest.mark.parametrize("values, named", BAD, ids=[named for _, named in BAD])
def test_bad_input_gives_a_sentence_that_names_it(values, named):
    answer = strict(message({"values": values}))
    assert set(answer) <= {"problem", "fields"}  # the fields at which the page marks it
    assert all(len(key) <= 64 for key in answer.get("fields", ()))
    assert named in answer["problem"] and len(answer["problem"]) > len(named) + 10
    assert answer["problem"][-1] in ".)" and len(answer["problem"]) < 600


@pytest.mark.parametrize(
    "request_",
    [
        None,
        3,
        "x",
        [],
        {},
        {"values": None},
        {"values": [1]},
        {"query": 5},
        {"query": None},
        {"query": "x" * 30_000},
        {"query": "c" * 100 + "=3"},
        {"query": "&".join(f"c{k}=3" for k in range(9))},
    ],
    ids=lambda v: str(v)[:30],
)
def test_a_broken_request_gives_a_sentence(request_):
    assert strict(message(request_))["problem"]


@pytest.mark.parametrize(
    "link, key",
    [
        ("nfe=%ff%fe&&&=&=3", "nfe"),
        ("nfe=35&nfe=abc", "nfe"),
        ("solver=rk2&solver.alpha=nan", "solver.alpha"),
        ("σ=3", "σ"),
    ],
)
def test_a_setting_of_a_link_that_cannot_be_is_named_and_left_out(link, key):
    answer = strict(message({"query": link}))
    assert key in answer["wrong"] and answer["wrong"][key]["why"]
    assert "parts" in answer and key not in dict(parse_qsl(answer["query"]))


@pytest.mark.parametrize(
    "more",
    [
        {"page": None, "id": None},
        {"page": 3, "id": "7"},
        {"page": "p" * 10**5, "id": 1e300},
        {"id": math.nan},
        {"have": "all", "want": "all"},
        {"have": {"run": 3}, "want": [7, {}]},
        {"design": ["edm"]},
        {"design": {}},
        {"id": 10**400},
    ],
    ids=range(9),
)
def test_what_surrounds_the_values_may_be_anything(more):
    assert "words" in strict(message({"values": FAST, **more}))


def test_a_file_outside_the_folder_of_uploads_is_not_opened(tmp_path):
    secret = tmp_path / "secret.csv"
    secret.write_text("1,2\n3,4\n")
    for path in (secret, "/etc/passwd", "", None, 3, "\0", "a" * 5000, tmp_path):
        assert "just uploaded" in app.receive({"path": str(path), "name": "x.csv"})["problem"]
    for request in (None, [], "x", {}):
        assert "problem" in app.receive(request)


@pytest.mark.parametrize(
    "name, content",
    [
        ("empty.csv", b""),
        ("text.csv", b"hello\nworld\n"),
        ("nan.csv", b"1,nan\n2,inf\n"),
        ("pickle.npy", b"\x80\x04\x95"),
        ("cut.npz", b"PK\x03\x04"),
        ("photo.png", b"\x89PNG\r\n"),
        ("wide.csv", b",".join([b"1"] * 10_000)),
    ],
)
def test_a_wrong_file_gives_a_sentence(name, content):
    import gradio as gr

    folder = gr.utils.get_upload_folder()
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, name)
    with open(path, "wb") as file:
        file.write(content)
    answer = app.receive({"path": path, "name": name})
    assert set(answer) == {"problem"} and len(answer["problem"]) > 20


def test_a_zip_of_zeros_does_not_unpack_into_memory(tmp_path):
    import gradio as gr

    folder = gr.utils.get_upload_folder()
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, "bomb.zip")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("big.png", b"\0" * 200_000_000)
    assert "problem" in app.receive({"path": path, "name": "bomb.zip"})


def test_the_server_lives_on_after_all_of_it():
    assert set(ask()["parts"]) == set(PARTS)


KEYS = sorted({p.key for p in parameters(Experiment)} | set(slots(Experiment)))
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from([0, 1, "1", "0", "nan", "1e999", "-0", "heun", 1e-300, 10**400]),
)
HOSTILE = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=8), HOSTILE, max_size=5))
def test_no_values_break_the_message(values):
    """Whatever comes: a whole message, or a sentence."""
    values = {**FAST, **values}
    if isinstance(values["samples"], int) and values["samples"] > 16:
        values["samples"] = 16  # a test, not a load
    answer = strict(message({"values": values, "have": {"data": "no"}}))
    assert answer.get("problem") or "parts" in answer


@settings(max_examples=100, deadline=None)
@given(HOSTILE)
def test_no_request_breaks_the_message(request):
    assert isinstance(strict(message(request)), dict)
