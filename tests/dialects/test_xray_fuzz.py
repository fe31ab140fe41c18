"""Whatever is given, the X-ray answers with a report or a sentence."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer import UserError, xray
from explorer.dialects import snippet
from explorer.dialects.report import Report

from .test_faults import CASES

SPOKEN = """model kind flow discrete edm sigmas timesteps stages steps goal sampler scheduler name
shift mu scheduler_config _class_name EulerDiscreteScheduler guidance_interval unit sigma start end
nan inf karras kl_optimal full denoise from noise beta_schedule scaled_linear sigma_max prediction
nodes links class_type inputs KSampler add_noise run"""
WORDS = st.sampled_from(SPOKEN.split())
NUMBERS = st.one_of(
    st.floats(), st.integers(-(10**400), 10**400), st.sampled_from([0.0, 1.0, 14.6, 999.0, 1e-320])
)
LEAVES = st.one_of(st.none(), st.booleans(), NUMBERS, WORDS, st.text(max_size=20))
JSON = st.recursive(
    LEAVES,
    lambda inside: st.lists(inside, max_size=6) | st.dictionaries(WORDS, inside, max_size=6),
    max_leaves=40,
)
LISTS = st.lists(NUMBERS | st.sampled_from(["nan", "inf", "-inf"]), max_size=12)
RUNS = [case["run"] for case in CASES]


def answered(thing, model=None):
    try:
        report = xray(thing, model)
    except UserError as error:
        assert str(error)
    else:
        assert isinstance(report, Report)
        json.dumps(report.json(), allow_nan=False)


@settings(max_examples=60, deadline=None)
@given(JSON, st.none() | WORDS | st.sampled_from(["sd15", "sd3"]))
def test_any_json_gives_a_report_or_a_sentence(thing, model):
    answered(thing, model)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(RUNS), st.data())
def test_a_recorded_run_with_any_of_its_parts_replaced_gives_a_report_or_a_sentence(run, data):
    changed = json.loads(json.dumps(run))
    part = data.draw(st.sampled_from([changed, changed["model"]]))
    key = data.draw(st.sampled_from([*part]))
    part[key] = data.draw(LISTS if isinstance(part[key], list) else JSON)
    answered(changed)


@pytest.mark.slow  # 4 s
@settings(max_examples=400, deadline=None)
@given(st.sampled_from(RUNS), st.data())
def test_a_recorded_run_with_several_parts_replaced_gives_a_report_or_a_sentence(run, data):
    changed = json.loads(json.dumps(run))
    for _ in range(3):
        part = data.draw(st.sampled_from([changed, changed["model"]]))
        if isinstance(part, dict) and part:
            key = data.draw(st.sampled_from([*part]))
            part[key] = data.draw(LISTS | JSON)
            if not isinstance(changed.get("model"), dict):
                break
    answered(changed)


def test_of_many_objects_or_calls_in_a_text_a_hundred_are_read(monkeypatch):
    """Each may go on to the end of the text: all of them would take minutes."""
    read = []

    def counted(owner, name):
        kept = getattr(owner, name)
        monkeypatch.setattr(owner, name, lambda *a, **k: (read.append(name), kept(*a, **k))[1])

    counted(json.JSONDecoder, "raw_decode")
    counted(snippet.ast, "parse")
    texts = {
        "raw_decode": '"_class_name" ' + '{"' * 500,
        "parse": "EulerDiscreteScheduler(a=[) " * 500,
    }
    for name, text in texts.items():
        read.clear()
        assert snippet.scheduler(text) is None
        assert read.count(name) == snippet.TRIES
    assert snippet.scheduler("{" * 190_000 + ' "_class_name"') is None
