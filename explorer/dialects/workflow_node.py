"""A node of a ComfyUI graph and its wires, whichever format it was read from."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

NEVER, BYPASS = 2, 4  # LiteGraph's modes of a node


class Wire(NamedTuple):
    """The output `slot` of a node."""

    node: str
    slot: int


class Slot(NamedTuple):
    """An input with a socket; wire is None where nothing is connected."""

    name: str
    kind: str
    wire: Wire | None


@dataclass
class Node:
    """One node.  values: what its widgets say, also where a wire replaces it (then it is stale)."""

    id: str
    kind: str
    mode: int = 0
    slots: list[Slot] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)
    outputs: list[str] = field(default_factory=list)  # their kinds
    loose: list = field(default_factory=list)  # widget values in their order
    inner: list[Wire | None] = field(default_factory=list)  # a subgraph's outputs
    outer: str = ""  # the subgraph's node, where this one stands for its inputs

    @property
    def said(self) -> str:
        """How it is named in a sentence."""
        return f"node {self.id} {self.kind}"[:80]

    def wire(self, name: str) -> Wire | None:
        """What is connected to an input."""
        return next((s.wire for s in self.slots if s.name == name and s.wire), None)
