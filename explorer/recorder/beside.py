"""Two recordings of the same noise, one denser: how far apart they are, and what each step adds.

    found = beside(mine, denser)        found.distance, found.defect     each with its interval

Both hold their states in the same fixed random directions, which are linear: a difference of two
sketches is the sketch of the difference.  All intervals are of the sketch's own error.
"""

import dataclasses
import itertools

import torch
from torch import Tensor

from ..errors import UserError
from .recording import Recording

SAME = 0.01  # of their length, up to which two first states are of the same noise
LEVEL = 1e-5  # relative, up to which two levels are the same
WITHIN = 1.96  # standard deviations of a 95 % interval
ROUNDING = 2.0**-20  # of a state: what sums in float32 leave of a difference


@dataclasses.dataclass(frozen=True)
class Span:
    """A number with its 95 % interval, (n, K): of each place and sample."""

    value: Tensor
    low: Tensor
    high: Tensor

    def median(self) -> "Span":
        """Over the samples: medians of the numbers and of their bounds, (n,)."""
        return Span(*(v.quantile(0.5, 1) for v in (self.value, self.low, self.high)))


@dataclasses.dataclass(frozen=True)
class Beside:
    """levels (n,): those that both ran, falling, the last 0 where both came to their end.

    first, last (n − 1,): of each stretch between two of them, the steps of the first recording.
    distance: of the states, (n, K); defect: what each stretch adds, (n − 1, K); root mean squares
    per number of a state.  notes: what else differs.
    """

    levels: Tensor
    first: tuple[int, ...]
    last: tuple[int, ...]
    distance: Span
    defect: Span
    steps: tuple[int, int]
    notes: tuple[str, ...] = ()

    @property
    def single(self) -> bool:
        """Whether each stretch is one step."""
        return self.first == self.last

    @property
    def hot(self) -> tuple[int, ...]:
        """The stretch that adds most, where its interval is clear of all others; else none."""
        d = self.defect.median()
        most = int(d.value.argmax()) if len(d.value) else 0
        others = [float(v) for i, v in enumerate(d.high) if i != most]
        return (most,) if others and float(d.low[most]) > max(others) else ()


def beside(mine: Recording, denser: Recording) -> Beside:
    """Hold a recording against a second, denser one of the same noise.

    With e the difference of the states at scale 1 and δ that of the answers, a stretch from σ to
    σ′ adds  e′ − δ − (σ′/σ) (e − δ): what is left when each state takes the step that holds its
    answer, DDIM's.  What was apart before is so carried along by the network's own answers; the
    change of δ within a stretch is of second order.  Raises UserError where there is nothing to
    compare: other shapes or directions, other noise, no common level.
    """
    _comparable(mine, denser)
    pairs = _common(mine, denser)
    if not pairs:
        raise UserError(
            "The two recordings have no noise level in common; record the denser run at a multiple "
            f"of the steps ({len(mine.steps())} here), spaced the same way."
        )
    samples = min(_sketches(mine).shape[2], _sketches(denser).shape[2])
    a, b = ([_at(r, i, samples) for i in of] for r, of in zip((mine, denser), zip(*pairs)))
    levels = [float(mine.sigma[i]) for i, _ in pairs]
    e = [x[0] - y[0] for x, y in zip(a, b)]
    delta = [x[1] - y[1] for x, y in zip(a, b)]
    size = [x[0].norm(dim=1) for x in a]
    ends = _ends(mine, denser, samples)
    if ends is not None:
        levels.append(mine.end_sigma)
        e.append(ends)
        size.append(a[-1][1].norm(dim=1))
    added = []
    for j, (now, after) in enumerate(itertools.pairwise(levels)):
        added.append(e[j + 1] - delta[j] - after / now * (e[j] - delta[j]))
    steps = mine.steps()
    places = [steps.index(i) for i, _ in pairs] + ([len(steps)] if ends is not None else [])
    scale = mine.dimension**-0.5
    return Beside(
        levels=torch.tensor(levels, dtype=torch.float64),
        first=tuple(places[:-1]),
        last=tuple(p - 1 for p in places[1:]),
        distance=_span(torch.stack(e), torch.stack(size), mine.error, scale),
        defect=_span(
            torch.stack(added) if added else torch.zeros(0, samples, 1), torch.stack(size)[:-1],
            mine.error, scale,
        ),
        steps=(len(steps), len(denser.steps())),
        notes=tuple(_notes(mine, denser, len(pairs))),
    )  # fmt: skip


def _comparable(mine: Recording, denser: Recording) -> None:
    shapes = [tuple(r.header["shape"]) for r in (mine, denser)]
    if shapes[0] != shapes[1]:
        raise UserError(f"The two runs have other shapes: {shapes[0]} and {shapes[1]}.")
    if any(mine.header.get(k) != denser.header.get(k) for k in ("seed", "buckets")):
        raise UserError("The two recordings use other random directions; record both anew.")
    states = [_sketches(r)[0, 0].double() for r in (mine, denser)]
    samples = min(len(s) for s in states)
    unit = [s[:samples] / s[:samples].norm(dim=1, keepdim=True).clamp(min=1e-30) for s in states]
    apart = float((unit[0] - unit[1]).norm(dim=1).max())
    if not apart <= SAME:
        raise UserError(
            f"The two runs are not of the same noise: their first states are {apart:.2g} of their "
            "length apart, where the same seed gives 0 and independent noise 1.41. Record both "
            "with the same seed, and from the same strength."
        )


def _sketches(r: Recording) -> Tensor:
    if r.sketch is None:
        raise UserError("One of the recordings holds no random directions of its states any more.")
    return r.sketch


def _common(mine: Recording, denser: Recording) -> list[tuple[int, int]]:
    """Places of steps at one finite level above 0, in both."""
    theirs = [i for i in denser.steps() if float(denser.sigma[i]) > 0]
    out, k = [], 0
    for i in mine.steps():
        sigma = float(mine.sigma[i])
        if not (0 < sigma < float("inf") and float(mine.scale[i]) > 0):
            continue
        while k < len(theirs) and float(denser.sigma[theirs[k]]) > sigma * (1 + LEVEL):
            k += 1
        if k < len(theirs) and float(denser.sigma[theirs[k]]) >= sigma * (1 - LEVEL):
            out.append((i, theirs[k]))
    return out


def _at(r: Recording, i: int, samples: int) -> tuple[Tensor, Tensor]:
    """The sketches of the state at scale 1 and of the answer, (samples, buckets)."""
    state, answer = _sketches(r)[i, :, :samples].double()
    return state / r.scale[i], answer


def _ends(mine: Recording, denser: Recording, samples: int) -> Tensor | None:
    if mine.end is None or denser.end is None:
        return None
    if abs(mine.end_sigma - denser.end_sigma) > LEVEL:
        return None
    return (mine.end[:samples] - denser.end[:samples]).double() / mine.end_scale


def _span(sketches: Tensor, size: Tensor, error: float, scale: float) -> Span:
    """Lengths (n, K) of sketches (n, K, buckets); what is below the rounding of a state of this
    size may be nothing at all."""
    value = sketches.norm(dim=2)
    rounding = ROUNDING * size
    low = (value - rounding).clamp(min=0) / (1 + WITHIN * error)
    high = (value + rounding) / (1 - WITHIN * error)
    return Span(value * scale, low * scale, high * scale)


def _notes(mine: Recording, denser: Recording, common: int):
    own, theirs = len(mine.steps()), len(denser.steps())
    if theirs <= own:
        yield f"The second run has {theirs} steps, no more than the {own} of the first."
    if common < own:
        yield f"{common} of {own} levels are in both; between them steps are taken together."
    guided = [{g for g in r.guidance if g is not None} for r in (mine, denser)]
    if guided[0] != guided[1]:
        told = [", ".join(f"{g:g}" for g in sorted(s)) or "none told" for s in guided]
        yield f"Guidance differs: {told[0]} and {told[1]}."
    if mine.end is None or denser.end is None:
        yield "One of the runs was cut off before its end, so the end is not compared."
