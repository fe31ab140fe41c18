"""From a view to a predictor and back, better steps for a view, and the table."""

import dataclasses

import pytest

from explorer import cli
from explorer.core.sampling import Churn
from explorer.core.solvers import AMED, Heun, Plugin
from explorer.core.timesteps import Custom, Rho, VPTime
from explorer.data import Moons
from explorer.errors import UserError
from explorer.lab.error import errors_of
from explorer.lab.experiment import Experiment, levels, run
from explorer.settings import from_query, to_query
from explorer.store import predictors as store
from explorer.study import predictors
from explorer.study import table as contest
from explorer.training.amed import AMEDTraining
from explorer.training.gits import GITS

QUICK = AMEDTraining(paths=768, batch=32, inner=4, anneal=True, scale_dir=0.1, finish=0.5)
VIEW = Experiment(
    data=Moons(dimension=2),
    solver=AMED(),
    nfe=5,
    afs=True,
    timesteps=VPTime(),
    last="sigma_min",
    samples=64,
)


@pytest.fixture(autouse=True)
def own_store(tmp_path, monkeypatch):
    monkeypatch.setenv("EXPLORER_CACHE", str(tmp_path))
    monkeypatch.setattr(store, "SHIPPED", tmp_path / "shipped")
    monkeypatch.setattr(store, "_loaded", {})


def learned(e=VIEW, how=QUICK, name=None):
    t = predictors.trainer(e, how)
    list(t.run())
    return predictors.keep(t, e, name=name)


@pytest.mark.parametrize("solver", [AMED(), Plugin("ipndm2")], ids=repr)
def test_a_view_that_was_trained_on_has_a_smaller_error_and_a_link(solver):
    e = dataclasses.replace(VIEW, solver=solver)
    view = learned(e)
    before, after = (float(errors_of(run(v)).end.mean()) for v in (e, view))
    assert after < before and run(view).nfe == 5
    again = from_query(Experiment, to_query(view))
    assert again == view and again.solver.predictor == view.solver.predictor
    store._loaded.clear()
    assert predictors.opened(view.solver.predictor) == dataclasses.replace(view)
    assert predictors.trained_for(e) == [view.solver.predictor]
    assert (
        predictors.trained_for(dataclasses.replace(e, data=Moons(dimension=2, thickness=0.2))) == []
    )


@pytest.mark.parametrize("nfe, steps", [(3, 2), (5, 3), (7, 4), (9, 5)])
def test_budgets_give_the_published_numbers_of_steps(nfe, steps):
    e = predictors.student(dataclasses.replace(VIEW, nfe=nfe))
    assert len(levels(e)) == steps + 1 and e.nfe == nfe


def test_a_student_is_trained_in_edms_frame_without_new_noise():
    e = predictors.student(dataclasses.replace(VIEW, churn=Churn(5.0), last="zero", seed=4))
    assert (e.churn, e.last, e.seed) == (Churn(), "sigma_min", 4)
    with pytest.raises(UserError, match="Heun has nothing to learn"):
        predictors.student(dataclasses.replace(VIEW, solver=Heun()))


def test_typed_levels_are_trained_on_as_they_are():
    e = dataclasses.replace(VIEW, timesteps=Custom((80.0, 3.0, 0.4, 0.002)))
    view = learned(e, dataclasses.replace(QUICK, paths=64))
    assert view.timesteps == e.timesteps and run(view).nfe == 5


def test_a_predictor_refuses_another_budget_grid_and_model_by_link():
    view = learned(how=dataclasses.replace(QUICK, paths=64))
    query = to_query(view)
    for change, said in (
        ("nfe=9", "trained for 3 steps"),
        ("timesteps=rho", "this run steps from"),
        ("data.thickness=0.2", "another model"),
        ("afs=false", "analytic"),
        ("last=sigma_min&solver.predictor=nobody", "no predictor 'nobody'"),
    ):
        pairs = dict(p.split("=") for p in [*query.split("&"), *change.split("&")])
        if change == "timesteps=rho":
            pairs = {k: v for k, v in pairs.items() if not k.startswith("timesteps.")}
        e = from_query(Experiment, "&".join(f"{k}={v}" for k, v in pairs.items()))
        if change == "afs=false":
            e = dataclasses.replace(e, nfe=6)
        with pytest.raises(UserError, match=said):
            run(e)


def test_recipes_name_the_papers_teachers():
    assert predictors.published(AMED()) == AMEDTraining()
    paper = predictors.published(Plugin("ipndm4"))
    assert (paper.teacher, paper.inner, paper.scale_time) == ("ipndm4", 2, 0.2)
    assert predictors.published(Plugin("dpmpp2")).teacher == "dpmpp3"
    assert predictors.published(Plugin("dpm2")).inner == 1
    assert predictors.usual(AMED()).place == "search" and paper.place == "view"


# ---- the table -----------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_table_holds_every_solver_and_the_predictors_of_this_model():
    e = dataclasses.replace(VIEW)
    view = learned(e)
    learned(
        dataclasses.replace(e, data=Moons(dimension=2, thickness=0.2)),
        dataclasses.replace(QUICK, paths=64),
    )
    how = {"points": 33, "how": GITS(fine=21, paths=16), "searched": (5,)}
    cells = list(contest.amed_table(e, (3, 5), 64, **how))
    others, learned_ones = 2 * 7 * 2 + 2 * 2 + 7, 1  # usual and GITS; untrained; searched at 5
    assert len(cells) == others + learned_ones
    assert all(c.nfe in (3, 5) for c in cells)
    for c in cells:
        assert c.error.low < c.error.value < c.error.high and c.error.count == 64
        assert c.median.low < c.median.value < c.median.high and len(c.errors) == 64
    (mine,) = (c for c in cells if c.learned)
    assert (mine.name, mine.nfe, mine.predictor) == ("AMED-Solver", 5, view.solver.predictor)
    assert mine.origin == "trained here" and mine.stage == "learned"
    at = {(c.name, c.steps): c for c in cells if c.nfe == 5}
    rival = at["DPM-Solver-2 + AFS", "usual"]
    assert mine.over(rival).high < 1
    assert contest.came_from(mine, cells) is at["AMED-Solver", "usual"]
    for name in ("DDIM", "Heun + AFS", "UniPC-3"):
        found = at[name, "searched"]
        assert contest.came_from(found, cells) is at[name, "usual"]
        # judged on other seeds than it was searched on
        assert found.over(at[name, "usual"]).high < 1 and found.levels != at[name, "usual"].levels
        assert found.nfe == 5


def test_each_stage_of_a_training_is_a_row_of_its_own():
    how = dataclasses.replace(
        QUICK, place="search", settle=30, paths=640, batch=32, rounds=4, inner=8, finish=1.0
    )
    view = learned(VIEW, how)
    record = store.find(view.solver.predictor).record
    cells = list(contest.amed_table(VIEW, (5,), 128, points=33, gits_too=False, searched=()))
    mine = [c for c in cells if c.learned]
    assert [c.stage for c in mine] == ["stops searched", "r, c, a shared", "learned"]
    before = [contest.came_from(c, cells) for c in mine]
    assert [c.stage for c in before] == ["untrained", "stops searched", "r, c, a shared"]
    assert mine[0].over(before[0]).high < 1
    assert list(record["standing"]) == ["untrained", "searched", "shared", "learned"]
    # what the training saw on its own unseen seeds, seen again on the table's
    for c, who in zip(mine, ("searched", "shared", "learned")):
        _, low, high = record["standing"][who]["median"]
        assert c.median.low < high and low < c.median.high


def test_held_out_seeds_are_no_training_seeds():
    t = predictors.trainer(VIEW, QUICK)
    held = contest.held_out(VIEW, 16, points=17)
    taken = t._start(0, 512)
    assert not any((taken == v).all(1).any() for v in held.noise)


# ---- the command line ----------------------------------------------------------------------------


def test_train_amed_on_the_command_line(tmp_path, capsys):
    given = [
        "train",
        "amed",
        "data=moons",
        "data.dimension=2",
        "timesteps=vp_time",
        "solver=plugin",
        "solver.solver=ipndm3",
        "nfe=3",
        "paths=64",
        "batch=16",
        "--name",
        "mine",
        "--out",
        str(tmp_path / "mine"),
        "--device",
        "cpu",
    ]
    assert cli.main(given) == 0
    said = capsys.readouterr().out
    assert "solver.predictor=mine" in said and (tmp_path / "mine" / "mine.json").is_file()
    trained = store.read(tmp_path / "mine" / "mine.json")
    assert (trained.solver, trained.nfe, trained.record["batch"]) == ("plugin:ipndm3", 3, 16)


@pytest.mark.parametrize(
    "given, said",
    [
        (["solver=heun"], "nothing to learn"),
        (["teacher=nobody"], "nobody"),
        (["paths=2"], "Paths = 2"),
        (["nfe=banana"], "banana"),
        (
            ["--name", "../x", "data=moons", "data.dimension=2", "paths=64", "nfe=3"],
            "cannot be called",
        ),
    ],
)
def test_train_amed_refuses_in_a_sentence(given, said, capsys):
    assert cli.main(["train", "amed", *given]) == 2
    assert said in capsys.readouterr().err


def test_levels_of_a_trained_view_survive_the_default_grid():
    view = learned(dataclasses.replace(VIEW, timesteps=Rho()), dataclasses.replace(QUICK, paths=64))
    assert view.timesteps == Rho()


def test_a_sweep_over_budgets_says_where_a_predictor_was_not_trained():
    from explorer.study.sweep import error_against_nfe

    view = learned(how=dataclasses.replace(QUICK, paths=64))
    rows = list(error_against_nfe(view, [view.solver], [5, 9]))
    assert rows[0].mean is not None and rows[1].mean is None
    assert "trained for 3 steps" in rows[1].note and "trained here" in rows[0].name
