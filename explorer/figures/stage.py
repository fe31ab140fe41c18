"""What the stage draws on its canvas: packed arrays, in a frame where the spread stands still.

Planar positions are divided by √(σ² + σ_data²), so that a path from σ_max to the data fits on one
screen; the page multiplies back for the 1 : 1 view.
"""

import math

import torch
from torch import Tensor

from ..core.denoisers import Mixture
from . import pack
from .style import rounded

MAPS, WIDTH, HEIGHT, REACH_X, REACH_Y = 24, 96, 80, 3.2, 2.7
ARROWS = (17, 14)
TOP, BOTTOM = 80.0, 0.002  # beyond them the picture stands still in this frame


def spread(sigma: Tensor, sigma_data: float) -> Tensor:
    """√(σ² + σ_data²), the size of a noisy sample per coordinate."""
    return (sigma**2 + sigma_data**2).sqrt()


def project(x: Tensor, view: Tensor) -> Tensor:
    """(..., D) -> (..., 2), the coordinates that the stage shows."""
    return x @ view.T


def planar_paths(states: Tensor, sigma: Tensor, view: Tensor, sigma_data: float) -> str:
    """States (N, K, D) at levels (N,) in the constant-spread frame, int16 (N, K, 2)."""
    size = spread(sigma, sigma_data).to(states).reshape(-1, 1, 1)
    return pack.positions(project(states, view) / size)


def density_maps(law: Mixture, view: Tensor, sigma_data: float) -> dict:
    """p(x; σ) of the two coordinates on show at MAPS levels, and the direction of its score.

    The marginal of a mixture is a mixture of the projected means; each Gaussian is a product over
    the two axes, so a map is one matrix product.  Each map is scaled to its own maximum.
    """
    means = project(law.means, view)
    tau = float(law.stds) if not law.stds.ndim else float(law.stds.mean())
    flat = Mixture(means, tau)
    levels = torch.logspace(math.log10(TOP), math.log10(BOTTOM), MAPS, dtype=torch.float64)
    x = torch.linspace(-REACH_X, REACH_X, WIDTH).to(means)
    y = torch.linspace(REACH_Y, -REACH_Y, HEIGHT).to(means)
    ax = torch.linspace(-REACH_X, REACH_X, ARROWS[0] + 2)[1:-1].to(means)
    ay = torch.linspace(REACH_Y, -REACH_Y, ARROWS[1] + 2)[1:-1].to(means)
    grid = torch.stack(torch.meshgrid(ay, ax, indexing="ij")[::-1], -1).reshape(-1, 2)
    maps, arrows = [], []
    for sigma in levels:
        size = float(spread(sigma, sigma_data))
        # a pixel is 2·REACH/WIDTH spreads wide: thinner ridges than that would flicker
        v = float(sigma) ** 2 + tau**2 + (0.6 * 2 * REACH_X / WIDTH * size) ** 2
        gx = torch.exp(-((x[:, None] * size - means[:, 0]) ** 2) / (2 * v))
        gy = torch.exp(-((y[:, None] * size - means[:, 1]) ** 2) / (2 * v))
        p = gy @ gx.T
        maps.append(p / p.max())
        at = grid * size
        score = flat(at, torch.sqrt(torch.tensor(v - tau**2))) - at
        arrows.append(score / score.norm(dim=1, keepdim=True).clamp(min=1e-9))
    return {
        "sigma": rounded(levels, 6),
        "width": WIDTH,
        "height": HEIGHT,
        "reach": [REACH_X, REACH_Y],
        "maps": pack.grey(torch.stack(maps), 0, 1),
        "columns": ARROWS[0],
        "rows": ARROWS[1],
        "arrows": pack.signed(torch.stack(arrows)),
    }


def image_run(denoised: Tensor, noise: Tensor, final: Tensor) -> dict:
    """D in [−1.2, 1.2] and ε in [−3, 3] of each image at each step, and the samples, as bytes.

    denoised, noise (N, K, C, H, W); final (K, C, H, W).  The page forms x̂ = D + σε itself.
    """
    return {
        "denoised": pack.grey(denoised, -1.2, 1.2),
        "noise": pack.grey(noise, -3, 3),
        "final": pack.grey(final, -1.2, 1.2),
    }


def line_field(
    denoiser, schedule, sigma_edge: float, y_edge: float, columns: int, rows: int, like: Tensor
) -> list:
    """Slopes dy/dt of the flow on a grid over t in (0, t(sigma_edge)), |y| < y_edge: EDM Fig. 3.

    like: a tensor with the device and dtype that the denoiser is asked in.
    """
    t_edge = float(schedule.time(torch.tensor(sigma_edge, dtype=torch.float64)))
    t = (torch.arange(columns, dtype=torch.float64) + 0.5) / columns * t_edge
    y = y_edge * (2 * (torch.arange(rows, dtype=torch.float64) + 0.5) / rows - 1)
    t, y = (v.flatten() for v in torch.meshgrid(t, y, indexing="ij"))
    sigma, scale = schedule.sigma(t), schedule.scale(t)
    x = (y / scale)[:, None].to(like)
    answer = denoiser(x, sigma.to(x)).cpu().double()[:, 0]
    rate = schedule.sigma_dot(t) / sigma
    slope = (rate + schedule.scale_dot(t) / scale) * y - rate * scale * answer
    return rounded(slope)


def line_density(
    law: Mixture, schedule, sigma_edge: float, y_edge: float, columns: int = 72, rows: int = 72
) -> str:
    """p(y; t) on a grid over t from t(sigma_edge) to 0, each column scaled to its maximum."""
    t_edge = float(schedule.time(torch.tensor(sigma_edge, dtype=torch.float64)))
    t = t_edge * (1 - (torch.arange(columns, dtype=torch.float64) + 0.5) / columns)
    y = torch.linspace(y_edge, -y_edge, rows, dtype=torch.float64)
    blur = 2 * y_edge / rows
    maps = []
    for at in t:
        s = float(schedule.scale(at))
        sigma = torch.sqrt(schedule.sigma(at) ** 2 + (0.7 * blur / s) ** 2)
        p = law.log_density((y / s)[:, None].to(law.means), sigma.to(law.means)).cpu()
        maps.append((p - p.max()).exp())
    return pack.grey(torch.stack(maps, 1), 0, 1)
