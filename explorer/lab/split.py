"""A run split by its samples among several devices.

Each sample owns its seed, so a part is a run of its own that begins with another sample.  What the
parts answer is what the whole would: kernels that multiply matrices may round otherwise for another
size of batch, 1e-6 of a network's answer in float32 and 1e-12 in float64.
"""

import contextvars
import dataclasses
import threading
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from ..core import graphs
from ..core.attempts import Tried
from ..core.sampling import Noise, Trajectory
from ..errors import Cancelled, UserError
from . import fits
from .source import Source, Watch

Sampled = Callable[[Any, Noise, int, Callable[..., None]], Trajectory]


def parts(count: int, devices: int) -> list[tuple[int, int]]:
    """(first, how many) of each part, as equal as can be; none of them empty."""
    devices = min(count, devices)
    ends = [count * k // devices for k in range(devices + 1)]
    return [(a, b - a) for a, b in pairwise(ends)]


def sampled(
    source: Source,
    seed: int,
    count: int,
    keep: int,
    run: Sampled,
    tick: Callable[[int, Any], None],
    watch: Watch | None,
) -> Trajectory:
    """The trajectory of `count` samples; of several devices, each makes its part of them.

    run(denoiser, noise, keep, tick): how a part is sampled.  tick: called at each step, and of
    several parts only by the first, which is made by who calls; where one of them fails or is
    cancelled, all end.  watch: what a network asks while it is at a batch.
    """
    try:
        return _sampled(source, seed, count, keep, run, tick, watch)
    except torch.OutOfMemoryError:
        graphs.GRAPHS.clear()
    raise UserError(fits.sentence(source, count))  # after what the failed run held is gone


def _sampled(
    source: Source,
    seed: int,
    count: int,
    keep: int,
    run: Sampled,
    tick: Callable[[int, Any], None],
    watch: Watch | None,
) -> Trajectory:
    device = source.device
    if len(device.parts) < 2:
        noise = Noise(seed, count, source.shape, device.device, device.dtype)
        return run(source.watched(watch, sampling=True), noise, keep, tick)
    found = _at_once(source, seed, parts(count, len(device.parts)), keep, run, tick)
    failed = [v for v in found if isinstance(v, BaseException)]
    if failed:
        raise next((v for v in failed if not isinstance(v, Cancelled)), failed[0])
    return joined(found, device.device)


def _at_once(
    source: Source,
    seed: int,
    shares: list[tuple[int, int]],
    keep: int,
    run: Sampled,
    tick: Callable[[int, Any], None],
) -> list[Any]:
    """The trajectory of each part, or what stood in its way."""
    device, stop = source.device, threading.Event()
    found: list[Any] = [None] * len(shares)

    def quiet(i: int, point: Any) -> None:
        if stop.is_set():
            raise Cancelled

    def told(i: int, point: Any) -> None:
        quiet(i, point)
        tick(i, point)

    def make(k: int) -> None:
        first, n = shares[k]
        try:
            noise = Noise(seed, n, source.shape, device.parts[k], device.dtype, first)
            few = min(max(0, keep - first), n)
            found[k] = run(source.replicas[k], noise, few, quiet if k else told)
        except BaseException as problem:  # noqa: BLE001  handed on by who calls
            found[k] = problem
            stop.set()

    threads = [
        threading.Thread(target=contextvars.copy_context().run, args=(make, k), daemon=True)
        for k in range(1, len(shares))
    ]
    for thread in threads:
        thread.start()
    make(0)
    for thread in threads:
        thread.join()
    return found


def joined(runs: list[Trajectory], device: torch.device) -> Trajectory:
    """Parts as one trajectory, on one device."""
    cat = lambda name, axis: torch.cat([_at(getattr(r, name), device) for r in runs], axis)
    paths: dict[str, Any] = {name: cat(name, 1) for name in ("x", "x_hat", "denoised")}
    each = [r.tried for r in runs if r.tried is not None]
    tried = Tried.joined(each) if each else None
    return dataclasses.replace(runs[0], samples=cat("samples", 0), tried=tried, **paths)


def _at(v: Tensor, device: torch.device) -> Tensor:
    return v.to(device)
