"""Every link that was published goes on meaning what it meant.

tests/data/old_links.txt: a link, a tab, and in JSON what of its experiment differs from the
default view's, which the first line holds whole.  Links are those of the README, the lessons and
the tests, and of each setting at values of its own; their meaning was written down by the code that
published them.  A line is never changed; links that are published from now on are added.
"""

import json
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

from explorer.lab.experiment import Experiment
from explorer.settings import flatten, from_query, slots, to_query

from ..rows import each

# what the page keeps to itself: explorer.lab never hears of it
COMPARED = {"compare", "solvers", "grids", "budgets"}
VIEW = {"tab", "page", "stage", "view", "sigma", "what", "measure", "weight", "design", "pick"}
OF_THE_PAGE = VIEW | COMPARED | {"mini", "pin"}
FILE = Path(__file__).parents[1] / "data" / "old_links.txt"
LINES = [line.split("\t") for line in FILE.read_text(encoding="utf-8").splitlines()]
MEANT = {link: json.loads(words) for link, words in LINES}


def experiment(link: str) -> Experiment:
    """The experiment of a link, without what the page reads of it."""
    own = [(k, v) for k, v in parse_qsl(link, keep_blank_values=True) if k not in OF_THE_PAGE]
    return from_query(Experiment, urlencode(own))


def plain(value) -> dict:
    """An experiment as JSON gives it back."""
    return json.loads(json.dumps(flatten(value)))


def meant(link: str) -> dict:
    """All that the link said when it was published: the default where it said nothing."""
    own, chosen = MEANT[link], slots(Experiment)
    same = lambda key: (slot := key.split(".")[0]) not in chosen or slot not in own
    return {k: v for k, v in MEANT[""].items() if same(k)} | own


def test_an_old_link_opens_what_it_opened():
    """A setting that came later may stand beside; none is lost, and none has another value."""

    def holds(link):
        now = plain(experiment(link))
        assert {k: now.get(k) for k in meant(link)} == meant(link)

    each(MEANT, holds)


def test_every_choice_and_every_parameter_of_then_is_among_them():
    """So that the file cannot shrink unseen."""
    own = [{k for k, _ in parse_qsl(link)} for link in MEANT]
    for slot, names in {
        "solver": 16,
        "schedule": 3,
        "timesteps": 8,
        "data": 16,
        "model": 4,
    }.items():
        assert len({m.get(slot, MEANT[""][slot]) for m in MEANT.values()}) >= names, slot
    assert len(set().union(*own) - OF_THE_PAGE) >= 70


def test_a_link_made_today_of_an_old_one_says_the_same():
    for link in MEANT:
        e = experiment(link)
        assert from_query(Experiment, to_query(e)) == e, link
