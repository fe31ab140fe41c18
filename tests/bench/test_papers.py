"""The bench of Compare's measurements: every kind is known, and what it tells is of a run."""

import pytest

from explorer.bench import main, papers
from explorer.errors import UserError
from explorer.server.kinds import OF_A_VIEW
from explorer.store import weights


def test_every_kind_is_one_that_can_be_measured():
    assert set(papers.VIEWS) <= set(OF_A_VIEW) and set(papers.WANTED) <= set(papers.VIEWS)


def test_a_measurement_is_listened_to_from_its_first_curve_to_its_end(capsys):
    assert main(["papers", "--kinds", "learned"]) == 0
    count = len(weights.shipped())
    assert f"{count}/{count}" in capsys.readouterr().out
    heard = papers.listen("learned", 60)
    assert heard.rows == heard.total and not heard.stopped
    assert 0 < heard.first <= heard.whole and heard.deaf <= heard.whole


def test_one_that_takes_too_long_is_stopped_and_unknown_ones_are_named():
    assert papers.listen("conservative", -1).stopped
    with pytest.raises(UserError, match="Unknown kind 'hat'"):
        main(["papers", "--kinds", "hat"])
