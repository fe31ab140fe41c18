"""Networks that are compiled while they run: a small one, by the compiler of this machine."""

import shutil

import pytest
import torch

from explorer.core import graphs
from explorer.lab import lowered
from explorer.lab.experiment import Experiment, run, use_device
from explorer.lab.watched import watched
from explorer.models import compiled, precision
from explorer.models.compiled import Compiled
from explorer.models.denoiser import NetworkDenoiser, Preconditioned
from explorer.models.edm_unet import SongUNet
from explorer.models.networks import Mlp
from explorer.settings import unflatten
from explorer.ui import words
from tests.waiting import until

ROUNDING = 1e-5  # of float32 sums in another order, in units of the data
LEVEL = torch.tensor(1.3)


@pytest.fixture
def network():
    return small(4)


def small(channels: int) -> NetworkDenoiser:
    torch.manual_seed(0)
    net = SongUNet(8, 1, 1, label_dim=3, model_channels=channels, channel_mult=[1], num_blocks=1)
    for p in net.parameters():  # EDM begins with layers of zeros, which would hide a fault
        p.data.add_(torch.randn_like(p) * 0.1)
    return NetworkDenoiser(Preconditioned(net, shape=(1, 8, 8)), 1)


def made(network, monkeypatch, faster: float = 0.0) -> NetworkDenoiser:
    monkeypatch.setattr(precision, "LARGE", 0.0)
    monkeypatch.setattr(compiled, "FASTER", faster)
    return precision.held(network, "float32", compiles=True)


class Noted:
    """A form, and how many samples it was given."""

    def __init__(self, form, used: list[int]):
        self.form, self.guard_check, self.used = form, form.guard_check, used

    def __call__(self, *given, **more):
        self.used.append(len(given[0]))
        return self.form(*given, **more)


class Plain:
    """The network as it is, as a form for nobody's shapes, or for these."""

    def __init__(self, net, *shapes):
        self.net, self.shapes = net, shapes

    def guard_check(self, *given, **more) -> bool:
        return bool(self.shapes) and self.shapes == tuple(map(compiled._shape, given))

    def __call__(self, *given, **more):
        return self.net(*given, **more)


@pytest.fixture
def compiler(monkeypatch):
    """The compiler, in this process alone, and sure of what this CPU can do: it would compile and
    run a program for each set of instructions first.  set(**more): what else is set of it, in each
    thread that compiles."""
    real = compiled._form

    def set(**more):
        def form(*given):
            alone = {"cpp.vec_isa_ok": True, "compile_threads": 1}
            with torch._inductor.config.patch(alone | more):
                return real(*given)

        monkeypatch.setattr(compiled, "_form", form)

    set()
    return set


def waited(net: Compiled) -> Compiled:
    until(lambda: not net.making.is_alive(), 240)
    return net


@pytest.mark.slow  # a compiler
@pytest.mark.skipif(not shutil.which("g++"), reason="no C++ compiler for PyTorch's compiler")
def test_a_form_is_taken_up_when_it_is_ready_and_for_what_it_was_made_alone(
    network, monkeypatch, compiler
):
    sampler = made(network, monkeypatch)
    net = sampler.module.model
    assert isinstance(net, Compiled) and net.net is network.module.model  # no second weights
    assert net.label_dim == 3 and sampler.operations == network.operations
    x = torch.randn(4, 1, 8, 8)
    assert torch.equal(sampler(x, LEVEL), network(x, LEVEL))  # at once, as it is
    assert net.state == "being compiled" and net.swaps == 0
    before = graphs._Owner(sampler).stamp()
    waited(net)
    assert net.refused == "" and len(net.forms) == net.swaps == 1
    assert net.state == f"compiled, {net.gain:.2g} × as fast" == compiled.state(sampler)
    assert graphs._Owner(sampler).stamp() != before  # captured graphs of before are let go

    used = []
    (form,) = net.forms
    net.forms = [Noted(form, used)]
    for count in (2, 4, 7):  # one form for several sizes of a batch
        x = torch.randn(count, 1, 8, 8)
        assert (sampler(x, LEVEL) - network(x, LEVEL)).abs().max() < ROUNDING
    assert used == [2, 4, 7]
    x = torch.randn(4, 1, 8, 8)
    levels = torch.linspace(0.1, 3, 4)  # another shape: at once as it is, then a form of its own
    own = lambda raw, given, more: Noted(Plain(raw, *map(compiled._shape, given)), used)
    monkeypatch.setattr(compiled, "_form", own)
    assert torch.equal(sampler(x, levels), network(x, levels))
    waited(net)
    assert len(net.forms) == 2
    used.clear()  # it has been timed
    assert torch.equal(sampler(x, levels), network(x, levels)) and used == [4]
    grad = torch.autograd.functional.jacobian(lambda v: sampler(v, LEVEL).sum(), x)
    assert torch.equal(
        grad, torch.autograd.functional.jacobian(lambda v: network(v, LEVEL).sum(), x)
    )


@pytest.mark.slow  # a compiler
@pytest.mark.skipif(not shutil.which("g++"), reason="no C++ compiler for PyTorch's compiler")
def test_a_network_that_asks_between_its_blocks_is_compiled(network, monkeypatch, compiler):
    """As one of 55 million parameters does on a CPU; a compiled form asks between evaluations."""
    asked = []
    net = watched(made(network, monkeypatch), 1.0, lambda: asked.append(0))
    x = torch.randn(2, 1, 8, 8)
    plain = net(x, LEVEL)
    assert len(asked) > 10  # within the evaluation
    model = net.denoiser.module.model
    waited(model)
    assert not model.refused and len(model.forms) == 1
    asked.clear()
    assert torch.allclose(net(x, LEVEL), plain, atol=ROUNDING) and 1 <= len(asked) < 10


@pytest.mark.slow  # a compiler that ends in an error
def test_a_compiler_that_fails_says_why_and_the_network_goes_on(monkeypatch, compiler):
    """Of a network that no compiler has seen, or its kernels would be found where they are kept."""
    network = NetworkDenoiser(Preconditioned(Mlp(2, width=12, depth=1), shape=(2,)))
    compiler(**{"cpp.cxx": ("no-such-compiler",)})
    sampler = made(network, monkeypatch)
    x = torch.randn(2, 2)
    sampler(x, LEVEL)
    net = waited(sampler.module.model)
    assert net.state.startswith("not compiled (") and "compiler" in net.state
    assert torch.equal(sampler(x, LEVEL), network(x, LEVEL)) and not net.making.is_alive()


def test_a_form_that_is_no_faster_is_not_taken_up(network, monkeypatch):
    monkeypatch.setattr(compiled, "_form", lambda net, given, more: net)
    sampler = made(network, monkeypatch, faster=1e9)
    x = torch.randn(2, 1, 8, 8)
    sampler(x, LEVEL)
    net = waited(sampler.module.model)
    assert net.forms == [] and net.gain is not None
    assert net.state == f"not compiled, which is {net.gain:.2g} × as fast"


def test_a_form_of_no_use_or_refused_changes_no_word_of_one_that_is_used(network, monkeypatch):
    gains = iter((2.0, 0.9))
    monkeypatch.setattr(
        compiled, "_gain", lambda *given: next(gains)
    )  # then there is none: refused
    monkeypatch.setattr(compiled, "_form", lambda net, given, more: Plain(net))
    sampler = made(network, monkeypatch, faster=1.03)
    net = sampler.module.model
    for count in (2, 3, 4):
        sampler(torch.randn(count, 1, 8, 8), LEVEL)
        assert waited(net).state == "compiled, 2 × as fast" and len(net.forms) == 1
    assert net.refused == "StopIteration"


def test_what_a_prompt_became_goes_to_the_network_as_it_is():
    class Takes(torch.nn.Module):
        def forward(self, x, *rest):
            return x, rest

    net, x, prompt = Compiled(Takes()), torch.zeros(2, 3), ["no number"]
    assert net(x, LEVEL, prompt, None) == (x, (LEVEL, prompt, None)) and net.making is None


def test_of_small_networks_and_without_the_option_none_is_compiled(network, monkeypatch):
    assert network.operations < precision.LARGE
    assert precision.held(network, "float32", compiles=True) is network
    monkeypatch.setattr(precision, "LARGE", 0.0)
    assert precision.held(network, "float32") is network
    half = precision.held(network, "bfloat16", compiles=True)
    assert isinstance(half.module.model, Compiled) and compiled.state(half) == ""


def test_the_page_says_that_a_network_is_being_compiled(monkeypatch):
    """And measures are those of the network as it is."""
    monkeypatch.setattr(precision, "LARGE", 0.0)
    monkeypatch.setattr(compiled, "_form", lambda net, given, more: 1 / 0)
    use_device("cpu", compiles=True)
    try:
        r = run(
            unflatten(Experiment, {"data": "digits", "model": "network", "nfe": 3, "samples": 2})
        )
        assert not isinstance(r.source.denoiser.module.model, Compiled)
        waited(r.source.sampler.module.model)
        assert "network in float32, not compiled (division by zero)" in words.network_note(r)
        assert lowered.cost(r) is None
    finally:
        use_device("cpu")
