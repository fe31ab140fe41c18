"""What the Design page is sent: every cell with its formula, and what a click sets."""

import json

import pytest
import torch

from explorer.lab.columns import columns
from explorer.lab.experiment import Experiment
from explorer.settings import flatten, unflatten
from explorer.study import ladder_record
from explorer.training.configs import Training
from explorer.ui.design import _weighed, design
from explorer.ui.design_rows import ROWS
from explorer.ui.train import FIELDS


@pytest.fixture(scope="module")
def told():
    return design({"values": {"data": "digits", "nfe": 20}})


def test_every_cell_has_a_formula_a_curve_and_a_way_to_try_it(told):
    assert [c["name"] for c in told["columns"]] == ["vp", "ve", "iddpm", "edm"]
    names = [r["name"] for r in told["rows"]]
    assert names == [
        *("sigma", "scale", "steps"),
        *("skip", "out", "in", "noise", "train", "lambda"),
    ]
    for row in told["rows"]:
        for cell in row["cells"]:
            assert cell["formula"] and cell["use"], row["name"]
            assert len(cell["x"]) == len(cell["y"]) > 10
            low, high = row["range"] or cell["range"]
            assert all(low <= y <= high for y in cell["y"]), row["name"]
    json.dumps(told, allow_nan=False)


def test_a_click_sets_what_explore_or_train_can_take(told):
    for row in told["rows"]:
        for column, cell in zip(told["columns"], row["cells"]):
            if row["where"] == "train":
                assert cell["use"] in ({"precond": column["name"]}, {"loss": column["name"]})
                assert set(cell["use"]) <= set(FIELDS)
                unflatten(Training, {"data": "digits", **cell["use"]})
                continue
            now = flatten(unflatten(Experiment, cell["use"]))
            assert cell["use"].items() <= now.items(), row["name"]
            part = {"sigma": "schedule", "scale": "schedule.scaling", "steps": "timesteps"}
            assert part[row["name"]] in cell["use"]


def test_a_column_as_a_whole_is_the_design_of_that_name(told):
    from explorer.lab.designs import apply, changes

    for column in told["columns"]:
        e = unflatten(Experiment, column["use"])
        assert changes(column["name"], e) == [], column["name"]
        assert apply(column["name"], Experiment()).schedule == e.schedule


def test_eq_8_is_shown_for_one_image_of_the_data(told):
    target = told["target"]
    assert [r["name"] for r in target["rows"]] == ["vp", "ve", "iddpm", "edm", "d"]
    title = target["title"]
    assert title.startswith("4 of 5 weigh every σ alike") and "in Configuration D" in title
    vp, ve, _, edm, d = target["rows"]
    assert set(vp["parts"]) == {"ε"} and set(ve["parts"]) == {"−ε"}
    assert vp["picture"] != ve["picture"] and edm["picture"] == d["picture"]
    assert edm["parts"][-1].startswith("1.2 y − 0.0")  # at high noise: the image over σ_data
    assert target["shape"] == [1, 8, 8]


def test_the_formulas_of_the_network_and_of_the_weight_are_those_of_their_curves():
    words = {"(σ σ_d)²": "(s*d)**2", "σ_d²": "d**2", "σ²": "s**2", "σ σ_d": "s*d"}
    words |= {"σ": "s", "√(": "sqrt(", "−": "-"}
    for row in (r for r in ROWS if r.name in ("skip", "out", "in", "lambda")):
        for c in columns(0.5):
            text = row.formulas[c.name]
            for ours, python in words.items():
                text = text.replace(ours, python)
            s, y = row.curve(c)
            known = eval(text, {"s": s, "d": 0.5, "sqrt": torch.sqrt}) + 0 * s
            torch.testing.assert_close(
                y, known.abs(), rtol=1e-12, atol=0, msg=f"{row.name} {c.name}"
            )


def test_a_spread_at_which_every_design_weighs_alike_is_said_too():
    """D's weight is σ_d²/(σ² + σ_d²): for data of large spread it falls nowhere."""
    flat = [{"label": name, "about": "", "weight": [1.0, 0.9999]} for name in ("EDM", "D")]
    assert _weighed(flat) == "2 of 2 weigh every σ alike, λ c_{out}² = 1 (EDM, D)."


def test_points_have_curves_and_no_pictures():
    told = design({"values": {"data": "spiral"}})["target"]
    assert told["shape"] is None and told["seen"] is None
    assert all(r["picture"] is None and r["size"] for r in told["rows"])


@pytest.mark.parametrize("request_", [None, [], "values", 7])
def test_what_is_no_request_is_answered_for_the_page_s_own_data(request_):
    assert design(request_)["target"]["label"] == Experiment().data.label


@pytest.mark.parametrize("values", [None, [], {"data": "nothing of the kind"}, {"data": 7}])
def test_nonsense_is_a_sentence_or_the_page_s_own_data(values):
    from explorer.errors import UserError

    try:
        assert design({"values": values})["columns"]
    except UserError as error:
        assert "data" in str(error).lower()


def test_the_menu_of_networks_has_the_ends_of_each_ladder_and_keeps_the_rest_for_its_page():
    from explorer.store import weights
    from explorer.ui.networks import listing

    rows = {r["name"]: r for r in listing()["networks"]}
    assert "digits-ladder-a" in rows
    for c in weights.ladder():
        row = rows[c.name]
        assert row["quiet"] == (c.name[-1] not in "af") and row["data"]["data"] in c.name
        assert row["label"].endswith("(ladder)")  # digits-f is a configuration F as well
    assert rows["digits-f"]["label"] == "Digits 8×8, config F" and "quiet" not in rows["digits-f"]


def test_the_table_of_the_ladder_is_told_with_the_rest(told):
    (digits, *_) = told["ladder"]["sets"]
    assert digits["label"] == "Digits 8×8" and [r["letter"] for r in digits["rows"]] == [*"ABCDEF"]
    assert digits["rows"][3]["changed"].startswith("+ Our preconditioning; ")
    assert all(len(r["cells"]) == len(digits["columns"]) - 1 for r in digits["rows"])
    assert "study ladder data=digits images=1024 samples=1024 --keep" in digits["made"]


@pytest.mark.parametrize(
    "text", ["{", '{"levels": [], "nfe": 1, "sets": {"digits": {"rows": [1]}}}']
)
def test_a_damaged_table_of_the_ladder_leaves_the_rest_of_the_page(monkeypatch, tmp_path, text):
    place = tmp_path / "ladder.json"
    place.write_text(text)
    monkeypatch.setattr(ladder_record, "place", lambda: place)
    found = design({"values": {"data": "digits", "nfe": 20}})
    assert found["ladder"] == {"title": ladder_record.DAMAGED, "note": "", "sets": []}
    assert len(found["rows"]) == 9
