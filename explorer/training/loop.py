"""The training loop: a generator of Progress that can be stopped anywhere and taken up again.

    for p in train(config("F"), folder): ...            # stop iterating to pause, call again

Step k draws its data, noise and dropout from a generator seeded by (seed, k) alone, so a run that
was killed and resumed ends with the weights of one that was not, bit for bit.
"""

import contextlib
import dataclasses
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from ..core import known
from ..core.device import Device, pick
from ..core.sampling import Noise, sample
from ..core.solvers import Heun
from ..core.timesteps import Rho
from ..errors import Cancelled
from ..models.denoiser import NetworkDenoiser, Preconditioned
from ..store.unsaved import Unsaved
from .bank import Bank
from .batch import drawn, parameters, tamed
from .configs import Training, loss_of
from .measure import COUNT, PerSigma, per_sigma
from .passes import compiled, passed
from .state import State, resume, save

SAVE_EVERY = 20.0  # seconds between checkpoints: what a killed process may lose
TELL_EVERY = 0.5  # seconds between two reports
SHARE = 0.15  # of the time that looking at samples and losses may take
NFE, SHOWN = 17, 36  # of the samples that are looked at
CURVE = 200  # points of the loss curve


@dataclasses.dataclass(frozen=True, eq=False)
class Progress:
    """How far a training is.

    images of total; seconds spent so far, over all resumes; rate in images/s and left in s; loss,
    the mean weighted loss per number since the last report; curve, [(images, loss), …]; first, now:
    the loss at each σ before training and at the last look, of the averaged weights, and floor, the
    ideal denoiser's; samples (n, *shape) of the averaged weights, always from the same noise, with
    their labels.
    """

    images: int
    total: int
    seconds: float
    rate: float
    left: float
    loss: float | None
    curve: list[tuple[int, float]]
    first: PerSigma
    now: PerSigma
    samples: Tensor
    labels: Tensor | None
    done: bool


def train(
    t: Training,
    folder: Path,
    look: float = 10.0,
    device: Device | None = None,
    watch: Callable[[], None] | None = None,
    bank: Bank | None = None,
) -> Iterator[Progress]:
    """Train in `folder`, from its last checkpoint if it has one; the last report is `done`.

    look: seconds between looks at samples and at the loss per σ.  watch() is called at each step
    and may raise Cancelled.  bank: images to draw from instead of the data's own.  However it ends,
    the state is on disk; where the disk refuses, it stops with Unsaved, which says how much is
    kept.  Raises UserError where the folder holds another training.
    """
    device = device or pick("auto")
    state = resume(t, folder, device)
    fast = compiled(state, device, t.hyper.batch)
    if state.first is None:
        state.first = per_sigma(t, NetworkDenoiser(state.average), device=device)
    newest = _Look(t, state.average, state.first, device, state.images > 0)
    started = told = newest.at
    saved = started - max(SAVE_EVERY - TELL_EVERY, 0)  # the first with the first report
    before, kept = state.seconds, state.images
    recent = [(started, state.images)]
    pending, binned = _Mean(), _Mean()
    yield _report(t, state, None, newest, 0.0)
    try:
        while state.images < t.images:
            if watch is not None:
                watch()
            value = step(t, state, fast, device, bank)
            pending.add(value)
            binned.add(value)
            if len(state.curve) * t.images < CURVE * state.images or state.images >= t.images:
                state.curve.append((state.images, binned.take()))
            now = time.monotonic()
            state.seconds = before + now - started
            ended = state.images >= t.images
            if not ended and now - newest.at > max(look, newest.cost / SHARE):
                newest.again()
            if now - saved > SAVE_EVERY:
                kept = _saved(t, state, folder, kept)
                saved = time.monotonic()
            if not ended and now - told > TELL_EVERY:
                recent, told = [*recent[-20:], (now, state.images)], now
                yield _report(t, state, pending.take(), newest, _rate(recent))
    except Cancelled:
        pass
    except Unsaved:
        kept = -1  # it would be refused again
        raise
    finally:
        state.seconds = before + time.monotonic() - started
        if kept >= 0:
            _saved(t, state, folder, kept)
    if state.images >= t.images:
        newest.again(count=2048)
        rate = t.images / max(state.seconds, 1e-9)
        loss = state.curve[-1][1] if state.curve else None
        yield dataclasses.replace(_report(t, state, loss, newest, rate), done=True)


def step(
    t: Training, state: State, fast, device: Device, bank: Bank | None = None
) -> float | Tensor:
    """One step of Adam on one batch, then of the average; returns the mean weighted loss, of a GPU
    as a tensor there: to read it is to wait.

    A gradient that is no number becomes 0, an infinite one ±1e5 (EDM's loop).
    """
    index = state.images // t.hyper.batch
    on_gpu = device.device.type == "cuda"  # then nothing is drawn, or read back, on the CPU
    g = torch.Generator(device.device if on_gpu else "cpu")
    g.manual_seed((t.seed * 0x9E3779B1 + 2 * index + 1) % 2**63)
    clean, labels, told, sigma, noise = drawn(t, state.module, g, bank, device)
    objective = loss_of(t)
    rate = t.hyper.lr * min(1.0, state.images / max(1000 * t.hyper.ramp, 1e-8))
    for group in state.adam.param_groups:
        group["lr"] = rate
    if not state.module.training:
        state.module.train()
    given = clean, sigma.to(device.device), noise, objective.weight(sigma), labels, told
    work = partial(passed, fast, device.device.type, t.hyper.batch)
    graphed = False
    if on_gpu and fast is state.module:
        with _dropout_from(t, index):
            graphed = state.passes.ready(state.module, work, given)
    if not graphed:
        state.adam.zero_grad(set_to_none=True)
    with _dropout_from(t, index):
        total = state.passes.replay(given) if graphed else work(*given)
    tamed(state.module, on_gpu, t.hyper.clip)
    state.adam.step()
    half_life = min(1000 * t.hyper.half_life, 0.05 * state.images)
    follow(state.average, state.module, t.hyper.batch, half_life)
    state.images += len(clean)
    each = t.hyper.batch / clean.numel()
    return total * each if on_gpu else float(total) * each


def _saved(t: Training, state: State, folder: Path, kept: int) -> int:
    """Save; returns the images that are kept now.  kept: those that were before."""
    try:
        save(t, state, folder)
    except Unsaved as error:
        rest = f"what was kept at {kept:,} images stays" if kept else "nothing of it is kept yet"
        what = (
            f"Training has stopped; {rest}. The state of “{folder.name}” at {state.images:,} images"
        )
        raise error.of(what) from None
    return state.images


@torch.no_grad()
def follow(average: torch.nn.Module, module: torch.nn.Module, batch: int, half_life: float) -> None:
    """θ̄ ← β θ̄ + (1 − β) θ with β = ½^(batch/half_life); half_life in images, 0: β = 0."""
    beta = 0.5 ** (batch / half_life) if half_life else 0.0
    torch._foreach_lerp_(parameters(average), parameters(module), 1 - beta)


def look_at(t: Training, average: Preconditioned, device: Device) -> tuple[Tensor, Tensor | None]:
    """Samples of the averaged weights by Heun, always from the same noise, and their labels."""
    return samples_of(t, NetworkDenoiser(average), device)


def samples_of(t: Training, denoiser, device: Device) -> tuple[Tensor, Tensor | None]:
    """As `look_at`, of a denoiser that a training has left."""
    n = SHOWN if len(denoiser.shape) == 3 else 256
    labels = None
    if t.conditional:
        labels = torch.arange(n) % denoiser.label_dim
        denoiser = denoiser.conditioned(labels.to(device.device))
    levels = known.nearest(denoiser, known.within(Rho(), denoiser).sigmas((NFE + 1) // 2))
    sigmas = torch.cat([levels, torch.zeros(1).double()])
    noise = Noise(t.seed + 1, n, denoiser.shape, device.device, device.dtype)
    return sample(denoiser, noise.start, sigmas, Heun(), keep=1).samples.cpu(), labels


# ---- from here on: the details ------------------------------------------------------------------


class _Look:
    """The newest look at the averaged weights: loss at each σ, samples, when, and how long it took.

    The first is of the loss before training, or, of one that is taken up again, of what it is now.
    """

    def __init__(
        self,
        t: Training,
        average: Preconditioned,
        first: PerSigma,
        device: Device,
        again: bool = False,
    ):
        self._of = t, average, device
        self.first, self.seen, self.cost = first, first, 0.0
        if again:
            self.seen = per_sigma(t, NetworkDenoiser(average), device=device)
        self.samples, self.labels = look_at(*self._of)
        self.at = time.monotonic()

    def again(self, count: int = COUNT) -> None:
        t, average, device = self._of
        began = time.monotonic()
        self.seen = per_sigma(t, NetworkDenoiser(average), count, device=device)
        self.samples, self.labels = look_at(t, average, device)
        self.at = time.monotonic()
        self.cost = self.at - began


class _Mean:
    """A mean that starts anew when it is taken."""

    def __init__(self):
        self.total: float | Tensor = 0.0
        self.count = 0

    def add(self, value: float | Tensor) -> None:
        self.total, self.count = self.total + value, self.count + 1

    def take(self) -> float | None:
        mean = float(self.total) / self.count if self.count else None
        self.total, self.count = 0.0, 0
        return mean


def _rate(recent: list[tuple[float, int]]) -> float:
    """Images per second, of (time, images)."""
    (first, before), (last, after) = recent[0], recent[-1]
    return (after - before) / max(1e-9, last - first)


def _report(t: Training, state: State, value: float | None, look: _Look, rate: float) -> Progress:
    left = (t.images - state.images) / rate if rate else float("inf")
    return Progress(
        state.images,
        t.images,
        state.seconds,
        rate,
        left,
        value,
        list(state.curve),
        look.first,
        look.seen,
        look.samples,
        look.labels,
        False,
    )


@contextlib.contextmanager
def _dropout_from(t: Training, index: int):
    """Dropout, of activations and of classes, has no generator of its own: seed the global one for
    this step, then restore it."""
    if not t.hyper.dropout and not (t.conditional and t.unlabelled):
        yield
        return
    with torch.random.fork_rng():
        torch.manual_seed(t.seed * 0x9E3779B1 + 2 * index)
        yield
