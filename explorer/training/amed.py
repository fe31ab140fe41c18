"""Training g_φ: a fine solver's states are the targets of each coarse step.

    teacher: (M + 1)(K − 1) + 1 levels of the same grid, every (M + 1)-th kept as y_k
    for each step k:  minimise Σ (x_student − y_{k+1})² over φ through the frozen denoiser,
                      one Adam step, so K − 1 updates a batch
    or, at the end:   minimise E ‖x_K − y_K‖, or of its logarithm, through all steps at once

One-step students start each step from the teacher's state, multistep ones from their own.
Zhou et al. 2024, arXiv:2312.00094, Algorithm 1 and App. C; the published code.
"""

import dataclasses
import time
from collections.abc import Callable, Iterator
from typing import cast

import torch
from torch import Tensor

from ..analysis.error import rms
from ..core import known
from ..core.levels import number
from ..core.loop import steps
from ..core.ode import Ode, State
from ..core.predictor import Predictor
from ..core.rows import mapped
from ..core.sampling import Noise, sample
from ..core.solvers import AMED, Plugin
from ..core.solvers.steered import Steered, columns
from ..core.timesteps import Custom
from ..core.trained import Trained, answers_of
from .recipe import TEACHERS, AMEDTraining, Progress, noted, refined, spread
from .shared import Settled, Shared, settle, update
from .standing import LEARNED, OTHER_SEEDS, SEARCHED, SHARED, UNTRAINED, Standing, Unseen
from .stops import Placed, by_step, place

REPORTS = 10  # looks at the held-out error in one training


class Trainer:
    """One training: what it has learned so far, and the generator that goes on.

    timesteps: a grid, or `Custom` levels; steps: K − 1.  With other steps than the view's the
    training begins by placing them, and `sigmas` changes.  Resume by calling `run` again.
    """

    def __init__(
        self,
        denoiser,
        solver: AMED | Plugin,
        timesteps,
        steps: int,
        afs: bool = True,
        how: AMEDTraining = AMEDTraining(),
        device="cpu",
        dtype=torch.float64,
    ):
        self.denoiser, self.solver, self.how, self.afs = denoiser, solver, how, afs
        self.device, self.dtype = torch.device(device), dtype
        self._stop_at(refined(timesteps, steps, how.inner))
        self.given = self.sigmas
        g = torch.Generator().manual_seed(how.seed)
        self.predictor = Predictor(how.scale_dir, how.scale_time, how.look, g).to(self.device)
        self.adam = torch.optim.Adam(self.predictor.parameters(), how.rate)
        self.done, self.seconds = 0, 0.0
        self.history: list[Progress] = []
        self.placed: Placed | None = None
        self.settled: Settled | None = None
        self._unseen: Unseen | None = None
        self._walked: dict[int, Tensor] = {}  # targets of the paths that are used again

    @property
    def batches(self) -> int:
        return max(1, self.how.paths // self.how.batch)

    @property
    def multistep(self) -> bool:
        """Whether the student goes on from its own states, since it needs its own past."""
        return self.solver.memory > 1

    def run(self, watch: Callable[[], None] | None = None) -> Iterator[Placed | Settled | Progress]:
        """Train to the end, first placing the stops and settling what all samples share if asked
        to; stop iterating to pause.  watch() may raise Cancelled.
        """
        every = max(1, self.batches // REPORTS)
        if self.how.place != "view" and self.placed is None:
            yield from self._place(watch)
        if self.how.settle and self.settled is None:
            yield from self._settle(watch)
        while self.done < self.batches:
            started = time.perf_counter()
            rate = self.how.rate_at(self.done, self.batches, self.settled is not None)
            self.adam.param_groups[0]["lr"] = rate
            loss, chosen = self._batch()
            self.done += 1
            standing = None
            if self.done % every == 0 or self.done in (1, self.batches):
                standing = self.held_out(watch)
            self.seconds += time.perf_counter() - started
            r, c, a = ([spread(v[j]) for v in chosen] for j in range(3))
            self.history.append(
                Progress(
                    self.done,
                    self.batches,
                    tuple(loss),
                    tuple(r),
                    tuple(c),
                    tuple(a),
                    self.seconds,
                    standing,
                )
            )
            yield self.history[-1]
            if watch is not None:
                watch()

    def _stop_at(self, fine: Tensor) -> None:
        self.fine, self.sigmas = fine, fine[:: self.how.inner + 1]

    def _place(self, watch: Callable[[], None] | None) -> Iterator[Placed]:
        started = time.perf_counter()
        asked = self.denoiser, self.solver, self.given.tolist(), self.how.place
        where = OTHER_SEEDS // 2 + self.how.seed, self.afs, self.device, self.dtype
        for found in place(*asked, *where, watch):
            yield found
        levels = [float(f"{s:.7g}") for s in found.levels]  # as a link writes them
        ran = known.nearest(self.denoiser, torch.tensor(levels, dtype=torch.float64)).tolist()
        levels = ran if len(ran) == len(levels) else levels  # as the search measured them
        self._stop_at(refined(Custom(tuple(levels)), len(levels) - 1, self.how.inner))
        self.predictor.aim(levels, found.r)
        self.placed = found
        self.seconds += time.perf_counter() - started

    def _settle(self, watch: Callable[[], None] | None) -> Iterator[Settled]:
        """The best r, c and a that all samples share, on the paths of the training."""
        started = time.perf_counter()
        first = self.placed.r if self.placed is not None else [0.5] * (len(self.sigmas) - 1)
        shared = Shared(self.sigmas.tolist(), first, self.predictor).to(self.device)

        def errors(i: int) -> Tensor:
            start, targets = self._paths(i)
            return rms(self._walk(start, [], shared) - targets[-1])

        for found in settle(shared, errors, self.how.settle):
            yield found
            if watch is not None:
                watch()
        self.predictor.aim(self.sigmas.tolist(), found.r, found.c, found.a)
        self.settled = found
        self.seconds += time.perf_counter() - started

    def _targets(self, batch: int, start: Tensor) -> Tensor:
        """Where the teacher stands at each level, (K, B, *shape)."""
        if batch not in self._walked:
            with torch.no_grad():
                made = sample(
                    self.denoiser, start / self.sigmas[0], self.fine, TEACHERS[self.how.teacher][1]
                )
            if self.how.rounds == 1:
                return made.x[:: self.how.inner + 1]
            self._walked[batch] = made.x[:: self.how.inner + 1].clone()
        return self._walked[batch]

    def _paths(self, i: int) -> tuple[Tensor, Tensor]:
        """Where the paths of the i-th update start, and the teacher's states on them."""
        batch = i % -(-self.batches // self.how.rounds)
        start = self._start(batch * self.how.batch, self.how.batch) * self.sigmas[0]
        return start, self._targets(batch, start)

    def _batch(self) -> tuple[list[float], list[tuple]]:
        """The updates of one batch of paths: K − 1 as published, or one through all steps."""
        start, targets = self._paths(self.done)
        if self.done == 0:
            self._measure_features(targets)
        if self.done >= (1 - self.how.finish) * self.batches:
            return self._finish(start, targets)
        losses: list[float] = []
        given: list[tuple] = []

        def begin(k: int, x: Tensor, past, carry):
            past, carry = mapped(Tensor.detach, (past, carry))
            return x.detach() if self.multistep else targets[k], past, carry

        def observe(k: int, state, x: Tensor, carry) -> None:
            loss = (x - targets[k + 1]).square().flatten(1).sum(1).mean()
            self._update(loss)
            losses.append(loss.item())

        self._walk(start, given, begin=begin, observe=observe)
        return losses, given

    def _finish(self, start: Tensor, targets: Tensor) -> tuple[list[float], list[tuple]]:
        """One update on the distance at the end, or on its logarithm, with gradients through the
        whole run.
        """
        losses: list[float] = []
        given: list[tuple] = []

        def observe(k: int, state, x: Tensor, carry) -> None:
            far = (x - targets[k + 1]).detach()
            losses.append(far.square().flatten(1).sum(1).mean().item())

        end = self._walk(start, given, observe=observe)
        distance = (end - targets[-1]).flatten(1).norm(dim=1)
        self._update((distance.log() if self.how.weigh == "ratio" else distance).mean())
        return losses, given

    def _walk(self, x: Tensor, given: list[tuple], predictor=None, **hooks) -> Tensor:
        """Where the student comes to from x; (r, c, a) of each step are added to `given`."""
        ode, student = Ode(self.denoiser, looks=True), self.steered(given, predictor)
        for point in steps(ode, student, x, self.sigmas, afs=self.afs, **hooks):
            end = point.x
        return end

    def steered(self, given: list[tuple], predictor=None) -> Steered:
        """The student with the predictor as it is, or with what stands in for it; (r, c, a) of each
        step are added to `given`.
        """
        asked = predictor or self.predictor

        def choose(ode: Ode, state: State, sigma_next: float) -> tuple:
            here = state.here
            found = asked(here.features, number(here.sigma), sigma_next, len(here.x))
            given.append(found)
            return columns(found, here.x)

        return Steered(self.solver, choose, looks=True)

    def _update(self, loss: Tensor) -> None:
        update(self.adam, loss)

    @torch.no_grad()
    def _measure_features(self, states: Tensor) -> None:
        """Set the scale at which the features of this model have size 1, on the first batch; after
        what all samples share also their middle and spread: what is common tells none apart.
        """
        ode = Ode(self.denoiser, looks=True)
        seen = [
            cast(Tensor, ode.evaluate(x, t).features)
            for x, t in zip(states[1:-1] if len(states) > 2 else states[:1], self.sigmas[1:])
        ]
        size = float(torch.stack([v.square().mean() for v in seen]).mean())
        if size > 0:
            self.predictor.feature_scale = float(f"{size**-0.5:.4g}")
            if self.settled is not None and self.predictor.look:
                self.predictor.center(torch.cat(seen))

    def _start(self, first: int, count: int) -> Tensor:
        """Unit noise of paths first, first + 1, …: each has a seed of its own."""
        return Noise(
            self.how.seed + 1 + first, count, self.denoiser.shape, self.device, self.dtype
        ).start

    @torch.no_grad()
    def held_out(self, watch: Callable[[], None] | None = None) -> Standing:
        """End errors on the same unseen seeds of the student, and of all it came from."""
        if self._unseen is None:
            top, bottom = float(self.sigmas[0]), float(self.sigmas[-1])
            where = {"device": self.device, "dtype": self.dtype}
            unseen = Unseen(self.denoiser, top, bottom, self.how.seed, where, watch)
            end = lambda grid, solver: (
                sample(self.denoiser, unseen.noise, grid, solver, afs=self.afs).samples
            )
            plain = dataclasses.replace(self.solver, r=0.5, c=1.0, a=1.0, predictor="")
            unseen.tell(UNTRAINED, end(self.given, plain))
            if self.placed is not None:
                unseen.tell(SEARCHED, end(self.sigmas, by_step(self.solver, self.placed.r)))
            if self.settled is not None:
                found = self.settled
                shared = by_step(self.solver, found.r, found.c, found.a)
                unseen.tell(SHARED, end(self.sigmas, shared))
            self._unseen = unseen
        return self._unseen.tell(LEARNED, self.student(self._unseen.noise))

    @torch.no_grad()
    def student(self, noise: Tensor) -> Tensor:
        """Samples with the predictor as it is now, from unit noise."""
        return self._walk(noise * self.sigmas[0], [])

    def trained(self, query: str = "", **record) -> Trained:
        """What there is now, fit to be kept.  record: notes beside those made here."""
        known, shape = answers_of(self.denoiser)
        copy = Predictor(self.how.scale_dir, self.how.scale_time, self.how.look)
        copy.feature_scale = self.predictor.feature_scale
        copy.load_state_dict(self.predictor.state_dict())
        return Trained(
            copy.requires_grad_(False),
            tuple(self.sigmas.tolist()),
            self.afs,
            self.solver.purpose,
            shape,
            tuple(known.tolist()),
            query,
            {**noted(self), **record},
        )
