"""Every solver beside its own calls, other libraries' samplers, and a whole sweep.

1. sample() over NFE times the time of one call, on a network of a million weights, batch 16.  Two
   times of a second each waver by more than they differ, so what counts is 1 + loop/calls, the loop
   being what sample() takes beyond its calls on a denoiser that costs next to nothing.
2. sample() beside diffusers' scheduler loop and k-diffusion's functions, for the solvers that they
   have, on the same levels and the same network.  They keep float32 states, as their users do; ours
   are float64.  Both make the same calls, so what counts is our loop over theirs on that denoiser:
   where it is at most 1, sample() is no slower on any network.

On a CPU, 1 and 2 run on one thread and count the processor's time, which other programs do not
lengthen.  Installed for this alone:

       pip install diffusers; pip install --no-deps k-diffusion torchsde trampoline

3. The error-against-NFE sweep of 6 solvers and 8 budgets on a mixture in 2-D.
"""

import time

import torch

from ..core.device import Device, pick
from ..core.sampling import makes_noise, sample
from ..core.solvers import SOLVERS
from ..core.timesteps import Rho
from ..data import Spiral
from ..lab.experiment import Experiment, use_device
from ..study.sweep import BUDGETS, COMPARED_SOLVERS, error_against_nfe
from . import others
from .report import side_by_side, table, verdict
from .sampler import LOOPS, Network, Shrink, clock_of, row, show

BATCH, STEPS = 16, 18


def options(command) -> None:
    """Declare what `bench solvers` may be given."""
    command.add_argument("--rounds", type=int, default=10, help="timed rounds of each solver")
    command.add_argument("--sweeps", type=int, default=3, help="sweeps, of which the median counts")


def measure(given) -> None:
    """Print three tables, each with its verdict."""
    device, threads = pick(given.device), torch.get_num_threads()
    print(f"{device.label}, {device.note}; batch {BATCH}, {STEPS} steps, {given.rounds} rounds")
    network = Network().to(device.device).eval()
    if device.device.type == "cpu":
        torch.set_num_threads(1)
    try:
        _calls(network, device, given.rounds)
        _others("k-diffusion", others.K_DIFFUSION, _k_diffusion, network, device, given.rounds)
        _others("diffusers", others.DIFFUSERS, _diffusers, network, device, given.rounds)
    finally:
        torch.set_num_threads(threads)
    _sweep(given.device, given.sweeps)


def _calls(network, device: Device, rounds: int) -> None:
    rows = [row(network, solver(), BATCH, device, rounds) for solver in SOLVERS.values()]
    print()
    show(f"conv network, {network.size / 1e6:.2f} M", rows)
    verdict("sample() over its calls", max(r.by_loop for r in rows), 1.05)


# ---- other libraries ----------------------------------------------------------------------------


@torch.no_grad()
def _others(library: str, table_of: dict, measured, network, device: Device, rounds: int) -> None:
    print()
    if why := others.missing(library):
        return print(f"SKIP  {why}")
    drawn = torch.randn(
        STEPS + 1,
        BATCH,
        *network.shape,
        dtype=torch.float64,
        generator=torch.Generator().manual_seed(0),
    )
    noise = drawn.to(device.device, device.dtype)
    rows = []
    for name, (called, *_) in table_of.items():
        ours, theirs, ratio = measured(name, network, noise[0], noise[1:], device, rounds)
        loop, their_loop, loops = measured(
            name, Shrink(network.shape), noise[0], noise[1:], device, LOOPS
        )
        rows.append(
            (
                name,
                called,
                f"{1e3 * ours:.1f} ms",
                f"{1e3 * theirs:.1f} ms",
                f"{ratio:.3f}",
                f"{1e3 * loop:.2f} ms",
                f"{1e3 * their_loop:.2f} ms",
                loops,
            )
        )
    table(
        (
            f"solver, beside {library}",
            "called",
            "ours",
            "theirs",
            "ratio",
            "our loop",
            "their loop",
            "loops",
        ),
        [(*r[:-1], f"{r[-1]:.3f}") for r in rows],
    )
    verdict(f"our loop over that of {library}", max(r[-1] for r in rows), 1.0)


def _ours(solver, network, noise, sigmas, noises):
    drawn = noises.__getitem__ if makes_noise(solver) else None
    return lambda: sample(network, noise, sigmas, solver, noises=drawn, keep=0)


def _k_diffusion(name, network, noise, noises, device: Device, rounds: int):
    sigmas = torch.cat([Rho().sigmas(STEPS), torch.zeros(1, dtype=torch.float64)])
    single, levels, draw = noise.float(), sigmas.float().to(device.device), noises.float()
    theirs = lambda: others.k_diffusion_run(name, network, single, levels, draw.__getitem__)
    return side_by_side(
        _ours(others.K_DIFFUSION[name][-1], network, noise, sigmas, noises),
        theirs,
        rounds,
        device.synchronize,
        clock_of(device),
    )


def _diffusers(name, network, noise, noises, device: Device, rounds: int):
    made = others.scheduler(name, STEPS)
    sigmas, solver = others.levels(made), others.DIFFUSERS[name][2]
    unused, single = others.fresh(made, rounds + 1), noise.float()
    new_noise = (
        torch.Generator().manual_seed(0) if solver.name == "euler_a" else noises.float().__getitem__
    )
    theirs = lambda: others.diffusers_loop(name, unused.pop(), network, single, new_noise)
    return side_by_side(
        _ours(solver, network, noise, sigmas, noises),
        theirs,
        rounds,
        device.synchronize,
        clock_of(device),
    )


# ---- the sweep ----------------------------------------------------------------------------------


def _sweep(name: str, repeats: int) -> None:
    """From nothing: each time the data, the reference and every run are made anew."""
    base = Experiment(data=Spiral(dimension=2))
    first, whole = [], []
    for _ in range(max(1, repeats)):
        use_device(name)
        started, rows = time.perf_counter(), 0
        for _row in error_against_nfe(base):
            rows += 1
            if rows == len(COMPARED_SOLVERS) + 1:  # the first curve has two points
                first.append(time.perf_counter() - started)
        whole.append(time.perf_counter() - started)
    middle = lambda values: sorted(values)[len(values) // 2]
    print(
        f"\n{len(COMPARED_SOLVERS)} solvers x {len(BUDGETS)} budgets on {base.data.label}, 2-D, "
        f"{rows} runs: " + ", ".join(f"{s:.2f} s" for s in whole)
    )
    verdict("the first curve", middle(first), 1.0, " s")
    verdict("the whole sweep", middle(whole), 5.0, " s")
