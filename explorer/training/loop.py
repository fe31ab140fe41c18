"""The training loop: a generator of Progress that can be stopped anywhere and taken up again.

    for p in train(config("F"), folder): ...            # stop iterating to pause, call again

Step k draws its data, noise and dropout from a generator seeded by (seed, k) alone, so a run that
was killed and resumed ends with the weights of one that was not, bit for bit.
"""

import contextlib
import copy
import dataclasses
import io
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from torch import Tensor

from ..core.device import Device, pick
from ..core.sampling import Noise, sample
from ..core.solvers import Heun
from ..core.timesteps import Rho
from ..errors import Cancelled, UserError
from ..models.denoiser import NetworkDenoiser, Preconditioned
from ..settings import flatten, unflatten
from ..store import trainings
from .augment import augment
from .configs import Training, build, draw, loss_of
from .loss import loss
from .measure import PerSigma, per_sigma

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


@dataclasses.dataclass(eq=False)
class State:
    """What changes while training: the only mutable thing here."""

    module: Preconditioned
    average: Preconditioned
    adam: torch.optim.Adam
    images: int = 0
    seconds: float = 0.0
    curve: list = dataclasses.field(default_factory=list)
    first: PerSigma | None = None

    def numbers(self) -> dict:
        first = None if self.first is None else self.first.flat()
        return {
            "module": self.module.state_dict(),
            "average": self.average.state_dict(),
            "adam": self.adam.state_dict(),
            "images": self.images,
            "seconds": self.seconds,
            "curve": self.curve,
            "first": first,
        }


def train(
    t: Training,
    folder: Path,
    look: float = 10.0,
    device: Device | None = None,
    watch: Callable[[], None] | None = None,
) -> Iterator[Progress]:
    """Train in `folder`, from its last checkpoint if it has one; the last report is `done`.

    look: seconds between looks at samples and at the loss per σ.  watch() is called at each step
    and may raise Cancelled.  However it ends, the state is on disk.  Raises UserError where the
    folder holds another training.
    """
    device = device or pick("auto")
    state = resume(t, folder, device)
    fast = _compiled(state.module, device)
    if state.first is None:
        state.first = per_sigma(t, NetworkDenoiser(state.average), device=device)
    seen, samples, labels = state.first, *look_at(t, state.average, device)
    started = saved = told = time.monotonic()
    before, looked, cost = state.seconds, started, 0.0
    recent: list[tuple[float, int]] = [(started, state.images)]
    pending, binned = _Mean(), _Mean()
    yield _report(t, state, None, seen, samples, labels, 0.0)
    try:
        while state.images < t.images:
            if watch is not None:
                watch()
            value = step(t, state, fast, device)
            pending.add(value)
            binned.add(value)
            if len(state.curve) * t.images < CURVE * state.images or state.images >= t.images:
                state.curve.append((state.images, binned.take()))
            now = time.monotonic()
            state.seconds = before + now - started
            ended = state.images >= t.images
            if not ended and now - looked > max(look, cost / SHARE):
                seen = per_sigma(t, NetworkDenoiser(state.average), device=device)
                samples, labels = look_at(t, state.average, device)
                looked = time.monotonic()
                cost = looked - now
            if now - saved > SAVE_EVERY:
                save(t, state, folder)
                saved = time.monotonic()
            if not ended and now - told > TELL_EVERY:
                recent = [*recent[-20:], (now, state.images)]
                rate = (recent[-1][1] - recent[0][1]) / max(1e-9, recent[-1][0] - recent[0][0])
                told = now
                yield _report(t, state, pending.take(), seen, samples, labels, rate)
    except Cancelled:
        pass
    finally:
        state.seconds = before + time.monotonic() - started
        save(t, state, folder)
    if state.images >= t.images:
        seen = per_sigma(t, NetworkDenoiser(state.average), count=2048, device=device)
        samples, labels = look_at(t, state.average, device)
        rate = t.images / max(state.seconds, 1e-9)
        loss = state.curve[-1][1] if state.curve else None
        yield dataclasses.replace(_report(t, state, loss, seen, samples, labels, rate), done=True)


def step(t: Training, state: State, fast, device: Device) -> float:
    """One step of Adam on one batch, then of the average; returns the mean weighted loss.

    A gradient that is no number becomes 0, an infinite one ±1e5 (EDM's loop).
    """
    index = state.images // t.hyper.batch
    g = torch.Generator().manual_seed((t.seed * 0x9E3779B1 + 2 * index + 1) % 2**63)
    clean, labels = draw(t.data, t.hyper.batch, g)
    told = None
    if t.augment:
        clean, told = augment(clean, t.augment, g, t.mirror)
    if not t.augment or t.hidden:
        told = None
    objective = loss_of(t)
    sigma = _round(state.module, objective.sigma(len(clean), g))
    noise = torch.randn(clean.shape, generator=g)
    clean, noise = clean.to(device.device), noise.to(device.device)
    labels = labels.to(device.device) if labels is not None and t.conditional else None
    told = None if told is None else told.to(device.device)
    rate = t.hyper.lr * min(1.0, state.images / max(1000 * t.hyper.ramp, 1e-8))
    for group in state.adam.param_groups:
        group["lr"] = rate
    state.module.train()
    with _dropout_from(t, index), _mixed(device):
        values = loss(
            lambda x, s: fast(x, s, labels, told),
            clean,
            sigma.to(device.device),
            noise,
            objective.weight(sigma),
        )
        total = values.sum() / t.hyper.batch
    state.adam.zero_grad(set_to_none=True)
    total.backward()
    weights = [p for p in state.module.parameters() if p.grad is not None]
    grads = [p.grad for p in weights if p.grad is not None]
    norm = torch.stack(torch._foreach_norm(grads)).norm()
    if not bool(norm.isfinite()):
        for grad in grads:
            torch.nan_to_num(grad, nan=0.0, posinf=1e5, neginf=-1e5, out=grad)
    if t.hyper.clip:
        torch.nn.utils.clip_grad_norm_(weights, t.hyper.clip)
    state.adam.step()
    half_life = min(1000 * t.hyper.half_life, 0.05 * state.images)
    follow(state.average, state.module, t.hyper.batch, half_life)
    state.images += len(clean)
    return float(total.detach()) * t.hyper.batch / clean.numel()


@torch.no_grad()
def follow(average: torch.nn.Module, module: torch.nn.Module, batch: int, half_life: float) -> None:
    """θ̄ ← β θ̄ + (1 − β) θ with β = ½^(batch/half_life); half_life in images, 0: β = 0."""
    beta = 0.5 ** (batch / half_life) if half_life else 0.0
    torch._foreach_lerp_(list(average.parameters()), list(module.parameters()), 1 - beta)


def resume(t: Training, folder: Path, device: Device) -> State:
    """The state in `folder`, or a fresh one.  Raises UserError if another training is in there."""
    module = build(t).to(device.device)
    if device.device.type == "cuda":
        module = module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    average = copy.deepcopy(module).eval().requires_grad_(False)
    adam = torch.optim.Adam(
        module.parameters(),
        lr=t.hyper.lr,
        betas=(0.9, 0.999),
        eps=1e-8,
        fused=device.device.type in ("cpu", "cuda"),
    )
    state = State(module, average, adam)
    if (last := trainings.state(folder)) is None:
        trainings.begin(folder, flatten(t))
        return state
    if stored(folder) != t:
        raise UserError(
            f"The folder {folder.name} holds another training; choose another name, or "
            "repeat its settings to go on with it."
        )
    kept = torch.load(last, map_location=device.device, weights_only=True)
    module.load_state_dict(kept["module"])
    average.load_state_dict(kept["average"])
    adam.load_state_dict(kept["adam"])
    state.images, state.seconds = kept["images"], kept["seconds"]
    state.curve = [tuple(v) for v in kept["curve"]]
    state.first = None if kept["first"] is None else PerSigma.of(kept["first"])
    return state


def stored(folder: Path) -> Training:
    """The training that a folder holds."""
    return unflatten(Training, trainings.settings(folder))


def save(t: Training, state: State, folder: Path) -> None:
    """Write the state in one act: whoever is killed while writing leaves the state before."""
    buffer = io.BytesIO()
    torch.save(state.numbers(), buffer)
    trainings.write_state(folder, buffer.getbuffer())


def look_at(t: Training, average: Preconditioned, device: Device) -> tuple[Tensor, Tensor | None]:
    """Samples of the averaged weights by Heun, always from the same noise, and their labels."""
    denoiser = NetworkDenoiser(average)
    n = SHOWN if len(denoiser.shape) == 3 else 256
    labels = None
    if t.conditional:
        labels = torch.arange(n) % denoiser.label_dim
        denoiser = denoiser.conditioned(labels.to(device.device))
    top, bottom = min(80.0, denoiser.sigma_max), max(0.002, denoiser.sigma_min)
    sigmas = torch.cat([Rho(7.0, top, bottom).sigmas((NFE + 1) // 2), torch.zeros(1).double()])
    noise = Noise(t.seed + 1, n, denoiser.shape, device.device, device.dtype)
    return sample(denoiser, noise.start, sigmas, Heun(), keep=1).samples.cpu(), labels


# ---- from here on: the details ------------------------------------------------------------------


class _Mean:
    """A mean that starts anew when it is taken."""

    def __init__(self):
        self.total, self.count = 0.0, 0

    def add(self, value: float) -> None:
        self.total, self.count = self.total + value, self.count + 1

    def take(self) -> float | None:
        mean = self.total / self.count if self.count else None
        self.total, self.count = 0.0, 0
        return mean


def _report(t, state, value, seen, samples, labels, rate) -> Progress:
    left = (t.images - state.images) / rate if rate else float("inf")
    return Progress(
        state.images,
        t.images,
        state.seconds,
        rate,
        left,
        value,
        list(state.curve),
        state.first,
        seen,
        samples,
        labels,
        False,
    )


def _round(module: Preconditioned, sigma: Tensor) -> Tensor:
    """A network of discrete levels is trained on those."""
    return module.precond.round_sigma(sigma)


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


def _mixed(device: Device):
    """bfloat16 where a GPU makes it fast; its range needs no loss scaling."""
    if device.device.type != "cuda":
        return contextlib.nullcontext()
    return torch.autocast("cuda", dtype=torch.bfloat16)


def _compiled(module: Preconditioned, device: Device):
    return torch.compile(module) if device.device.type == "cuda" else module
