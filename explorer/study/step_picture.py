"""Why AMED works, in numbers: one step of true paths, and the plane that whole paths lie in."""

import dataclasses
from typing import Any

import torch
from torch import Tensor

from ..analysis import direction, geometry
from ..core.ode import Ode
from ..lab.experiment import Experiment, levels
from ..lab.source import prepared
from ..lab.truth import reference_for
from ..settings import to_query
from ..store import predictors as store
from .predictors import trained_for

PATHS = 32  # in the picture of a step
GRID = 41  # values of r in it
FOLLOWED = 64  # samples whose paths are followed
LEVELS = 41  # at which the plane of whole paths is looked at


@dataclasses.dataclass(frozen=True, eq=False)
class StepPicture:
    """One step of true paths, and where every r and c would lead; P paths, R values of r.

    With u = x − x', w = (σ' − σ) ε_m an end (r, c) is off by √(uu + 2c uw + c² ww) per coordinate.
    true: the paths and their directions.  ends: where the solvers go, by name, (P, D).  errors: how
    far from the true end, (P,).  learned: r and c (P,) of a predictor, or None.
    """

    levels: Tensor
    step: int
    true: Any
    family: Any
    ends: dict[str, Tensor]
    errors: dict[str, Tensor]
    uu: Tensor  # (P,)
    uw: Tensor  # (P, R)
    ww: Tensor  # (P, R)
    learned: tuple[Tensor, Tensor] | None

    def axes(self, k: int) -> Tensor:
        """(2, D): along the chord of path k, and the direction in which it leaves it most."""
        return _axes(self.true.x[:, k])

    def outside(self, k: int) -> float:
        """How far path k leaves that plane, as a share of its length."""
        axes, off = self.axes(k), self.true.x[:, k] - self.true.x[0, k]
        beyond = (off - (off @ axes.T) @ axes).norm(dim=1).max()
        return float(beyond / off.norm(dim=1).max().clamp(min=1e-12))


def step_picture(e: Experiment, step: int, predictor=None) -> StepPicture:
    """The picture of a step of the view, from 0.  predictor: says r and c for its paths."""
    source, sigma = prepared(e.data, e.model), levels(e)
    start, end = float(sigma[step]), float(sigma[step + 1])
    truth = reference_for(dataclasses.replace(e, samples=FOLLOWED))
    true = direction.along(truth, start, end, count=PATHS)
    x = truth.at(sigma[step : step + 1], PATHS)[0]
    analytic = e.afs and step == 0
    f = direction.family(source.denoiser, x, start, end, GRID, analytic)
    goal = true.x[-1]
    u, size = f.start - goal, true.x.shape[2] ** 0.5
    ends = {"ddim": f.ddim, "heun": f.dpm2(GRID - 1), "dpm2": f.dpm2(GRID // 2)}
    return StepPicture(
        sigma,
        step,
        true,
        f,
        ends,
        {name: (v - goal).norm(dim=1) / size for name, v in ends.items()},
        u.square().sum(1) / size**2,
        (u * f.moves).sum(2).T / size**2,
        f.moves.square().sum(2).T / size**2,
        None if predictor is None else _said(predictor, source, x, start, end, analytic),
    )


def predictor_for(e: Experiment, name: str = "") -> Any:
    """The predictor of this name, or else the first that was trained for the view's solver on its
    model, if it is for the view's levels and first step; None otherwise.
    """
    mine = [name] if name else [p for p in trained_for(e) if store.find(p).afs == e.afs]
    for found in map(store.find, mine):
        if found.solver == e.solver.purpose and same_levels(found.sigmas, levels(e)):
            return found.predictor
    return None


def same_levels(a, b) -> bool:
    """Whether two lists of levels agree in five digits, as they are written on the page."""
    a, b = (torch.as_tensor(v, dtype=torch.float64) for v in (a, b))
    return a.shape == b.shape and torch.allclose(a, b, rtol=1e-5, atol=0)


@torch.no_grad()
def _said(predictor, source, x: Tensor, start: float, end: float, analytic: bool):
    ode = Ode(source.denoiser, looks=True)
    t = torch.tensor(start, dtype=torch.float64)
    point = ode.analytic(x, t) if analytic else ode.evaluate(x, t)
    r, c, _ = predictor(point.features, start, end, len(x))
    return r, torch.ones(len(x)) if isinstance(c, float) else c


def _axes(path: Tensor) -> Tensor:
    chord = torch.nn.functional.normalize(path[-1] - path[0], dim=0)
    off = path - path[0]
    off = off - (off @ chord)[:, None] * chord
    if path.shape[1] == 1:
        return torch.stack([chord, torch.zeros_like(chord)])
    far = off[off.norm(dim=1).argmax()]
    if float(far.norm()) < 1e-12:
        far = torch.linalg.svd(chord[None])[2][1]
    return torch.stack([chord, torch.nn.functional.normalize(far, dim=0)])


@dataclasses.dataclass(frozen=True, eq=False)
class PathPlane:
    """AMED Fig. 4 at the levels sigma (n,).  residual (3, n): the share of a path that its own 1, 2
    and 3 components leave out; walk (n,): what two leave out of a random walk with the same steps.
    """

    sigma: Tensor
    residual: Tensor
    walk: Tensor


def path_plane(e: Experiment) -> PathPlane:
    """The plane of the paths of the view's model; samples of at least three numbers have one."""
    truth = reference_for(dataclasses.replace(e, samples=FOLLOWED))
    pick = torch.linspace(0, len(truth.sigma) - 1, LEVELS).round().long()
    path, sigma = truth.x[pick], truth.sigma[pick]
    walk = geometry.residuals(
        geometry.walk_like(path, torch.Generator().manual_seed(4)),
        scale=path.flatten(2).norm(dim=2),
        ks=(2,),
    )[0].mean(1)
    return PathPlane(sigma, geometry.residuals(path).mean(2), walk)


def numbers(e: Experiment, step: int) -> dict[str, Any]:
    """The picture of a step as plain values: best r and c of each path, errors of the solvers."""
    found = step_picture(e, step, predictor_for(e, getattr(e.solver, "predictor", "")))
    rows = [
        {
            "path": k,
            "best_r": float(found.true.r[k]),
            "best_c": float(found.true.c[k]),
            "angle": float(found.true.angle[k]),
            **{f"{name}_error": float(v[k]) for name, v in found.errors.items()},
        }
        for k in range(len(found.uu))
    ]
    return {"query": to_query(e), "sigma": found.levels[step : step + 2].tolist(), "rows": rows}
