"""Forward and backward of a training step, on a GPU as one CUDA graph: launches are what small
networks wait for.

A graph is captured after WARM steps, which warm up the kernels.  Its inputs and the gradients that
it leaves lie where they are, so a step copies its batch there and replays; what comes after, the
gradients' check, Adam and the average, is not in it.  Where a capture fails, the reason is kept in
`refused`, and the training goes on step by step.
"""

import contextlib
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from ..core import graphs
from ..core.device import Device
from ..models.denoiser import NetworkDenoiser
from .batch import parameters
from .loss import loss

if TYPE_CHECKING:
    from .state import State

WARM = 2  # steps before the capture
COMPILED = 1e10  # multiplications of a batch from which a GPU's network is compiled

Given = tuple[Tensor | None, ...]
Work = Callable[..., Tensor]  # of what is given, the loss; its gradients are added to the weights'


def passed(
    fast: Callable[..., Tensor],
    kind: str,
    batch: int,
    clean: Tensor,
    sigma: Tensor,
    noise: Tensor,
    weight: Tensor,
    labels: Tensor | None,
    told: Tensor | None,
) -> Tensor:
    """The loss of a batch, its gradients added to those of the weights; kind: of the device."""
    with _mixed(kind):
        values = loss(lambda x, s: fast(x, s, labels, told), clean, sigma, noise, weight)
        total = values.sum() / batch
    total.backward()
    return total.detach()


def _mixed(kind: str):
    """bfloat16 where a GPU makes it fast; its range needs no loss scaling."""
    if kind != "cuda":
        return contextlib.nullcontext()
    return torch.autocast("cuda", dtype=torch.bfloat16)


def compiled(state: "State", device: Device, batch: int):
    """What is trained, compiled for a GPU where its arithmetic is worth half a minute; else its
    passes are replayed as one graph."""
    if device.device.type != "cuda":
        return state.module
    each = NetworkDenoiser(state.average).operations  # to ask what is trained would freeze it
    return state.module if batch * each < COMPILED else torch.compile(state.module)


class Passes:
    """Of one training: how its steps go forward and backward."""

    def __init__(self) -> None:
        self.steps, self.refused = 0, ""
        self.graph: torch.cuda.CUDAGraph | None = None
        self.held: Given = ()
        self.grads: list[tuple[Tensor, Tensor | None]] = []
        self.out = torch.zeros(())

    def ready(self, module: nn.Module, work: Work, given: Given) -> bool:
        """Whether this step is a replay; captures where it is time to, which uses up random numbers
        of the device: who wants its own seeds it again before the replay."""
        if self.graph is not None:
            return True
        self.steps += 1
        if self.steps <= WARM or self.refused or not graphs.ON or not _all_there(given):
            return False
        try:
            self._capture(module, work, given)
        except RuntimeError as problem:
            self.graph, self.refused = None, str(problem).strip().split("\n")[0][:200]
            module.zero_grad(set_to_none=True)
            warnings.warn(f"Training without a CUDA graph: {self.refused}", stacklevel=2)
        return self.graph is not None

    def replay(self, given: Given) -> Tensor:
        """The loss of this batch; its gradients take the place of those before."""
        assert self.graph is not None
        for held, new in zip(self.held, given, strict=True):
            if held is not None and new is not None:
                held.copy_(new)
        for weight, grad in self.grads:
            weight.grad = grad  # somebody may have put another there, or none
        self.graph.replay()
        return self.out

    def _capture(self, module: nn.Module, work: Work, given: Given) -> None:
        self.held = tuple(None if v is None else v.clone() for v in given)
        place = parameters(module)[0].device  # not the first GPU, if another was asked for
        here, side = torch.cuda.current_stream(place), torch.cuda.Stream(place)
        side.wait_stream(here)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.stream(side):
            work(*self.held)  # on this stream once, so that what it allocates is there
            module.zero_grad(set_to_none=True)  # the gradients become the graph's
            side.synchronize()
            graph.capture_begin(capture_error_mode="thread_local")
            try:
                self.out = work(*self.held)
            finally:
                graph.capture_end()
        here.wait_stream(side)
        self.graph, self.grads = graph, [(p, p.grad) for p in parameters(module)]


def _all_there(given: Given) -> bool:
    return all(v is None or v.is_cuda for v in given)
