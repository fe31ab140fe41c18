"""A link that names a network and no data."""

import pytest

from explorer.server.asked import understood

NAMED = "model=network&model.checkpoint="


def of(query: str):
    return understood({"query": query})[0]


@pytest.mark.parametrize(
    "name, data", [("fashion-cond", "fashion"), ("digits-f", "digits"), ("spiral-16d", "spiral")]
)
def test_the_data_are_those_of_the_network(name, data):
    e = of(f"{NAMED}{name}&samples=8")
    assert (e.data.name, e.model.checkpoint, e.samples) == (data, name, 8)
    assert e.data.points().shape[1:] == e.model.found(e.data).shape


def test_what_a_link_says_of_its_data_stays():
    assert of(f"{NAMED}fashion-cond&data=mnist").data.name == "mnist"
    assert of(f"{NAMED}digits-f&data=spiral").data.name == "spiral"  # refused where it is loaded
    assert of("model=network").data.name == of(f"{NAMED}nobody").data.name == "spiral"
