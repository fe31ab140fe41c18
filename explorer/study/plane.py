"""Do paths lie in a plane?  One table of the sets and networks that ship: AMED, Sec. 3.1, Fig. 4.

Each path is rebuilt from its own first k principal axes (analysis.geometry, as the strip *Out of
plane* does for the view).  The paper's sets are photographs of 3,072 numbers and more; these have
16 to 3,072.  True paths, not those of a solver.
"""

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor

from ..analysis import intervals
from ..analysis.distance import share
from ..analysis.geometry import explained, residuals, stamps, walk_like
from ..analysis.intervals import Estimate
from ..core.timesteps import Rho
from ..data import (
    Digits,
    Fashion,
    Glyphs,
    Mnist,
    Patches,
    Rings,
    Scenes,
    Spiral,
    SwissRoll,
)
from ..errors import UserError
from ..lab import cost
from ..lab.experiment import Experiment, work
from ..lab.source import Watch
from ..lab.truth import reference_for
from ..models import Exact
from ..models.network import Network
from ..settings import setting
from ..store import weights
from . import engine
from .plan import Cell

AXES = (1, 2, 3)
BLOCK, PATHS, OF_A_NETWORK = 16, 64, 32  # paths of a cell, of a set, of a network
LIFTED = 16  # dimensions of sets that are drawn in the plane
WITHIN = 0.08  # of ‖x‖, “never above”: Fig. 4a
DIGITS = 10  # behind the point of what is kept

SETS: tuple[Any, ...] = (
    Spiral(dimension=LIFTED),
    SwissRoll(dimension=LIFTED),
    Rings(dimension=LIFTED),
    Digits(),
    Glyphs(),
    Patches(),
    Mnist(),
    Fashion(),
    Scenes(),
)


@setting
class OwnPlane:
    """How far true paths leave their own line, plane and 3-space."""

    name: ClassVar[str] = "own_plane"
    version: ClassVar[int] = 1

    def __call__(self, e: Experiment, watch: Watch | None = None) -> dict[str, Any]:
        """sigma (T,).  off (3, T, B): ‖x − x̃‖/‖x‖ with AXES; held (3, B): share of the variance;
        walk (B,): off the plane at most, of a random walk of the same steps.
        """
        true = reference_for(e, watch, count=e.samples)
        keep = stamps(len(true.sigma))
        path = true.x[keep].cpu().double()
        walk = walk_like(path, torch.Generator().manual_seed(4 + e.seed))
        off = residuals(walk, scale=path.flatten(2).norm(dim=2), ks=(2,))[0]
        return {
            "sigma": true.sigma[keep].tolist(),
            "off": _rounded(residuals(path, ks=AXES)),
            "held": _rounded(explained(path, max(AXES))[[k - 1 for k in AXES]]),
            "walk": _rounded(off.amax(0)),
        }

    def weights(self, e: Experiment) -> tuple[str, ...]:
        """Nothing is read beside the experiment."""
        return ()


def _rounded(values: Tensor) -> list:
    return (values * 10**DIGITS).round().div(10**DIGITS).tolist()


@dataclasses.dataclass(frozen=True, eq=False)
class Planes:
    """One set or network so far.  off (3, T, B), held (3, B), walk (B,): see `OwnPlane`."""

    name: str
    network: bool
    dimensions: int
    sigma: Tensor
    off: Tensor
    held: Tensor
    walk: Tensor

    @property
    def paths(self) -> int:
        return self.off.shape[2]

    def held_by(self, axes: int) -> Estimate:
        """Median share of a path's variance in so many axes."""
        return intervals.median(self.held[AXES.index(axes)])

    def worst(self, axes: int) -> Estimate:
        """The mean distance off so many axes at the level where it is largest, as the paper has
        it; the level is chosen on these paths, so it errs upwards if at all.
        """
        off = self.off[AXES.index(axes)]
        return intervals.mean(off[int(off.mean(1).argmax())])

    @property
    def above(self) -> Estimate:
        """Share of the single paths that are further than WITHIN off their plane at some level."""
        return share(self.off[AXES.index(2)].amax(0) > WITHIN)

    @property
    def where(self) -> float:
        """σ of that level, for the plane."""
        return float(self.sigma[int(self.off[AXES.index(2)].mean(1).argmax())])

    @property
    def of_a_walk(self) -> Estimate:
        """How many times as far a path leaves its plane as a random walk of the same steps does."""
        return intervals.ratio(self.off[AXES.index(2)].amax(0), self.walk)


def planes(
    base: Experiment, watch: Watch | None = None, folder: Path | None = None, workers: int = 0
) -> Iterator[list[Planes]]:
    """All rows so far, after each block of paths."""
    rows: dict[tuple, Planes] = {}
    for cell, value in engine.values(engine.run(plane_plan(base), folder, workers, watch)):
        joined(rows, cell.experiment, value)
        yield list(rows.values())


def joined(rows: dict[tuple, Planes], e: Experiment, value: dict[str, Any]) -> None:
    """Put a block to the others of its set."""
    new, key = _row(e, value), (e.data, e.model)
    if (old := rows.get(key)) is not None:
        new = dataclasses.replace(
            old,
            off=torch.cat([old.off, new.off], -1),
            held=torch.cat([old.held, new.held], -1),
            walk=torch.cat([old.walk, new.walk]),
        )
    rows[key] = new


def _row(e: Experiment, value: dict[str, Any]) -> Planes:
    sigma, off, held, walk = (
        torch.tensor(value[k], dtype=torch.float64) for k in ("sigma", "off", "held", "walk")
    )
    shape = e.data.points().shape[1:]
    return Planes(called(e), isinstance(e.model, Network), shape.numel(), sigma, off, held, walk)


def called(e: Experiment) -> str:
    """“Digits 8×8, config F”, “Spiral in 16-D, exact”."""
    lifted = getattr(e.data, "dimension", 0)
    where = f" in {lifted}-D" if lifted else ""
    if isinstance(e.model, Network):
        return f"{e.model.found(e.data).label}{where}"
    return f"{e.data.label}{where}, exact"


def pairs(base: Experiment) -> list[tuple[Any, Any]]:
    """The sets with their exact denoiser, the networks of images and of lifted points that ship,
    and the view's own where it is none of them.
    """
    found: list[tuple[Any, Any]] = [(data, Exact()) for data in SETS]
    shapes = {tuple(d.points().shape[1:]): d for d in SETS}
    for c in weights.shipped():
        if (data := shapes.get(tuple(c.shape))) is None:
            continue
        own = c.config.get("data", {}).get("data")
        data = next((d for d in SETS if d.name == own and d.points().shape[1:] == c.shape), data)
        found.append(
            (
                data,
                Network(checkpoint=c.name, condition=0 if c.label_dim and not c.null_label else -1),
            )
        )
    view = base.data, base.model
    if isinstance(base.model, Network) and not base.model.checkpoint:  # the one that is meant
        named = dataclasses.replace(base.model, checkpoint=base.model.found(base.data).name)
        view = base.data, named
    if base.data.points().shape[1:].numel() > 2 and view not in found:
        found.insert(0, view)
    return found


def plane_plan(base: Experiment) -> list[Cell]:
    """Blocks of paths, exact denoisers first; a set whose one block is above the cap on work is
    left out.  Raises UserError where none is left.
    """
    grid = Rho(sigma_max=base.timesteps.sigma_max, sigma_min=base.timesteps.sigma_min)
    cells: list[tuple[int, Cell]] = []
    for data, model in pairs(base):
        network = isinstance(model, Network)
        e = Experiment(data=data, model=model, timesteps=grid, samples=BLOCK, seed=base.seed)
        if not network and cost.REFERENCE * work(dataclasses.replace(e, nfe=1)) > cost.WORK_LIMIT:
            continue
        for k in range((OF_A_NETWORK if network else PATHS) // BLOCK):
            seeded = dataclasses.replace(e, seed=base.seed + k)
            cells.append((network * 100 + k, Cell(seeded, OwnPlane())))
    if not cells:
        raise UserError("No set is small enough for the cap on work; raise --max-work.")
    return [cell for _, cell in sorted(cells, key=lambda c: c[0])]
