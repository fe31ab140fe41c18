"""The bench of Compare's measurements: every kind is known, and what it tells is of a run."""

import pytest

from explorer.bench import main, papers
from explorer.errors import UserError
from explorer.server.kinds import OF_A_VIEW
from explorer.store import weights


def test_every_kind_is_one_that_can_be_measured():
    assert set(papers.VIEWS) <= set(OF_A_VIEW) and set(papers.WANTED) <= set(papers.VIEWS)


@pytest.mark.slow  # a worker
def test_a_measurement_is_listened_to_from_its_first_curve_to_its_end(capsys, monkeypatch):
    listen, all_heard = papers.listen, []
    told = lambda *asked: all_heard.append(listen(*asked)) or all_heard[-1]
    monkeypatch.setattr(papers, "listen", told)
    assert main(["papers", "--kinds", "learned", "--stops", "0"]) == 0
    count = len(weights.shipped())
    assert f"{count}/{count}" in capsys.readouterr().out
    (heard,) = all_heard
    assert heard.rows == heard.total == count and not heard.cut and heard.stops == []
    assert 0 < heard.first <= heard.whole and 0 <= heard.first_cpu <= 2 * heard.whole
    cut = listen("plane", -1, stops=1)
    assert cut.cut and cut.rows < 52 and len(cut.stops) == 1 and cut.stops[0][0] > 0


def test_unknown_ones_are_named():
    with pytest.raises(UserError, match="Unknown kind 'hat'"):
        main(["papers", "--kinds", "hat"])
