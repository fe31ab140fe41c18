"""g_φ of AMED: the small network that says where in a step to look and how far to go.

    (h, σ, σ')  ->  r ∈ (0, 1),  c ∈ [1 − S_d, 1 + S_d],  a ∈ [1 − S_t, 1 + S_t]

Zhou et al. 2024, arXiv:2312.00094, Fig. 6 and Sec. 3.4.
"""

from collections.abc import Sequence
from functools import lru_cache

import torch
from torch import Tensor, nn
from torch.nn.functional import silu

FEATURES = 64  # a bottleneck of 8 × 8
CHANNELS = 8  # of each embedded noise level
SIGMA_DATA = 0.5


class Predictor(nn.Module):
    """g_φ, 8,929 parameters with r alone; 21 more for c (scale_dir > 0), 21 more for a.

    σ and σ' enter raw, through one positional embedding and one linear layer that they share; the
    64 features through 64 → 128 → 4; each head is linear in these 20 numbers.  look=False is the
    paper's ablation (its Table 8): no features, so that all samples share r, c and a.

    feature_scale, a fixed number, is not in the paper: bottlenecks of small networks are of size
    0.03, where those 128 units would stay blind for a whole training.
    """

    def __init__(
        self,
        scale_dir: float = 0.01,
        scale_time: float = 0.0,
        look: bool = True,
        generator: torch.Generator | None = None,
    ):
        super().__init__()
        self.scale_dir, self.scale_time, self.look = scale_dir, scale_time, look
        self.feature_scale = 1.0  # multiplies the features; a training sets it to 1/their size
        self.map_layer0 = nn.Linear(CHANNELS, CHANNELS)
        if look:
            self.enc_layer0, self.enc_layer1 = nn.Linear(FEATURES, 128), nn.Linear(128, 4)
        width = 2 * CHANNELS + (4 if look else 0)
        self.fc_r = nn.Linear(width, 1)
        if scale_dir:
            self.fc_scale_dir = nn.Linear(width, 1)
        if scale_time:
            self.fc_scale_time = nn.Linear(width, 1)
        self.reset(generator)

    @torch.no_grad()
    def reset(self, generator: torch.Generator | None = None) -> None:
        """Weights as published: uniform ±√(6/(in + out)) for the levels, else normal of variance
        1/in; biases 0.
        """
        for name, layer in self.named_children():
            assert isinstance(layer, nn.Linear)
            out, into = layer.weight.shape
            if name == "map_layer0":
                bound = (6 / (into + out)) ** 0.5
                layer.weight.uniform_(-bound, bound, generator=generator)
            else:
                layer.weight.normal_(0, into**-0.5, generator=generator)
            layer.bias.zero_()

    @torch.no_grad()
    def aim(
        self,
        sigmas: Sequence[float],
        r: Sequence[float],
        c: Sequence[float] = (),
        a: Sequence[float] = (),
    ) -> None:
        """Make it say r_k, c_k and a_k in the step from σ_k to σ_{k+1}, to every sample: the least
        weights of the levels that do, and none yet of the features.  c and a are 1 if not given.
        """
        levels = self.map_layer0.weight.new_tensor(sigmas)
        hidden = silu(self.map_layer0(embedding(levels))).double()
        rows = torch.cat([hidden[:-1], hidden[1:], torch.ones_like(hidden[1:, :1])], 1)
        inverse = torch.linalg.pinv(rows, rtol=1e-6)
        for name, values, size in (
            ("fc_r", r, None),
            ("fc_scale_dir", c or [1.0] * len(r), self.scale_dir),
            ("fc_scale_time", a or [1.0] * len(r), self.scale_time),
        ):
            if not hasattr(self, name):
                continue
            wanted = torch.tensor(values, dtype=torch.float64)
            part = wanted if size is None else (wanted - 1 + size) / (2 * size)
            found = inverse @ part.clamp(0.002, 0.998).logit().to(rows)
            head = getattr(self, name)
            head.weight.zero_()
            head.weight[0, -2 * CHANNELS :] = found[:-1].to(head.weight)
            head.bias.copy_(found[-1:])

    @torch.no_grad()
    def center(self, features: Tensor) -> None:
        """Make it see (h − mean)/deviation of these (n, 64) features, by its first layer alone."""
        seen, layer = (self.feature_scale * features).to(self.enc_layer0.weight), self.enc_layer0
        mean, spread = seen.mean(0), seen.std(0)
        spread = spread.clamp_min(1e-3 * float(spread.max()) or 1.0)  # of one that never changes
        layer.weight /= spread
        layer.bias.sub_(layer.weight @ mean)

    def forward(self, features: Tensor | None, sigma: float, sigma_next: float, count: int = 1):
        """(r, c, a), each (B,) float32; c and a are 1.0 where there is no head for them.

        features (B, 64), zeros at the analytic first step; the levels belong to the whole batch.
        """
        levels = self.map_layer0.weight.new_tensor([sigma, sigma_next])
        hidden = silu(self.map_layer0(embedding(levels))).flatten()
        if self.look:
            assert features is not None
            seen = self.feature_scale * features.detach().to(hidden)
            seen = self.enc_layer1(silu(self.enc_layer0(seen)))
            hidden = torch.cat([seen, hidden.expand(len(seen), -1)], 1)
        else:
            hidden = hidden.expand(count, -1)
        # a thousandth away from the ends, where the sigmoid is flat and a plug-in would divide by 0
        r = self.fc_r(hidden).sigmoid()[:, 0].clamp(0.001, 0.999)
        c = self._scale(hidden, "fc_scale_dir", self.scale_dir)
        return r, c, self._scale(hidden, "fc_scale_time", self.scale_time)

    def _scale(self, hidden: Tensor, head: str, size: float):
        if not size:
            return 1.0
        return 1 - size + 2 * size * getattr(self, head)(hidden).sigmoid()[:, 0]


def embedding(levels: Tensor) -> Tensor:
    """[sin ω_k σ | cos ω_k σ], ω_k = 10⁻⁴ᵏᐟ³, k = 0…3: the positional embedding of DDPM++ with its
    halves swapped, 8 channels, end point included.  (n,) -> (n, 8).
    """
    half = CHANNELS // 2
    k = torch.arange(half, dtype=levels.dtype, device=levels.device) / (half - 1)
    angle = levels[:, None] * 10_000.0**-k
    return torch.cat([angle.sin(), angle.cos()], 1)


def plain_features(x: Tensor, sigma: Tensor, denoised: Tensor) -> Tensor:
    """What an exact denoiser shows in place of a network's bottleneck, (B, 64).

        h = sin(W u + b),   u = (x/√(σ² + ¼), 2 D(x; σ)),   W, b fixed and random

    u has unit size per coordinate at every σ (σ_data = ½).  W has rows of normal numbers, so that
    W u has about unit variance, and b is uniform over a turn: random features that bend with x and
    D alike, in any dimension, and cost one small product.  Rahimi & Recht 2007.
    """
    sigma = sigma.reshape(-1, 1) if sigma.ndim else sigma
    u = torch.cat(
        [x.flatten(1) / (sigma**2 + SIGMA_DATA**2).sqrt(), denoised.flatten(1) / SIGMA_DATA], 1
    )
    weight, shift = (v.to(u.device, torch.float32) for v in _projection(u.shape[1]))
    return torch.addmm(shift, u.float(), weight).sin_()


@lru_cache(maxsize=8)
def _projection(width: int) -> tuple[Tensor, Tensor]:
    g = torch.Generator().manual_seed(64)
    weight = torch.randn(width, FEATURES, generator=g) / width**0.5
    return weight, 2 * torch.pi * torch.rand(FEATURES, generator=g)
