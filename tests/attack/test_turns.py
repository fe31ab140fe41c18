"""Who computes when: counted by the order of service, never by the clock."""

import itertools
import threading

import pytest

from explorer.errors import Cancelled, UserError
from explorer.server import turn, turns
from explorer.server.turn import FIRST, FOLLOWS, SETTLED
from explorer.server.turns import ALL, BEGUN, EACH, OWN, Room
from explorer.server.visitor import Visitor
from tests.waiting import until


@pytest.fixture(autouse=True)
def nobody_waits_long_by_chance(monkeypatch):
    """What has waited or worked for long is so because a test says it, on a busy machine too."""
    monkeypatch.setattr(turn, "AGES", 100.0)
    monkeypatch.setattr(turns, "QUANTUM", 100.0)


class Line:
    """A room with one slot, and the order in which it is given out."""

    def __init__(self, at_once: int = 1):
        self.room, self.served, self.refused = Room(at_once), [], []
        self.names = itertools.count()

    def ask(self, visitor: str, rank=FIRST, page="", number=0, way="page", name=None):
        """A request called `name`; its turn."""
        name = f"{visitor}{next(self.names)}" if name is None else name

        def wake(turn):
            (self.served if turn.why is None else self.refused).append((name, turn))

        return self.room.enter(Visitor(visitor, way), rank, page, number, wake)

    def finish(self) -> list[str]:
        """Serve all who wait, one after another; the names in that order."""
        done = 0
        while done < len(self.served):
            self.room.leave(self.served[done][1])
            done += 1
        return [name for name, _ in self.served]


def test_a_flood_of_one_visitor_does_not_starve_another():
    """Whoever comes after sixty waiting requests of somebody else is next but one."""
    line = Line()
    for k in range(60):
        line.ask("flood", name=f"flood {k}")
    line.ask("other", name="mine"), line.ask("third", name="too")
    order = line.finish()
    assert order.index("mine") <= 2 and order.index("too") <= 3
    assert len(order) == 62


def test_visitors_are_served_round_robin():
    line = Line()
    for _ in range(4):
        for visitor in "abc":
            line.ask(visitor, name=visitor)
    order = line.finish()
    assert all(set(order[i : i + 3]) == set("abc") for i in range(0, 12, 3)), order


def test_first_pictures_come_before_what_follows_and_that_before_the_settled():
    line = Line()
    line.ask("first one", name="at work")
    for rank, name in ((SETTLED, "settled"), (FOLLOWS, "follows"), (FIRST, "first")):
        line.ask(name, rank, name=name)
    assert line.finish() == ["at work", "first", "follows", "settled"]


def test_nobody_waits_for_ever():
    """What has waited long is served like a first picture, in the order of the visitors."""
    line = Line()
    line.ask("mover", name="at work")
    old = line.ask("patient", SETTLED, name="settled")
    line.ask("mover", name="new")
    old.since -= 1000
    assert line.finish() == ["at work", "settled", "new"]


def test_the_api_leaves_a_slot_to_the_page():
    """However many calls of the API come, a page is served beside them at once."""
    line = Line(2)
    for k in range(9):
        line.ask(f"script {k}", FOLLOWS, way="api", name=f"api {k}")
    assert len(line.served) == 2  # nobody else is there
    line.ask("page", name="page")
    line.ask("page of another", name="another page")
    assert [name for name, _ in line.served] == ["api 0", "api 1", "page"]
    assert len(line.finish()) == 11


def test_an_overtaken_move_never_begins():
    line = Line()
    line.ask("other", name="at work")
    for k in range(20):
        line.ask("hand", FIRST, "its page", k, name=k)
    assert line.finish() == ["at work", 19]
    assert [name for name, turn in line.refused] == list(range(19))
    assert all(isinstance(turn.why, Cancelled) for _, turn in line.refused)


def test_a_move_that_arrives_after_a_newer_one_never_begins():
    line = Line()
    line.ask("hand", FIRST, "its page", 8)
    with pytest.raises(Cancelled):
        line.ask("hand", FIRST, "its page", 7)


def test_nobody_overtakes_the_page_of_another():
    line = Line()
    line.ask("other", name="at work")
    line.ask("hand", FIRST, "page", 1, name="mine")
    line.ask("thief", FIRST, "page", 99, name="his")
    assert line.finish() == ["at work", "mine", "his"]


def test_too_many_requests_of_one_visitor_are_refused_with_their_place_and_how_long():
    line = Line()
    line.ask("other")
    for _ in range(EACH):
        line.ask("flood")
    told = f"{EACH} of your requests .* number {EACH + 1}, about .*s from now. Ask again"
    with pytest.raises(UserError, match=told):
        line.ask("flood")
    line.ask("stranger")  # is not
    assert len(line.finish()) == EACH + 2


def test_where_all_places_are_taken_the_flood_gives_way_and_not_a_stranger():
    line = Line()
    line.ask("other", name="at work")
    for k in range(ALL):
        line.ask(f"flood {k % (ALL // EACH)}")
    line.ask("stranger", name="mine")
    ((_, turn),) = line.refused
    assert turn.who.name.startswith("flood") and f"number {ALL + 1}, about" in str(turn.why)
    assert "mine" in line.finish()


def test_one_among_as_many_visitors_as_there_are_places_is_refused_with_a_sentence():
    line = Line()
    for k in range(ALL + 1):
        line.ask(f"visitor {k}")
    with pytest.raises(UserError, match=f"number {ALL + 1}, about .* Ask again then"):
        line.ask("one more")


def test_a_place_is_told_as_a_sentence():
    line = Line()
    line.ask("other")
    line.ask("before", page="b")
    line.ask("me", page="mine")
    assert line.room.place("mine").startswith("Place 2 in the queue, about ")
    assert line.room.place("b").startswith("Place 1 ")
    assert line.room.place("nobody's") == line.room.place("") == ""
    line.finish()
    assert line.room.place("mine") == ""


def test_who_has_left_never_begins():
    line = Line()
    line.ask("other", name="at work")
    turn = line.ask("leaver", name="left")
    line.room.gone(turn)
    assert line.finish() == ["at work"] and [name for name, _ in line.refused] == ["left"]


def test_the_settled_rests_while_a_first_picture_is_made():
    """One at work gives its slot up at its next step, and goes on when the other is done."""
    line = Line()
    settled = line.ask("patient", SETTLED)
    settled.looked -= 1
    assert not line.room.yields(settled)  # nobody else is there
    first = line.ask("mover")
    assert not first.slot.is_set()
    assert line.room.yields(settled) and first.slot.is_set() and not settled.slot.is_set()
    line.room.leave(first)
    assert settled.slot.is_set() and len(line.served) == 2  # each was begun once


def test_long_work_shares_its_slot_with_other_visitors_and_not_with_its_own():
    line = Line()
    long = line.ask("long")
    line.ask("long", name="own")
    assert not line.room.yields(long)
    line.ask("other", name="his")
    assert not line.room.yields(long)  # it has only begun
    long.started -= 1000
    assert line.room.yields(long)
    assert [name for name, _ in line.served][1:] == ["his"]


def test_one_visitor_begins_few_at_a_time_and_others_always_may():
    """Those that rest keep memory and a thread each: their number has a bound."""
    line = Line()

    def outside(visitor: str) -> int:
        turn = line.ask(visitor)
        if turn.begun:
            line.room.step_out(turn)
        return turn.begun

    assert sum(outside("flood") for _ in range(10)) == OWN
    assert all(outside(f"visitor {k}") for k in range(2 * BEGUN - OWN))
    assert not outside("one too many")


def test_who_waits_for_another_s_result_holds_no_slot():
    line = Line()
    second = line.ask("second")
    made, done = threading.Event(), []
    thread = threading.Thread(target=lambda: done.append(second.aside(made)))
    line.ask("bystander", name="bystander")
    thread.start()
    try:
        until(lambda: len(line.served) == 2)  # the bystander has the slot that the second left
    finally:
        made.set()
        line.room.leave(line.served[-1][1])
        thread.join()
    assert done == [None] and second.slot.is_set() and len(line.served) == 2
