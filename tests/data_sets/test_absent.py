"""No data: a network alone, of any shape; what needs data says so, and the rest is there."""

import pytest

from explorer.data import Absent
from explorer.errors import UserError
from explorer.lab import experiment
from explorer.lab.source import prepared
from explorer.models import Exact, files
from explorer.models.architecture import build, describe
from explorer.models.precond import EDM
from explorer.server import app
from explorer.server.message import PARTS
from explorer.training.configs import Training, description
from explorer.ui import networks


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """Keep a small network of a shape of which there is no data."""
    monkeypatch.setenv("EXPLORER_CACHE", str(tmp_path))
    for memo in experiment.MEMOS:
        memo.clear()

    def keep(channels: int, side: int, classes: int = 0, **more):
        kwargs = {
            "img_resolution": side,
            "in_channels": channels,
            "out_channels": channels,
            "model_channels": 4,
            "channel_mult": (1, 1, 1),  # attention, in the midst, has a 16th of the places
            "num_blocks": 1,
            "attn_resolutions": (),
            "label_dim": classes,
            "label_dropout": 0.1 if classes else 0,
        }
        d = describe("SongUNet", kwargs, EDM(sigma_data=0.4), (channels, side, side))
        return files.save(build(d), {**d, "label": "Alone"} | more, f"alone-{channels}-{side}")

    return keep


@pytest.mark.slow
@pytest.mark.parametrize("channels, side", [(2, 16), (3, 24), (1, 20)])
def test_a_network_without_data_of_its_shape_is_looked_at_alone(kept, channels, side):
    name = kept(channels, side).name
    row = next(r for r in networks.listing()["networks"] if r["name"] == name)
    assert row["data"] == {
        "data": "none",
        "data.channels": channels,
        "data.size": side,
        "data.thickness": 0.4,
    }
    values = {"model": "network", "model.checkpoint": name, "samples": 2, "nfe": 9, **row["data"]}
    answer = app.message({"values": values})
    assert answer["parts"]["data"]["shape"] == [channels, side, side]
    lacking = Absent(channels=channels, size=side).lacking
    assert answer["states"]["loss"] == {"state": "refused", "why": lacking}
    held = answer["parts"]
    assert "strip" not in held["data"] and held["data"]["lacking"] == lacking
    while answer["pending"] and answer["pending"] != ["exact"]:
        have = {k: p["key"] for k, p in held.items()}
        answer = app.message({"values": values, "have": have, "want": answer["pending"]})
        held |= answer["parts"]
    assert set(held) == {"data", "run", "path", "error"} and held["run"]["count"] == 2
    assert held["error"]["finding"] and held["path"]["strips"]["plane"]


def test_nothing_is_held_against_no_data():
    source = prepared(Absent(size=8), Exact())
    assert not source.data.points().any()  # a law around zero
    assert source.sigma_data == pytest.approx(0.5)
    with pytest.raises(UserError, match="no data set"):
        source.clean(4)
    values = {"data": "none", "data.size": 8, "samples": 4, "nfe": 9}
    answer = app.message({"values": values, "want": list(PARTS)})  # however long the run took
    assert set(answer["parts"]) == {"data", "run", "path", "error"}


def test_no_data_are_no_data_to_train_on():
    with pytest.raises(UserError, match="needs data"):
        description(Training(Absent()))


def test_classes_have_names_where_the_file_or_the_set_has_them(kept):
    names = [f"kind {k}" for k in range(1000)]
    of = lambda name: next(r for r in networks.listing()["networks"] if r["name"] == name)["names"]
    assert of(kept(2, 8, 1000, names=names).name) == names
    assert of(kept(2, 16, 1000).name) == []  # numbers
    assert of(kept(2, 24, 3, names=["a"]).name) == []  # a name for one of three
    assert of(kept(2, 32, 3, names=["n" * 900, "b", "c"]).name) == ["n" * 80, "b", "c"]
    assert of(kept(3, 32, 10, label="edm-cifar10-32x32-cond-vp").name)[3] == "cat"
    assert of(kept(1, 24, 10, label="edm-cifar10-32x32-cond-vp").name) == []


def test_images_of_ones_own_are_named_where_they_would_do():
    for fits in (Absent(size=128), Absent(channels=1, size=32)):
        assert "Images of your own in its size, under Data, would do." in fits.lacking
    for none in (Absent(channels=4, size=8), Absent(size=256)):
        assert "Images" not in none.lacking and "no data set" in none.lacking
