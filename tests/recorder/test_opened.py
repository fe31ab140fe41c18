"""What the page and a terminal say of a recording, in each state that one can be in."""

import json
import math

import pytest
import torch

from explorer.analysis import geometry
from explorer.cli import main
from explorer.core.schedules import EDM, VP
from explorer.dialects.xray import xray
from explorer.errors import UserError
from explorer.recorder import read
from explorer.strips import recorded as strips
from explorer.ui import recorded

from . import loops


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("run") / "a.jsonl"
    loops.run(path, 12)
    return path


def test_the_strips_measure_what_the_states_are(tmp_path, file):
    """Against the same functions on the states themselves."""
    made, x, d = loops.run(tmp_path / "a", 12)
    found = strips.measure(made)
    sigma = torch.tensor(loops.levels(12)[:-1], dtype=torch.float64)
    x = x[:13]
    spread = float(d[-1, 0].norm() / 8)
    assert strips.sigma_data(made) == pytest.approx(spread, rel=1e-6)
    for schedule in (EDM(), VP()):
        _, known = geometry.bend(sigma, x, d, schedule, spread)
        own = found["curvature"]["bend"]["curves"][schedule.name]
        # where a path is straight its bend is rounding, 1e-8 on every machine and nowhere the same
        own = torch.tensor(own[0]).double()
        assert torch.allclose(own, known.median(1).values, rtol=1e-5, atol=1e-7)
    kappa = geometry.curvature(sigma, x).median(1).values
    own = torch.tensor(found["curvature"]["kappa"]["curves"]["edm"][0]).double()
    # a table of products keeps half of float64's digits: 1e-8 of a state of 15, over steps of 0.01
    assert torch.allclose(own, kappa, rtol=1e-5, atol=3e-5)
    off = geometry.residuals(x).mean(2)
    assert torch.allclose(torch.tensor(found["plane"]["residual"]).double(), off, atol=1e-5)
    assert found["steps"]["sigma"] == pytest.approx(loops.levels(12))


def test_a_random_walk_is_as_straight_as_one_in_all_dimensions(tmp_path):
    """In as few axes as it needs, its statistics are those of the walk in the run's own space."""
    path = loops.run(tmp_path / "a", 12)[1][:, :1].expand(-1, 200, -1)
    g = torch.Generator().manual_seed(0)
    own, few = geometry.walk_like(path, g), geometry.walk_in(64, path, g)
    assert few.shape == (len(path), 200, len(path) - 1)
    assert torch.allclose(few.diff(dim=0).norm(dim=2), path.diff(dim=0).norm(dim=2))
    known, got = (geometry.explained(w, 4) for w in (own, few))
    error = (known.var(1) / 200 + got.var(1) / 200).sqrt()
    assert ((known.mean(1) - got.mean(1)).abs() < 4 * error).all()
    narrow = geometry.walk_in(3, path, g)  # fewer dimensions than steps: the walk itself
    assert float(geometry.explained(narrow, 3)[2].min()) > 1 - 1e-9


def test_the_page_gets_strips_a_plane_and_sentences(file):
    told = recorded.shown(read(file))
    json.dumps(told, allow_nan=False)
    assert [s["name"] for s in told["strips"]] == ["steps", "curvature", "plane"]
    assert told["title"].startswith("A loop, 13 steps: two axes hold ")
    assert (
        told["note"]
        == "3 samples of 4 × 4 × 4 numbers, 13 calls of the network, σ 14.6 to 0, guidance 7.5."
    )
    assert not told["notes"] and told["beside"] is None
    (first, *_), sigma = told["plane"]["x"], told["plane"]["sigma"]
    assert len(told["plane"]["x"]) == 3 and len(first) == len(sigma) == 13
    assert first[0][0] > 0 and first[-1] == [0, 0]  # from the last state on, positive at the start
    drawn = told["strips"][1]["drawn"]["bend"]
    assert any(m.get("label", {}).get("text") == "EDM, 10–90 % of 3" for m in drawn["marks"])
    assert not any(
        m.get("drag") for s in told["strips"] for d in s["drawn"].values() for m in d["marks"]
    )


def test_beside_a_denser_run_steps_weigh_what_they_add(tmp_path, file):
    told = recorded.shown(read(file), loops.run(tmp_path / "b", 48)[0])
    assert [s["name"] for s in told["strips"]] == ["steps", "curvature", "plane", "error"]
    assert told["strips"][0]["hint"].endswith("part of what all steps add")
    assert told["beside"]["title"].startswith("Beside 49 steps of the same noise: ")
    assert len(told["beside"]["rows"]) == 14 and told["beside"]["rows"][-1][2] == ""
    other = recorded.shown(read(file), loops.run(tmp_path / "c", 48, seed=1)[0])
    assert "not of the same noise" in other["beside"]["problem"]
    assert [s["name"] for s in other["strips"]] == ["steps", "curvature", "plane"]


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("table", "no inner products of its states, as its states were too large"),
        ("cut", "it was cut off at σ = 0.395"),
        ("one", "this recording has 1"),
        ("start", "this recording has 0"),
    ],
)
def test_each_state_has_true_words(tmp_path, file, state, said):
    if state == "table":
        r = loops.lines_without(file, "gram")
    elif state == "cut":
        r = loops.run(tmp_path / "a", 12, stop=8)[0]
    elif state == "one":
        r = loops.run(tmp_path / "a", 12, stop=1, samples=1)[0]
    else:
        r = _begun(tmp_path)
    told = recorded.shown(r)
    json.dumps(told, allow_nan=False)
    everything = json.dumps(told, ensure_ascii=False)
    assert said in everything, told["notes"]
    assert len(told["strips"]) == 3


def _begun(tmp_path):
    """One evaluation, at t = 1 of a flow: its level is without end."""
    import explorer

    x = torch.randn(1, 4, 4, 4, generator=torch.Generator().manual_seed(0))
    with explorer.record(tmp_path / "flow") as box:
        box.step(x, math.inf, x * 0, scale=0.0)
    return read(tmp_path / "flow")


def test_what_a_link_carries_is_the_same_schedule(file):
    bare = recorded.bare(file.read_bytes())
    whole, few = (xray(t) for t in (file.read_text(), bare))
    assert few == whole and len(bare) < 3000
    assert read(bare.encode()).x is None


def test_the_command_prints_it_and_saves_a_figure(tmp_path, file, capsys):
    loops.run(tmp_path / "b.jsonl", 48)
    page = tmp_path / "f.html"
    beside = ["--beside", str(tmp_path / "b.jsonl")]
    assert main(["recording", str(file), *beside, "--strip", "error", "--out", str(page)]) == 0
    said = capsys.readouterr().out
    assert "A loop, 13 steps" in said and "X-ray: no fault found." in said
    assert "bend.edm" in said and "Beside 49 steps" in said and page.stat().st_size > 1000
    assert main(["recording", str(file), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["steps"] == 13 and found["xray"]["runs"][0]["evaluations"] == 13
    assert main(["recording", str(tmp_path / "none")]) == 2
    assert "none could not be read" in capsys.readouterr().err
    with pytest.raises(UserError, match="Known: steps, curvature"):
        from explorer.commands.recording import recording

        recording([str(file), "--strip", "loss", "--out", str(page)])


def test_a_table_that_was_left_on_the_way_is_read_as_far_as_it_goes(tmp_path, file):
    header, *lines = file.read_text().splitlines()
    made = [json.loads(line) for line in lines]
    for line in made[7:]:
        line.pop("gram", None)
    cut = read("\n".join([header, *map(json.dumps, made), ""]).encode())
    (sigma, x, _), (levels, y, _) = cut.path(), read(file).path()
    assert torch.equal(sigma, levels[:7]) and torch.allclose(torch.cdist(x[:, 0], x[:, 0]),
        torch.cdist(y[:7, 0], y[:7, 0]), atol=1e-5)  # fmt: skip
    assert "after 7 of 13 evaluations" in recorded.shown(cut)["notes"][0]
