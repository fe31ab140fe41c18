"""Claims of this lab's own that lessons on lists of σ, shifts and flow matching stand on.

Each is measured in about a second: on the moons, the spiral, and the networks of the 8 × 8 digits.
"""

import torch
from torch import Tensor

from ...analysis import intervals
from ...analysis.distance import sliced_wasserstein
from ...analysis.intervals import Estimate
from ...core.timesteps import Flow
from ...lab.error import steps_of
from ...lab.experiment import run
from ...lab.source import Watch, prepared
from ..end_error import EndError
from .contract import Claim, above, below, sure, within
from .edm_frames import frame_bends
from .lessons import LAB
from .paths import noisy, seeded, times, view

SEEDS = 8
LISTS = "data=moons&samples=192&timesteps=custom&timesteps.levels="
GAP, FILLED = "80,40,30,20,0.3,0.03,0.01", "80,40,30,20,2.4,0.3,0.03,0.01"
MOVED = "80,40,20,2.4,0.3,0.03,0.01"
SHIFTED = "data=moons&samples=512&solver=euler&nfe=20&schedule=flow&timesteps=flow&timesteps.shift="
NETWORK = "data=digits&samples=512&model=network&model.checkpoint="


def _ratio(mine: str, other: str):
    return lambda watch: times([(mine, other)], watch)


def _gap(watch: Watch | None) -> Estimate:
    """The part of the step from 20 to 0.3, the fourth, in the moves of each path's end."""
    return intervals.mean(steps_of(view(LISTS + GAP), watch).shares[3])


def _multiplied(watch: Watch | None) -> Estimate:
    a, b = (Flow(shift=s).sigmas(20) for s in (9.0, 3.0))
    each = (a / b)[(b > 0) & b.isfinite()]
    return sure(float(each[(each - 3).abs().argmax()]), len(each))


def _far(query: str, watch: Watch | None) -> Tensor:
    """(SEEDS,) sliced Wasserstein distance of samples to as many draws of the data."""
    each = []
    for e in seeded(view(query), SEEDS):
        made, data = run(e, watch, kept=False).samples.double(), prepared(e.data, e.model)
        g, drawn = torch.Generator().manual_seed(13), data.clean(e.samples, seed=1000 + e.seed)
        each.append(sliced_wasserstein(made, drawn.double(), g, resamples=0).value)
    return torch.tensor(each, dtype=torch.float64)


def _shifted_twice(watch: Watch | None) -> Estimate:
    return intervals.mean(_far(SHIFTED + "9", watch) / _far(SHIFTED + "3", watch))


def _euler_of_flow(watch: Watch | None) -> Estimate:
    common = "data=spiral&samples=32&nfe=20"
    a, b = (
        run(view(f"{common}&{how}"), watch, False)
        for how in ("solver=ddim", "solver=euler&schedule=flow")
    )
    return sure(float((a.samples - b.samples).abs().max()), 32)


def _as_bent(watch: Watch | None) -> Estimate:
    found = frame_bends(0.002, 80.0, watch)
    return intervals.ratio(found["flow"], found["edm"])


@torch.no_grad()
def _misses(query: str, sigma: float) -> Tensor:
    """(n,) mean square of what a denoiser misses of clean data."""
    e = view(query)
    clean, x = noisy(e, sigma)
    answer = prepared(e.data, e.model).denoiser(x, torch.tensor(sigma, dtype=torch.float64))
    return (answer.double() - clean).flatten(1).square().mean(1)


def _of_flow(watch: Watch | None) -> Estimate:
    return intervals.ratio(*(_misses(NETWORK + n, 1.0) for n in ("digits-flow", "digits-f")))


def _claim(name: str, quote: str, measure: str, relation, try_, view_: str, **more) -> Claim:
    return Claim(name, LAB, quote, "lessons", measure, relation, try_, view=view_, **more)


CLAIMS = [
    _claim(
        "a-gap-makes-the-error",
        "In a list with a gap the step over the gap makes nearly all of the end error.",
        "part of the step 20 → 0.3 in the moves of a path's end, averaged over paths; Heun",
        above(0.9),
        _gap,
        LISTS + GAP,
        seeds="seed 0, 192 samples",
        uses=(EndError,),
    ),
    _claim(
        "a-level-in-the-gap",
        "One level put into the gap takes away most of the end error.",
        "end error of the list with 2.4 in its gap over that without, path by path",
        below(0.2),
        _ratio(LISTS + FILLED, LISTS + GAP),
        LISTS + FILLED,
        seeds="seed 0, 192 samples",
        uses=(EndError,),
    ),
    _claim(
        "a-level-moved-into-the-gap",
        "The level need not be a further one: one moved there from high noise does as well.",
        "end error of the list with 30 moved to 2.4 over that with 2.4 added, path by path",
        within(0.95, 1.05),
        _ratio(LISTS + MOVED, LISTS + FILLED),
        LISTS + MOVED,
        seeds="seed 0, 192 samples",
        uses=(EndError,),
    ),
    _claim(
        "shift-multiplies-sigma",
        "A shift multiplies every σ, so the same one applied twice makes all too large.",
        "σ of 20 flow times with shift 9 over those with shift 3, the one farthest from 3",
        within(3 - 1e-9, 3 + 1e-9),
        _multiplied,
        SHIFTED + "9",
    ),
    _claim(
        "shift-twice-is-farther",
        "With the shift applied twice the samples end farther from the data.",
        "distance to the data with shift 9 over that with shift 3, 20 steps of Euler",
        above(1),
        _shifted_twice,
        SHIFTED + "9",
        seeds=f"{SEEDS} seeds of 512 samples",
    ),
    _claim(
        "euler-of-flow-is-ddim",
        "Euler in the time of flow matching is DDIM.",
        "largest difference of samples after 20 steps, double precision",
        below(1e-9),
        _euler_of_flow,
        "data=spiral&samples=32&nfe=20&solver=euler&schedule=flow",
        seeds="seed 0, 32 samples",
    ),
    _claim(
        "flow-is-as-bent",
        "Paths of flow matching bend as much as those of σ = t.",
        "bend of true paths in the frame of flow over that with σ = t, mean over σ",
        within(0.99, 1.01),
        _as_bent,
        "data=spiral&samples=32&schedule=flow",
        seeds="seed 0, 32 samples",
    ),
    _claim(
        "heun-in-flow-time",
        "Heun makes a smaller error in the time of flow matching than with σ = t.",
        "end error of Heun in the frame of flow over that with σ = t, 35 evaluations, the same σ",
        below(1),
        _ratio("data=spiral&samples=192&schedule=flow", "data=spiral&samples=192"),
        "data=spiral&samples=192&schedule=flow",
        seeds="seed 0, 192 samples",
        uses=(EndError,),
    ),
    _claim(
        "flow-network-denoises",
        "A network trained for flow matching is a denoiser like any other.",
        "squared error of digits-flow at σ = 1 over that of digits-f, on the same noise",
        within(0.9, 1.1),
        _of_flow,
        NETWORK + "digits-flow",
        seeds="512 images",
    ),
]
