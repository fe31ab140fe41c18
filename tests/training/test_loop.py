"""The loop: what a step does, and that being stopped changes nothing."""

import contextlib
import copy
import dataclasses
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from explorer.core.device import pick
from explorer.errors import UserError
from explorer.models import files
from explorer.models.denoiser import NetworkDenoiser
from explorer.settings import flatten
from explorer.store import trainings, weights
from explorer.training import loop, runs
from explorer.training.configs import build, chosen, config, loss_of
from explorer.training.measure import per_sigma
from explorer.training.state import resume, save

CPU = pick("cpu")
SMALL = {
    "data": "spiral",
    "data.dimension": 2,
    "network.width": 32,
    "network.depth": 2,
    "kimg": 12.8,
    "dropout": 0.1,
    "ramp": 2.0,
    "lr": 5e-3,
}


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)  # the order of sums, and with it the last bit, depends on it
    yield
    torch.set_num_threads(before)


def kept_weights(folder: Path) -> dict:
    kept = torch.load(folder / trainings.STATE, weights_only=True)
    assert kept["images"] == 12800
    return kept["module"] | {f"average {k}": v for k, v in kept["average"].items()}


def equal(a: dict, b: dict) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[k], b[k]) for k in a)


@pytest.fixture(scope="module")
def straight(tmp_path_factory):
    """The run that nobody stopped."""
    folder = tmp_path_factory.mktemp("straight")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    last = list(loop.train(chosen("F", SMALL), folder, device=CPU))[-1]
    torch.set_num_threads(before)
    return folder, last


@pytest.mark.slow
def test_what_is_taken_up_again_is_looked_at_as_it_is_now(straight, tmp_path):
    t = chosen("F", SMALL)
    state = torch.load(straight[0] / trainings.STATE, weights_only=True)
    trainings.begin(tmp_path, flatten(t))
    torch.save(state | {"images": 6400}, tmp_path / trainings.STATE)
    first = next(iter(loop.train(t, tmp_path, device=CPU)))
    assert first.first.mean == straight[1].first.mean  # before training, as it was
    at = next(i for i, s in enumerate(first.now.sigma) if s > 0.06)
    assert first.now.mean[at] < 0.9 * first.first.mean[at]


def test_the_loss_falls_and_nears_the_ideal(straight):
    last = straight[1]
    assert last.done and last.images == last.total == 12800
    early, late = (sum(v for _, v in part) / 20 for part in (last.curve[:20], last.curve[-20:]))
    assert late < early
    at = next(i for i, s in enumerate(last.now.sigma) if s > 0.06)
    # where it matters, a good part of the way to the floor is done in 200 steps
    gap = (last.now.mean[at] - last.now.floor[at]) / (last.first.mean[at] - last.now.floor[at])
    assert gap < 0.85


@pytest.mark.slow
def test_pausing_changes_nothing(straight, tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "TELL_EVERY", 0.0)
    t = chosen("F", SMALL)
    for stop in (1, 40, 41):
        for count, _ in enumerate(loop.train(t, tmp_path, device=CPU)):
            if count == stop:
                break
    assert 0 < resume(t, tmp_path, CPU).images < 12800
    assert list(loop.train(t, tmp_path, device=CPU))[-1].done
    assert equal(kept_weights(tmp_path), kept_weights(straight[0]))


@pytest.mark.slow
def test_a_killed_process_goes_on_from_its_last_checkpoint(straight, tmp_path):
    code = f"""
import sys, torch
from pathlib import Path
from explorer.core.device import pick
from explorer.training import loop
from explorer.training.configs import chosen
torch.set_num_threads(1)
loop.SAVE_EVERY, loop.TELL_EVERY = 0.0, 0.0
for p in loop.train(chosen("F", {SMALL!r}), Path({str(tmp_path)!r}), device=pick("cpu")):
    if p.images >= 640:
        loop.SAVE_EVERY = 1e9  # what is done from here on is lost
    if p.images >= 1280:
        print("killed here", flush=True)
        sys.stdin.read()
"""
    child = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[2],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with child:
        assert child.stdout.readline() == b"killed here\n"
        child.send_signal(signal.SIGKILL)
    reached = torch.load(tmp_path / trainings.STATE, weights_only=True)["images"]
    assert 0 < reached < 1280  # it was killed on its way, and had written something before
    assert list(loop.train(chosen("F", SMALL), tmp_path, device=CPU))[-1].done
    assert equal(kept_weights(tmp_path), kept_weights(straight[0]))


def test_a_kill_loses_less_than_a_minute_of_work():
    assert loop.SAVE_EVERY < 60


def test_another_training_does_not_go_on_in_the_same_folder(tmp_path):
    t = chosen("F", SMALL)
    next(iter(loop.train(t, tmp_path, device=CPU)))
    save(t, resume(t, tmp_path, CPU), tmp_path)
    with pytest.raises(UserError, match="holds another training"):
        next(iter(loop.train(chosen("F", SMALL | {"lr": 0.05}), tmp_path, device=CPU)))


@pytest.mark.parametrize(
    "flat, count",
    [
        ({"data": "digits", "network.channels": 8}, 256),
        ({"data": "spiral", "data.dimension": 2}, 512),
        pytest.param(
            {"data": "glyphs", "conditional": True, "network.channels": 8},
            64,
            marks=pytest.mark.slow,
        ),
    ],
    ids=["digits", "spiral", "glyphs"],
)
def test_the_edm_loss_is_1_at_every_level_before_training(flat, count):
    """Of narrow networks too: none says anything yet.  A glyph has 1,024 coordinates."""
    t = chosen("F", flat)
    found = per_sigma(t, NetworkDenoiser(build(t)), count=count)
    for sigma, low, high in zip(found.sigma, found.low, found.high):
        weight = float(loss_of(t).weight(torch.tensor(sigma)))
        # σ_data has three digits, and networks start at 1e-5 instead of 0; the rest is the interval
        slack = 0.02 + (high - low) / 2 * weight
        assert (low + high) / 2 * weight == pytest.approx(1, abs=slack), sigma


def test_the_learning_rate_ramps_and_the_average_follows(tmp_path):
    t = chosen("F", SMALL | {"ramp": 1.28, "batch": 128, "half_life": 0.1})
    state = resume(t, tmp_path, CPU)
    rates = []
    for _ in range(12):
        loop.step(t, state, state.module, CPU)
        rates.append(state.adam.param_groups[0]["lr"] / t.hyper.lr)
    assert rates == pytest.approx([min(1, k / 10) for k in range(12)])
    one, other = torch.nn.Linear(1, 1, bias=False), torch.nn.Linear(1, 1, bias=False)
    torch.nn.init.constant_(one.weight, 0.0)
    torch.nn.init.constant_(other.weight, 1.0)
    for _ in range(3):  # three batches of 10 in one half-life of 30
        loop.follow(one, other, 10, 30.0)
    assert float(one.weight.detach()) == pytest.approx(0.5)
    loop.follow(one, other, 10, 0.0)
    assert float(one.weight.detach()) == 1


def test_gradients_that_are_no_numbers_are_made_harmless(tmp_path):
    t = chosen("F", SMALL | {"ramp": 0.0})
    state = resume(t, tmp_path, CPU)
    spoiled = next(state.module.parameters())
    spoiled.register_hook(lambda g: torch.full_like(g, float("nan")))
    before = [p.detach().clone() for p in state.module.parameters()]
    loop.step(t, state, state.module, CPU)  # at a learning rate of 0, where the ramp begins
    loop.step(t, state, state.module, CPU)
    after = list(state.module.parameters())
    assert all(p.isfinite().all() for p in after)
    assert torch.equal(before[0], after[0])  # its gradient became 0
    assert not all(torch.equal(a, b) for a, b in zip(before, after))


def test_a_run_ends_as_a_checkpoint_that_samples(tmp_path):
    t = chosen("F", SMALL | {"kimg": 0.64})
    last = list(runs.run(t, "tiny", tmp_path, device=CPU))[-1]
    assert last.done and runs.unfinished(tmp_path) == {}
    kept = weights.find("tiny", tmp_path)
    assert kept.config["training"] == {**flatten(t), "letter": ""} and kept.shape == (2,)
    assert "edm loss" in kept.label and "ideal" in (kept.folder / "card.md").read_text()
    denoiser = files.load(kept)
    again = per_sigma(t, denoiser, count=last.now.count)
    assert again.mean == pytest.approx(last.now.mean, rel=1e-4)
    samples, _ = loop.look_at(t, denoiser.module, CPU)
    torch.testing.assert_close(samples, last.samples)
    with pytest.raises(UserError, match="already there"):
        next(iter(runs.run(t, "tiny", tmp_path, device=CPU)))


def test_a_run_kept_in_half_precision_says_so_and_tells_the_loss_of_what_it_kept(tmp_path):
    t = chosen("F", SMALL | {"kimg": 6.4, "ramp": 0.1})
    *_, last = runs.run(t, "tiny", tmp_path, device=CPU, half=True)
    kept = weights.find("tiny", tmp_path)
    card = (kept.folder / "card.md").read_text()
    told = json.loads((kept.folder / "losses.json").read_text())["per_sigma"]["mean"]
    assert kept.config["precision"] == "float16"
    assert "half precision" in card and " --half\n" in card
    again = per_sigma(t, files.load(kept), count=last.now.count)
    assert again.mean == pytest.approx(told, rel=1e-6)
    assert told != pytest.approx(last.now.mean, rel=1e-7)  # of the weights before they were rounded


@pytest.mark.parametrize("letter", "ABCDEF")
def test_a_narrower_network_has_the_letter_of_its_configuration(letter):
    t = config(letter)
    narrow = dataclasses.replace(t, network=dataclasses.replace(t.network, channels=8))
    assert runs.letter(narrow) == runs.letter(t) == letter


def test_a_paused_run_can_be_found_again(tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "TELL_EVERY", 0.0)  # a report after each step
    t = chosen("F", SMALL)
    running = runs.run(t, "later", tmp_path, device=CPU)
    next(running)
    next(running)
    running.close()
    assert runs.unfinished(tmp_path) == {"later": t}
    with pytest.raises(UserError, match="cannot be called"):
        trainings.folder("../up", tmp_path)


@pytest.mark.parametrize(
    "family", [{}, {"network.family": "ncsnpp"}, {"network.family": "adm", "network.channels": 32}]
)
def test_what_a_gpu_does_otherwise_changes_little(family):
    """Channels last is the same arithmetic; bfloat16 keeps 8 bits, so its gradient is off by some
    per cent.  Here on a CPU, whose autocast has the same lists for convolutions and products."""
    t = chosen("F", {"data": "digits", "batch": 8, "conditional": True, **family})
    plain = build(t).train()
    g = torch.Generator().manual_seed(0)
    for p in plain.parameters():  # a fresh network answers nothing
        p.data += 0.02 * torch.randn(p.shape, generator=g)
    x, told = torch.randn(8, 1, 8, 8, generator=g), torch.randn(8, 9, generator=g)
    sigma, labels = torch.rand(8, generator=g) + 0.1, torch.arange(8)

    def passed(module, how):
        module.zero_grad()
        with torch.random.fork_rng(), how:
            torch.manual_seed(0)  # of the classes that are withheld
            out = module(x, sigma, labels, told)
        out.square().sum().backward()
        assert out.dtype == torch.float32
        return out.detach(), torch.cat([p.grad.flatten() for p in module.parameters()])

    out, gradient = passed(plain, contextlib.nullcontext())
    last = copy.deepcopy(plain).to(memory_format=torch.channels_last)
    same = passed(last, contextlib.nullcontext())
    assert torch.allclose(same[0], out, atol=1e-4)
    assert float((same[1] - gradient).norm() / gradient.norm()) < 1e-4
    mixed = passed(last, torch.autocast("cpu", dtype=torch.bfloat16))
    assert 0 < float((mixed[1] - gradient).norm() / gradient.norm()) < 0.1
