"""Claims of EDM on σ(t) and s(t) and on what the original samplers cost: Sec. 3."""

from torch import Tensor

from ...analysis import intervals
from ...analysis.error import rms
from ...analysis.geometry import answer_change, bend
from ...analysis.intervals import Estimate
from ...core.sampling import Noise, sample
from ...core.schedules import SCHEDULES
from ...core.solvers import DDIM, Euler, Heun
from ...core.timesteps import IDDPM, VE, VP, Rho
from ...lab.source import Watch, prepared
from ...lab.truth import reference_for
from ..end_error import EndError
from ..held_out import HeldOutError
from .contract import Claim, above, below
from .paths import UNSEEN, framed_errors, on, times, view

THREE = ("data=spiral", "data=moons", "data=rings")
COMMON = "samples=64&nfe=35"
SAID = "seed 0, 64 samples"
NETWORK = "data=digits&model=network&model.checkpoint=digits-f"


def frame_bends(low: float, high: float, watch: Watch | None) -> dict[str, Tensor]:
    """The bend of true paths in each frame, its mean over the levels of a band; (B,) each."""
    e = view("data=spiral&samples=32")
    source, found = prepared(e.data, e.model), reference_for(e, watch, count=32)
    inner = answer_change(found.sigma, found.x, found.denoised)
    out = {}
    for name, frame in SCHEDULES.items():
        level, much = bend(found.sigma, found.x, found.denoised, frame(), source.sigma_data, inner)
        out[name] = much[(level >= low) & (level <= high)].mean(0)
    return out


def _straighter(other: str, low: float, high: float):
    """A measure: the bend in EDM's frame over that in another, path by path."""

    def tried(watch: Watch | None) -> Estimate:
        found = frame_bends(low, high, watch)
        return intervals.ratio(found["edm"], found[other])

    return tried


def _only_between(watch: Watch | None) -> Estimate:
    between, above_ = (frame_bends(*b, watch)["edm"] for b in ((0.1, 5.0), (10.0, 80.0)))
    return intervals.ratio(above_, between)


def _as_many(solver, schedule, steps, factor: float, last: float):
    """A measure: error of an original sampler with `factor` times our evaluations over ours.

    Both are held against the exact paths from their own first level to a σ_min in common.
    """

    def tried(watch: Watch | None) -> Estimate:
        e = view("data=spiral&samples=16")
        denoiser = prepared(e.data, e.model).denoiser
        noise = Noise(0, 16, denoiser.shape).start
        ours = 35

        def error(top: float, sigmas: Tensor, how, frame) -> Tensor:
            grid = sigmas.clamp(min=last)
            tick = None if watch is None else lambda i, point: watch()
            end = sample(denoiser, noise, grid, how, frame, keep=0, watch=tick).samples
            return rms(end - _truth(denoiser, noise * top, top, last, watch))

        old = steps.sigmas(round(ours * factor))
        new = Rho(7.0, 80.0, last).sigmas((ours + 1) // 2)
        theirs = error(float(old[0]), old, solver, schedule)
        return intervals.ratio(theirs, error(80.0, new, Heun(), SCHEDULES["edm"]()))

    return tried


def _truth(denoiser, start: Tensor, top: float, bottom: float, watch: Watch | None) -> Tensor:
    from ...analysis.reference import reference

    return reference(denoiser, start, top, bottom, 129, watch).x[-1]


def _on_a_network(watch: Watch | None) -> Estimate:
    query = f"{NETWORK}&nfe=34&last=sigma_min"
    ours, vp = (framed_errors(view(f"{query}&schedule={s}"), watch) for s in ("edm", "vp"))
    return intervals.ratio(ours, vp)


def _paired(pairs):
    return lambda watch: times(pairs, watch)


VP_STEPS, VE_STEPS = VP(80.0, 0.010486), VE(80.0, 0.02)
CLAIMS = [
    Claim(
        "edm-frame-beats-vp",
        "EDM",
        "σ(t) = t and s(t) = 1 lower the error of the same sampler further than VP's schedule.",
        "Sec. 3, Fig. 2a; Table 3",
        "end error of Heun in EDM's frame over VP's on the same steps, path by path; spiral, moons "
        "and rings, exact denoisers",
        below(1),
        _paired(on(THREE, "schedule=edm", "schedule=vp", COMMON)),
        seeds=SAID,
        view="data=spiral&schedule=vp",
        why="True paths of the spiral bend half as much in EDM's frame above σ = 0.1, but up to "
        "four times as much below, where these curves still have a thickness.",
        uses=(EndError,),
    ),
    Claim(
        "edm-frame-beats-vp-on-a-network",
        "EDM",
        "σ(t) = t and s(t) = 1 lower the error of the same sampler further than VP's schedule.",
        "Sec. 3, Fig. 2a; Table 3",
        "the same on the trained network digits-f, 34 evaluations down to σ_min",
        below(1),
        _on_a_network,
        seeds=f"{UNSEEN} seeds that no training saw",
        view=f"{NETWORK}&schedule=vp&nfe=34&last=sigma_min",
        why="On digits-f VP's frame has the smaller mean error: of 64 paths at 35 evaluations "
        "0.0105 (0.0091–0.012), in EDM's 0.0148 (0.0143–0.0154). The paper judges by FID.",
        uses=(HeldOutError,),
        cost="slow",
    ),
    Claim(
        "edm-frame-beats-ve",
        "EDM",
        "σ(t) = t and s(t) = 1 lower the error of the same sampler further than VE's schedule.",
        "Sec. 3, Fig. 2b; Table 3",
        "end error of Heun in EDM's frame over VE's on the same steps, path by path; spiral, moons "
        "and rings, exact denoisers",
        below(1),
        _paired(on(THREE, "schedule=edm", "schedule=ve", COMMON)),
        seeds=SAID,
        view="data=spiral&schedule=ve",
        uses=(EndError,),
    ),
    Claim(
        "edm-straight-at-high-noise",
        "EDM",
        "With σ = t trajectories are straight at large σ; the curvature is only in between.",
        "Sec. 3, Fig. 3c",
        "bend of true paths in EDM's frame above σ = 10 over that between 0.1 and 5",
        below(0.1),  # “straight”: less than a tenth
        _only_between,
        seeds="seed 0, 32 paths of the spiral",
        view="data=spiral",
    ),
    Claim(
        "straighter-than-vp-at-high-noise",
        "EDM",
        "VP's trajectories turn towards the data late; those of σ = t are straight at large σ.",
        "Sec. 3, Fig. 3a, c",
        "bend in EDM's frame over VP's above σ = 10, path by path",
        below(1),
        _straighter("vp", 10, 80),
        seeds="seed 0, 32 paths of the spiral",
        view="data=spiral&schedule=vp",
    ),
    Claim(
        "straighter-than-ve",
        "EDM",
        "VE's trajectories are curved everywhere, and extremely near the data.",
        "Sec. 3, Fig. 3b",
        "bend in EDM's frame over VE's over all levels, path by path",
        below(1),
        _straighter("ve", 0.002, 80),
        seeds="seed 0, 32 paths of the spiral",
        view="data=spiral&schedule=ve",
    ),
    Claim(
        "vp-sampler-needs-7-times",
        "EDM",
        "VP: 7.3 times fewer evaluations than the original sampler for the same quality",
        "Sec. 3",
        "path error of Euler on VP's schedule and steps with 256 evaluations over ours with 35; "
        "above 1 it is no better with 7.3 times the work; exact denoiser of the spiral",
        above(1),
        _as_many(Euler(), SCHEDULES["vp"](), VP_STEPS, 7.3, 0.0105),
        quoted=True,
        seeds="seed 0, 16 samples",
        view="data=spiral&solver=euler&schedule=vp&timesteps=vp&nfe=256",
        why="The paper compares FID of networks, which stops falling at the error of the network; "
        "the error of a path with an exact denoiser falls with every further step.",
    ),
    Claim(
        "ve-sampler-needs-300-times",
        "EDM",
        "VE: 300 times fewer evaluations than the original sampler for the same quality",
        "Sec. 3",
        "path error of Euler on VE's schedule and steps with 10500 evaluations over ours with 35; "
        "exact denoiser of the spiral",
        above(1),
        _as_many(Euler(), SCHEDULES["ve"](), VE_STEPS, 300, 0.02),
        quoted=True,
        seeds="seed 0, 16 samples",
        view="data=spiral&solver=euler&schedule=ve&timesteps=ve&nfe=1023",
        why="The paper compares FID of networks, which stops falling at the error of the network; "
        "the error of a path with an exact denoiser falls with every further step.",
    ),
    Claim(
        "ddim-needs-3-times",
        "EDM",
        "DDIM: 3.2 times fewer evaluations than the original sampler for the same quality",
        "Sec. 3",
        "path error of DDIM on iDDPM's steps with 112 evaluations over ours with 35; exact "
        "denoiser of the spiral",
        above(1),
        _as_many(DDIM(), SCHEDULES["edm"](), IDDPM(), 3.2, 0.0065),
        quoted=True,
        seeds="seed 0, 16 samples",
        view="data=spiral&solver=ddim&timesteps=iddpm&nfe=112",
        why="The paper compares FID of networks, which stops falling at the error of the network; "
        "the error of a path with an exact denoiser falls with every further step.",
    ),
    *(
        Claim(
            f"fewer-evaluations-than-{name}",
            "EDM",
            f"Heun, ρ steps and σ = t need fewer evaluations than the original sampler of {label}.",
            "Sec. 3, Fig. 2; Table 3",
            f"path error of {how} with 35 evaluations over ours with as many; exact denoiser of "
            "the spiral",
            above(1),
            _as_many(solver, SCHEDULES[frame](), steps, 1.0, last),
            seeds="seed 0, 16 samples",
            view=f"data=spiral&solver={solver.name}&schedule={frame}&timesteps={name}&nfe=35",
        )
        for name, label, how, solver, frame, steps, last in (
            ("vp", "VP", "Euler on VP's schedule and steps", Euler(), "vp", VP_STEPS, 0.0105),
            ("ve", "VE", "Euler on VE's schedule and steps", Euler(), "ve", VE_STEPS, 0.02),
            ("iddpm", "iDDPM", "DDIM on iDDPM's steps", DDIM(), "edm", IDDPM(), 0.0065),
        )
    ),
]
