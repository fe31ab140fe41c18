"""Fused blocks are the blocks they stand for; here one operation after another, as on a CPU."""

import copy

import pytest
import torch

from explorer.models import fused, precision
from explorer.models.adm_unet import DhariwalUNet
from explorer.models.denoiser import NetworkDenoiser, Preconditioned
from explorer.models.edm_unet import SongUNet

SMALL = dict(model_channels=16, channel_mult=(1, 2), num_blocks=1, attn_resolutions=(8,))


def network(make):
    torch.manual_seed(0)
    net = make(16, 3, 3, **SMALL).eval().requires_grad_(False)
    for p in net.parameters():
        p.data += 0.05 * torch.randn_like(p)
    return net


@pytest.mark.parametrize("make", [SongUNet, DhariwalUNet])
@torch.no_grad()
def test_a_fused_network_is_the_same(make):
    net = network(make)
    other = copy.deepcopy(net)
    assert fused.fuse(other)
    x = torch.randn(3, 3, 16, 16)
    for told in (torch.tensor([0.3]), torch.tensor([0.3, -0.4, 1.0])):
        true = net(x, told)
        # float32 sums of some thousand products in another order
        assert float((other(x, told) - true).abs().max()) < 2e-5 * float(true.abs().max())


def test_a_network_with_wide_filters_is_left_alone():
    net = SongUNet(16, 3, 3, resample_filter=(1, 3, 3, 1), **SMALL)
    assert not fused.fuse(net)


@torch.no_grad()
def test_what_it_costs_is_counted_before_it_is_fused(monkeypatch):
    """The count runs on the device “meta”, whose tensors have no address for a kernel to read."""
    exact = NetworkDenoiser(Preconditioned(network(SongUNet), shape=(3, 16, 16)))
    low = precision.held(exact, "bfloat16")
    assert low._operations == exact.operations > 0
    with torch.device("meta"):
        there = copy.deepcopy(exact.module.model).to("meta")
        assert fused.fuse(there)
        assert there(torch.empty(2, 3, 16, 16), torch.empty(1)).shape == (2, 3, 16, 16)
