"""ComfyUI graphs that are broken, endless or too large: a sentence each, never a hang."""

import copy
import random

import pytest

from explorer.dialects import workflow
from explorer.dialects.xray import xray
from explorer.errors import UserError
from tests.dialects.drawn import (
    CHECKPOINT,
    EMPTY,
    LOADER,
    api,
    box,
    ksampler,
    only,
    sampler_box,
    saved,
)
from tests.dialects.recorded import whole
from tests.rows import each

RECORDED = whole("workflows.json.gz")["workflows"]


def chain(count: int) -> dict:
    """A list that is split `count` times, one behind the other."""
    nodes = {
        "_1": LOADER,
        "_s": ("KSamplerSelect", {"sampler_name": "euler"}),
        "_x0": ("BasicScheduler", {"model": ["1", 0], "scheduler": "simple", "steps": 4}),
    }
    for i in range(count):
        nodes[f"_x{i + 1}"] = ("SplitSigmas", {"sigmas": [f"x{i}", 0], "step": 9})
    wires = {"model": ["1", 0], "sampler": ["s", 0], "sigmas": [f"x{count}", 0]}
    return api(**nodes, _3=("SamplerCustom", wires))


def looped() -> dict:
    around = {"_5": ("Lora", {"model": ["6", 0]}), "_6": ("Lora", {"model": ["5", 0]})}
    return api(_1=LOADER, _2=EMPTY, _3=ksampler(model=["5", 0]), **around)


def reroutes(count: int, loop: bool) -> dict:
    boxes = [box(10 + i, "Reroute", (("", "*", i),), ("*",)) for i in range(count)]
    links = [[i, 9 + i, 0, 10 + i, 0, "*"] for i in range(1, count)]
    links.append([0, 10 + count - 1 if loop else 1, 0, 10, 0, "*"])
    links.append([count, 9 + count, 0, 3, 0, "*"])
    return saved(CHECKPOINT, *boxes, sampler_box(count), links=links)


def nested() -> dict:
    """A subgraph that holds itself, so to speak without end."""
    one = {"id": "a", "nodes": [box(1, "a", (), ())], "links": [], "outputs": []}
    return saved(box(1, "a"), definitions={"subgraphs": [one]})


def primitives(last: str) -> dict:
    """Values that come from values, 5000 in a row; the last comes from `last`."""
    row = {f"_p{i}": ("PrimitiveInt", {"value": [f"p{i + 1}", 0]}) for i in range(5000)}
    row["_p5000"] = ("PrimitiveInt", {"value": [last, 0]})
    return api(_1=LOADER, **row, _3=ksampler(steps=["p0", 0]))


def doubling(levels: int) -> dict:
    """Subgraphs that each hold the next one twice: 2^levels nodes."""
    inner = [
        {"id": f"s{i}", "nodes": [box(1, f"s{i + 1}"), box(2, f"s{i + 1}")], "links": []}
        for i in range(levels)
    ]
    return saved(box(1, "s0"), definitions={"subgraphs": inner})


BROKEN = {
    "circle of values": primitives("p0"),
    "many values": primitives("1"),
    "doubling subgraphs": doubling(18),
    "many links": saved(sampler_box(1), links=[[]] * 100_001),
    "many models in a row": api(
        _1=LOADER,
        **{f"_p{i}": ("Lora", {"model": [f"p{i + 1}", 0]}) for i in range(600)},
        _3=ksampler(model=["p0", 0]),
    ),
    "circle of models": looped(),
    "circle of reroutes": reroutes(5, True),
    "itself": api(_1=LOADER, _3=ksampler(model=["3", 0])),
    "missing loader": api(_2=EMPTY, _3=ksampler()),
    "no model": api(_1=LOADER, _3=ksampler(model=None)),
    "a long chain": chain(150),
    "subgraph in itself": nested(),
    "steps are words": api(_1=LOADER, _3=ksampler(steps="many")),
    "steps without end": api(_1=LOADER, _3=ksampler(steps=10**12)),
    "steps not a number": api(_1=LOADER, _3=ksampler(steps=float("nan"))),
    "denoise is tiny": api(_1=LOADER, _3=ksampler(denoise=1e-9)),
    "denoise is a word": api(_1=LOADER, _3=ksampler(denoise="half")),
    "unknown scheduler": api(_1=LOADER, _3=ksampler(scheduler="bogus")),
    "sampler is a list": api(_1=LOADER, _3=ksampler(sampler_name=["a", "b"])),
    "scheduler is a dict": api(_1=LOADER, _3=ksampler(scheduler={})),
    "family is odd": api(_1=LOADER, _3=ksampler()),
    "inputs are a list": {"1": {"class_type": "KSampler", "inputs": [1, 2]}},
    "no sampler": api(_1=LOADER, _2=EMPTY),
    "nothing": saved(),
    "nodes of other things": saved(1, None, "x", {"id": 3}, {"type": 4}, links=[1, [2], None]),
    "a link into nothing": saved(CHECKPOINT, sampler_box(99)),
    "wrong kinds everywhere": saved(
        {
            "id": [1],
            "type": "KSampler",
            "inputs": 5,
            "outputs": "x",
            "widgets_values": 7,
            "mode": [],
        },
        links={"a": 1},
        definitions=[],
    ),
    "sockets of wrong kinds": saved(
        {"id": 1, "type": "KSampler", "inputs": [{"name": 3, "link": [1]}, 4, {"link": 1}]},
        links=[[1, None, "a", {}, 0, 0], [{}, {}, 0, 0, 0]],
    ),
    "too many nodes": {str(i): {"class_type": "X", "inputs": {}} for i in range(10_001)},
}


def test_broken_graphs_are_refused_in_a_sentence():
    def refused(row):
        model = {"1": ["sd15"]} if row[0] == "family is odd" else None
        with pytest.raises(UserError, match=r"\.$"):
            workflow.read(row[1], model)

    each(BROKEN.items(), refused, lambda row: row[0])


def test_long_ways_that_lead_somewhere_are_gone():
    assert len(only(xray(reroutes(3000, False))).sigmas) == 5
    assert len(only(xray(chain(90))).sigmas) == 5


def test_a_file_that_asks_for_too_much_is_answered_in_part():
    many = {f"_k{i}": ksampler(steps=9000, scheduler="beta") for i in range(30)}
    report = xray(api(_1=LOADER, **many))
    assert len(report.runs) == 22 and "200,000 levels" in report.notes[0]
    crowd = {f"_k{i}": ksampler() for i in range(101)}
    assert xray(api(_1=LOADER, **crowd)).notes == ("Only the first 100 samplers are followed.",)


ODD = (None, True, -1, 0, 1e9, 10**400, float("nan"), "", "x", [], {}, [1], ["1", 0], ["3", 0])


def places(value, way=()):
    """Every way to a value inside."""
    if way:
        yield way
    inside = value.items() if isinstance(value, dict) else ()
    inside = enumerate(value) if isinstance(value, list) else inside
    for key, inner in inside:
        yield from places(inner, (*way, key))


def test_recorded_graphs_with_odd_values_are_read_or_refused():
    rng = random.Random(7)
    answered = 0
    for case in RECORDED * 8:
        broken = copy.deepcopy(case["workflow"])
        *way, last = rng.choice(list(places(broken)))
        at = broken
        for key in way:
            at = at[key]
        at[last] = rng.choice(ODD)
        try:
            answered += bool(xray(broken, case["model_hint"]).json()["runs"])
        except UserError as error:
            assert str(error).endswith(".")
    assert 50 < answered < 200  # some of them harmless, some not
