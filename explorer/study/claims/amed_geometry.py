"""Claims of AMED on the shape of trajectories, and what its formulas come to: Sec. 3.1, Fig. 4."""

import math
from itertools import pairwise

import torch

from ...analysis import intervals
from ...analysis.direction import along
from ...analysis.geometry import explained, residuals
from ...analysis.intervals import Estimate
from ...core.predictor import Predictor
from ...core.sampling import Noise, sample
from ...core.solvers import AMED, DPM2, Heun
from ...core.timesteps import Rho
from ...lab.experiment import evaluations, run
from ...lab.source import Watch, prepared
from ...lab.truth import reference_for
from .contract import Claim, above, below, sure, within
from .paths import view

FINE = "nfe=79&samples=64"
NETWORK = "data=digits&model=network&model.checkpoint=digits-f"


def fine_path(query: str, watch: Watch | None) -> torch.Tensor:
    """(T, B, *shape): 64 paths of Heun with 79 evaluations, down to σ_min."""
    made = run(view(f"{query}&{FINE}"), watch, kept=False)
    return made.trajectory.x[:-1]


def _off_the_plane(query: str):
    """A measure: the mean residual off each path's own plane, at the level where it is largest."""

    def tried(watch: Watch | None) -> Estimate:
        rest = residuals(fine_path(query, watch), ks=(2,))[0]
        return intervals.mean(rest[int(rest.mean(1).argmax())])

    return tried


def _two_axes(query: str):
    """A measure: share of each path's variance in two principal axes."""
    return lambda watch: intervals.median(explained(fine_path(query, watch), 2)[1])


def _parallel(watch: Watch | None) -> Estimate:
    """Degrees between the chord of a step and the nearest tangent in it, the worst of three."""
    found = reference_for(view("data=digits&samples=64"), watch, count=64)
    grid = Rho().sigmas(4).tolist()
    angles = [along(found, a, b).angle for a, b in pairwise(grid)]
    return intervals.median(torch.stack(angles).amax(0) * 180 / math.pi)


def _early(watch: Watch | None) -> Estimate:
    """Where that tangent lies, r of s_n = t_n^r t_{n+1}^(1−r), over the steps of 4 levels."""
    found = reference_for(view("data=digits&samples=64"), watch, count=64)
    grid = Rho().sigmas(4).tolist()
    each = [along(found, a, b).r for a, b in pairwise(grid)]
    return intervals.median(torch.stack(each).mean(0))


def _same(solver, other):
    """A measure: largest difference between the runs of two solvers."""

    def tried(watch: Watch | None) -> Estimate:
        denoiser = prepared(view("data=spiral").data, view("data=spiral").model).denoiser
        noise, grid = Noise(0, 16, denoiser.shape).start, Rho().sigmas(6)
        a, b = (sample(denoiser, noise, grid, s).samples for s in (solver, other))
        return sure(float((a - b).abs().max()), 16)

    return tried


def _numbers(watch: Watch | None) -> Estimate:
    return sure(float(sum(p.numel() for p in Predictor(0.01, 0.0).parameters())))


def _counted(watch: Watch | None) -> Estimate:
    off = [
        evaluations(view(f"solver=amed&last=sigma_min&afs=true&nfe={2 * (k - 1) - 1}"))
        - (2 * (k - 1) - 1)
        for k in (3, 4, 5, 6)
    ]
    return sure(float(max(map(abs, off))), 4)


def _plane(name: str, query: str, data: str, cost: str = "quick") -> Claim:
    return Claim(
        f"plane-holds-92-percent-{name}",
        "AMED",
        "Trajectories lie almost in a plane: rebuilt from two principal components a state is "
        "never more than 8 % off.",
        "Sec. 3.1, Fig. 4a",
        f"‖x − x̃‖/‖x‖ with two axes of the path itself, mean over paths, at the worst level; "
        f"{data}",
        below(0.08),
        _off_the_plane(query),
        seeds="seed 0, 64 paths of Heun, 79 evaluations",
        view=f"{query}&nfe=79",
        cost=cost,
    )


CLAIMS = [
    _plane("digits", "data=digits", "digits, exact"),
    _plane("spiral", "data=spiral", "spiral, exact"),
    _plane("glyphs", "data=glyphs", "glyphs of 16 × 16, exact"),
    _plane("network", NETWORK, "the network digits-f", "slow"),
    Claim(
        "two-components-hold-all",
        "AMED",
        "Two principal components explain nearly all of a trajectory's variance.",
        "Sec. 3.1, Fig. 4b",
        "share of a path's variance in its first two axes, median over paths; digits, exact",
        above(0.99),  # “nearly all”
        _two_axes("data=digits"),
        seeds="seed 0, 64 paths of Heun, 79 evaluations",
        view="data=digits&nfe=79",
    ),
    Claim(
        "a-tangent-is-parallel-to-the-chord",
        "AMED",
        "As trajectories lie almost in a plane, there is an s_n in a step whose direction is "
        "nearly that of the whole step, as the mean value theorem has it.",
        "Sec. 3.2, Eq. 8",
        "degrees between a step's chord and the nearest tangent in it, the worst of the three "
        "steps of 4 levels, median over paths; digits, exact",
        below(10),  # cos 10° = 0.985
        _parallel,
        seeds="seed 0, 64 true paths",
        view="data=digits&nfe=5",
    ),
    Claim(
        "that-tangent-lies-early",
        "AMED",
        "The learned r_n lie below the default ½ of the geometric mean.",
        "Fig. 7",
        "r of the tangent nearest to the chord, mean over the three steps of 4 levels, median over "
        "paths; digits, exact",
        below(0.5),
        _early,
        seeds="seed 0, 64 true paths",
        view="data=digits&nfe=5",
    ),
    Claim(
        "dpm-solver-2-at-1-is-heun",
        "AMED",
        "x_{t_n} ≈ x + h (ε(s_n)/(2r) + (1 − 1/(2r)) ε_{n+1}); r = 1 is Heun's method",
        "Table 1",
        "largest difference between the runs of DPM-Solver-2 at r = 1 and of Heun",
        below(1e-9),
        _same(DPM2(1.0), Heun()),
        quoted=True,
        seeds="seed 0, 16 samples",
        view="data=spiral&solver=dpm2&solver.r=1",
    ),
    Claim(
        "amed-at-a-half-is-dpm-solver-2",
        "AMED",
        "s_n = √(t_n t_{n+1}) is DPM-Solver-2's; with c_n = 1 AMED's step is the same.",
        "Table 1, Eq. 9",
        "largest difference between the runs of AMED with r = ½, c = 1 and of DPM-Solver-2",
        below(1e-9),
        _same(AMED(0.5, 1.0), DPM2(0.5)),
        seeds="seed 0, 16 samples",
        view="data=spiral&solver=amed",
    ),
    Claim(
        "predictor-has-9000-numbers",
        "AMED",
        "The predictor has 9k parameters",
        "Sec. 4.1, Fig. 6",
        "parameters of a predictor of r and c, counted",
        within(8500, 9500),
        _numbers,
        quoted=True,
        view="data=digits&solver=amed",
    ),
    Claim(
        "two-evaluations-a-step-less-one",
        "AMED",
        "K levels cost 2(K − 1) evaluations, and the analytic first step saves one",
        "Sec. 4.1",
        "evaluations counted, less 2 (K − 1) − 1, for K = 3, 4, 5, 6",
        within(0, 0),
        _counted,
        quoted=True,
        view="data=digits&solver=amed&afs=true&last=sigma_min&nfe=5",
    ),
]
