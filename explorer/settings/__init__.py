"""A frozen dataclass is a setting; here it becomes controls, links, JSON and code, and back.

A parameter is declared once, as a field made by `param`: its default, bounds, label and help.
Fields made by `slot` hold one of several dataclasses and carry the dict that lists them.
This is the only package that reflects on dataclasses.

    flat form   {"solver": "rk2", "solver.alpha": 0.5, "nfe": 35, "s_churn": 0.0}
    query       solver=rk2&solver.alpha=0.5          only what differs from the default
    repr        Experiment(solver=RK2(alpha=0.5), ...)   Python that builds it again
"""

import dataclasses
import difflib
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, TypeVar, dataclass_transform
from urllib.parse import parse_qsl, urlencode

from ..errors import UserError
from .values import Spec, check_member, checked, parsed, shown, written

T = TypeVar("T")
ALWAYS = object()  # of a field that was there when the first answer was kept
LONGEST_QUERY = 20_000  # characters; a drawing or a long list of sigmas needs a few thousand


def param(
    default: Any,
    low: float | None = None,
    high: float | None = None,
    step: float | None = None,
    label: str = "",
    help: str = "",
    log: bool = False,
    choices: tuple | None = None,
    longest: int = 20,
    before: Any = ALWAYS,
    endless: bool = False,
) -> Any:
    """A dataclass field with all that a slider, a link, the API and the command line need.

    choices: tuple of (value, label).  longest: the length limit of a string or a tuple.
    endless: ∞ is a value too, whatever the bounds.
    log: the slider moves in log10 of the value.  before: of a field that a setting gets after
    answers were kept by it, what stood in its place until then; see `question`.
    """
    spec = Spec(label, low, high, step, log, choices, help, longest, endless)
    return dataclasses.field(default=default, metadata={"spec": spec, "before": before})


def slot(default: Any, entries: Mapping[str, type], label: str = "", help: str = "") -> Any:
    """A dataclass field that holds an instance of one of `entries` (name -> dataclass)."""
    return dataclasses.field(
        default=default, metadata={"entries": entries, "label": label, "help": help}
    )


@dataclass_transform(frozen_default=True)
def setting(cls: type[T]) -> type[T]:
    """A frozen dataclass whose values are checked against their `param` whenever one is made.

    A class may add `check(self)` for rules that join several fields.
    """

    def __post_init__(self):
        about: tuple[str, ...] = ()
        try:
            for f in dataclasses.fields(self):
                about = (f.name,)
                if "spec" in f.metadata:
                    value = checked(f, getattr(self, f.name))
                    object.__setattr__(self, f.name, value)
                elif "entries" in f.metadata:
                    check_member(f, getattr(self, f.name))
            if hasattr(self, "check"):  # a rule that joins fields is about all of them
                about = tuple(f.name for f in dataclasses.fields(self) if "spec" in f.metadata)
                self.check()
        except UserError as error:
            error.about(*about)
            raise

    cls.__post_init__ = __post_init__  # type: ignore[attr-defined]  # a class may have any
    return dataclasses.dataclass(frozen=True)(cls)


def named(*classes) -> dict[str, type]:
    """The dict of a family, keyed by each class's `name`."""
    return {cls.name: cls for cls in classes}


class Parameter(NamedTuple):
    """One leaf of a setting: `entry` is None unless it belongs to one choice of a slot."""

    key: str  # in the flat form
    slot: str | None
    entry: str | None
    name: str
    default: Any
    spec: Spec


def parameters(cls) -> Iterator[Parameter]:
    """Every parameter that a setting of this class can have, over all choices of its slots."""
    for f in dataclasses.fields(cls):
        if "entries" in f.metadata:
            for name, entry in f.metadata["entries"].items():
                for p in parameters(entry):
                    yield Parameter(f"{f.name}.{p.key}", f.name, name, p.name, p.default, p.spec)
        elif "spec" in f.metadata:
            yield Parameter(f.name, None, None, f.name, f.default, f.metadata["spec"])
        else:
            yield from parameters(type(_default(f)))


def slots(cls) -> dict[str, Mapping[str, type]]:
    """Slot name -> its choices."""
    return {
        f.name: f.metadata["entries"] for f in dataclasses.fields(cls) if "entries" in f.metadata
    }


def flatten(value) -> dict[str, Any]:
    """The flat form: plain values under dotted keys, slots by the name of their choice."""
    return _flat(value, lambda field, inner: True)


def jsonable(flat: Mapping[str, Any]) -> dict[str, Any]:
    """A flat form as JSON can hold it: ∞ in a list is the text that is read back, “inf”."""
    write = lambda v: "inf" if v == math.inf else v
    listed = lambda v: [write(w) for w in v] if isinstance(v, tuple) else v
    return {k: listed(v) for k, v in flat.items()}


def question(value) -> dict[str, Any]:
    """The flat form by which answers are kept: without a field where it says what all said before
    there was one, so that a new field leaves known answers known.  Its default may change; what its
    `before` says may not.
    """
    return _flat(value, lambda field, inner: inner != field.metadata["before"])


def _flat(value, wanted: Callable[[dataclasses.Field, Any], bool]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for f in dataclasses.fields(value):
        inner = getattr(value, f.name)
        if "entries" in f.metadata:
            flat[f.name] = inner.name
            flat |= {f"{f.name}.{k}": v for k, v in _flat(inner, wanted).items()}
        elif "spec" not in f.metadata:
            flat |= _flat(inner, wanted)
        elif wanted(f, inner):
            flat[f.name] = inner
    return flat


def unflatten(cls, flat: Mapping[str, Any], base=None):
    """The setting that a flat form describes; what is missing comes from `base` or the defaults.

    Strings are read as numbers where a number is wanted.  Raises UserError, naming the key, for
    unknown keys, unknown choices and values out of bounds.
    """
    base = cls() if base is None else base
    flat = dict(flat)
    built = _take(base, flat)
    if flat:
        key = next(iter(flat))
        known = sorted({p.key for p in parameters(cls)} | set(slots(cls)))
        near = (
            [k for k in known if k.endswith(f".{key}")]
            or difflib.get_close_matches(str(key), known, 3, 0.5)
            or [k for k in known if "." not in k]
        )
        said = f"Unknown setting {shown(key)}. Known: {', '.join(near)}."
        raise UserError(said).about(str(key))
    return built


def to_query(value) -> str:
    """Only what differs from the default, as a query string."""
    flat, default = flatten(value), flatten(type(value)())
    changed = {k: v for k, v in flat.items() if k not in default or default[k] != v}
    for name, entries in slots(type(value)).items():
        if flat[name] != default[name]:  # another choice: against its own defaults
            own = {f"{name}.{k}": v for k, v in flatten(entries[flat[name]]()).items()}
            changed = {k: v for k, v in changed.items() if k not in own or own[k] != v}
            changed |= {k: flat[k] for k in own if own[k] != flat[k]}
    return urlencode({k: written(v) for k, v in changed.items()}, safe=",;:")


def from_query(cls, query: str, base=None):
    """The setting a query string describes.  Raises UserError for nonsense."""
    if len(query) > LONGEST_QUERY:
        raise UserError(
            f"The link is {len(query):,} characters long; at most {LONGEST_QUERY:,} are read."
        )
    pairs = parse_qsl(query.lstrip("?"), keep_blank_values=True)
    return unflatten(cls, dict(pairs), base)


# ---- from here on: the details ------------------------------------------------------------------


def _default(f):
    return f.default if f.default is not dataclasses.MISSING else f.default_factory()


def _take(base, flat: dict):
    """Build like `base`, consuming the keys of `flat` that belong to it."""
    values = {}
    for f in dataclasses.fields(base):
        old = getattr(base, f.name)
        if "entries" in f.metadata:
            entries = f.metadata["entries"]
            name = flat.pop(f.name, old.name)
            if not isinstance(name, str) or name not in entries:
                raise UserError(
                    f"Unknown {f.metadata['label'].lower() or f.name} {shown(name)}. "
                    f"Known: {', '.join(entries)}."
                ).about(f.name)
            inner = old if name == old.name else entries[name]()
            own = {
                k[len(f.name) + 1 :]: flat.pop(k)
                for k in list(flat)
                if isinstance(k, str) and k.startswith(f.name + ".")
            }
            try:
                values[f.name] = _take(inner, own)
            except UserError as error:
                error.within(f.name)
                raise
            if own:
                key = next(iter(own))
                known = ", ".join(flatten(inner)) or "none"
                raise UserError(f"{name} has no setting {shown(key)}. Known: {known}.")
        elif "spec" in f.metadata:
            try:
                values[f.name] = parsed(f, flat.pop(f.name)) if f.name in flat else old
            except UserError as error:
                error.about(f.name)
                raise
        else:
            values[f.name] = _take(old, flat)
    return type(base)(**values)
