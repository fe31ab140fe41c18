"""What some models can do besides."""

from typing import Any, Protocol, runtime_checkable

from ..store import weights


@runtime_checkable
class Fitted(Protocol):
    """A model whose loading is work by itself, which is counted before it begins."""

    label: str

    def fitting(self, data: Any) -> float:
        """Multiplications of `load(data)`, near enough."""
        ...


@runtime_checkable
class Sized(Protocol):
    """A model that holds more than the points of its data."""

    def numbers(self, data: Any) -> float:
        """Numbers that it holds while it loads, beside a few copies of the points."""
        ...


@runtime_checkable
class Stored(Protocol):
    """A model that reads its weights from disk."""

    def found(self, data: Any) -> weights.Checkpoint:
        """The checkpoint that is meant.  Raises UserError where there is none."""
        ...

    def digests(self, data: Any) -> tuple[str, ...]:
        """What the answer depends on besides the setting: the weights behind the names."""
        ...
