"""A token for owners is set by no link, leaves the address, and dies with its run."""

import pytest

from explorer.server import hall, owners, train
from explorer.store import places, trainings

from . import halls

TOKENS = "[localStorage.getItem('trainer'), localStorage.getItem('trainings')]"


@pytest.fixture
def shared(monkeypatch):
    monkeypatch.setattr(owners, "shared", True)


@pytest.fixture
def begun(monkeypatch):
    """Names of the runs whose process would begin; none does."""
    names = []

    def begin(name, letter, flat, t, held):
        names.append(name)
        held.release()
        return type("Session", (), {"name": name, "busy": False, "seen": {}, "training": t})()

    monkeypatch.setattr(hall, "Session", begin)
    yield names
    hall.HALL.session = None


def start(name: str, **more) -> dict:
    return train._start({"values": halls.POINTS, "training": halls.SMALL, "name": name, **more})


@pytest.fixture(autouse=True)
def looked(monkeypatch):
    monkeypatch.setattr(train, "_look", lambda request: {})


def test_each_run_has_a_token_of_its_own(shared, begun):
    tokens = [start(name, tokens=[])["token"] for name in ("one", "two")]
    assert len(set(tokens)) == 2
    assert owners.may("one", tokens) and not owners.may("one", tokens[1:])


def test_a_name_that_died_before_its_first_state_is_free_with_its_owner(shared, begun):
    theirs = start("mine", tokens=[])["token"]
    assert owners.may("mine", [theirs])  # it has an owner, and no state yet
    mine = start("mine", tokens=[])["token"]
    assert owners.may("mine", [mine]) and not owners.may("mine", [theirs])


def test_a_run_with_a_state_is_nobody_elses(shared, begun):
    theirs = start("mine", tokens=[])["token"]
    trainings.write_state(trainings.folder("mine"), b"numbers")
    with pytest.raises(train.UserError, match="another visitor"):
        start("mine", tokens=["x" * 32])
    trainings.forget("mine")
    assert not owners.may("mine", [theirs]), "a token dies with its run"


def test_the_owners_token_claims_nothing(shared, begun):
    """It is of one server's life; a run lives longer."""
    own = start("mine", token=owners.master)["token"]
    assert own != owners.master and owners.may("mine", [own])


def test_a_failed_beginning_frees_the_name_for_other_processes(begun, monkeypatch):
    monkeypatch.setattr(hall, "Session", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        start("mine")
    assert not trainings.is_busy(trainings.folder("mine"))


def test_forty_abandoned_parts_block_nothing(begun):
    for k in range(45):
        places.cache("models", f".half-{k}.0123456789ab.part").mkdir(parents=True)
        places.cache("models", f"broken-{k}").mkdir()
    start("mine")
    assert begun == ["mine"]


@pytest.mark.slow
@pytest.mark.parametrize("how", ["?tab=train&trainer=", "?tab=train#trainer="])
def test_a_foreign_token_in_a_link_is_not_kept(browser, server, how):
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{server}{how}{'x' * 32}")
    page.wait_for_selector("#train-problem:not([hidden])")
    assert "not kept" in page.inner_text("#train-problem")
    assert "trainer" not in page.url and "x" * 32 not in page.url
    assert page.evaluate(TOKENS) == [None, None]
    context.close()
