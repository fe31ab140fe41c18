"""Checkpoint folders: written whole, read back equal, damage told in a sentence."""

import json
import threading

import pytest
import torch

from explorer.errors import UserError
from explorer.models import files
from explorer.models.architecture import build, describe
from explorer.models.precond import EDM, VE
from explorer.store import weights

KWARGS = {
    "img_resolution": 8,
    "in_channels": 1,
    "out_channels": 1,
    "model_channels": 8,
    "channel_mult": (1, 2),
    "num_blocks": 1,
    "attn_resolutions": (4,),
    "label_dim": 10,
}
DESCRIPTION = describe("SongUNet", KWARGS, EDM(0.7), (1, 8, 8))


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("EXPLORER_CACHE", str(tmp_path))
    monkeypatch.setattr(weights, "SHIPPED", tmp_path / "shipped")
    return tmp_path


@pytest.fixture
def module():
    torch.manual_seed(0)
    made = build(DESCRIPTION)
    for p in made.parameters():
        p.data += 0.1 * torch.randn_like(p)
    return made.eval()


def test_saved_and_loaded_is_the_same(cache, module):
    c = files.save(module, {**DESCRIPTION, "label": "Tiny"}, "tiny", losses=[1.0, 0.5], card="# T")
    found = weights.find("tiny")
    assert found == c and found.shape == (1, 8, 8) and found.label_dim == 10
    assert found.label == "Tiny"
    assert {p.name for p in c.folder.iterdir()} == {
        "weights.safetensors",
        "config.json",
        "losses.json",
        "card.md",
    }
    d = files.load(found)
    x, sigma = torch.randn(2, 1, 8, 8, dtype=torch.float64), torch.tensor([0.1, 3.0])
    assert torch.equal(d(x, sigma, torch.tensor([1, 2])), module(x, sigma, torch.tensor([1, 2])))
    assert d.sigma_data == 0.7 and d.module.precond == EDM(0.7)


def test_half_precision_halves_the_file_and_moves_a_weight_by_half_a_step_at_most(cache, module):
    whole = files.save(module, DESCRIPTION, "whole")
    half = files.save(module, DESCRIPTION, "half", half=True)
    size = lambda c: (c.folder / "weights.safetensors").stat().st_size
    assert size(half) < 0.6 * size(whole)
    before, after = dict(module.named_parameters()), files.load(half).module.state_dict()
    for name, p in before.items():
        assert after[name].dtype == torch.float32
        # float16 rounds to 11 digits, so by 2^-11 of the number; below 6e-5 by 2^-25 at all
        bound = p.detach().abs().mul(2**-11).clamp(min=2**-25)
        assert ((after[name] - p.detach()).abs() <= bound).all(), name
    assert any(not torch.equal(after[name], p) for name, p in before.items())


def test_shipped_first_then_the_newest(cache, module):
    import os

    for i, name in enumerate(("old", "new")):
        folder = files.save(module, DESCRIPTION, name).folder
        os.utime(folder, (i * 100, i * 100))
    files.save(module, DESCRIPTION, "best", root=cache / "shipped")
    assert [c.name for c in weights.checkpoints()] == ["best", "new", "old"]
    weights.delete("old")
    assert [c.name for c in weights.checkpoints()] == ["best", "new"]
    with pytest.raises(UserError, match="of your own"):
        weights.delete("best")


def test_a_taken_name_stays_unless_replaced(cache, module):
    files.save(module, DESCRIPTION, "tiny")
    with pytest.raises(UserError, match="already there"):
        files.save(module, DESCRIPTION, "tiny")
    files.save(module, {**DESCRIPTION, "label": "again"}, "tiny", replace=True)
    assert weights.find("tiny").label == "again"
    assert [p.name for p in weights.kept_folder().iterdir()] == ["tiny"]


def test_a_save_that_fails_leaves_nothing(cache, module):
    with pytest.raises(TypeError):
        files.save(module, {**DESCRIPTION, "label": object()}, "tiny")
    assert list(weights.kept_folder().iterdir()) == []


def test_a_reader_never_sees_half_a_checkpoint(cache, module):
    done, seen = threading.Event(), []

    def look():
        while not done.is_set():
            for c in weights.checkpoints():
                if weights.WEIGHTS not in {p.name for p in c.folder.iterdir()}:
                    seen.append(c.name)

    thread = threading.Thread(target=look)
    thread.start()
    for i in range(20):
        files.save(module, DESCRIPTION, f"tiny-{i}")
    done.set()
    thread.join()
    assert not seen and len(weights.checkpoints()) == 20


@pytest.mark.parametrize("name", ["../tiny", "a/b", "", ".hidden", "Ä", "x" * 65, "/etc"])
def test_a_name_is_no_path(cache, module, name):
    with pytest.raises(UserError, match="called|no network"):
        files.save(module, DESCRIPTION, name)
    with pytest.raises(UserError, match="no network"):
        weights.find(name)


def test_swapped_weights_are_refused(cache, module):
    c = files.save(module, DESCRIPTION, "tiny")
    path = c.folder / weights.WEIGHTS
    raw = bytearray(path.read_bytes())
    raw[-1] ^= 1
    path.write_bytes(raw)
    with pytest.raises(UserError, match="SHA-256"):
        files.load(weights.find("tiny"))


def test_cut_weights_are_refused(cache, module):
    c = files.save(module, DESCRIPTION, "tiny")
    path = c.folder / weights.WEIGHTS
    path.write_bytes(path.read_bytes()[:100])
    config = {**c.config, "digest": weights.digest_of(path)}
    (c.folder / weights.CONFIG).write_text(json.dumps(config))
    with pytest.raises(UserError, match="cannot be read"):
        files.load(weights.find("tiny"))


@pytest.mark.parametrize(
    "change, words",
    [
        ({"network": "os.system"}, "Unknown network"),
        ({"precond": "x"}, "Unknown preconditioning"),
        ({"precond_kwargs": {"sigma": 1}}, "Unknown setting"),
        ({"shape": [1, 8]}, "shape"),
        ({"shape": [3, 8, 8]}, "made for"),
        ({"kwargs": {}}, "needs"),
        ({"kwargs": {**KWARGS, "num_blocks": 10**9}}, "num_blocks"),
        ({"kwargs": {**KWARGS, "model_channels": "8"}}, "model_channels"),
        ({"kwargs": {**KWARGS, "in_channels": True}}, "in_channels"),
        ({"kwargs": {**KWARGS, "channel_mult": [1] * 99}}, "channel_mult"),
        ({"kwargs": {**KWARGS, "channel_mult": [1, 2, 2, 2, 2]}}, "halved"),
        ({"kwargs": {**KWARGS, "encoder_type": "exec"}}, "encoder_type"),
        ({"kwargs": {**KWARGS, "dropout": float("nan")}}, "dropout"),
        ({"kwargs": {**KWARGS, "hook": 1}}, "no setting 'hook'"),
        (
            {
                "kwargs": {
                    **KWARGS,
                    "model_channels": 1024,
                    "channel_mult": [16, 16],
                    "num_blocks": 16,
                }
            },
            "parameters",
        ),
        ({"kwargs": {**KWARGS, "label_dim": 0}}, "has not"),
        ({"kwargs": {**KWARGS, "augment_dim": 9}}, "lack"),
        ({"kwargs": {**KWARGS, "model_channels": 16}}, "in the network"),
    ],
)
def test_a_description_that_cannot_be(module, change, words):
    with pytest.raises(UserError, match=words):
        build({**DESCRIPTION, **change}, module.state_dict())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"format": 2}',
        "\xff",
        "[" * 10**5,
        '{"format": 1, "digest": "../x"}',
        " " * (2**20 + 1),
    ],
)
def test_a_damaged_config(cache, module, text):
    c = files.save(module, DESCRIPTION, "tiny")
    (c.folder / weights.CONFIG).write_text(text, encoding="utf-8")
    assert weights.checkpoints() == []
    with pytest.raises(UserError, match="not the config"):
        weights.find("tiny")


def test_other_preconditionings_come_back(cache, module):
    d = describe("SongUNet", KWARGS, VE(sigma_min=0.01), (1, 8, 8))
    files.save(module, d, "ve")
    assert files.load(weights.find("ve")).sigma_min == 0.01
