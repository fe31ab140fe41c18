"""A map of two settings: its axes, its order, what it refuses, and what can be said of it."""

import dataclasses
import json
import math
from itertools import islice

import pytest
import torch

from explorer.errors import UserError
from explorer.lab.experiment import Experiment
from explorer.reading.table import is_table
from explorer.settings import from_query, unflatten
from explorer.store.results import Results
from explorer.study import engine, map_said, map_standing, maps
from explorer.study.map_axes import axis_of
from explorer.ui import map_words
from explorer.ui.map import config, heat_map, shown

SMALL = unflatten(Experiment, {"data": "moons", "data.dimension": 2, "samples": 16})


@pytest.mark.parametrize(
    ("key", "text", "values"),
    [
        ("nfe", "5…55, 4, log", (5, 11, 25, 55)),
        ("nfe", "55, 5;9,9", (5, 9, 55)),
        ("timesteps.rho", "1 to 7, 4", (1.0, 3.0, 5.0, 7.0)),
        ("timesteps.rho", "1...2, 2", (1.0, 2.0)),
        ("s_tmax", "1000000000, 1", (1.0, 1e9)),
        ("solver", "heun, ddim", ("heun", "ddim")),
        ("schedule", "edm,vp", ("edm", "vp")),
        ("afs", "", (False, True)),
    ],
)
def test_the_values_of_an_axis_are_a_list_or_a_range(key, text, values):
    assert axis_of(SMALL, key, text).values == values


@pytest.mark.parametrize(
    ("key", "text", "said"),
    [
        ("nfe", "5, nine", "got 'nine'"),
        ("nfe", "0", "NFE = 0 is out of range"),
        ("nfe", "5…9, 99", "2 to 32 values"),
        ("nfe", "0…9, 5, log", "above 0"),
        ("seed", "1, 2", "beside the measure"),
        ("solver", "hune", "Unknown solver 'hune'"),
        ("timesteps", "custom", "typed list"),
        ("solver.alpha", "1", "This view has no setting"),
        ("nfe", ["5"], "come as text"),
    ],
)
def test_what_is_no_axis_is_said(key, text, said):
    with pytest.raises(UserError, match=said):
        axis_of(SMALL, key, text)


def test_every_setting_that_the_page_offers_is_an_axis():
    for one in config()["settings"]:
        if one["usual"] and one.get("of") in (None, "rho", "heun", "exact", "edm"):
            assert len(axis_of(Experiment(), one["key"], one["usual"]).values) > 1, one["key"]


def small(measure="median", seeds=1, **axes):
    given = axes or {"timesteps.rho": "1, 5, 7", "nfe": "5, 9, 17"}
    return maps.asked(SMALL, given, measure, 16, seeds)


def test_coarse_cells_come_first_and_all_of_them_once():
    order = small().order
    assert order[:4] == [(0, 0), (0, 2), (2, 0), (2, 2)]
    assert sorted(order) == [(i, j) for i in range(3) for j in range(3)]


def test_a_map_that_was_stopped_goes_on_where_it_was(tmp_path):
    asked = small(seeds=2)
    some = list(islice(maps.measured(asked, folder=tmp_path), 4))
    assert len(some[-1].spots) == 4 and some[-1].next == asked.order[4]
    assert engine.answered(maps.plan(asked), tmp_path) == 8  # cells × seeds, and no more
    whole = list(maps.measured(asked, folder=tmp_path))[-1]
    fresh = list(maps.measured(asked))[-1]
    for at, spot in fresh.spots.items():
        assert torch.equal(whole.spots[at].each, spot.each) and len(spot.each) == 32
    assert whole.next is None


def test_what_cannot_be_measured_is_a_cell_with_its_reason():
    found = list(maps.measured(small(nfe="1, 9", solver="heun, euler_a")))[-1]
    assert "one step" in found.spots[0, 0].why and not len(found.spots[0, 0].each)
    assert "new noise" in found.spots[1, 1].why
    found = list(maps.measured(small(s_tmin="0, 5", s_tmax="1, 10")))[-1]
    assert len(found.spots) == 4
    with pytest.raises(UserError, match="no budget changes them"):
        maps.asked(from_query(Experiment, "timesteps=custom"), {"nfe": "5, 9", "solver": "heun"})


def test_a_map_that_is_too_large_is_refused_with_what_would_do():
    axes = {"nfe": "100…900, 20", "timesteps.rho": "1…15, 20"}
    with pytest.raises(UserError, match="paths in all would do") as refused:
        maps.asked(Experiment(), axes, paths=256, seeds=8)
    assert "3,200 runs of 256 paths" in str(refused.value)
    enough = int(str(refused.value).split(" paths in all")[0].split()[-1])
    maps.asked(Experiment(), axes, paths=enough, seeds=1)  # and it would
    with pytest.raises(UserError, match="32 × 32 cells"):
        maps.asked(SMALL, {"nfe": "1…900, 32", "timesteps.rho": "1…15, 32"})
    for wrong in ({"paths": 0}, {"seeds": 65}, {"seeds": True}, {"measure": "luck"}):
        with pytest.raises(UserError):
            maps.asked(SMALL, {"nfe": "5, 9", "solver": "heun"}, **wrong)


def spot(each):
    return maps.Spot(9, torch.as_tensor(each, dtype=torch.float64))


def ratio(mine, best, measure):
    return map_standing.ratios([mine], best, measure)[0]


def test_ratios_of_pairs_have_closed_forms():
    each = torch.rand(64, generator=torch.Generator().manual_seed(1), dtype=torch.float64) + 0.1
    for measure in ("median", "mean", "distance"):
        twice = ratio(spot(2 * each), spot(each), measure)
        assert (twice.value, twice.low, twice.high) == pytest.approx((2, 2, 2))  # whatever is drawn
        same = ratio(spot(each), spot(each), measure)
        assert (same.value, same.low, same.high) == (1, 1, 1)
    worst = ratio(spot(2 * each), spot(each), "worst")
    assert worst.value == pytest.approx(2) and math.isnan(worst.low)
    assert math.isnan(ratio(spot(each[:5]), spot(each[:5]), "median").low)
    assert math.isnan(ratio(spot(each[:20]), spot(each), "median").low)


def test_the_interval_of_a_ratio_covers_the_true_one():
    g, hit, sizes = torch.Generator().manual_seed(3), 0, []
    for _ in range(60):
        shared, own = torch.randn(2, 64, generator=g, dtype=torch.float64)
        other = torch.randn(64, generator=g, dtype=torch.float64)
        a, b = 1.5 * (shared + 0.3 * own).exp(), (shared + 0.3 * other).exp()
        e = ratio(spot(a), spot(b), "median")
        hit += e.low <= 1.5 <= e.high
        sizes.append(math.log(e.high / e.low))
        apart = ratio(spot(a), spot(b.flip(0)), "median")
        sizes[-1] /= math.log(apart.high / apart.low)
    assert hit >= 52  # of 60: at 95 % fewer come once in 200 times
    assert sum(sizes) / len(sizes) < 0.8  # pairs are what narrows it


def test_the_best_of_many_leaves_no_equal_behind():
    """Of eight cells that are equally good one comes out best; a cell is outlined, as the best or
    with it, all but once in twenty times, which intervals of each alone do not hold."""
    g, behind, alone, cells = torch.Generator().manual_seed(5), 0, 0, 60 * 8
    for _ in range(cells // 8):
        shared = torch.randn(64, generator=g, dtype=torch.float64)
        own = torch.randn(8, 64, generator=g, dtype=torch.float64)
        spots = [spot(5 + shared + 0.5 * x) for x in own]
        best = min(spots, key=lambda s: float(s.each.mean()))
        rest = [s for s in spots if s is not best]
        behind += sum(e.low > 1 for e in map_standing.ratios(rest, best, "mean"))
        alone += sum(ratio(s, best, "mean").low > 1 for s in rest)
    assert behind / cells <= 0.05 < alone / cells


def test_no_cell_is_outlined_where_nothing_has_an_interval():
    found = made([[BASE[:5], 2 * BASE[:5]]], **{"nfe": "9", "timesteps.rho": "5, 7"})
    s, facts, _, _ = told(found)
    assert s.best == {0: (0, 0)} and not s.level and not facts


def made(rows, **axes):
    """A map whose spots are these errors, cell by cell."""
    asked = small(**axes)
    spots = {at: spot(rows[at[0]][at[1]]) for at in asked.trials}
    return maps.Map(asked, spots)


def told(found):
    s = map_standing.standing(found)
    facts = map_said.facts(found, s)
    return s, facts, map_words.said(found, facts), map_words.title(found, s, facts)


BASE = torch.linspace(0.5, 1.5, 40, dtype=torch.float64)
NOISY = BASE + 0.4 * torch.sin(37 * torch.arange(40, dtype=torch.float64))


def test_each_budget_has_a_best_of_its_own_and_the_edge_is_said():
    rows = [[20 * BASE, 20 * BASE], [1.3 * BASE, 0.13 * BASE], [BASE, 0.1 * BASE]]
    found = made(rows, **{"timesteps.rho": "1, 7, 15", "nfe": "9, 17"})
    s, facts, said, title = told(found)
    assert found.asked.by == 1 and s.best == {0: (2, 0), 1: (2, 1)} and s.level == {(2, 0), (2, 1)}
    assert [f.kind for f in facts] == ["best", "edge", "own", "never"]
    assert title.startswith("ρ = 15 is best at every NFE; the best is at the edge of the grid")
    assert "ρ = 7 makes 1.3 times the best’s error" in title
    assert said[1]["values"] == ["20"]  # as far as the setting goes
    assert "20 ×" in said[3]["text"]
    across = made([[20 * BASE, BASE]], **{"nfe": "9", "timesteps.rho": "5, 7"})
    assert across.asked.by == 0 and map_standing.standing(across).best == {0: (0, 1)}


def test_what_cannot_be_told_apart_is_not_ranked():
    rows = [[BASE, BASE], [NOISY, NOISY], [3 * BASE, 4 * BASE]]
    found = made(rows, solver="ddim, heun, unipc", nfe="9, 17")
    s, facts, said, title = told(found)
    assert {(0, 0), (1, 0), (0, 1), (1, 1)} == s.level
    assert title.startswith("DDIM is best at every NFE, or level with it") or "Heun" in title
    assert (
        facts[1].kind == "level" and "cannot be told from the best at every NFE" in said[1]["head"]
    )


def test_a_row_is_not_said_to_be_level_where_another_is():
    rows = [[BASE, BASE, BASE], [NOISY, 3 * BASE, 3 * BASE], [3 * BASE, NOISY, 3 * BASE]]
    _, facts, said, _ = told(made(rows, solver="ddim, heun, unipc", nfe="9, 17, 35"))
    assert facts[1].rows == (1, 2) and facts[1].groups == (0, 1) and not facts[1].each
    assert said[1]["head"].endswith(" cannot be told from the best at some NFE each.")


def test_one_method_under_two_names_and_means_with_another_story():
    heavy = BASE.clone()
    heavy[-6:] = 400.0
    rows = [[heavy, heavy], [heavy, heavy], [900 * BASE, 900 * BASE]]
    found = made(rows, solver="ddim, ipndm, unipc", nfe="9, 17")
    _, facts, said, _ = told(found)
    kinds = [f.kind for f in facts]
    assert "same" in kinds and "means" in kinds and len(facts) <= map_said.MOST
    assert "one method" in said[kinds.index("same")]["head"]
    assert facts[kinds.index("means")].least.low > map_standing.TIMES


def test_a_whole_map_has_one_best_and_the_worst_path_ranks_nothing():
    axes = {"timesteps.rho": "1, 7", "s_noise": "1, 1.01"}
    found = made([[BASE, 2 * BASE], [1.5 * BASE, 3 * BASE]], **axes)
    s, _, _, title = told(found)
    assert s.best == {0: (0, 0)} and title.startswith("Best: ρ = 1, S_noise = 1")
    worst = dataclasses.replace(found, asked=dataclasses.replace(found.asked, measure="worst"))
    s, facts, _, title = told(worst)
    assert not facts and s.value[1, 1].value == pytest.approx(4.5) and "end error" in title


def test_other_data_are_not_ranked_against_each_other():
    found = made([[BASE, 9 * BASE], [2 * BASE, BASE]], solver="ddim, heun", data="moons, rings")
    s, _, _, _ = told(found)
    assert found.asked.by == 1 and s.best == {0: (0, 0), 1: (1, 1)}


def test_a_denoiser_guided_otherwise_is_another_one_but_for_distances():
    """Errors of each are to its own exact paths; distances are to the same data."""
    base = from_query(Experiment, "data=moons&data.dimension=2&model=guided")
    axes = {"model.guidance": "1, 2", "nfe": "5, 9"}
    assert maps.asked(base, axes, paths=16, seeds=1).by == 0
    assert maps.asked(base, axes, "distance", 16, 1).by == 1


def test_cells_that_cost_more_than_those_beside_them_are_said(tmp_path, monkeypatch):
    """At 10 evaluations Heun takes 9 and DDIM 10; at 9 both take 9."""
    monkeypatch.setenv("EXPLORER_CACHE", str(tmp_path))
    for budget, said in (("10", True), ("9", False)):
        asked = small(solver="heun, ddim", nfe=budget)
        note = shown(list(maps.measured(asked))[-1])["note"]
        assert ("Not at equal cost" in note) == said


def test_the_page_is_told_plain_values(tmp_path, monkeypatch):
    monkeypatch.setenv("EXPLORER_CACHE", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    request = {"axes": ["timesteps", "nfe"], "lists": ["rho, vp", "1, 9"], "paths": 16, "seeds": 1}
    base = from_query(Experiment, "data=moons&data.dimension=2&timesteps.sigma_max=50")
    work = heat_map(base, request)
    rows = list(work.rows(lambda: None))
    assert len(rows) == work.total == 4
    for count in range(1, 5):
        json.dumps(work.show(rows[:count]), allow_nan=False)
    told = work.show(rows)
    cells = {tuple(c["at"]): c for c in told["map"]["cells"]}
    opened = unflatten(Experiment, cells[1, 1]["values"], base)
    assert opened == from_query(Experiment, cells[1, 1]["query"])
    assert opened.timesteps.name == "vp" and opened.nfe == 9 and opened.samples == base.samples
    assert cells[0, 0]["why"] and "value" not in cells[0, 0]
    exact = told["exact"]
    assert len(exact["rows"]) == 4 and is_table(exact["columns"], exact["rows"])
    for wrong in ({"axes": ["nfe", "nfe"]}, {"axes": "nfe"}, {"axes": ["nfe", 3]}):
        with pytest.raises(UserError, match="two different settings"):
            heat_map(base, {"lists": ["5", "9"], **wrong})


def test_answers_that_pages_ask_for_are_bounded(tmp_path):
    kept = Results(tmp_path)
    for k in range(8):
        kept.put(f"q{k}", "x" * 1000)
    assert kept.trim(10**6) == 0 and len(list(kept)) == 8
    assert kept.trim(3500) == 5 and len(list(kept)) == 3
