"""The bench that plays a class: its users move as a page does, and no wrong answer passes it."""

import asyncio
import copy
import json

import pytest

from explorer.bench import checked
from explorer.bench.user import User
from explorer.lab.experiment import use_device
from explorer.server.message import PARTS, message

from ..waiting import PATIENCE, answer_of

pytestmark = pytest.mark.slow  # real servers and processes

VALUES = {"nfe": 9, "samples": 16, "timesteps.rho": 3.0}


@pytest.fixture(scope="module")
def answered():
    request = {"values": VALUES, "have": {}, "want": list(PARTS)}  # however long the run took
    use_device("cpu")  # forget what other tests measured of this view, perhaps on better paths
    return request, json.loads(json.dumps(message(request)))


def test_a_right_answer_passes(answered):
    assert checked.mistaken(*answered) is None
    assert checked.compared([answered], 1) == []


def test_the_answer_to_another_question_does_not(answered):
    request, answer = answered
    other = {**request, "values": {**VALUES, "timesteps.rho": 3.5}}
    assert "rho" in checked.mistaken(other, answer)


@pytest.mark.parametrize("name", ["data", "run", "path", "error", "loss"])
def test_a_part_of_another_view_does_not(answered, name):
    request, answer = answered
    answer = copy.deepcopy(answer)
    answer["parts"][name]["key"] = "0" * 12
    assert checked.mistaken(request, answer).startswith(f"{name} of another view")


def test_another_picture_under_the_right_name_does_not(answered):
    """As if two users' runs had been mixed up."""
    request, answer = answered
    answer = copy.deepcopy(answer)
    answer["parts"]["run"]["sigma"][3] *= 1.01
    (why,) = checked.compared([(request, answer)], 1)
    assert why.startswith("run of ") and ".sigma[3]" in why


def test_users_move_a_real_server_and_every_answer_is_to_its_question(server):
    """Two pages for a few moves: pictures come, what follows is asked for, nothing is wrong."""
    users = [User(server, f"of a test {seed}", seed) for seed in range(2)]

    def enough(seen) -> bool:
        return len(seen.first) >= 2 and any("want" in request for request, _ in seen.answers)

    async def both():
        await asyncio.gather(*(user.lives(PATIENCE, enough) for user in users))

    answer_of(both())
    for user in users:
        seen = user.seen
        assert seen.faults == []
        assert len(seen.first) >= 2 and len(seen.answers) >= len(seen.first)
        assert [why for pair in seen.answers if (why := checked.mistaken(*pair))] == []
        assert any("want" in request for request, _ in seen.answers)
        assert all(request["have"] for request, _ in seen.answers[1:])
