"""Whatever is sent to `training`, the answer is a sentence or what was asked for."""

import json

import pytest

from explorer.server import hall, owners, train
from explorer.store import places, trainings

from . import halls

pytestmark = pytest.mark.slow  # real servers and processes


def deep(make, depth: int = 900):
    value = make(None)
    for _ in range(depth):
        value = make(value)
    return value


HOSTILE = [
    None,
    True,
    -1,
    0.5,
    float("nan"),
    float("inf"),
    10**400,
    "",
    "\ud800",
    "mine\udfff",
    "a\0b",
    "../../etc/passwd",
    "x" * 100_000,
    "ß\u202e<script>",
    [],
    ["mine"],
    [[]] * 1000,
    deep(lambda v: [v]),
    deep(lambda v: {"a": v}),
    {},
    {"name": "mine"},
    {"\ud800": "\ud800"},
]
KEYS = ["do", "name", "token", "tokens", "key", "values", "training", "config", "seed", "have"]
DEEDS = ["start", "pause", "resume", "cancel", "look", "key", "augment", "defaults", "race"]


@pytest.fixture
def paused(monkeypatch):
    """A run that waits, and a process that never begins."""
    from explorer.settings import flatten
    from explorer.training.configs import chosen

    place = trainings.folder("mine")
    trainings.begin(place, flatten(chosen("F", halls.POINTS)))
    trainings.write_state(place, b"numbers")
    trainings.claim("mine", owners._digest("t" * 32))

    def begin(*_):
        raise train.UserError("it would begin")

    monkeypatch.setattr(hall, "Session", begin)


def told(request) -> dict:
    """The answer as a browser reads it."""
    return json.loads(train.training(request).body)


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("deed", DEEDS)
def test_every_value_in_every_place(deed, shared, paused, monkeypatch):
    monkeypatch.setattr(owners, "shared", shared)
    whole = {"do": deed, "name": "mine", "values": halls.POINTS, "training": halls.SMALL}
    # figures of real data are dear, and no matter of what is sent: one value each for these
    dear = deed in ("augment", "defaults")
    for key in KEYS:
        for value in HOSTILE[:: 7 if dear else 1]:
            answer = told({**whole, key: value})
            assert isinstance(answer, dict) and answer
            if "problem" in answer:
                problem = answer["problem"]
                assert problem and problem.rstrip()[-1] in ".”" or "would begin" in problem
                assert len(problem) < 600 and str(places.cache()) not in problem, problem
    assert trainings.state(trainings.folder("mine")) or deed == "cancel"


def test_what_is_no_request():
    for request in HOSTILE:
        words = "Unknown request" if isinstance(request, dict) else "what to do"
        assert words in told(request)["problem"]


@pytest.mark.parametrize(
    "token", [None, "", "short", "\ud800" * 20, ["t" * 32], 7, "t" * 65], ids=range(7)
)
@pytest.mark.parametrize("deed", ["resume", "cancel", "start"])
def test_without_the_right_token_a_sentence(deed, token, paused, monkeypatch):
    monkeypatch.setattr(owners, "shared", True)
    request = {"do": deed, "name": "mine", "values": halls.POINTS}
    for sent in ({**request, "token": token}, request):
        assert "started by another visitor" in told(sent)["problem"]


def test_with_the_right_one_it_goes_on(paused, monkeypatch):
    monkeypatch.setattr(owners, "shared", True)
    assert told({"do": "resume", "name": "mine", "token": "t" * 32})["problem"] == "it would begin"


def test_resume_needs_no_token_on_a_server_of_ones_own(paused):
    assert told({"do": "resume", "name": "mine"})["problem"] == "it would begin"
