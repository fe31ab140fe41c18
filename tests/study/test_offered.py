"""Engines that a page's studies are offered: by names alone, and one study has the processes."""

import pytest

from explorer.errors import UserError
from explorer.server.shared import Processes
from explorer.study import offered
from explorer.study.ways import Way


@pytest.fixture
def machine(monkeypatch):
    """Four cores, and an owner who has named nothing."""
    monkeypatch.setattr(offered, "cores", lambda: 4)
    monkeypatch.setattr(offered, "_own", {})
    return monkeypatch


def test_processes_are_offered_where_there_are_cores_and_never_more_than_the_most(machine):
    assert [w[:2] for w in offered.words()] == [
        ["here", "this process"],
        ["processes", "4 processes of this machine"],
    ]
    assert offered.way_of("processes") == Way(workers=4, threads=1)
    machine.setattr(offered, "cores", lambda: 96)
    assert offered.way_of("processes").workers == offered.MOST
    machine.setattr(offered, "cores", lambda: 1)
    assert list(offered.engines()) == ["here"]


def test_what_the_owner_named_is_asked_for_by_its_kind_and_never_by_an_address(machine):
    with pytest.raises(UserError, match="Unknown engine 'dask'. This server offers: here, proc"):
        offered.way_of("dask")
    offered.connect("dask://host:8786", {})
    assert offered.way_of("dask") == Way(on="dask://host:8786", threads=1)
    assert not any("8786" in word for words in offered.words() for word in words)
    for name in ("dask://other:1", "slurm", ["here"], None):
        with pytest.raises(UserError, match="Unknown engine"):
            offered.way_of(name)
    offered.connect("slurm", {"partition": "gpu"})
    assert offered.way_of("slurm").options == {"partition": "gpu"}
    with pytest.raises(UserError, match="Unknown engine 'ssh://host'. Known: dask"):
        offered.connect("ssh://host", {})


def test_one_study_has_the_processes_and_the_next_runs_alone_until_they_are_back():
    shared, asked = Processes(), Way(workers=4, threads=1)
    first, second = shared.take(asked), shared.take(asked)
    assert first == asked and second == Way(workers=0, threads=1)
    shared.back(second)
    assert shared.take(asked).workers == 0
    shared.back(first)
    assert shared.take(asked) == asked
