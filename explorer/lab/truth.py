"""The true paths of samples: what a run is held against.

    reference_for(experiment) -> Reference

In closed form, by quick steps while a slider moves, or refined until the error is known.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial

from torch import Tensor

from ..analysis.corrected import corrected_reference
from ..analysis.reference import (
    Reference,
    adaptive_reference,
    closed_reference,
    reference,
    refined_reference,
    shortened,
)
from ..core import infinity
from ..core.sampling import Noise
from ..memo import Memo
from . import cost, memory, sizes
from .experiment import (
    MEMOS,
    Experiment,
    Source,
    Watch,
    begins_in_noise,
    ends,
    prepared,
    weights,
)

HALVINGS = 3  # of a network's reference: at 1,024 levels VP's is off by 2e-5
SURE = 1e-4  # of σ_data: what two runs may differ by for one pair of them to say how far both err

_references = Memo(32 * 2**20)
_deepest: dict[tuple, float] = {}  # how far down paths are known, where they are still remembered
_beside = Memo(12 * 2**20)  # of what is asked `aside`
_aside: ContextVar[bool] = ContextVar("aside", default=False)
MEMOS += [_references, _deepest, _beside]


@contextmanager
def aside() -> Iterator[None]:
    """References made meanwhile push out none of those that views are held against; the views' own
    are used where they are known."""
    mine = _aside.set(True)
    try:
        yield
    finally:
        _aside.reset(mine)


def _memory(name: tuple) -> Memo:
    return _beside if _aside.get() and name not in _references else _references


def reference_for(
    e: Experiment,
    watch: Watch | None = None,
    exact: bool = False,
    count: int | None = None,
    refined: int = 0,
) -> Reference:
    """The true paths of the first samples; solver, budget and grid do not matter.

    A closed form where there is one.  Else a quick one of fixed steps, good enough while a slider
    moves; `refined`, of half their size, so that its own error is known, those of a network
    corrected at 256 levels, beyond 1 at 512, 1,024, …; `exact`, the best there is: an adaptive
    method, or for networks the refined one, up to HALVINGS.  count: of paths, or those of a draft.
    """
    source = prepared(e.data, e.model)
    count = min(e.samples, source.compared) if count is None else count
    *paths, bottom = key = _key(e, count)
    top = paths[-1]
    start = partial(_start, e, source, count, top, watch)

    def kept(name: tuple, nodes: int, make: Callable[[], Reference]) -> Reference:
        def counted() -> Reference:
            need = sizes.of_reference(source, count, nodes)
            with memory.room(need, f"Following {count} true paths"):
                return memory.counted(make())

        return _memory(name)(name, counted)

    quick = lambda: _quickly(source, start, tuple(paths), bottom, watch)
    found = kept(key, sizes.quickest(source), quick)
    if found.closed is not None or not (exact or refined):
        return found
    if source.pace is not None or refined:
        asked = source.watched(watch)
        corrected = partial(corrected_reference, asked, found, sizes.SEEN, watch, halves=2)
        halved_once = partial(refined_reference, asked, found, watch)
        better = halved_once if source.pace is None else corrected
        found = kept((*key, "refined"), sizes.refined(source, count), better)
        for halved in range(2, (refined or HALVINGS) + 1):
            if not refined and sure(e, found):
                break
            found = kept(
                (*key, "refined", halved),
                sizes.corrected(source, count, 2**halved),
                partial(corrected_reference, asked, found, 2**halved, watch),
            )
        return found
    del found  # what it holds may be wanted for the best there is
    best = lambda: adaptive_reference(source.denoiser, start(), top, bottom, watch=watch)
    return kept((*key, "exact"), sizes.SETTLED, best)


def _start(e: Experiment, source: Source, count: int, top: float, watch: Watch | None) -> Tensor:
    """Where the paths begin, at σ = top."""
    noise = Noise(e.seed, count, source.shape, source.device.device, source.device.dtype)
    if not begins_in_noise(e):
        return noise.start * top
    return infinity.true_state(source.watched(watch), noise.start, top)


def sure(e: Experiment, known: Reference) -> bool:
    """Whether a first halving says how far a reference errs.

    Where a network turns more quickly with σ than both runs can follow they are wrong alike: of
    VP's they differ by 9e-4 and are off by 2.4e-3.  Such a pair differs by far more than rounding,
    and the next one tells the truth.
    """
    return float(known.floor[-1]) <= SURE * prepared(e.data, e.model).sigma_data


def _key(e: Experiment, count: int) -> tuple:
    """What names a quick reference; its last two are the ends."""
    start = ("pure",) if begins_in_noise(e) else ()
    return (e.data, e.model, *weights(e.data, e.model), e.seed, count, *start, *ends(e))


def wanted(e: Experiment, count: int, refined: bool = False) -> float:
    """Bytes of the references of a view that are not remembered."""
    source, key = prepared(e.data, e.model), _key(e, count)
    need = 0.0
    if key not in _references:
        need += sizes.of_reference(source, count, sizes.quickest(source))
    if refined and (*key, "refined") not in _references and (*key, "exact") not in _references:
        need += sizes.of_reference(source, count, sizes.refined(source, count))
    return need


def _quickly(
    source: Source,
    start: Callable[[], Tensor],
    paths: tuple,
    bottom: float,
    watch: Watch | None,
) -> Reference:
    """In closed form, cut from longer paths that are still known, or followed in fixed steps.

    paths: what names them, their top level at last.
    """
    top = paths[-1]
    follow = lambda down_to: reference(source.watched(watch), start(), top, down_to, watch=watch)
    if closed := closed_reference(source.denoiser, start(), top, bottom):
        return closed
    deeper = _deepest.get(paths)
    if deeper is not None and deeper < bottom and (*paths, deeper) in _references:
        return shortened(
            source.watched(watch), _references((*paths, deeper), lambda: follow(deeper)), bottom
        )  # the same paths are known already, and further down
    if _aside.get():
        return follow(bottom)
    _deepest[paths] = bottom
    if len(_deepest) > 256:
        _deepest.pop(next(iter(_deepest)), None)
    return follow(bottom)


def patience(e: Experiment) -> float:
    """About how many seconds the reference of an experiment takes; 0 where that is no matter."""
    source = prepared(e.data, e.model)
    return (source.pace or 0) * cost.REFERENCE * min(e.samples, source.compared)
