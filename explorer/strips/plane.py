"""How far the true paths leave their own line, plane and 3-space."""

import math

import torch

from ..analysis import geometry
from ..figures.style import INK, INK2, INK3, REFERENCE
from ..lab.source import Watch
from ..lab.view import View
from ..numerals import percent
from .marks import DASH, DASH_DOT, DOT, Drawing, axis, band, label, line
from .strip import Help, Look, Numbers, Strip, plain

MEASURED = 64  # true paths
LIFTED = 16  # dimensions in which flat data have a plane to leave


class Plane(Strip):
    """Distance from the path's own k-dimensional subspace over |x|."""

    name, title = "plane", "Out of plane"
    hint = "distance from the path’s own k-D subspace, ÷ |<i>x</i>|"
    unit = "distance ÷ |x|"
    help = Help(
        "PCA of one path at a time, centred, on 41 points. How far the path lies from its own line "
        "(k = 1), plane (2) or 3-space (3); mean over samples. Any smooth path looks flat, so "
        "compare it with a random walk of the same step lengths, over the same |x|.",
        "‖<i>x</i> − <i>P</i><sub><i>k</i></sub> <i>x</i>‖ / ‖<i>x</i>‖",
        "Zhou et al. 2024 (AMED), Fig. 4",
    )

    def measure(self, view: View, watch: Watch | None = None) -> Numbers:
        """residual (3, T) for k = 1, 2, 3; low and high (T,) of k = 2; walk (T,): a random walk,
        k = 2; explained, walked (6,): the variance that k axes hold.  In 1-D and 2-D: why not."""
        dimension = math.prod(view.source.shape)
        if dimension < 3:
            lifts = getattr(view.experiment.data, "dimension", None) == dimension == 2
            return {"why": without(dimension), "lifts": lifts}
        sigma, path = thinned(view)
        return of_paths(sigma, path) | ({"own": view.paths.method} if view.own else {})

    def draw(self, numbers: Numbers, look: Look) -> Drawing:
        """k = 2 in ink, beside the line, the 3-space and the random walk."""
        if "why" in numbers:
            out = Drawing(axis=axis(0, 1), marks=[], height=0.3, empty=numbers["why"])
            if numbers["lifts"]:
                words = f"Lift it into {LIFTED}-D"
                out["offer"] = {"text": words, "set": {"data.dimension": LIFTED}}
            return out
        s, (k1, k2, k3), walk = numbers["sigma"], numbers["residual"], numbers["walk"]
        random = label("random walk, k = 2", INK3, 20, short="random walk")
        random["column"] = "walk, k = 2"
        return Drawing(
            axis=axis(1e-5, 6, True, [(1e-4, "0.01 %"), (1e-2, "1 %"), (1, "100 %")]),
            marks=[
                line(s, walk, REFERENCE, 1.75, dash=list(DOT), label=random),
                band(s, numbers["low"], numbers["high"], INK),
                line(s, k1, INK2, 1.25, dash=list(DASH), label=label("k = 1", INK2)),
                line(s, k3, INK2, 1.25, dash=list(DASH_DOT), label=label("k = 3", INK2)),
                line(s, k2, INK, 2, label=label("k = 2", INK, bold=True), main=True),
            ],
            reading={"as": "percent1", "before": "k = 2: "},
            about=_variance(numbers),
        )


def of_paths(sigma: torch.Tensor, path: torch.Tensor, dimension: int = 0) -> Numbers:
    """The numbers of paths (T, B, *shape) at these levels (T,).  dimension: of the space in which
    the random walk goes, where the paths are told in fewer axes than it has."""
    g = torch.Generator().manual_seed(4)
    found = [_measured(path[:, k], g, dimension) for k in geometry.blocks(path, MEASURED)]
    residual, baseline, explained, walked = (torch.cat(v, -1) for v in zip(*found))
    _, low, high = geometry.band(residual[1])
    return {
        "sigma": plain(sigma),
        "residual": plain(residual.mean(2)),
        "low": plain(low),
        "high": plain(high),
        "walk": plain(baseline.mean(1)),
        "explained": plain(explained.mean(1)),
        "walked": plain(walked.mean(1)),
    }


def _measured(
    path: torch.Tensor, generator: torch.Generator, dimension: int
) -> tuple[torch.Tensor, ...]:
    """Of these paths: residuals (3, T, B), those of a random walk with k = 2 (T, B), and the
    variance that axes hold, of both (6, B)."""
    if dimension:
        walk = geometry.walk_in(dimension, path, generator)
    else:
        walk = geometry.walk_like(path, generator)
    baseline, walked = geometry.flatness(walk, path.flatten(2).norm(dim=2), (2,), 6)
    residual, explained = geometry.flatness(path, kmax=6)
    return residual, baseline[0], explained, walked


def without(dimension: int) -> str:
    """Why there is no plane to leave."""
    if dimension == 1:
        return "A path in 1-D has no plane to leave. Try the spiral or the digits."
    return "A path in 2-D cannot leave its plane."


def thinned(view: View, count: int = MEASURED) -> tuple[torch.Tensor, torch.Tensor]:
    """The first true paths at those of its PCA: sigma (P,) and x (P, B, *shape)."""
    ref = view.paths
    keep = geometry.stamps(len(ref.sigma))
    return ref.sigma[keep], ref.x[:, :count][keep]


def _variance(numbers: Numbers) -> list[dict]:
    """The share of the variance that k axes hold, of the paths and of the random walk."""

    def row(name: str, parts: list[float]) -> list[str]:
        return [name, *(f"{100 * v:.{3 if v > 0.999 else 1}f} %" for v in parts)]

    explained, walked = numbers["explained"], numbers["walked"]
    head = ["variance held by k", *map(str, range(1, len(explained) + 1))]
    rows = [row("paths", explained), row("random walk", walked)]
    peak = max(v for v in numbers["residual"][1] if v is not None)
    words = f"Largest mean residual with k = 2: {percent(peak)} of |x|."
    return [{"kind": "table", "head": head, "rows": rows}, {"kind": "text", "html": words}]
