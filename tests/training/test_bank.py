"""Images of a file that a training and a judge draw from, and what is told of them."""

import dataclasses

import numpy as np
import pytest
import torch

from explorer.core.device import pick
from explorer.data import Digits, Fashion, Moons, Patches
from explorer.errors import UserError
from explorer.training import bank, runs
from explorer.training.classifier import train_classifier
from explorer.training.configs import chosen
from explorer.training.loop import step
from explorer.training.state import resume


def written(folder, n=40, shape=(28, 28), **other):
    """Image k is grey k throughout and of class k mod 10."""
    grey = np.arange(n, dtype=np.uint8).reshape(n, *[1] * len(shape))
    arrays = {"images": np.broadcast_to(grey, (n, *shape)), "labels": np.arange(n) % 10} | other
    np.savez(folder / "all.npz", **arrays)
    return folder / "all.npz"


def test_a_bank_gives_its_own_images_in_the_data_s_shape(tmp_path):
    own = bank.read(written(tmp_path), Fashion())
    x, labels = own.draw(500, torch.Generator().manual_seed(0))
    assert x.shape == (500, 1, 32, 32) and x.dtype == torch.float32
    grey = ((x[:, 0, 16, 16] + 1) * 127.5).round().long()
    assert torch.equal(grey % 10, labels) and set(grey.tolist()) == set(range(40))
    assert (x[:, :, :2] == -1).all()  # 28 × 28 in a border


@pytest.mark.parametrize(
    "other, data, said",
    [
        ({"images": np.zeros((4, 28, 28))}, Fashion(), "float64.*bytes"),
        ({"images": np.zeros((40, 3, 32, 32), np.uint8)}, Fashion(), "3 × 32 × 32.*1 × 28 × 28"),
        ({"images": np.zeros((40, 1, 28, 30), np.uint8)}, Fashion(), "1 × 28 × 30"),
        ({"labels": np.arange(40)}, Fashion(), "from 0 to 9"),
        ({"labels": np.arange(39) % 10}, Fashion(), "from 0 to 9"),
        ({"labels": np.zeros(40)}, Fashion(), "whole number"),
        ({}, Moons(), "no set of labelled images"),
        ({}, Patches(), "1 × 28 × 28; for Photo patches"),
    ],
)
def test_what_does_not_fit_is_refused_in_a_sentence(tmp_path, other, data, said):
    with pytest.raises(UserError, match=said):
        bank.read(written(tmp_path, **other), data)


def test_a_file_that_is_none_is_a_sentence_without_its_folder(tmp_path):
    (tmp_path / "x.npz").write_bytes(b"no images")
    np.savez(tmp_path / "half.npz", images=np.zeros((2, 28, 28), np.uint8))
    for name, said in (("x.npz", "no file"), ("half.npz", "no file"), ("gone.npz", "There is no")):
        with pytest.raises(UserError, match=said) as told:
            bank.read(tmp_path / name, Fashion())
        assert str(tmp_path) not in str(told.value)


def small():
    flat = "data=fashion network.channels=8 network.widths=1,1,1 conditional=true kimg=0.1 batch=4"
    return chosen("F", dict(w.split("=") for w in flat.split()))


def test_a_training_sees_the_bank_and_not_the_data(tmp_path, monkeypatch):
    """With a bank of one grey image the loss of a step is that of this image."""
    t = dataclasses.replace(small(), augment=0.0, conditional=False)
    device, seen = pick("cpu"), []
    own = bank.read(written(tmp_path, n=1), Fashion())
    import explorer.training.passes as passes

    monkeypatch.setattr(
        passes, "loss", lambda d, x, *rest: seen.append(x) or d(x, rest[0]).square()
    )
    state = resume(t, tmp_path / "run", device)
    for given in (own, None):
        step(t, state, state.module, device, given)
    assert len(seen[0].flatten(1).unique(dim=0)) == 1 and len(seen[1].flatten(1).unique(dim=0)) == 4


@pytest.mark.slow
def test_the_card_says_what_was_drawn_from(tmp_path, monkeypatch):
    monkeypatch.setenv("EXPLORER_CACHE", str(tmp_path))
    t = dataclasses.replace(small(), augment=0.0)
    own = bank.read(written(tmp_path), Fashion())
    import explorer.training.loop as loop

    whole = loop.per_sigma  # of a few samples: nothing here looks at their losses
    monkeypatch.setattr(loop, "per_sigma", lambda t, d, *_, **how: whole(t, d, 4, **how))
    monkeypatch.setattr(loop, "SHOWN", 2)
    *_, last = runs.run(t, "one", device=pick("cpu"), bank=own, look=1e9)
    kept = tmp_path / "models" / "one"
    card = (kept / "card.md").read_text()
    assert last.done and f"40 images of a file (SHA-256 {own.digest[:16]}" in card
    assert "train name=again --images FILE data=fashion" in card


def test_a_judge_is_measured_on_images_that_it_never_saw(tmp_path):
    """On labels that say nothing it is no better than chance there, whatever it has learned."""
    labels = torch.randint(10, (600,), generator=torch.Generator().manual_seed(0)).numpy()
    noise = np.random.default_rng(0).integers(0, 256, (600, 28, 28), dtype=np.uint8)
    own = bank.read(written(tmp_path, images=noise, labels=labels), Fashion())
    *_, last = train_classifier(Fashion(), 3, bank=own)
    assert last.checked == 120 and last.accuracy < 0.25  # 1 in 10; four standard errors above
    *_, plain = train_classifier(Digits(), 3)
    assert plain.checked == 359


def test_a_bank_refuses_a_class_too_many_and_more_bytes_than_it_holds(tmp_path, monkeypatch):
    with pytest.raises(UserError, match="0 to 9"):
        bank.read(written(tmp_path, labels=np.full(40, 10)), Fashion())
    small = written(tmp_path)
    monkeypatch.setattr(bank, "LARGEST", 40 * 28 * 28)
    bank.read(small, Fashion())
    monkeypatch.setattr(bank, "LARGEST", 40 * 28 * 28 - 1)
    with pytest.raises(UserError, match="at most"):
        bank.read(small, Fashion())
