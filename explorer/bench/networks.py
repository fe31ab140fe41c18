"""Our U-Net against the same arithmetic in plain PyTorch modules, and the shipped digits network.

Plain: nn.Conv2d, nn.GroupNorm, nn.Linear, attention written out, every sum a new tensor, an
embedding for each sample; as one would write it first.  Both get the same weights and must agree.
"""

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from ..core.device import Device, pick
from ..core.sampling import sample
from ..core.solvers import Heun
from ..core.timesteps import Rho
from ..models import files
from ..models.denoiser import NetworkDenoiser, Preconditioned
from ..models.edm_unet import SongUNet
from ..store import weights
from .report import side_by_side, table, verdict

SHAPES = {  # name: (batch, kwargs)
    "8 x 8, digits": (
        64,
        {
            "img_resolution": 8,
            "in_channels": 1,
            "out_channels": 1,
            "model_channels": 24,
            "channel_mult": (2, 2),
            "num_blocks": 1,
            "attn_resolutions": (4,),
        },
    ),
    "16 x 16 RGB": (
        16,
        {
            "img_resolution": 16,
            "in_channels": 3,
            "out_channels": 3,
            "model_channels": 32,
            "channel_mult": (1, 2, 2),
            "num_blocks": 2,
            "attn_resolutions": (8,),
        },
    ),
    "32 x 32 RGB": (
        4,
        {
            "img_resolution": 32,
            "in_channels": 3,
            "out_channels": 3,
            "model_channels": 64,
            "channel_mult": (1, 2),
            "num_blocks": 2,
            "attn_resolutions": (16,),
        },
    ),
}
NETWORK, SAMPLES, STEPS, SECONDS = "digits-f", 64, 18, 1.5


def options(command) -> None:
    """Declare what `bench networks` may be given."""
    command.add_argument("--rounds", type=int, default=20, help="timed rounds of each shape")
    command.add_argument("--threads", type=int, default=0, help="CPU threads; 0: as PyTorch likes")


@torch.no_grad()
def measure(given) -> None:
    """Print the ratio for each shape and the time of a run of the digits network."""
    device = pick(given.device)
    if given.threads:
        torch.set_num_threads(given.threads)
    print(
        f"{device.label}, {torch.get_num_threads()} threads; U-Nets in float32, "
        f"{given.rounds} rounds\n"
    )
    rows, ratios = [], []
    for name, (batch, kwargs) in SHAPES.items():
        ours, plain, ratio, difference = _pair(batch, kwargs, device, given.rounds)
        ratios.append(ratio)
        rows.append(
            (
                name,
                batch,
                f"{1e3 * ours:.2f} ms",
                f"{1e3 * plain:.2f} ms",
                f"{ratio:.3f}",
                f"{difference:.0e}",
            )
        )
    table(("one evaluation", "batch", "ours", "plain modules", "ratio", "difference"), rows)
    verdict("our U-Net over plain modules, worst ratio", max(ratios), 1.0)
    _digits(device, given.rounds)


def _pair(batch: int, kwargs: dict, device: Device, rounds: int):
    torch.manual_seed(0)
    net = SongUNet(**kwargs)
    for p in net.parameters():
        p.data += 0.02 * torch.randn_like(p)
    shape = kwargs["in_channels"], kwargs["img_resolution"], kwargs["img_resolution"]
    plain = Plain(net).to(device.device).eval()
    ours = NetworkDenoiser(Preconditioned(net, shape=shape)).to(device.device)
    x = torch.randn(batch, *shape, device=device.device)
    sigma = torch.tensor(1.0)
    each = sigma.to(device.device).expand(batch)
    one, two = lambda: ours(x, sigma), lambda: _plain_denoiser(plain, x, each)
    difference = float((one() - two()).abs().max())
    return *side_by_side(one, two, rounds, device.synchronize), difference


def _digits(device: Device, rounds: int) -> None:
    if not (weights.SHIPPED / NETWORK).is_dir():
        print(f"\n{NETWORK} is not here, so no run of it was timed.")
        return
    d = files.load(weights.find(NETWORK)).to(device.device)
    noise = torch.randn(SAMPLES, *d.shape, dtype=device.dtype, device=device.device)
    sigmas = torch.cat([Rho().sigmas(STEPS), torch.zeros(1, dtype=torch.float64)])
    run = lambda: sample(d, noise, sigmas, Heun(), keep=0)
    nfe = run().nfe
    seconds = side_by_side(run, lambda: None, min(rounds, 8), device.synchronize)[0]
    print()
    verdict(f"{NETWORK}, {SAMPLES} samples at NFE {nfe}", seconds, SECONDS, " s")


# ---- the plain one ------------------------------------------------------------------------------


def _plain_denoiser(net, x, sigma):
    s = sigma.reshape(-1, 1, 1, 1)
    c_skip, c_out = 0.25 / (s**2 + 0.25), s * 0.5 / (s**2 + 0.25).sqrt()
    return c_skip * x + c_out * net(x / (s**2 + 0.25).sqrt(), sigma.log() / 4)


class Plain(nn.Module):
    """DDPM++ of plain modules with the weights of a `SongUNet`; only what SHAPES ask for."""

    def __init__(self, net: SongUNet):
        super().__init__()
        self.width = net.map_layer0.weight.shape[1]
        self.map0, self.map1 = _linear(net.map_layer0), _linear(net.map_layer1)
        self.enc = nn.ModuleDict(
            {k: _Block(v) if hasattr(v, "norm0") else _conv(v) for k, v in net.enc.items()}
        )
        self.dec = nn.ModuleDict({k: _Block(v) for k, v in net.dec.items() if hasattr(v, "norm0")})
        norm, conv = list(net.dec.values())[-2:]
        self.norm, self.conv = _norm(norm), _conv(conv)

    def forward(self, x, c_noise):
        half = self.width // 2
        freqs = (1 / 10000) ** (torch.arange(half, device=x.device) / (half - 1))
        angle = c_noise[:, None] * freqs
        emb = torch.cat([angle.sin(), angle.cos()], 1).to(x.dtype)
        emb = F.silu(self.map1(F.silu(self.map0(emb))))
        layer: Any
        skips = []
        for layer in self.enc.values():
            x = layer(x, emb) if isinstance(layer, _Block) else layer(x)
            skips.append(x)
        for layer in self.dec.values():
            if x.shape[1] != layer.norm0.num_channels:
                x = torch.cat([x, skips.pop()], 1)
            x = layer(x, emb)
        return self.conv(F.silu(self.norm(x)))


class _Block(nn.Module):
    def __init__(self, b):
        super().__init__()
        self.norm0, self.norm1 = _norm(b.norm0), _norm(b.norm1)
        self.conv0, self.conv1, self.affine = _conv(b.conv0), _conv(b.conv1), _linear(b.affine)
        self.skip = _conv(b.skip) if b.skip is not None else None
        self.up, self.down, self.heads = b.conv0.up, b.conv0.down, b.heads
        if b.heads:
            self.norm2, self.qkv, self.proj = _norm(b.norm2), _conv(b.qkv), _conv(b.proj)

    def sized(self, x):
        c = x.shape[1]
        f = torch.full((c, 1, 2, 2), 0.25, device=x.device, dtype=x.dtype)
        if self.up:
            return F.conv_transpose2d(x, 4 * f, stride=2, groups=c)
        return F.conv2d(x, f, stride=2, groups=c) if self.down else x

    def forward(self, x, emb):
        h = self.conv0(self.sized(F.silu(self.norm0(x))))
        h = h + self.affine(emb)[:, :, None, None]
        h = self.conv1(F.silu(self.norm1(h)))
        h = (h + (self.skip(self.sized(x)) if self.skip is not None else x)) * math.sqrt(0.5)
        if self.heads:
            n, c = h.shape[:2]
            q, k, v = self.qkv(self.norm2(h)).reshape(n, c, 3, -1).unbind(2)
            w = torch.einsum("ncq,nck->nqk", q, k / math.sqrt(c)).softmax(2)
            a = torch.einsum("nqk,nck->ncq", w, v).reshape(h.shape)
            h = (h + self.proj(a)) * math.sqrt(0.5)
        return h


def _conv(c) -> nn.Conv2d:
    out, into, k, _ = c.weight.shape
    made = nn.Conv2d(into, out, k, padding=k // 2)
    made.weight, made.bias = c.weight, c.bias
    return made


def _linear(c) -> nn.Linear:
    made = nn.Linear(*c.weight.shape[::-1])
    made.weight, made.bias = c.weight, c.bias
    return made


def _norm(c) -> nn.GroupNorm:
    made = nn.GroupNorm(c.groups, len(c.weight), c.eps)
    made.weight, made.bias = c.weight, c.bias
    return made
