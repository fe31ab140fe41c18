"""The shape of sampling paths: how much they bend, and how many dimensions they need.

Paths are recorded states (T, B, *shape) at T noise levels, unscaled unless said otherwise; T runs
along the path, from noise to data.  Nothing loops over samples.
"""

import torch
from torch import Tensor

AT_ONCE = 2**22  # numbers of paths that are measured together: 64 of images of 16 x 16
PIECE = 2**20  # of more of them, in pieces: 8 MB
STAMPS = 41  # levels of a path in its PCA, as in AMED's Fig. 4


def bend(
    sigma: Tensor,
    x: Tensor,
    denoised: Tensor,
    schedule,
    sigma_data: float,
    change: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """How much a path bends in the schedule's own time, in units that compare schedules.

        ‖y″(t)‖ (dt/d ln σ)² / (s √d √(σ² + σ_data²)),        y = s x

    Half of it times (Δ ln σ)² is what one Euler step misses, per coordinate, against the spread of
    noisy data; a straight y(t) scores 0 whatever its speed.  dx/d ln σ = x − D needs no difference
    quotient; only dD/d ln σ is one.  Karras et al. 2022, Sec. 3 and Fig. 3, made a number.

    sigma (T,): above 0 and monotone, at any spacing; x, denoised (T, B, *shape), D at those states.
    change: dD/d ln σ, where it is known better than by the parabola through three answers.
    Returns sigma (T − 2,) and the bend there, (T − 2, B).
    """
    shape = (-1, 1, 1)
    x, denoised, sigma = x.flatten(2), denoised.flatten(2), sigma.cpu().double()
    inner = sigma[1:-1]
    answers_u = slope(denoised, sigma.log().to(x).reshape(shape)) if change is None else change
    x_u = (x - denoised)[1:-1]
    x_uu = x_u - answers_u
    ratio, s, s_u, s_uu = (v.to(x).reshape(shape) for v in _frame(schedule, inner))
    if schedule.scaled:
        y_u = s_u * x[1:-1] + s * x_u
        y_uu = s_uu * x[1:-1] + 2 * s_u * x_u + s * x_uu
        off = (y_uu - ratio * y_u) / s
    else:
        off = x_uu - ratio * x_u
    spread = (inner**2 + sigma_data**2).sqrt().to(x)[:, None]
    return inner, off.square().mean(2).sqrt() / spread


def _frame(schedule, sigma: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """t_uu/t_u, s, s_u and s_uu at these levels, u = ln σ, each (T,)."""
    with torch.enable_grad():
        t = schedule.time(sigma).detach().requires_grad_()
        rate, s_dot = schedule.sigma_dot(t), schedule.scale_dot(t)
        rate_dot, s_dot_dot = _derivative(rate, t), _derivative(s_dot, t)
    t_u = sigma / rate
    ratio = 1 - sigma * rate_dot / rate**2
    s, s_u = schedule.scale(t), s_dot * t_u
    s_uu = s_dot_dot * t_u**2 + s_u * ratio
    return tuple(v.detach() for v in (ratio, s, s_u, s_uu))


def _derivative(values: Tensor, t: Tensor) -> Tensor:
    """d values/dt elementwise; constants do not hang on t at all."""
    if not values.requires_grad:
        return torch.zeros_like(t)
    return torch.autograd.grad(values.sum(), t, retain_graph=True)[0]


def slope(f: Tensor, u: Tensor) -> Tensor:
    """df/du by the parabola through three points, at any spacing.  (T, ...) -> (T − 2, ...)"""
    before, after = (u[1:-1] - u[:-2]), (u[2:] - u[1:-1])
    rise = (f[1:-1] - f[:-2]) / before
    return (after * rise + before * (f[2:] - f[1:-1]) / after) / (before + after)


def answer_change(sigma: Tensor, x: Tensor, denoised: Tensor) -> Tensor:
    """dD/d ln σ = −σ² d²x/dσ² along true paths, to order 4 in their spacing.

    What x does between the levels says more than D at the levels: at 65 of them over EDM's range
    it is right to 0.2 % of the peak on the spiral, where a parabola through three D is off by 8 %.
    A solver's own points do not follow the ODE, and this would show its errors instead.

    sigma (T,); x, denoised (T, B, *shape) -> (T − 2, B, d).
    """
    level = sigma.to(x).reshape(-1, 1, 1)
    x, denoised = x.flatten(2), denoised.flatten(2)
    return second(level, x, (x - denoised) / level).mul_(-(level[1:-1] ** 2))


def second(u: Tensor, f: Tensor, df: Tensor) -> Tensor:
    """d²f/du² of the quintic through f and df = df/du at three points, at any spacing.

    (T, ...) -> (T − 2, ...).  For even steps h it is 2 (f₊ − 2 f + f₋)/h² − (df₊ − df₋)/2h.
    """
    a, b = u[:-2] - u[1:-1], u[2:] - u[1:-1]  # of opposite signs
    w = a / (a - b)
    p, q = 2 * (1 - w) ** 2 / a, 2 * w**2 / b
    out = (f[:-2] - f[1:-1]).mul_((3 + 2 * w) * p / a)
    out.addcmul_(f[2:] - f[1:-1], (5 - 2 * w) * q / b)
    out.addcmul_(df[:-2], -p).addcmul_(df[2:], -q)
    return out.addcmul_(df[1:-1], -(2 + 2 * w) * p - (4 - 2 * w) * q)


def curvature(t: Tensor, y: Tensor) -> Tensor:
    """κ = |r′ × r″|/|r′|³ of the curve r = (t, y(t)/√d): the bend of the picture of x over t.

    It is the curvature of the circle through three neighbouring points (Menger), so circles and
    lines come out exact at any spacing and in any dimension.  Unlike `bend` it depends on the units
    of t and y: a schedule that stretches t looks straighter.

    t (T,), y (T, B, *shape), scaled or not -> (T − 2, B).
    """
    y = y.flatten(2)
    r = torch.cat([t.to(y).reshape(-1, 1, 1).expand(-1, y.shape[1], 1), y / y.shape[2] ** 0.5], 2)
    a, b, c = r[1:-1] - r[:-2], r[2:] - r[1:-1], r[2:] - r[:-2]
    along, length = (a * b).sum(2, keepdim=True), a.square().sum(2, keepdim=True)
    across = (b - along / length.clamp(min=torch.finfo(y.dtype).tiny) * a).norm(dim=2)
    product = b.norm(dim=2) * c.norm(dim=2)
    return torch.where(product > 0, 2 * across / product.clamp(min=torch.finfo(y.dtype).tiny), 0.0)


def turning(x: Tensor) -> Tensor:
    """The angle between successive steps, in radians; 0 at a step of no length.

    2 atan2(|u − v|, |u + v|) keeps all digits where arccos loses half of them (Kahan).
    x (T, B, *shape) -> (T − 2, B).
    """
    step = x.flatten(2).diff(dim=0)
    length = step.norm(dim=2, keepdim=True)
    unit = step / length.clamp(min=torch.finfo(x.dtype).tiny)
    u, v = unit[:-1], unit[1:]
    angle = 2 * torch.atan2((u - v).norm(dim=2), (u + v).norm(dim=2))
    return torch.where((length[:-1] > 0) & (length[1:] > 0), angle[..., None], 0.0)[..., 0]


def chord_deviation(x: Tensor) -> Tensor:
    """Distance from the straight line between the two ends of each path.

    Chen et al. 2024 (GITS), arXiv:2405.11326, Fig. 2.  x (T, B, *shape) -> (T, B).
    """
    x = x.flatten(2)
    chord = x[-1] - x[0]
    v = chord / chord.norm(dim=1, keepdim=True).clamp(min=torch.finfo(x.dtype).tiny)
    to_end = x[-1] - x
    return (to_end - (to_end * v).sum(2, keepdim=True) * v).norm(dim=2)


def chord_length(x: Tensor) -> Tensor:
    """Distance between the two ends.  x (T, B, *shape) -> (B,)."""
    return (x[-1] - x[0]).flatten(1).norm(dim=1)


def residuals(path: Tensor, scale: Tensor | None = None, ks=(1, 2, 3)) -> Tensor:
    """‖x − x̃‖/‖x‖, x̃ the projection on the first k principal axes of the path itself.

    PCA is centred and fitted to each trajectory, its own points being the samples: only so does
    k = 2 stay below the 8 % of AMED's Fig. 4 (Zhou et al. 2024, arXiv:2312.00094); uncentred, the
    digits peak at 22 %.  scale (T, B) replaces ‖x‖, so that a baseline shares the denominator.

    path (T, B, *shape) -> (k, T, B).
    """
    return flatness(path, scale, ks)[0]


def flatness(
    path: Tensor, scale: Tensor | None = None, ks=(1, 2, 3), kmax: int = 1
) -> tuple[Tensor, Tensor]:
    """The `residuals` of a path and what is `explained` of it, by one look for its axes."""
    rest, axes, variance = _principal_axes(path, max(ks))  # (B, T, D), (B, D, k)
    size = path.flatten(2).norm(dim=2) if scale is None else scale.to(path)
    out, taken = [], 0
    for k in sorted(ks):
        new = axes[..., taken:k]
        rest, taken = rest - rest @ new @ new.mT, k
        out.append(rest.norm(dim=2).T / size)
    order = sorted(range(len(ks)), key=lambda i: ks[i])
    return torch.stack([out[order.index(i)] for i in range(len(ks))]), _shares(variance, kmax)


def stamps(levels: int) -> Tensor:
    """Which levels of a path its PCA is fitted to: STAMPS of them, evenly, with both
    ends; all where they are fewer."""
    return torch.linspace(0, levels - 1, min(STAMPS, levels)).round().long()


def explained(path: Tensor, kmax: int) -> Tensor:
    """Share of the variance of each path that its first 1 ... kmax principal axes hold.

    path (T, B, *shape) -> (kmax, B), rising to 1.
    """
    return _shares(_spectrum(_centred(path))[0], kmax)


def _shares(variance: Tensor, kmax: int) -> Tensor:
    """The same of rising eigenvalues."""
    variance = variance.flip(1).clamp(min=0)  # (B, min(T, D)), falling
    share = (variance / variance.sum(1, keepdim=True)).cumsum(1).clamp(max=1)
    return share[:, [min(k, share.shape[1] - 1) for k in range(kmax)]].T


def principal(path: Tensor, k: int = 3) -> tuple[Tensor, Tensor]:
    """Each path in its own principal axes, measured from its end point.

    Signs are settled: the first coordinate is the way still to go, positive at the start; every
    other one is positive where it is largest.

    path (T, B, *shape) -> coordinates (T, B, k), directions (B, k, D), orthonormal.
    """
    _, axes, _ = _principal_axes(path, k)
    flat = path.flatten(2).transpose(0, 1)
    coordinates = (flat - flat[:, -1:]) @ axes  # (B, T, k)
    at = coordinates.abs().argmax(1, keepdim=True)
    at[..., 0] = 0
    sign = torch.where(coordinates.gather(1, at) < 0, -1.0, 1.0).to(path)
    return (coordinates * sign).transpose(0, 1), (axes * sign).mT


def _centred(path: Tensor) -> Tensor:
    """(T, B, *shape) -> (B, T, D) about the mean over T."""
    flat = path.flatten(2).transpose(0, 1)
    return flat - flat.mean(1, keepdim=True)


def _spectrum(x: Tensor) -> tuple[Tensor, Tensor]:
    """Rising eigenvalues and eigenvectors of the smaller of X Xᵀ and Xᵀ X.  x (B, T, D)."""
    return torch.linalg.eigh(x @ x.mT if x.shape[2] > x.shape[1] else x.mT @ x)


def _principal_axes(path: Tensor, k: int) -> tuple[Tensor, Tensor, Tensor]:
    """The centred path (B, T, D), its first k principal axes (B, D, k), k at most min(T, D), and
    the spectrum that they were found in.

    The Gram matrix is ten times faster than an SVD.  It squares the singular values, so those below
    1e-8 of the first are noise: axes are made orthonormal again, and residuals are measured by
    subtraction, never read off the spectrum.
    """
    x = _centred(path)
    k = min(k, *x.shape[1:])
    values, vectors = _spectrum(x)
    vectors = vectors[..., -k:].flip(2)
    if x.shape[2] > x.shape[1]:
        vectors = x.mT @ vectors
        vectors = vectors / vectors.norm(dim=1, keepdim=True).clamp(min=torch.finfo(x.dtype).tiny)
        vectors = torch.linalg.qr(vectors)[0]
    return x, vectors, values


def walk_in(dimension: int, path: Tensor, generator: torch.Generator) -> Tensor:
    """A random walk in so many dimensions with the step lengths of a path, in as few axes as it
    needs: its inner products are drawn as those of T − 1 random vectors are (Bartlett 1933).

    path (T, B, m) -> (T, B, T − 1), from the origin; `generator` is on the CPU.
    """
    lengths = path.diff(dim=0).norm(dim=2, keepdim=True)
    n, samples = lengths.shape[:2]
    if dimension <= n:
        whole = torch.zeros(n + 1, samples, dimension, dtype=torch.float64)
        whole[1:] = torch.eye(n, dimension, dtype=torch.float64)[:, None] * lengths.double()
        return walk_like(whole, generator)
    draw = torch.randn(samples, n, n, generator=generator, dtype=torch.float64).tril(-1)
    free = torch.arange(dimension, dimension - n, -1, dtype=torch.float64)
    chi = 2 * torch._standard_gamma((free / 2).expand(samples, n), generator=generator)
    way = (draw + chi.sqrt().diag_embed()).transpose(0, 1)
    steps = way / way.norm(dim=2, keepdim=True) * lengths.double()
    return torch.cat([torch.zeros_like(steps[:1]), steps.cumsum(0)]).to(path)


def walk_like(path: Tensor, generator: torch.Generator) -> Tensor:
    """A random walk with the same start and the same step lengths: what no structure looks like.

    path (T, B, *shape) -> the same; `generator` is on the CPU.
    """
    step = path.flatten(2).diff(dim=0)
    way = torch.randn(step.shape, generator=generator, dtype=torch.float64).to(step)
    way = way * (step.norm(dim=2, keepdim=True) / way.norm(dim=2, keepdim=True))
    start = path.flatten(2)[:1]
    return torch.cat([start, start + way.cumsum(0)]).view_as(path)


def blocks(path: Tensor, count: int) -> list[slice]:
    """The first `count` paths in pieces that are measured together, as each measure here holds some
    ten copies of its paths.  path (T, B, *shape); where it is small, all are one piece."""
    count = min(count, path.shape[1])
    size = max(1, path[:, 0].numel())
    each = max(1, count if count * size <= AT_ONCE else PIECE // size)
    return [slice(k, min(k + each, count)) for k in range(0, count, each)]


def band(values: Tensor, low: float = 0.1, high: float = 0.9) -> tuple[Tensor, Tensor, Tensor]:
    """Median and two quantiles over the samples.  values (T, B) -> three times (T,)."""
    q = torch.tensor([0.5, low, high], dtype=values.dtype, device=values.device)
    return tuple(torch.quantile(values, q, dim=1))
