"""A batch split among devices, and networks that sample in another precision than they measure."""

import dataclasses

import pytest
import torch

from explorer.core.churn import Churn
from explorer.core.noise import Noise
from explorer.data import DATASETS
from explorer.errors import Cancelled, UserError
from explorer.lab import experiment, fits, lowered, split
from explorer.lab.experiment import Experiment, run
from explorer.lab.source import prepared
from explorer.models import MODELS
from explorer.ui import parts, words

PLANE = Experiment(samples=7, nfe=9)
DIGITS = Experiment(data=DATASETS["digits"](), model=MODELS["network"](), samples=5, nfe=5)


def runs(e, *given):
    """The run on one CPU, and on the devices that are named."""
    experiment.use_device("cpu")
    whole = run(e)
    experiment.use_device(*given)
    return whole, run(e)


def test_parts_are_equal_and_none_is_empty():
    assert split.parts(7, 2) == [(0, 3), (3, 4)]
    assert split.parts(1, 4) == [(0, 1)]


def test_a_part_of_a_batch_has_the_noise_of_its_samples():
    whole, part = Noise(3, 6, (2,)), Noise(3, 2, (2,), first=4)
    assert torch.equal(whole.start[4:], part.start)
    for i in (0, 17, -1):
        assert torch.equal(whole(i)[4:], part(i))


@pytest.mark.parametrize(
    "e",
    [
        PLANE,
        dataclasses.replace(PLANE, samples=1),
        dataclasses.replace(PLANE, churn=experiment.Churn(10.0)),
        dataclasses.replace(PLANE, restart=experiment.Restart(1), nfe=30),
        DIGITS,
    ],
    ids=["plane", "one sample", "churn", "restart", "network"],
)
def test_a_split_run_is_the_whole_run(e):
    whole, halves = runs(e, "cpu,cpu")
    for name in ("x", "x_hat", "denoised", "samples", "sigma", "evaluated"):
        a, b = getattr(whole.trajectory, name), getattr(halves.trajectory, name)
        # a network multiplies matrices of another size, in float32, from σ = 80 down
        bound = 1e-4 if e is DIGITS else 1e-9
        assert a.shape == b.shape and torch.allclose(a, b, rtol=bound, atol=bound), name
    assert halves.source.device.label.startswith("2 × CPU")


def test_a_split_run_ends_when_it_is_cancelled():
    experiment.use_device("cpu,cpu")

    def stop():
        raise Cancelled

    with pytest.raises(Cancelled):
        run(PLANE, stop)


def test_devices_of_several_kinds_and_unknown_ones_are_refused():
    for name in ("cpu,tpu", "cpu:1", "cuda:x"):
        with pytest.raises(UserError, match="Unknown device"):
            experiment.use_device(name)


@pytest.mark.parametrize("name", ["bfloat16", "float16"])
def test_weights_are_held_in_the_precision_of_the_sampler_and_measures_are_not(name):
    whole, low = runs(DIGITS, "cpu", name)
    source = prepared(DIGITS.data, DIGITS.model)
    kinds = {p.dtype for p in source.sampler.module.model.enc.parameters()}
    assert kinds == {getattr(torch, name)}
    assert {p.dtype for p in source.denoiser.module.parameters()} == {torch.float32}
    off = (whole.samples - low.samples).square().mean().sqrt()
    # 8 or 11 bits in each of five evaluations, of samples of size 1
    assert 1e-7 < float(off) < 0.05
    assert f"network in {name}" in " ".join(words.status(low))


@pytest.mark.slow
def test_the_panel_of_errors_says_what_the_precision_costs():
    model = MODELS["network"](checkpoint="spiral-2d")
    e = Experiment(data=DATASETS["spiral"](dimension=2), model=model, samples=8, nfe=9)
    whole, low = runs(e, "cpu", "bfloat16")
    moved = lowered.cost(low)
    true = (whole.samples - low.samples).flatten(1).square().mean(1).sqrt().median()
    assert moved.low <= float(true) <= moved.high and 1e-6 < moved.value < 0.05
    assert parts.numbers(low, [])["precision"]["name"] == "bfloat16"
    experiment.use_device("cpu")
    assert lowered.cost(run(e)) is None
    assert "precision" not in parts.numbers(run(e), [])


def test_where_new_noise_is_a_gpus_own_the_seed_says_so():
    calm, noisy = run(PLANE), run(dataclasses.replace(PLANE, churn=Churn(20.0)))
    gpu = dataclasses.replace(noisy.source.device, device=torch.device("cuda"))
    moved = lambda r: dataclasses.replace(r, source=dataclasses.replace(r.source, device=gpu))
    said = [words.own_stream(r) for r in (calm, noisy, moved(calm), moved(noisy))]
    assert said[:3] == [""] * 3 and "another stream" in said[3]


def test_a_precision_that_is_none_is_refused():
    with pytest.raises(UserError, match="Unknown precision 'int8'"):
        experiment.use_device("cpu", "int8")
    with pytest.raises(UserError, match="TF32 is a mode of NVIDIA"):
        experiment.use_device("cpu", "tf32")


def test_out_of_memory_says_what_would_fit_and_the_next_run_works(monkeypatch):
    """On a device that is said to have 100 MB free, of which a sample takes 10."""
    whole = run(PLANE)
    for name, value in {
        "empty_cache": None,
        "mem_get_info": (100_000_000, 2_000_000_000),
        "reset_peak_memory_stats": None,
        "memory_allocated": 0,
        "max_memory_allocated": fits.TRIED * 10_000_000,
    }.items():
        monkeypatch.setattr(torch.cuda, name, lambda *_, value=value: value)

    def full(*_, **__):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")

    large = dataclasses.replace(PLANE, samples=100, seed=5)
    with monkeypatch.context() as patch:
        patch.setattr(experiment, "sample", full)
        with pytest.raises(UserError, match=r"100 samples did not fit.*GPU.*; 8 samples would"):
            run(large)
    assert len(run(large).samples) == 100
    assert torch.equal(run(PLANE).samples, whole.samples)
