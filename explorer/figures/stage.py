"""What the stage draws on its canvas: packed arrays, in a frame where the spread stands still.

Planar positions are divided by √(σ² + σ_data²), so that a path from σ_max to the data fits on one
screen; the page multiplies back for the 1 : 1 view.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from ..core.denoisers import Mixture
from ..core.guided import Guided, meant
from ..core.oriented import Oriented
from . import pack
from .style import rounded

MAPS, WIDTH, HEIGHT, REACH_X, REACH_Y = 24, 96, 80, 3.2, 2.7
ARROWS = (17, 14)
FINER = 4  # times as fine is the grid where densities are raised to powers
PIXEL = 0.6 * 2 * REACH_X / WIDTH  # blur of a map, in spreads
TOP, BOTTOM = 80.0, 0.002  # beyond them the picture stands still in this frame


def spread(sigma: Tensor, sigma_data: float) -> Tensor:
    """√(σ² + σ_data²), the size of a noisy sample per coordinate."""
    return (sigma**2 + sigma_data**2).sqrt()


def project(x: Tensor, view: Tensor) -> Tensor:
    """(..., D) -> (..., 2), the coordinates that the stage shows."""
    return x @ view.T


def planar(states: Tensor, sigma: Tensor, view: Tensor, sigma_data: float) -> Tensor:
    """States (N, K, D) at levels (N,) in the constant-spread frame: (N, K, 2)."""
    return project(states, view) / spread(sigma, sigma_data).to(states).reshape(-1, 1, 1)


def planar_paths(states: Tensor, sigma: Tensor, view: Tensor, sigma_data: float) -> str:
    """`planar`, packed: int16."""
    return pack.positions(planar(states, sigma, view, sigma_data))


def density_maps(law: Mixture, view: Tensor, sigma_data: float) -> dict:
    """p(x; σ) of the two coordinates on show at MAPS levels, and the direction of its score.

    The marginal of a mixture is a mixture of the projected means; each Gaussian is a product over
    the two axes, so a map is one matrix product.  Each map is scaled to its own maximum.
    law: a mixture, or guidance of one by another; then p is what plain guidance leads up, and the
    arrows are the guided ones.
    """
    levels = torch.logspace(math.log10(TOP), math.log10(BOTTOM), MAPS, dtype=torch.float64)
    at = density_at(law, view, sigma_data)
    maps, arrows = zip(*(at(float(sigma)) for sigma in levels))
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


def density_at(law, view: Tensor, sigma_data: float) -> Callable[[float], tuple[Tensor, Tensor]]:
    """σ -> the map (HEIGHT, WIDTH) there, its greatest value 1, and the directions of the score at
    the places of `arrow_places`, (rows · columns, 2)."""
    picture, grid = _picture(law, view, *_grid(view)), arrow_places(view)
    flat = _flat(law, view)

    def at(sigma: float) -> tuple[Tensor, Tensor]:
        size = math.hypot(sigma, sigma_data)
        # a pixel is 2·REACH/WIDTH spreads wide: thinner ridges than that would flicker
        level = math.hypot(sigma, PIXEL * size)
        p = picture(level, size)
        x = grid * size
        score = flat(x, torch.tensor(level, dtype=x.dtype)) - x
        return p / p.max(), score / score.norm(dim=1, keepdim=True).clamp(min=1e-9)

    return at


def arrow_places(like: Tensor) -> Tensor:
    """(rows · columns, 2): where the score is drawn, in spreads, from the top left."""
    ax = torch.linspace(-REACH_X, REACH_X, ARROWS[0] + 2)[1:-1].to(like)
    ay = torch.linspace(REACH_Y, -REACH_Y, ARROWS[1] + 2)[1:-1].to(like)
    return torch.stack(torch.meshgrid(ay, ax, indexing="ij")[::-1], -1).reshape(-1, 2)


def _flat(law, view: Tensor):
    """What answers for the score of the two coordinates: the law in the plane of view."""
    if isinstance(law, Guided):
        return law.over(_flat(law.strong, view), _flat(law.weak, view))
    if isinstance(law, Oriented):  # has no other coordinates
        return law
    tau = float(law.stds) if not law.stds.ndim else float(law.stds.mean())
    return Mixture(project(law.means, view), tau)


def _grid(like: Tensor) -> tuple[Tensor, Tensor]:
    """x and y of the pixels of a map."""
    x = torch.linspace(-REACH_X, REACH_X, WIDTH).to(like)
    return x, torch.linspace(REACH_Y, -REACH_Y, HEIGHT).to(like)


def _picture(law, view: Tensor, x: Tensor, y: Tensor) -> Callable[[float, float], Tensor]:
    """(level, size) -> p at x and y in units of size, (len(y), len(x)), up to a factor."""
    if isinstance(law, Guided):
        strong, weak = _picture(law.strong, view, x, y), _picture(law.weak, view, x, y)
        weight = lambda level: float(law.how.weight(law.weight, torch.tensor(level)))
        return lambda level, size: exponentiated(
            strong(level, size), weak(level, size), weight(level)
        )
    law = law.rounded() if isinstance(law, Oriented) else law
    each = bool(law.stds.ndim) and law.weights is not None
    means, variances = project(law.means, view), (law.stds if each else law.stds.mean()).square()

    def p(level: float, size: float) -> Tensor:
        v = level**2 + variances
        gx = torch.exp(-((x[:, None] * size - means[:, 0]) ** 2) / (2 * v))
        gy = torch.exp(-((y[:, None] * size - means[:, 1]) ** 2) / (2 * v))
        return (gy * (law.weights / v) if each else gy) @ gx.T

    return p


def exponentiated(strong: Tensor, weak: Tensor, w: float) -> Tensor:
    """strong^w weak^(1 − w); 0 where both lie below the least number, so that their ratio is
    unknown."""
    known = (strong > 0) & (weak > 0) if w > 1 else torch.ones_like(strong, dtype=torch.bool)
    return torch.where(known, meant(strong.log(), weak.log(), w).exp(), 0.0)


def meant_map(law: Guided, w: float, view: Tensor, spread: float, blur: float) -> Tensor:
    """p_strong^w p_weak^(1 − w) of clean data, blurred by a part of the spread: (HEIGHT, WIDTH),
    its greatest value 1.  Raised to powers on a finer grid, and blurred after that."""
    fine = [
        torch.linspace(-r, r, FINER * n).to(view) for r, n in ((REACH_X, WIDTH), (-REACH_Y, HEIGHT))
    ]
    level = PIXEL / FINER * spread
    strong, weak = (
        _picture(v, view, fine[0], fine[1])(level, spread) for v in (law.strong, law.weak)
    )
    p = exponentiated(strong, weak, w)
    x, y = _grid(view)
    kernel = lambda to, own: torch.exp(-((to[:, None] - own).square()) / (2 * blur**2))
    found = kernel(y, fine[1]) @ p @ kernel(x, fine[0]).T
    return found / found.max()


def drawn_map(shown: Tensor, spread: float, blur: float) -> Tensor:
    """Density of samples (B, 2), each blurred by a part of the spread: (HEIGHT, WIDTH), at most
    1."""
    x, y = _grid(shown)
    own = shown / spread
    gx, gy = (
        torch.exp(-((grid[:, None] - own[:, k]).square()) / (2 * blur**2))
        for k, grid in enumerate((x, y))
    )
    found = gy @ gx.T
    return found / found.max().clamp(min=1e-30)


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
    """`line_density_map`, packed."""
    return pack.grey(line_density_map(law, schedule, sigma_edge, y_edge, columns, rows), 0, 1)


def line_density_map(
    law: Mixture, schedule, sigma_edge: float, y_edge: float, columns: int = 72, rows: int = 72
) -> Tensor:
    """p(y; t) on a grid over t from t(sigma_edge) to 0, each column scaled to its maximum: (rows,
    columns)."""
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
    return torch.stack(maps, 1)
