"""One value of a setting: read from text, checked against its parameter, written as text."""

import math
from typing import NamedTuple

from ..errors import UserError


class Spec(NamedTuple):
    """What a control needs to know about one parameter."""

    label: str
    low: float | None
    high: float | None
    step: float | None
    log: bool
    choices: tuple | None
    help: str
    longest: int
    endless: bool = False  # whether ∞ is a value too, written inf


def _label(f) -> str:
    return f.metadata["spec"].label or f.name


def shown(value) -> str:
    """A value as a refusal quotes it, at most 60 characters."""
    if isinstance(value, int) and value.bit_length() > 2000:  # Python refuses to print 4300 digits
        return "a number of more than 600 digits"
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _number(value: float) -> str:
    return f"{value:g}"


def _bounds(spec: Spec) -> str:
    if spec.low is not None and spec.high is not None:
        return f"from {_number(spec.low)} to {_number(spec.high)}"
    return f"at least {_number(spec.low)}" if spec.low is not None else "finite"


def parsed(f, value):
    """Read text from a link or the command line; other values pass on to the check."""
    if not isinstance(value, str) or isinstance(f.default, str):
        return value
    try:
        if isinstance(f.default, bool):
            return {"true": True, "1": True, "false": False, "0": False}[value.strip().lower()]
        if isinstance(f.default, tuple):
            parts = value.replace(";", ",").replace("∞", "inf").split(",")
            return tuple(float(v) for v in parts if v.strip())
        number = float(value)
        return int(number) if isinstance(f.default, int) and number.is_integer() else number
    except (ValueError, KeyError, OverflowError):
        kind = {bool: "true or false", tuple: "a list of numbers with commas"}.get(
            type(f.default), f"a number {_bounds(f.metadata['spec'])}"
        )
        raise UserError(f"{_label(f)} must be {kind}; got {shown(value)}.") from None


def checked(f, value):
    """The value as its field keeps it.  Raises UserError where it does not fit."""
    spec = f.metadata["spec"]
    if spec.choices is not None:
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        known = [c[0] for c in spec.choices]
        if isinstance(value, bool) != isinstance(f.default, bool) or value not in known:
            raise UserError(
                f"{_label(f)} cannot be {shown(value)}. Known: {', '.join(map(str, known))}."
            )
        return value
    if isinstance(f.default, bool):
        if not isinstance(value, bool):
            raise UserError(f"{_label(f)} must be true or false; got {shown(value)}.")
        return value
    if isinstance(f.default, str):
        if not isinstance(value, str):
            raise UserError(f"{_label(f)} must be text; got {shown(value)}.")
        if len(value) > spec.longest:
            raise UserError(
                f"{_label(f)} is {len(value):,} characters long; at most {spec.longest:,} work."
            )
        if any("\ud800" <= c <= "\udfff" for c in value):  # half a character: no link can hold it
            raise UserError(f"{_label(f)} holds a damaged character; got {shown(value)}.")
        return value
    if isinstance(f.default, tuple):
        if not isinstance(value, tuple | list) or len(value) > spec.longest:
            raise UserError(
                f"{_label(f)} must be a list of at most {spec.longest} numbers; got {shown(value)}."
            )
        return tuple(_checked_number(f, v, float) for v in value)
    return _checked_number(f, value, type(f.default))


def _checked_number(f, value, kind):
    spec = f.metadata["spec"]
    if spec.endless and value in (math.inf, "inf"):  # JSON knows no ∞, so it comes as text
        return math.inf
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UserError(f"{_label(f)} must be a number {_bounds(spec)}; got {shown(value)}.")
    if not (isinstance(value, int) or math.isfinite(value)):
        raise UserError(f"{_label(f)} must be a finite number {_bounds(spec)}; got {value}.")
    if spec.low is not None and value < spec.low or spec.high is not None and value > spec.high:
        raise UserError(f"{_label(f)} = {shown(value)} is out of range; {_bounds(spec)} works.")
    if kind is int and value != int(value):
        down = math.floor(value)
        raise UserError(
            f"{_label(f)} must be a whole number; got {value}. Try {down} or {down + 1}."
        )
    return kind(value)


def check_member(f, value):
    """Raises UserError for what is none of the choices of a slot."""
    entries = f.metadata["entries"]
    if type(value) not in entries.values():
        label = f.metadata["label"] or f.name
        raise UserError(f"{label} cannot be {shown(value)}. Known: {', '.join(entries)}.")


def written(value) -> str:
    """A value as text that `parsed` reads back."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ",".join(repr(v) for v in value)
    return repr(value) if isinstance(value, float) else str(value)
