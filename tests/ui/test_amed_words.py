"""What the AMED page may say of errors: a rank only where the seeds allow it."""

import pytest
import torch

from explorer.analysis.intervals import Estimate, median
from explorer.study.table import Entry, best
from explorer.training.standing import Standing
from explorer.ui import amed_words

NOISE = torch.rand(400, generator=torch.Generator().manual_seed(1)).double() + 0.5


def entry(name, errors, **more):
    none = Estimate(0, 0, 0, 0)
    given = (median(errors), none, none, tuple(errors.tolist()))
    return Entry(name, "family", more.pop("steps", "usual"), 5, *given, **more)


def test_the_best_are_all_that_the_seeds_cannot_tell_apart():
    g = torch.Generator().manual_seed(1)
    base, wobble = NOISE, 1 + 0.4 * torch.randn(400, generator=g).double()
    first, alike, worse = (
        entry("a", base),
        entry("b", base * wobble.abs() * 1.02),
        entry("c", base * 1.1),
    )
    # c is worse on every seed, by far less than the errors spread; b wavers about a
    assert sorted(c.name for c in best([worse, alike, first])) == ["a", "b"]
    assert "cannot be told apart from" in amed_words.best_at(5, [worse, alike, first])
    assert amed_words.best_at(5, [worse, first]).startswith("Best at 5 evaluations: a, usual steps")
    assert "cannot" not in amed_words.best_at(5, [worse, first])
    assert amed_words.best_at(5, [worse, first], False).startswith("Best of 2 so far at 5")
    assert not amed_words.best_at(5, [first], False).startswith("Best")  # the only one measured


@pytest.mark.parametrize(
    "value, low, high, said",
    [
        (0.98, 0.96, 1.0, "0.98 × (0.96–1.00), next to nothing"),  # digits, 5 evaluations
        (0.77, 0.72, 0.82, "0.77 × (0.72–0.82)"),  # the plug-in there
        (0.97, 0.96, 0.98, "0.97 × (0.96–0.98), next to nothing"),  # sure, and small
        (0.9, 0.7, 1.1, "0.90 × (0.70–1.10), cannot be told apart with 256 seeds"),
        (1.2, 1.1, 1.3, "1.20 × (1.10–1.30), which is worse"),
        (12.34, 11.0, 13.0, "12 × (11–13), which is worse"),
        (0.9, float("nan"), float("nan"), "0.90 ×, cannot be told apart with 256 seeds"),
    ],
)
def test_what_learning_adds_is_said_no_stronger_than_it_is(value, low, high, said):
    assert amed_words.gain(Estimate(value, low, high, 256)) == said


def test_the_title_holds_learning_against_the_search_and_not_against_untrained():
    """On digits the search made 0.52 to 0.063, and learning 0.063 of that."""
    searched = 0.063 * NOISE
    made = {"untrained": 0.52 * NOISE, "searched": searched, "learned": 0.98 * searched}
    standing = Standing(made)
    title = amed_words.title("AMED-Solver", 5, standing)
    assert title.endswith("learning on top makes 0.98 ×, next to nothing")
    said = amed_words.steps_of(standing)
    assert said.startswith("The search of the stops makes 0.121 ×; learning on top")
    rows = amed_words.rows(standing)
    assert [row[0] for row in rows] == ["untrained", "stops searched", "learned"]
    assert [row[3] for row in rows] == ["–", "0.121 ×", "0.98 ×"]
    made = {**made, "shared": 0.9 * searched}
    made["learned"] = 0.7 * made["shared"]
    made = {k: made[k] for k in ("untrained", "searched", "shared", "learned")}
    # with the best r, c and a for all it is those that learning is held against
    assert "learning on top makes 0.7 ×" in amed_words.title("AMED-Solver", 5, Standing(made))


def test_one_lost_path_changes_no_title():
    """A path that leaves for another place makes the mean; the median hardly moves."""
    made = {"untrained": 0.5 * NOISE, "searched": 0.06 * NOISE, "learned": 0.045 * NOISE}
    lost = {k: v.clone() for k, v in made.items()}
    for v in lost.values():
        v[7] = 40.0
    calm, wild = Standing(made), Standing(lost)
    assert wild.mean("learned").value > 2 * calm.mean("learned").value
    low, high = calm.median("learned").low, calm.median("learned").high
    assert low <= wild.median("learned").value <= high
    found = wild.ratio("learned", "searched")
    assert (found.value, found.low, found.high) == pytest.approx((0.75, 0.75, 0.75))
