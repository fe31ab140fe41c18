"""The budget adviser: searched on one seed, judged on another, and what may be said."""

import dataclasses
import json
import math

import pytest
import torch

from explorer import cli
from explorer.data import Moons
from explorer.errors import UserError
from explorer.lab.experiment import Experiment, asked_of
from explorer.settings import from_query, unflatten
from explorer.study import advised as judged_of
from explorer.study import adviser as study
from explorer.study.adviser import Tried
from explorer.study.end_error import Row
from explorer.ui import advise as words

BASE = Experiment(data=Moons(dimension=2), samples=16, nfe=6)


@pytest.fixture(scope="module")
def found():
    return list(study.advise(BASE, 6, cells=24))


def test_no_cell_costs_more_than_the_budget_or_is_judged_on_the_noise_of_the_search(found):
    assert 12 < len(found) <= 24
    assert all(asked_of(t.experiment) <= 6 and t.row.nfe <= 6 for t in found)
    of = {r: {t.experiment.seed for t in found if t.round == r} for r in study.ROUNDS}
    assert of["coarse"] == of["fine"] == {BASE.seed} and of["judged"] == {study.ELSEWHERE}
    settings = [(t.experiment.solver, t.experiment.timesteps, t.experiment.afs) for t in found]
    searched = [s for s, t in zip(settings, found) if t.round != "judged"]
    assert len(searched) == len(set(searched))


def test_the_chosen_is_the_lowest_of_the_search_with_the_error_of_the_judgement(found):
    made = judged_of.advice(6, found)
    best = study.ranked(found)[0]
    assert made.chosen.experiment.solver == best.experiment.solver
    judged = next(t for t in found if t.round == "judged")
    assert made.chosen.error.value == judged.row.median != best.row.median
    assert judged_of.advice(6, found[:-1]) is None  # before all are judged nothing is said
    plain = json.loads(json.dumps(made.plain()))
    assert from_query(Experiment, plain["query"]) == made.chosen.experiment
    space: dict = {}
    line = plain["python"].replace("run(", "made = (")
    exec(line, space)
    assert space["made"] == made.chosen.experiment
    assert plain["said"].startswith("At 6 evaluations: ") and "held-out" in plain["said"]


def _row(values) -> Row:
    each = torch.tensor(values, dtype=torch.float64)
    return Row(
        BASE.solver, "x", "one-step", 6, median=float(each.median()), each=values, ends=(80, 1)
    )


def _tried(values, round, seed=0) -> Tried:
    e = dataclasses.replace(BASE, seed=seed, timesteps=study.Rho(2.0 + values[0]))
    return Tried(e, _row(values), round, 9)


def test_what_chance_alone_makes_is_not_told_apart():
    """Three that are equal but for noise, and one that is twice as bad."""
    g = torch.Generator().manual_seed(3)
    noise = lambda: (1 + 0.1 * torch.rand(64, generator=g)).tolist()
    kinds = [noise(), noise(), noise(), [2 * v for v in noise()]]
    found = [_tried(v, "coarse") for v in kinds]
    judged = [_tried(noise() if i < 3 else [2 * v for v in noise()], "judged", 7) for i in range(4)]
    made = judged_of.advice(6, [*found, *judged])
    assert [s.even for s in made.others] == [True, True, False]
    assert "not told apart from" in made.sentence and not made.better
    swapped = judged_of.advice(6, [*found, judged[3], *judged[:3]])  # the search was lucky
    assert len(swapped.better) == 3 and "better there" in swapped.sentence


def test_the_sign_test_is_that_of_the_binomial():
    a, b = _row([1.0] * 10), _row([2.0] * 9 + [0.5])
    assert judged_of.sides(a, b) == (9, 1) and judged_of.sides(a, a) == (0, 0)
    assert judged_of.chance(9, 1) == pytest.approx(2 * (1 + 10) / 2**10)
    assert judged_of.chance(0, 0) == 1.0


@pytest.mark.parametrize(("factor", "verdict"), [(0.5, "better"), (2.0, "worse")])
def test_where_most_paths_are_level_the_others_decide(factor, verdict):
    """50 of 64 alike, 14 all on one side: the median ratio is 1, and the sign test is sure."""
    one = [1.0 + i / 64 for i in range(64)]
    other = [v * (factor if i < 14 else 1.0) for i, v in enumerate(one)]
    found = [_tried(one, "coarse"), _tried([2 * v for v in one], "coarse")]
    judged = [_tried(one, "judged", 7), _tried(other, "judged", 7)]
    made = judged_of.advice(6, [*found, *judged])
    (stands,) = made.others
    assert stands.times.value == 1 and not stands.even
    assert words._verdict(stands, made) == verdict
    assert bool(made.better) == (verdict == "better")
    assert ("better there" in made.sentence) == (verdict == "better")


def test_neighbours_move_one_setting():
    e = unflatten(Experiment, {"solver": "unipc", "timesteps": "rho"}, BASE)
    near = list(study.neighbours(e))
    assert {n.timesteps.rho for n in near} == {5.4, 7.0, 9.1}
    assert {n.solver.order for n in near} >= {2, 3} and sum(n.afs for n in near) == 1
    assert not any(n.solver.thresholding for n in near)


def test_what_cannot_be_advised_on_is_refused():
    for budget, cells in ((1, 120), (9, 2), (9, 10**6), (5000, 120)):
        with pytest.raises(UserError, match="out of range"):
            study.advise(BASE, budget, cells)


def test_the_page_shows_the_search_and_then_the_advice(found):
    searching, done = words.shown(BASE, found[:-1]), words.shown(BASE, found)
    assert "no verdict yet" in searching["note"] and "advice" not in searching
    assert done["table"][0][-1] == "chosen"
    heads = done["exact"]["columns"]
    assert len(heads) == len(set(heads)) == len(done["exact"]["rows"][0])  # or no Parquet has them
    assert len(done["figure"]["data"][0]["x"]) == len(done["table"]) == len(done["exact"]["rows"])
    assert all(math.isfinite(v) for v in done["figure"]["data"][0]["x"])


def test_the_command_says_it_and_writes_it(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("EXPLORER_CACHE", str(tmp_path))
    asked = ["advise", "data=moons", "data.dimension=2", "nfe=6", "--cells", "24"]
    out = tmp_path / "advice.json"
    assert cli.main([*asked, "--device", "cpu", "--out", str(out)]) == 0
    said = capsys.readouterr().out
    written = json.loads(out.read_text())
    assert written["said"] in said and f"link: ?{written['query']}" in said
    assert cli.main([*asked, "--device", "cpu", "--shard", "1/2"]) == 2
    monkeypatch.setattr(study, "advise", None)  # a file that cannot be is said before the search
    assert cli.main([*asked, "--out", str(tmp_path / "none" / "advice.json")]) == 2


def test_a_public_name_stays_what_it_is_once_its_file_is_imported():
    from explorer import study as public

    modules = set(public.__all__) & set(public._HOME.values())
    assert not modules  # the file would take the name's place
    assert callable(public.advise) and callable(public.advice) and callable(public.way)
