"""A card made again: the same run here, held against the numbers that the card says.

On a CPU of the same kind with the same versions all is equal, bit for bit.  Elsewhere samples agree
within TOLERANCE of the data's spread; where new noise is drawn on a GPU nothing need agree, and
that is said.  Where the weights are absent or other ones nothing is run.
"""

import dataclasses
import math
from typing import Any

import torch

from ..lab.experiment import Experiment, is_random
from ..lab.source import Watch
from ..settings import unflatten
from .made import VERSIONS, held, made
from .numbers import exact, level, measured, ran

TOLERANCE = {"float64": 1e-6, "float32": 1e-3}  # of the data's spread; coarser: COARSE
COARSE = 3e-2
MEASURES = (
    "The run is the card’s, bit for bit; of what is measured on it {} differ. A network is "
    "measured as far as the pace of a machine allows."
)
BLEW = "Every number is the card’s, bit for bit: the run blows up here too."
MOST_THREADS = 64
SAME = ("device", "processor", "state", "sampler", "threads", *VERSIONS)  # of one kind
COUNTS = ("nfe", "steps", "passes")
ERRORS = (
    "mean_error",
    "median_error",
    "worst_error",
    "end_error",
    "blame",
    "versus",
    "local_error",
)


@dataclasses.dataclass(frozen=True)
class Replayed:
    """What came of it.

    equal: every number is the card's, bit for bit.  agrees: within the tolerance.  differs: a
    sentence for each value that is another; elsewhere: for each way in which this machine is.
    experiment: the view that the card is of.  verdict: the whole in one sentence.
    """

    experiment: Experiment
    equal: bool
    agrees: bool
    differs: list[str]
    elsewhere: list[str]
    verdict: str


def experiment_of(card: dict[str, Any]) -> Experiment:
    """The view of a card that was read.  Raises UserError for settings that are none."""
    return unflatten(Experiment, card["settings"])


def replay(
    card: dict[str, Any], watch: Watch | None = None, errors: bool = True, alone: bool = True
) -> Replayed:
    """Make the run of a card again, with as many threads.  errors: measure its errors too, which
    takes longer than the run.  alone: this process is ours; else its threads stay as they are and
    a run that is remembered will do.  Raises UserError where its settings are refused.
    """
    e = experiment_of(card)
    digests, why = held(e)
    if why or digests != card["weights"]:
        said = why or "The weights are other ones than the card’s: " + _both(
            card["weights"], digests
        )
        return Replayed(e, False, False, [said], [], f"Not run: {said}")
    threads = torch.get_num_threads()
    wanted = card["made"].get("threads")
    try:
        if alone and isinstance(wanted, int) and 1 <= wanted <= MOST_THREADS:
            torch.set_num_threads(wanted)
        r, why = ran(e, watch, kept=not alone)
        here, ours = made(r.source), exact(r)
        differs = _run(card["exact"], ours)
        same_run = not differs
        # a run that is another has other errors: they are compared all the same, value by value
        found = measured(r, watch, errors, why)
    finally:
        torch.set_num_threads(threads)
    differs += _values(card["numbers"], found, (*COUNTS, *(ERRORS if errors else ())))
    apart = elsewhere(card["made"], here)
    off = _off(card["exact"]["some"], ours["some"]) / r.source.sigma_data
    allowed = max(_allowed(here), _allowed(card["made"]))
    agrees = not differs or off <= allowed
    if same_run and differs:
        verdict = MEASURES.format(len(differs))
    else:
        verdict = _verdict(differs, apart, off, allowed, e)
    if why and not differs:
        verdict = BLEW
    return Replayed(e, not differs, agrees, differs, apart, verdict)


def elsewhere(made: dict[str, Any], here: dict[str, Any]) -> list[str]:
    """A sentence for each way in which what a card was made with is not what there is here."""
    return [
        f"{name}: {made.get(name)!r:.80} in the card, {here[name]!r:.80} here"
        for name in SAME
        if made.get(name) != here[name]
    ]


def _allowed(made: dict[str, Any]) -> float:
    names = [made.get("state"), made.get("sampler")]
    return max(TOLERANCE.get(str(name), COARSE) for name in names)


def _verdict(
    differs: list[str], elsewhere: list[str], off: float, allowed: float, e: Experiment
) -> str:
    if not differs:
        return "Every number is the card’s, bit for bit."
    kind = "another kind of machine" if elsewhere else "the same kind of machine"
    if math.isinf(off):
        return (
            "The samples written in the card differ: some are finite in one of the two alone, or "
            f"there are others; on {kind}."
        )
    if off <= allowed:
        return (
            f"The samples written in the card agree within {off:.2g} of the data’s spread, on "
            f"{kind}; up to {allowed:g} is expected elsewhere."
        )
    noise = (
        " This run draws new noise, which is another on another device."
        if is_random(e) or e.churn.s_churn
        else ""
    )
    return (
        f"The samples written in the card differ by {off:.2g} of the data’s spread, on {kind}; "
        f"at most {allowed:g} is expected.{noise}"
    )


def _off(card: list, here: list) -> float:
    """The largest difference of two tables; ∞ where their shapes are not the same."""
    if [len(row) for row in card] != [len(row) for row in here]:
        return math.inf
    pairs = [
        (a, b) for one, two in zip(card, here, strict=True) for a, b in zip(one, two, strict=True)
    ]
    return max((_apart(a, b) for a, b in pairs), default=0.0)


def _apart(a: float | str, b: float | str) -> float:
    """Of two numbers; where one is none (“nan”, “inf”), ∞ unless the other is the same."""
    if isinstance(a, str) or isinstance(b, str):
        return 0.0 if a == b else math.inf
    return abs(a - b)


def _run(card: dict[str, Any], here: dict[str, Any]) -> list[str]:
    out = []
    if len(card["sigma"]) != len(here["sigma"]):
        out.append(f"levels: {len(card['sigma'])} in the card, {len(here['sigma'])} here")
    else:
        both = zip(card["sigma"], here["sigma"], strict=True)
        out += [f"level {i}: {_both(a, b)}" for i, (a, b) in enumerate(both) if a != b]
    for name in ("samples", "x", "denoised"):
        a, b = card[name], here[name]
        if a["shape"] != b["shape"] or a["dtype"] != b["dtype"]:
            out.append(f"{name}: {_kind(a)} in the card, {_kind(b)} here")
        elif a["sha256"] != b["sha256"]:
            out.append(f"{name}: bytes {a['sha256'][:12]}… in the card, {b['sha256'][:12]}… here")
    for i, (one, two) in enumerate(zip(card["some"], here["some"], strict=False)):
        for j, (a, b) in enumerate(zip(one, two, strict=False)):
            if a != b:
                out.append(f"sample {i}, coordinate {j}: {_both(a, b)}")
    return out


def _kind(one: dict[str, Any]) -> str:
    return f"{one['dtype']:.20} {' × '.join(str(n)[:8] for n in one['shape'][:6])}"


def _values(card: dict[str, Any], here: dict[str, Any], of: tuple[str, ...]) -> list[str]:
    names = [n for n in of if n in card or n in here]
    return [
        f"{name}: {_both(a, b)}"
        for n in names
        for name, a, b in _leaves(n, card.get(n), here.get(n))
        if a != b
    ]


def _leaves(name: str, a: Any, b: Any) -> list[tuple[str, Any, Any]]:
    """(name, card's, ours) of each plain value under two values of one form."""
    if isinstance(a, dict) and isinstance(b, dict):
        return [leaf for k in {**b, **a} for leaf in _leaves(f"{name}.{k:.40}", a.get(k), b.get(k))]
    if isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        pairs = enumerate(zip(a, b, strict=True))
        return [leaf for i, (x, y) in pairs for leaf in _leaves(f"{name}.{i}", x, y)]
    return [(name, a, b)]


def _both(a: Any, b: Any) -> str:
    said = f"{a!r:.80} in the card, {b!r:.80} here"
    if isinstance(a, float) and isinstance(b, float) and a and not isinstance(level(a), str):
        said += f" ({abs(b / a - 1):.1e} of it)"
    return said
