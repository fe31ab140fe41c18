"""What only a GPU can show; skipped where there is none."""

import dataclasses

import pytest
import torch

from explorer.analysis.followed import followed, given_ahead
from explorer.analysis.reference import nodes
from explorer.core import graphs
from explorer.core.churn import Churn, Restart
from explorer.core.denoisers import Mixture
from explorer.core.device import pick
from explorer.core.sampling import _How, sample
from explorer.core.schedules import EDM
from explorer.core.solvers import SOLVERS, Heun
from explorer.core.timesteps import Rho
from explorer.data import DATASETS, Spiral
from explorer.errors import UserError
from explorer.lab import experiment
from explorer.lab.experiment import Experiment, run
from explorer.lab.source import prepared
from explorer.models import MODELS, files, precision
from explorer.models.denoiser import NetworkDenoiser, Preconditioned
from explorer.models.edm_unet import SongUNet
from explorer.store import weights
from explorer.training import loop
from explorer.training.configs import chosen
from explorer.training.state import resume

pytestmark = pytest.mark.gpu
SIGMAS = torch.cat([Rho().sigmas(9), torch.zeros(1, dtype=torch.float64)])
LEVEL = torch.tensor(1.7, dtype=torch.float64)
WAYS = 1e-5  # two ways of running one network in float32: sums in another order


@pytest.fixture
def device():
    return pick("cuda")


@pytest.fixture
def digits(device):
    return files.load(weights.find("digits-f")).to(device.device)


def noise_of(denoiser, count, seed=0):
    g = torch.Generator().manual_seed(seed)
    return torch.randn(count, *denoiser.shape, generator=g, dtype=torch.float64).cuda()


def off(a, b):
    return float((a - b).abs().max())


@torch.no_grad()
def test_two_ways_of_running_one_network_agree(digits):
    x = noise_of(digits, 40) * 2
    plain = digits.evaluate(x, LEVEL)
    each = LEVEL.cuda().expand(40).contiguous()
    for _ in range(5):
        assert off(digits(x, LEVEL), plain) < WAYS
        assert off(digits(x, each), plain) < WAYS
    assert not graphs.refused(digits) and len(graphs.GRAPHS)
    own = files.load(weights.find("digits-f"))
    assert off(own(x.cpu(), LEVEL), plain.cpu()) < WAYS
    assert off(digits(x[:16], LEVEL), plain[:16]) < WAYS  # the first 16 are the batch of 16


@torch.no_grad()
@pytest.mark.parametrize("name", SOLVERS)
def test_runs_of_all_kinds_agree(name, device):
    spiral = Spiral(dimension=2)
    plane = Mixture(spiral.points(), spiral.thickness).to(device.device, device.dtype)
    noise, drawn = noise_of(plane, 50), torch.randn(60, 50, 2, dtype=torch.float64).cuda()
    how = _How(SOLVERS[name](), EDM(), Churn(), False, Restart(), False)
    true = how.follow(plane, noise, SIGMAS, drawn.__getitem__, 4, None)
    for _ in range(4):  # eager, then graphs of evaluations, then one of all steps
        found = how.run(plane, noise, SIGMAS, drawn.__getitem__, 4, None)
        for part in ("x", "x_hat", "denoised", "samples"):
            # a sample on a watershed turns at the last digit: in float64 1e-16 grows to 1e-9
            assert off(getattr(found, part), getattr(true, part)) < 1e-6, part


@torch.no_grad()
def test_a_run_is_replays_of_one_graph(digits):
    noise = noise_of(digits, 64)
    true = sample(digits, noise, SIGMAS, Heun())
    for _ in range(3):
        found = sample(digits, noise, SIGMAS, Heun())
        assert off(found.samples, true.samples) < 100 * WAYS  # 17 evaluations
    other = noise_of(digits, 64, 1)
    assert off(sample(digits, other, SIGMAS, Heun()).samples, true.samples) > 0.1
    again = sample(digits, noise, SIGMAS, Heun())
    assert off(again.samples, true.samples) < 100 * WAYS


@torch.no_grad()
def test_what_is_captured_ahead_answers_the_first_time(digits):
    noise = noise_of(digits, 40)
    plain = digits.evaluate(noise[:5] * 2, LEVEL)
    assert len(list(graphs.ahead(digits, noise))) == 8 + len(graphs.COLUMNS)
    known = len(graphs.GRAPHS)
    assert off(digits(noise[:5] * 2, LEVEL), plain) < WAYS
    true = sample(
        digits, noise[:39], SIGMAS, Heun()
    )  # of another size, so evaluation by evaluation
    found = sample(digits, noise, SIGMAS, Heun())
    assert off(found.samples[:39], true.samples) < 100 * WAYS
    assert len(graphs.GRAPHS) == known and not graphs.refused(digits)


@torch.no_grad()
def test_a_captured_graph_is_dropped_when_weights_change(digits):
    x = noise_of(digits, 8)
    for _ in range(4):
        before = digits(x, LEVEL)
    for p in digits.module.parameters():  # where they lie
        p.mul_(1.01)
    inside = digits(x, LEVEL)
    assert off(inside, before) > 1e-4 and off(inside, digits.evaluate(x, LEVEL)) < WAYS
    for p in digits.module.parameters():  # elsewhere
        p.data = p.data * 1.01
    for _ in range(4):
        assert off(digits(x, LEVEL), digits.evaluate(x, LEVEL)) < WAYS


@torch.no_grad()
@pytest.mark.parametrize("name", ["float16", "bfloat16"])
def test_a_fused_network_of_16_bits_is_the_same_network(name, device):
    torch.manual_seed(0)
    net = SongUNet(32, 3, 3, model_channels=32, channel_mult=(1, 2), num_blocks=1)
    for p in net.parameters():
        p.data += 0.02 * torch.randn_like(p)
    exact = NetworkDenoiser(Preconditioned(net, shape=(3, 32, 32))).to(device.device)
    low = precision.held(exact, name)
    x = noise_of(exact, 6)
    true = exact.evaluate(x, LEVEL)
    for level in (LEVEL, LEVEL.cuda().expand(6).contiguous()):
        relative = float((low(x, level) - true).norm() / true.norm())
        assert relative < (5e-3 if name == "float16" else 4e-2)  # 11 and 8 bits, 20 layers deep


@torch.no_grad()
def test_the_ideal_denoiser_of_graphs_is_exact(device):
    g = torch.Generator().manual_seed(0)
    law = Mixture(torch.randn(3000, 20, generator=g, dtype=torch.float64), 0.05)
    there = law.to(device.device, device.dtype)
    x = noise_of(law, 30)
    for level in (LEVEL, torch.rand(30, generator=g, dtype=torch.float64) + 0.1):
        for _ in range(5):
            answer = there(x, level.cuda() if level.ndim else level)
            assert off(answer.cpu(), law(x.cpu(), level)) < 1e-11


def test_the_page_measures_exactly_whatever_it_samples_in():
    e = Experiment(data=DATASETS["digits"](), model=MODELS["network"](), samples=16, nfe=9)
    ends = {}
    for name in ("float32", "tf32", "float16"):
        experiment.use_device("cuda", name)
        ends[name] = run(e).samples
        source = prepared(e.data, e.model)
        assert not torch.backends.cudnn.allow_tf32
        x = noise_of(source.denoiser, 16)
        with torch.no_grad():
            exact = files.load(weights.find("digits-f"))(x.cpu(), LEVEL)
            assert off(source.denoiser(x, LEVEL).cpu(), exact) < WAYS
    assert 1e-6 < off(ends["float32"], ends["float16"]) < 0.5


def test_out_of_memory_is_a_sentence_and_the_page_lives_on():
    experiment.use_device("cuda")
    e = Experiment(samples=64, nfe=9)
    before = run(e).samples
    large = dataclasses.replace(e, data=DATASETS["digits"](), samples=4096, seed=9)
    prepared(large.data, large.model)
    torch.cuda.set_per_process_memory_fraction(1e-4)
    try:
        torch.cuda.empty_cache()
        with pytest.raises(UserError, match=r"did not fit into the memory of .*(would|GPU)"):
            run(large)
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
    assert off(run(dataclasses.replace(e, seed=1)).samples, before) > 0


def test_a_training_step_reads_nothing_back(device, tmp_path):
    t = chosen("F", {"data": "digits", "batch": 8})
    state = resume(t, tmp_path, device)
    values = []
    for _ in range(4):  # by itself, then a capture, which waits
        loop.step(t, state, state.module, device)
    torch.cuda.set_sync_debug_mode("error")
    try:
        values.append(loop.step(t, state, state.module, device))
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert values[0].is_cuda and 0 < float(values[0]) < 100


@pytest.mark.parametrize("more", [{}, {"dropout": 0.2}, {"conditional": True}])
def test_a_graphed_training_is_the_training(more, device, tmp_path, monkeypatch):
    t = chosen("F", {"data": "digits", "batch": 8, "ramp": 0.0, **more})
    found = []
    for k, on in enumerate((False, True)):
        monkeypatch.setattr(graphs, "ON", on)
        state = resume(t, tmp_path / str(k), device)
        losses = [float(loop.step(t, state, state.module, device)) for _ in range(8)]
        assert (state.passes.graph is not None) is on, state.passes.refused
        found.append((losses, [p.detach().clone() for p in state.average.parameters()]))
    (plain, theirs), (graphed, ours) = found
    # the same kernels, but for a sum of gradients that a GPU adds in no fixed order: bfloat16
    assert graphed == pytest.approx(plain, rel=2e-2)
    moved = max(off(a, b) for a, b in zip(theirs, ours))
    assert moved < 2e-2 * max(float(a.abs().max()) for a in theirs)


def test_a_reference_given_ahead_is_the_one_that_is_followed(device):
    spiral = Spiral(dimension=2)
    plane = Mixture(spiral.points(), spiral.thickness).to(device.device, device.dtype)
    start = 80 * noise_of(plane, 40)
    for points in (65, 129):
        sigma = nodes(80.0, 0.002, points)
        true = followed(plane, start, sigma, None)
        for _ in range(3):  # eager, then a graph of its evaluations
            found = given_ahead(plane, start, sigma, None)
            assert all(off(a, b) < 1e-6 for a, b in zip(found, true))  # watersheds, as above
