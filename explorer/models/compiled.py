"""A network that PyTorch's compiler makes faster, in the background, while it runs as it is.

    net = Compiled(net)      runs `net`, asks for a form of it, and takes that up when it is ready

A form is made for the shapes that were asked for, with the number of samples left open as far as
the compiler can leave it open; what a form does not take is asked for anew, `FORMS` at most.  Each
is timed in turns with the network as it is, and taken up only where it is faster.  A compiler that
fails says why, and the network goes on as it is: nothing is ever computed by a form that was not
made for it, because a form checks what it is given.
"""

import statistics
import threading
import time
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from ..core import graphs
from ..core.captured import Captured

FORMS = 6  # of one network: shapes, few or many samples, with and without features
PAIRS = 7  # runs of either that decide
FASTER = 1.03  # as it is over the form: below that nothing is gained
_one = threading.Lock()  # the compiler works at one thing at a time

Work = Callable[[], Any]


class Compiled(nn.Module):
    """The network `net`, and its forms.

    raw: what is compiled, where `net` itself holds kernels that the compiler cannot read; it has
    the same weights.
    """

    def __init__(self, net: nn.Module, raw: nn.Module | None = None):
        super().__init__()
        self.net, self.raw = net, net if raw is None else raw
        self.forms: list[Any] = []
        self.swaps = 0  # rises with each form that is taken up: graphs of before are of no use
        self.gain: float | None = None  # as it is over the last form that was taken up, or tried
        self.refused = ""  # why there is none
        self.making: threading.Thread | None = None
        self._asked: set[tuple] = set()

    def __getattr__(self, name: str) -> Any:
        try:
            return super().__getattr__(name)
        except AttributeError:
            return getattr(super().__getattr__("net"), name)

    def forward(self, *given: Any, **more: Any) -> Any:
        """What `net` gives, by a form that takes these shapes where there is one."""
        numbers = [v for v in given if isinstance(v, Tensor)]
        others = len(numbers) + sum(v is None for v in given) < len(given)  # what a prompt became
        if others or not graphs.numbers_alone(*numbers):
            return self.net(*given, **more)
        with torch.no_grad():
            for form in self.forms:
                if form.guard_check(*given, **more):
                    return form(*given, **more)
        self._ask(given, more)
        return self.net(*given, **more)

    def _ask(self, given: tuple, more: dict) -> None:
        """Have a form made for these, if none is being made and they were not asked for before."""
        key = tuple(_shape(v) for v in given), tuple(sorted(more.items()))
        busy = self.making is not None and self.making.is_alive()
        if busy or self.refused or key in self._asked or len(self._asked) == FORMS:
            return
        if torch.cuda.is_available() and torch.cuda.is_current_stream_capturing():
            return
        self._asked.add(key)
        like = tuple(_like(v) for v in given)
        self.making = threading.Thread(target=self._make, args=(like, more), daemon=True)
        self.making.start()

    def _make(self, given: tuple, more: dict) -> None:
        try:
            with _one, torch.no_grad():
                form = _form(self.raw, given, more)
                gain = _gain(
                    lambda: self.net(*given, **more), lambda: form(*given, **more), given[0].device
                )
        except Exception as problem:  # noqa: BLE001 - of a compiler, its C++ or a graph: on without
            words = str(problem).strip().split("\n")[0][:200]
            self.refused = words or type(problem).__name__
            return
        if gain >= FASTER or not self.forms:
            self.gain = gain
        if gain >= FASTER:
            self.forms = [*self.forms, form]
            self.swaps += 1

    @property
    def state(self) -> str:
        """In words: ready, under way, of no use, or refused; nothing before it was asked for."""
        if self.forms:
            return f"compiled, {self.gain:.2g} × as fast"
        if self.refused:
            return f"not compiled ({self.refused})"
        if self.making is not None and self.making.is_alive():
            return "being compiled"
        return "" if self.gain is None else f"not compiled, which is {self.gain:.2g} × as fast"


def state(denoiser: Any) -> str:
    """How far a denoiser's network is, or both of guidance; nothing of what is not compiled."""
    parts = (denoiser, getattr(denoiser, "strong", None), getattr(denoiser, "weak", None))
    nets = (n for part in parts if (n := compiled(part)) is not None and n.state)
    return "; ".join(dict.fromkeys(n.state for n in nets))


def compiled(denoiser: Any) -> Compiled | None:
    """A denoiser's network, where the compiler is at it."""
    net = getattr(getattr(denoiser, "module", None), "model", None)
    return net if isinstance(net, Compiled) else None


def _shape(value: Any) -> Any:
    return (tuple(value.shape), value.dtype, value.stride()) if isinstance(value, Tensor) else value


def _like(value: Any) -> Any:
    """What is compiled with: numbers of that shape, in memory of their own."""
    return value.detach().clone() if isinstance(value, Tensor) else value


def _form(net: nn.Module, given: tuple, more: dict) -> Any:
    """The compiled form, for these shapes and any number of samples that it takes."""
    for value in given:
        if isinstance(value, Tensor) and value.ndim and len(value) > 1:
            torch._dynamo.mark_dynamic(value, 0)

    def run(*given: Any, **more: Any) -> Any:
        return net(*given, **more)

    return torch.compile(run, fullgraph=True).aot_compile((given, more))  # type: ignore[attr-defined]


def _gain(plain: Work, form: Work, device: torch.device) -> float:
    """How many times as fast the form is, the median of runs in turns; on a GPU as graphs, for so
    they are used."""
    runs = [_replayed(work, device) if device.type == "cuda" else work for work in (plain, form)]
    for run in runs:
        run()

    def seconds(run: Work) -> float:
        begun = time.perf_counter()
        run()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        return time.perf_counter() - begun

    return statistics.median(seconds(runs[0]) / seconds(runs[1]) for _ in range(PAIRS))


def _replayed(work: Work, device: torch.device) -> Work:
    work()
    captured = Captured(work, device, [])

    def replay() -> None:
        with captured.place.turn:
            captured.graph.replay()

    return replay
