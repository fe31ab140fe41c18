"""The U-Nets: published sizes, and what their arithmetic promises."""

import pytest
import torch

from explorer.models.adm_unet import DhariwalUNet
from explorer.models.denoiser import NetworkDenoiser, Preconditioned
from explorer.models.edm_layers import Conv, Linear
from explorer.models.edm_unet import SongUNet, bottleneck
from explorer.models.precond import EDM, PRECONDS

RGB = {"in_channels": 3, "out_channels": 3}
NCSNPP = {
    "embedding_type": "fourier",
    "encoder_type": "residual",
    "channel_mult_noise": 2,
    "resample_filter": (1, 3, 3, 1),
}
CIFAR = {**RGB, "img_resolution": 32, "channel_mult": (2, 2, 2), "augment_dim": 9}
FACES = {**RGB, "img_resolution": 64, "channel_mult": (1, 2, 2, 2), "augment_dim": 9}
OLD = {**RGB, "img_resolution": 32, "channel_mult": (1, 2, 2, 2)}
ADM = {**RGB, "img_resolution": 64, "label_dim": 1000}

# parameters and state tensors of the published networks
PUBLISHED = [
    (SongUNet, CIFAR, 55_733_891, 425),
    (SongUNet, {**CIFAR, "label_dim": 10}, 55_735_299, 427),
    (SongUNet, {**CIFAR, **NCSNPP}, 56_397_827, 432),
    (SongUNet, {**CIFAR, **NCSNPP, "label_dim": 10}, 56_400_643, 434),
    (SongUNet, FACES, 61_805_571, 553),
    (SongUNet, {**FACES, **NCSNPP}, 62_761_091, 563),
    (SongUNet, OLD, 61_804_419, 552),
    (SongUNet, {**OLD, **NCSNPP}, 62_758_787, 562),
    (DhariwalUNet, ADM, 295_899_267, 553),
    (DhariwalUNet, {**ADM, "out_channels": 6}, 295_904_454, 553),
]

SMALL = {
    "img_resolution": 16,
    "in_channels": 2,
    "out_channels": 2,
    "model_channels": 8,
    "channel_mult": (1, 2),
    "num_blocks": 1,
    "attn_resolutions": (8,),
    "label_dim": 3,
    "augment_dim": 9,
}
KINDS = {
    "ddpmpp": (SongUNet, {}),
    "ncsnpp": (SongUNet, NCSNPP),
    "skip": (SongUNet, {"encoder_type": "skip", "decoder_type": "skip"}),
    "adm": (DhariwalUNet, {"model_channels": 32}),
}


def small(kind: str, seed: int = 0, **kwargs):
    """A little network that has forgotten its zero initialisation."""
    torch.manual_seed(seed)
    cls, own = KINDS[kind]
    net = cls(**{**SMALL, **own, **kwargs})
    for p in net.parameters():
        p.data += 0.05 * torch.randn_like(p)
    return net.eval()


@pytest.mark.parametrize("cls, kwargs, count, tensors", PUBLISHED)
def test_published_sizes(cls, kwargs, count, tensors):
    with torch.device("meta"):
        net = cls(**kwargs)
    assert sum(p.numel() for p in net.parameters()) == count
    assert len(net.state_dict()) == tensors


@pytest.mark.parametrize("kind", KINDS)
def test_one_level_for_all_is_the_same_as_one_each(kind):
    net, x = small(kind), torch.randn(3, 2, 16, 16)
    labels, level = torch.eye(3)[[1]], torch.tensor([0.3])
    one = net(x, level, labels)
    each = net(x, level.expand(3), labels.expand(3, 3))
    assert torch.allclose(one, each, atol=1e-5)  # float32 in another order of summing


@pytest.mark.parametrize("kind", KINDS)
def test_a_sample_does_not_see_its_neighbours(kind):
    net, x = small(kind), torch.randn(4, 2, 16, 16)
    sigma, labels = torch.rand(4), torch.eye(3)[[0, 1, 2, 0]]
    whole = net(x, sigma, labels)
    assert torch.allclose(net(x[2:3], sigma[2:3], labels[2:3]), whole[2:3], atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_every_input_is_heard(kind):
    net, x = small(kind), torch.randn(1, 2, 16, 16)
    base = dict(c_noise=torch.tensor([0.1]), labels=torch.eye(3)[:1], augment=torch.zeros(1, 9))
    here = net(x, **base)
    for name, other in (
        ("c_noise", torch.tensor([0.2])),
        ("labels", torch.eye(3)[1:2]),
        ("augment", torch.ones(1, 9)),
    ):
        assert not torch.allclose(net(x, **{**base, name: other}), here, atol=1e-4), name
    assert torch.equal(net(x, base["c_noise"], base["labels"]), here)  # no label is label zero


@pytest.mark.parametrize("kind", KINDS)
def test_dropout_and_hidden_labels_in_training_only(kind):
    net, x = small(kind, dropout=0.5, label_dropout=1.0), torch.randn(1, 2, 16, 16)
    noise, labels = torch.tensor([0.1]), torch.eye(3)[:1]
    assert torch.equal(net(x, noise, labels), net(x, noise, labels))
    net.train()
    assert not torch.equal(net(x, noise, labels), net(x, noise, labels))
    quiet = small(kind, dropout=0.0, label_dropout=1.0).train()
    assert torch.equal(quiet(x, noise, labels), quiet(x, noise, 0 * labels))


@pytest.mark.parametrize("kind", KINDS)
def test_every_parameter_learns(kind):
    net = small(kind).train()
    out = net(torch.randn(2, 2, 16, 16), torch.rand(2), torch.eye(3)[:2], torch.rand(2, 9))
    out.square().sum().backward()
    dead = [n for n, p in net.named_parameters() if p.grad is None or not p.grad.any()]
    assert not dead


@pytest.mark.parametrize("kind", KINDS)
def test_a_fresh_network_says_nothing(kind):
    """Its output starts at 0 (to 1e-5 in Song's networks), so EDM's loss starts at 1."""
    cls, own = KINDS[kind]
    net = cls(**{**SMALL, **own}).eval()
    out = net(torch.randn(2, 2, 16, 16), torch.rand(2), torch.eye(3)[:2])
    assert float(out.detach().abs().max()) < 1e-3


def denoiser(kind="ddpmpp", precond=EDM()):
    return NetworkDenoiser(Preconditioned(small(kind), precond, (2, 16, 16)))


@pytest.mark.parametrize("name", PRECONDS)
def test_denoiser_joins_the_four_coefficients(name):
    """Against Eq. 7 written out with the bare network."""
    p = PRECONDS[name]()
    d, x, sigma = denoiser("adm", p), torch.randn(3, 2, 16, 16), torch.tensor([0.05, 1.0, 30.0])
    level = sigma[:, None, None, None]
    raw = d.module.model(p.c_in(level) * x, p.c_noise(sigma), torch.zeros(3, 3))
    expected = p.c_skip(level) * x + p.c_out(level) * raw
    assert torch.allclose(d(x, sigma), expected, rtol=1e-5, atol=1e-5)


def test_denoiser_keeps_dtype_and_takes_any_level():
    d, x = denoiser(), torch.randn(3, 2, 16, 16, dtype=torch.float64)
    one, each = d(x, torch.tensor(0.7)), d(x, torch.full((3,), 0.7))
    assert one.dtype == torch.float64 and one.shape == x.shape
    assert torch.allclose(one, each, atol=1e-5)
    assert torch.allclose(d(x.float(), torch.tensor(0.7)).double(), one, atol=1e-5)


def test_denoiser_lets_gradients_through_to_x_and_sigma():
    d = denoiser()
    x = torch.randn(2, 2, 16, 16, dtype=torch.float64, requires_grad=True)
    sigma = torch.tensor([0.5, 2.0], dtype=torch.float64, requires_grad=True)
    d(x, sigma).square().sum().backward()
    assert x.grad.abs().sum() > 0 and (sigma.grad.abs() > 0).all()
    assert not any(p.requires_grad for p in d.module.parameters())


def test_labels_by_index_one_hot_or_bound():
    d, x, sigma = denoiser(), torch.randn(2, 2, 16, 16), torch.tensor(1.0)
    by_index = d(x, sigma, torch.tensor([1, 1]))
    assert torch.equal(d(x, sigma, torch.eye(3)[[1, 1]]), by_index)
    assert torch.allclose(d.conditioned(1)(x, sigma), by_index, atol=1e-5)
    assert not torch.allclose(d(x, sigma), by_index, atol=1e-3)


def test_features_are_64_numbers_of_the_bottleneck():
    d, x, sigma = denoiser(), torch.randn(2, 2, 16, 16), torch.tensor(1.0)
    seen = []
    hook = d.module.model.enc["8x8_block0"].register_forward_hook(lambda *a: seen.append(a[-1]))
    denoised, features = d.with_features(x, sigma)
    hook.remove()
    assert torch.equal(denoised, d(x, sigma)) and features.shape == (2, 64)
    assert torch.allclose(features, seen[0].mean(1).flatten(1))


def test_bottleneck_of_the_published_networks():
    """AMED hooks 8x8_block3, or 8x8_block2 where labels are given."""
    with torch.device("meta"):
        assert bottleneck(SongUNet(**CIFAR), False) == "8x8_block3"
        assert bottleneck(SongUNet(**CIFAR, label_dim=10), True) == "8x8_block2"
        assert bottleneck(SongUNet(**OLD), False) == "8x8_block3"  # not 4x4
        assert bottleneck(DhariwalUNet(**ADM), True) == "8x8_block2"


def test_first_values_are_scaled_and_on_meta_only_shapes():
    """A factor is on the same draws; without one biases begin at 0."""
    made = []
    for factor in (1.0, 1e-5):
        torch.manual_seed(0)
        made.append((Linear(8, 6, weight=factor), Conv(2, 3, 3, weight=factor, bias_size=factor)))
    for whole, small in zip(*made, strict=True):
        assert whole.weight.abs().mean() > 0.05
        assert torch.equal(small.weight, 1e-5 * whole.weight)
    (plain, biased), (_, barely) = made
    assert not plain.bias.any() and torch.equal(barely.bias, 1e-5 * biased.bias)
    with torch.device("meta"):
        conv = Conv(2, 3, 3)
    assert conv.weight.is_meta and conv.weight.shape == (3, 2, 3, 3) and conv.bias.shape == (3,)
