"""Configurations A to F: pairs, their intervals, and what may be said of a rung."""

import dataclasses
import json

import pytest
import torch

from explorer.analysis.distance import share
from explorer.analysis.intervals import Estimate
from explorer.analysis.quality import Quality
from explorer.cli import main
from explorer.core.device import pick
from explorer.errors import UserError
from explorer.models import classifier
from explorer.store import weights
from explorer.study import ladder, ladder_record
from explorer.study.configuration import LEVELS, Configuration
from explorer.study.ladder import LETTERS, Rung, gain, loss_ratio
from explorer.ui.ladder import told

NONE = Estimate(0.5, 0.4, 0.6, 10)


def rung(letter, errors, good, data="digits"):
    quality = Quality(NONE, share(good), NONE, None)
    return Rung(data, letter, errors, good, quality, NONE, 192_000, f"digest of {letter}")


def fake(seed, factor=1.0, good=0.5, n=400):
    """Errors of one kind at all levels, times a factor; so many good samples."""
    g = torch.Generator().manual_seed(seed)
    errors = factor * (1 + 0.5 * torch.randn(len(LEVELS), n, generator=g).double()).abs()
    return errors, torch.rand(n, generator=g) < good


def test_a_difference_has_the_interval_of_its_pairs():
    """Half of 400 samples are good in both; 20 more in the second: 5 % (3–7 %), though the shares'
    own intervals of ± 5 % overlap."""
    first = torch.arange(400) < 200
    second = torch.arange(400) < 220
    a, b = rung("A", fake(0)[0], first), rung("B", fake(0)[0], second)
    more = gain(b, a)
    assert more.value == pytest.approx(0.05) and more.low > 0.02 and more.high < 0.08
    assert a.share.high > b.share.low


def test_the_loss_of_a_rung_is_held_against_the_one_before_on_the_same_images():
    errors, good = fake(0)
    same, less = rung("A", errors, good), rung("B", 0.97 * errors, good)
    for e in loss_ratio(less, same):
        assert e.value == pytest.approx(-0.03) and e.high < 0  # far less than the losses' intervals
        # every pair has the very same ratio, so the interval has no width
        assert e.high - e.low < 1e-6
    assert all(e.low <= 0 <= e.high for e in loss_ratio(same, same))


def test_seven_levels_of_chance_are_called_apart_in_one_of_twenty_rungs_at_most():
    """Equal laws, 100 rungs: the share in which some level is apart is 5 % by Bonferroni; a first
    order ratio of 400 pairs comes near."""
    apart = 0
    for k in range(100):
        a, b = (rung("A", *fake(2 * k + j, n=400)) for j in (0, 1))
        apart += any(e.low > 0 or e.high < 0 for e in loss_ratio(b, a))
    assert apart <= 12  # 5 expected; 3 standard deviations of a binomial are 7


def test_what_is_said_ranks_only_where_the_interval_allows_it():
    even, many, few = torch.arange(400) < 200, torch.arange(400) < 260, torch.arange(400) < 200
    errors, other = fake(0)[0], fake(0)[0].clone()
    other[0] *= 1.5
    rows = [rung("A", errors, even), rung("B", errors, even), rung("C", errors, many)]
    rows += [rung("D", other, few)]
    table = ladder_record.table({"digits": rows}, pick("cpu"))
    (digits,) = told(table)["sets"]
    assert told(table)["title"].endswith(
        "Digits 8×8: of 3 rungs 1 better, 1 cannot be told apart, 1 worse"
    )
    said = digits["said"].split(". ")
    assert said[0] == (
        "A and B cannot be told apart by their samples; their losses cannot be told apart"
    )
    assert said[1].startswith("C has 15 (") and "points more good samples than B" in said[1]
    assert "D has 15 (" in said[2] and "points fewer good samples than C" in said[2]
    assert said[2].endswith("D’s loss is higher at σ = 0.02")
    assert [r["cells"][1]["value"] for r in digits["rows"]] == [
        "",
        "0, cannot be told apart",
        "15, better",
        "−15, worse",
    ]
    assert "Of A, B, C, D the network is another one today" in digits["said"]


def test_rungs_on_unequal_images_are_not_ranked():
    """C is far better than B in the numbers, and has seen more: no sentence and no cell ranks."""
    errors, few, many = fake(0)[0], torch.arange(400) < 200, torch.arange(400) < 260
    rows = [rung("A", errors, few), rung("B", errors, few), rung("C", 0.5 * errors, many)]
    for k in (0, 1):
        rows[k] = dataclasses.replace(rows[k], images=131_648)
    table = told(ladder_record.table({"digits": rows}, pick("cpu")))
    (digits,) = table["sets"]
    first, second, *_ = digits["said"].split(". ")
    assert first.startswith("A and B cannot be told apart")
    assert second == (
        "B and C cannot be compared fairly: C was trained on 192,000 images and B on 131,648"
    )
    assert digits["rows"][2]["cells"][1]["value"] == "15, on unequal images"
    assert table["title"].endswith("of 2 rungs 1 cannot be told apart, 1 on unequal images")


def test_a_record_is_kept_set_by_set_and_a_damaged_one_is_a_sentence(tmp_path):
    path, rows = tmp_path / "ladder.json", [rung("A", *fake(0))]
    assert ladder_record.read(path)["sets"] == {}
    ladder_record.keep(ladder_record.table({"glyphs": rows}, pick("cpu")), path)
    ladder_record.keep(ladder_record.table({"digits": rows}, pick("cpu")), path)
    assert list(ladder_record.read(path)["sets"]) == ["digits", "glyphs"]
    path.write_text(json.dumps({"sets": {}}))
    with pytest.raises(UserError, match="study ladder --keep makes it again"):
        ladder_record.read(path)


def test_data_without_a_ladder_are_refused():
    with pytest.raises(UserError, match="No configurations A to F ship for 'moons'. Known: digits"):
        ladder.checked(["moons"])


# ---- what ships ----------------------------------------------------------------------------------

RECORD = ladder_record.read()
SETS = ladder.sets()


@pytest.mark.parametrize("data", SETS)
def test_the_table_that_ships_is_of_the_networks_that_ship(data):
    rows = RECORD["sets"][data]["rows"]
    assert [r["letter"] for r in rows] == list(LETTERS)
    assert ladder_record.stale(data, rows) == []
    for r in rows:
        assert len(r["losses"]) == len(LEVELS) == len(RECORD["levels"])
        assert all(e["low"] <= e["value"] <= e["high"] for e in [*r["losses"], r["good"]])


def test_two_data_sets_have_a_ladder_of_half_precision_files():
    assert {"digits"} <= set(SETS)
    assert len(weights.ladder()) == len(LETTERS) * len(SETS)
    assert sum(f.stat().st_size for f in weights.LADDER.rglob("*")) < 6.5e6
    for c in weights.ladder():
        assert c.config["precision"] == "float16"
        assert c.config["training"]["letter"] == c.name[-1].upper()
        assert not weights.is_kept(c.name) and weights.find(c.name) == c


def asked(tmp_path, capsys, *words: str) -> tuple[int, str]:
    """`study ladder` of the first and the last network of the digits."""
    folder = str(tmp_path / "kept")
    code = main(["study", "ladder", "data=digits", "--folder", folder, "--device", "cpu", *words])
    said = capsys.readouterr()
    return code, said.out + said.err


@pytest.fixture
def quick(monkeypatch):
    """Cells that measure nothing, and count how often they are asked."""
    calls = []

    def measured(self, e, watch=None):
        calls.append(e.model.checkpoint)
        some = dataclasses.asdict(NONE)
        return {
            "errors": fake(len(e.model.checkpoint), n=self.images)[0].tolist(),
            "good": [1, 0] * (self.samples // 2),
            **dict.fromkeys(("precision", "recall", "frechet", "wasserstein"), some),
        }

    monkeypatch.setattr(ladder, "LETTERS", "AF")
    monkeypatch.setattr(Configuration, "__call__", measured)
    return calls


def test_the_ladder_is_a_study_of_cells_that_goes_on(quick, tmp_path, capsys, monkeypatch):
    """A network is measured once, by whichever part of the study; its card is measured again."""
    code, said = asked(tmp_path, capsys, "--shard", "1/2")
    first = len(quick)
    assert code == 0 and f"Part 1 of 2: {first} of 2 cells" in said
    code, said = asked(tmp_path, capsys, "--keep", "--on", "local")
    assert code != 0 and "--keep goes without --on" in said and len(quick) == first
    card = str(tmp_path / "card.json")
    code, said = asked(tmp_path, capsys, "--card", card)
    assert code == 0 and sorted(quick) == ["digits-ladder-a", "digits-ladder-f"]
    assert "Digits 8×8: A and F cannot be told apart by their samples" in said
    assert main(["replay", card, "--cells", "all", "--device", "cpu"]) == 0
    assert "2 of 2 cells measured again: every answer is the card’s" in capsys.readouterr().out
    kept, before = [], len(quick)  # a record is of cells that its own torch has measured
    monkeypatch.setattr(ladder_record, "keep", kept.append)
    for version, more in ((torch.__version__, 2), (torch.__version__, 2), ("0.1", 4)):
        monkeypatch.setattr(torch, "__version__", version)
        assert asked(tmp_path, capsys, "--keep")[0] == 0 and len(quick) == before + more
    assert kept[-1]["sets"]["digits"]["with"].startswith("torch 0.1, ")
    monkeypatch.setattr(Configuration, "__call__", lambda self, e, watch=None: {"good": []})
    assert main(["replay", card, "--cells", "all", "--device", "cpu"]) == 1
    said = capsys.readouterr().out
    assert all(f"model.checkpoint=digits-ladder-{x}: precision 0.5" in said for x in "af")
    assert "wasserstein 0.5 in the card, None here" in said


def test_a_cell_of_the_ladder_depends_on_its_network_and_on_who_judges():
    plan = ladder.ladder_plan(["digits"])
    held = [json.loads(cell.question)["weights"] for *_, cell in plan]
    judge = classifier.digest(plan[0][-1].experiment.data)
    assert held == [[weights.find(ladder.network("digits", x)).digest, judge] for x in LETTERS]


@pytest.mark.slow
def test_a_row_of_the_table_is_found_again(monkeypatch):
    """F on digits, fewer images: each loss within both intervals of the record's."""
    monkeypatch.setattr(ladder, "LETTERS", "F")
    (found,) = ladder.rungs(["digits"], images=256, samples=64)
    told = RECORD["sets"]["digits"]["rows"][-1]
    assert found.digest == told["digest"]
    for mine, kept in zip(found.losses, told["losses"]):
        half = ((mine.high - mine.low) ** 2 + (kept["high"] - kept["low"]) ** 2) ** 0.5 / 2
        # 95 % intervals of half width 1.96 standard errors; 4 of them leave 1 in 2000 to chance
        assert abs(mine.value - kept["value"]) < 4 / 1.96 * half
    share = told["good"]
    assert found.share.low < share["high"] and share["low"] < found.share.high
