"""An axis of a map: a setting of a view, and the values that a text gives it.

axis_of(base, "nfe", "5…55, 8, log")     from, to, how many, by equal factors
axis_of(base, "timesteps.rho", "1, 3, 7")
axis_of(base, "solver", "ddim, heun")
"""

import dataclasses
import re
from collections.abc import Mapping
from typing import Any

from ..errors import UserError
from ..lab.experiment import Experiment
from ..numerals import number
from ..settings import Parameter, flatten, parameters, slots, unflatten
from ..settings.track import spread

MOST = 32  # values
USUAL = {"nfe": "5…55, 8, log", "timesteps.rho": "1, 2, 3, 5, 7, 10, 15"}  # others: their sliders
COUNT = 7  # values that cover a slider
LABELS = {"schedule": "σ(t), s(t)", "timesteps": "Time steps"}
NOT_AXES = ("samples", "seed")  # they say how well a cell is known, not what it is
RANGE = re.compile(
    r"^\s*([-+\d.eE]+)\s*(?:…|\.{2,3}|\bto\b)\s*([-+\d.eE]+)\s*,\s*(\d+)\s*(,\s*log\s*)?$"
)


@dataclasses.dataclass(frozen=True)
class Axis:
    """A setting and its values, ascending if they are numbers.  names: what each is called."""

    key: str
    label: str
    values: tuple
    names: tuple[str, ...]
    numeric: bool
    log: bool = False
    low: float | None = None
    high: float | None = None

    def beyond(self, end: int) -> tuple[float, ...]:
        """Two round values beyond the first (end 0) or the last (end −1), within its bounds."""
        if not self.numeric or len(self.values) < 2:
            return ()
        a, b = (self.values[end], self.values[1 if end == 0 else -2])
        if self.log and a > 0 and b > 0:
            found = [float(f"{a * (a / b) ** k:.2g}") for k in (1, 2)]
        else:
            found = [float(f"{a + (a - b) * k:.3g}") for k in (1, 2)]
        if all(isinstance(v, int) for v in self.values):
            found = [round(v) for v in found]
        fits = lambda v: (
            (self.low is None or v >= self.low) and (self.high is None or v <= self.high)
        )
        within = [v for v in dict.fromkeys(found) if fits(v) and v not in self.values]
        bound = self.low if end == 0 else self.high
        return tuple(within) or ((bound,) if bound is not None and bound not in self.values else ())


def axis_of(base: Experiment, key: str, text: Any = "") -> Axis:
    """The axis that a key of the flat form names.  text: its values; empty for usual ones.

    Raises UserError for what this view has not, and for a value that cannot be.
    """
    if key in NOT_AXES:
        raise UserError(f"{key} says how well a cell is known; it is chosen beside the measure.")
    if not isinstance(text, str):
        raise UserError(f"The values of {key} come as text, such as 5…55, 8, log.")
    if key in slots(Experiment):
        return _of_slot(base, key, text)
    own = parameter(base, key)
    if own is None:
        known = [p.key for p in offered(base)]
        raise UserError(f"This view has no setting {key!r:.40}. Known: {', '.join(known)}.")
    spec = own.spec
    if spec.choices is not None:
        named = dict(spec.choices)
        words = _words(text) or [str(k) for k in named]
        values = tuple(_chosen(base, key, word, named) for word in words)
        return Axis(
            key, spec.label, _counted(key, values), tuple(str(named[v]) for v in values), False
        )
    whole = isinstance(own.default, int) and not isinstance(own.default, bool)
    numbers = _numbers(key, text or usual(own), whole)
    values = tuple(sorted(dict.fromkeys(_kept(base, own, v) for v in numbers)))
    names = tuple("∞" if v >= 1e8 else number(v) for v in values)
    return Axis(key, spec.label, _counted(key, values), names, True, spec.log, spec.low, spec.high)


def offered(base: Experiment) -> list[Parameter]:
    """The settings of a view that an axis can have, beside its slots."""
    flat = flatten(base)
    return [p for p in _own(base) if p.key in flat and fits(p)]


def parameter(base: Experiment, key: str) -> Parameter | None:
    """The declaration of a setting that an axis can have."""
    return next((p for p in offered(base) if p.key == key), None)


def usual(own: Parameter) -> str:
    """The values of an axis that nobody has chosen."""
    if own.key in USUAL:
        return USUAL[own.key]
    whole = isinstance(own.default, int)
    if own.key == "s_tmax":  # its slider goes on to what no step has
        return "0.1, 0.5, 1, 2, 5, 10, 50"
    return ", ".join(f"{v:g}" for v in spread(own.spec, whole, COUNT))


def _own(base: Experiment):
    flat = flatten(base)
    for p in parameters(Experiment):
        slot = p.key.split(".")[0]
        if slot not in slots(Experiment) or flat[slot] == p.entry:
            yield p


def fits(p: Parameter) -> bool:
    """Whether an axis can have this setting."""
    if p.key in NOT_AXES:
        return False
    return p.spec.choices is not None or (
        isinstance(p.default, int | float) and p.spec.low is not None and p.spec.high is not None
    )


def _of_slot(base: Experiment, key: str, text: str) -> Axis:
    entries: Mapping[str, Any] = slots(Experiment)[key]
    words = list(dict.fromkeys(_words(text)))
    if not words:
        raise UserError(f"Choose the values of {key}, with commas. Known: {', '.join(entries)}.")
    if unknown := next((w for w in words if w not in entries), None):
        raise UserError(f"Unknown {key} {unknown!r:.40}. Known: {', '.join(entries)}.")
    if "custom" in words:
        raise UserError("A typed list of noise levels is no value of an axis; choose a grid.")
    names = tuple(getattr(entries[w], "short", None) or entries[w].label for w in words)
    names = tuple(_plain(entries[w]) if "{" in n else n for w, n in zip(words, names))
    return Axis(key, slot_label(key), _counted(key, tuple(words)), names, False)


def slot_label(key: str) -> str:
    """What a choice of a view is called where it is varied."""
    return LABELS.get(key, key.capitalize())


def _plain(cls: Any) -> str:
    return str(cls.label.format(**flatten(cls())))


def _words(text: str) -> list[str]:
    return [w for w in (word.strip() for word in text.replace(";", ",").split(",")) if w]


def _chosen(base: Experiment, key: str, word: str, named: dict) -> Any:
    for value, label in named.items():
        if word in (str(value), str(label)):
            return value
    known = ", ".join(map(str, named))
    raise UserError(f"{key} cannot be {word!r:.40}. Known: {known}.")


def _numbers(key: str, text: str, whole: bool) -> list[float]:
    if found := RANGE.match(text):
        low, high, count = float(found[1]), float(found[2]), int(found[3])
        return between(key, low, high, count, bool(found[4]), whole)
    numbers = []
    for word in _words(text.replace("∞", "inf").replace("−", "-")):
        try:
            value = float(word)
        except ValueError:
            raise UserError(
                f"{key} takes numbers with commas, or a range such as 5…55, 8, log; "
                f"got {word!r:.40}."
            ) from None
        numbers.append(int(value) if whole and value.is_integer() else value)
    return numbers


def between(key: str, low: float, high: float, count: int, log: bool, whole: bool) -> list[float]:
    """So many values from one to another, by equal steps or equal factors, in round numbers."""
    if not 2 <= count <= MOST:
        raise UserError(f"A range of {key} takes 2 to {MOST} values; got {count}.")
    if log and (low <= 0 or high <= 0):
        raise UserError(f"A range by equal factors begins above 0; got {number(min(low, high))}.")
    at = lambda f: low * (high / low) ** f if log else low + (high - low) * f
    found = [at(k / (count - 1)) for k in range(count)]
    return [round(v) if whole else float(f"{v:.4g}") for v in found]


def _kept(base: Experiment, own: Parameter, value: float) -> Any:
    """As the setting keeps it.  Raises UserError for what it cannot be; what does not go with the
    others as they stand may go with the other axis."""
    low, high = own.spec.low or 0.0, own.spec.high or 0.0
    if isinstance(own.default, float) and low <= value <= high:
        return float(value)
    return flatten(unflatten(Experiment, {own.key: value}, base))[own.key]


def _counted(key: str, values: tuple) -> tuple:
    if not 1 <= len(values) <= MOST:
        raise UserError(f"Give 1 to {MOST} values of {key}; got {len(values)}.")
    return values
