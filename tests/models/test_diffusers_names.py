"""A network of diffusers becomes a name: from a folder, a zip or the hub, by the owner's word."""

import json
import sys
import zipfile

import pytest
import torch

from explorer import cli
from explorer.errors import UserError
from explorer.models import load
from explorer.models.diffusers_folder import WEIGHTS, convert, convert_zip, of_hub
from explorer.store import downloads, weights

from . import stand_in
from .snapshots import snapshot
from .test_discrete import DDPM

pytestmark = pytest.mark.usefixtures("in_this_process")


@pytest.fixture(autouse=True)
def shelf(tmp_path, monkeypatch):
    monkeypatch.setenv("EXPLORER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(weights, "SHIPPED", tmp_path / "shipped")
    stand_in.install(monkeypatch)


def zipped(folder, path, change=lambda files: files, **how):
    """The folder as a zip; change: of {name inside: bytes}."""
    held = {str(p.relative_to(folder.parent)): p.read_bytes() for p in folder.rglob("*.*")}
    with zipfile.ZipFile(path, "w", **how) as archive:
        for name, content in change(held).items():
            archive.writestr(name, content)
    return path


def test_a_folder_becomes_a_checkpoint_with_a_digest(tmp_path):
    folder = stand_in.write(tmp_path / "My Net", classes=5)
    kept = convert(folder)
    assert kept.name.startswith("my-net-") and kept.label == "My Net" and kept.label_dim == 5
    assert kept.digest == weights.digest_of(kept.folder / weights.WEIGHTS) and not kept.null_label
    assert str(tmp_path) not in (kept.folder / weights.CONFIG).read_text()
    assert convert(folder) == kept and [c.name for c in weights.checkpoints()] == [kept.name]
    x, sigma, label = torch.randn(2, 1, 8, 8), torch.tensor(1.0), torch.tensor([1, 4])
    assert torch.equal(load(kept.name)(x, sigma, label), load(folder)(x, sigma, label))
    raw = (kept.folder / weights.WEIGHTS).read_bytes()
    (kept.folder / weights.WEIGHTS).write_bytes(raw[:-1] + bytes([raw[-1] ^ 1]))
    with pytest.raises(UserError, match="SHA-256"):
        load(kept.name)


def test_the_same_weights_for_another_scheduler_are_another_network(tmp_path):
    one = convert(stand_in.write(tmp_path / "a" / "net"))
    two = convert(
        stand_in.write(tmp_path / "b" / "net", scheduler=DDPM | {"prediction_type": "v_prediction"})
    )
    assert one.name != two.name and one.digest == two.digest
    x, sigma = torch.randn(1, 1, 8, 8), torch.tensor(1.0)
    assert not torch.equal(load(one.name)(x, sigma), load(two.name)(x, sigma))


def test_from_the_command_line(tmp_path, capsys):
    folder = stand_in.write(tmp_path / "net")
    assert cli.main(["fetch", str(folder), "--name", "mine"]) == 0
    assert "model=network&model.checkpoint=mine" in capsys.readouterr().out
    assert load("mine").shape == (1, 8, 8)
    assert cli.main(["fetch", str(folder), "--name", "mine"]) == 2
    assert "already there" in capsys.readouterr().err
    (tmp_path / "shipped" / "page").mkdir(parents=True)
    (tmp_path / "shipped" / "page" / weights.CONFIG).write_text("{}")
    assert cli.main(["fetch", str(folder), "--name", "page"]) == 2
    assert "comes with the page" in capsys.readouterr().err
    assert cli.main(["fetch", str(folder), str(folder), "--name", "x"]) == 2
    assert "one network" in capsys.readouterr().err
    assert cli.main(["fetch", str(folder), "--name", "../x"]) == 2
    assert "cannot be called" in capsys.readouterr().err
    assert cli.main(["fetch", str(tmp_path / "nothing")]) == 2
    assert "owner/name is wanted" in capsys.readouterr().err
    pickle = tmp_path / "snap.pkl"
    pickle.write_bytes(snapshot())
    assert cli.main(["fetch", str(pickle), "--name", "snap"]) == 0 and load("snap").shape == (
        1,
        8,
        8,
    )


def test_without_the_package_the_command_says_so(tmp_path, monkeypatch, capsys):
    folder = stand_in.write(tmp_path / "net")
    monkeypatch.setitem(sys.modules, "diffusers", None)
    for given in (str(folder), "owner/tiny"):
        assert cli.main(["fetch", given]) == 2
        assert "pip install diffusers" in capsys.readouterr().err
    assert weights.checkpoints() == []


def test_from_the_hub_when_the_owner_asks(tmp_path, monkeypatch):
    """Only configs and .safetensors are asked for; afterwards the name is known."""
    hub = pytest.importorskip("huggingface_hub")
    asked = []

    def download(name, local_dir, allow_patterns):
        asked.append((name, allow_patterns))
        stand_in.write(local_dir)

    monkeypatch.setattr(hub, "snapshot_download", download)
    with pytest.raises(UserError, match="no file or folder"):
        load("owner/tiny")
    assert cli.main(["fetch", "owner/tiny"]) == 0
    assert asked[0][0] == "owner/tiny"
    kinds = (".json", ".safetensors", ".txt", ".model")  # the last two: words of tokenizers
    assert all(p.endswith(kinds) for p in asked[0][1])
    kept = of_hub("owner/tiny")
    assert kept.label == "owner/tiny" and kept.name.startswith("owner-tiny-")
    assert load("owner/tiny").shape == (1, 8, 8)
    assert not downloads.hub_folder("owner/tiny").exists()  # kept once, not twice


@pytest.mark.parametrize("flat", [pytest.param(False, marks=pytest.mark.apart), True])
def test_a_zip(tmp_path, flat):
    plain = lambda held: {k.rsplit("/", 1)[1]: v for k, v in held.items()} if flat else held
    folder = stand_in.write(tmp_path / "net")
    kept = convert_zip(zipped(folder, tmp_path / "n.zip", plain), "Zipped net.zip")
    assert kept.label == "Zipped net"
    x, sigma = torch.randn(1, 1, 8, 8), torch.tensor(1.0)
    assert torch.equal(load(kept.name)(x, sigma), load(folder)(x, sigma))


U, S = "net/unet/", "net/scheduler/scheduler_config.json"
HOSTILE = {
    "no weights": (lambda f: f.pop(U + WEIGHTS) and f, "holds none"),
    "a pickle": (
        lambda f: {k.replace(".safetensors", ".bin"): v for k, v in f.items()},
        "bin is a pickle",
    ),
    "two networks": (lambda f: f | {"other/" + WEIGHTS: b"x"}, "holds 2"),
    "no scheduler": (lambda f: f.pop(S) and f, "scheduler_config.json there"),
    "no config": (lambda f: f.pop(U + "config.json") and f, "config.json beside"),
    "a config of nonsense": (lambda f: f | {U + "config.json": b"{"}, "cannot be read"),
    "a config too long": (lambda f: f | {U + "config.json": b" " * 2**21}, "unpacked"),
    "weights of nonsense": (lambda f: f | {U + WEIGHTS: b"nonsense"}, "cannot be read"),
    "a bomb": (lambda f: f | {U + WEIGHTS: bytes(2**24)}, "not one to unpack"),
    "a huge network": (
        lambda f: (
            f
            | {
                U + "config.json": json.dumps(
                    json.loads(f[U + "config.json"]) | {"block_out_channels": [10**9]}
                ).encode()
            }
        ),
        "block_out_channels",
    ),
    "too many files": (lambda f: f | {f"x/{k}": b"" for k in range(1001)}, "more than 1,000"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_zips_that_are_refused(tmp_path, what):
    change, words = HOSTILE[what]
    folder = stand_in.write(tmp_path / "net")
    path = zipped(folder, tmp_path / "n.zip", change, compression=zipfile.ZIP_DEFLATED)
    with pytest.raises(UserError, match=words):
        convert_zip(path, "n.zip")
    assert weights.checkpoints() == []


def test_a_path_inside_a_zip_writes_nothing_outside(tmp_path):
    folder = stand_in.write(tmp_path / "net")
    up = lambda held: {k.replace("net/", "../../up/", 1): v for k, v in held.items()}
    convert_zip(zipped(folder, tmp_path / "n.zip", up), "n.zip")
    assert not list(tmp_path.rglob("up"))


@pytest.mark.parametrize("raw", [b"", b"PK\x03\x04" + b"x" * 60])
def test_a_broken_zip(tmp_path, raw):
    (tmp_path / "n.zip").write_bytes(raw)
    with pytest.raises(UserError, match="cannot be unpacked"):
        convert_zip(tmp_path / "n.zip", "n.zip")
