"""What an input of a ComfyUI node says: wired values, constants, switches as they are set."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .workflow_graph import Broken, Graph
from .workflow_node import Node, Wire

MOST_LEVELS = 200_000  # of all lists of a file, also of what a denoise cuts off
MOST_IN_A_ROW = 100  # nodes that make a list or a value, one behind the other


class Values:
    """What inputs of one graph say, and how much its file may ask for."""

    def __init__(self, graph: Graph):
        self.graph = graph
        self.depth = 0
        self.left: float = MOST_LEVELS

    def value(self, node: Node, name: str, default: Any = None) -> Any:
        """What an input says: the value that is wired in, else the widget's."""
        wire = node.wire(name)
        if wire is None:
            return node.values.get(name, default)
        found = self.source(node, name, wire)
        return self._plain(found[0], node, name) if isinstance(found, tuple) else found

    def source(self, node: Node, name: str, wire: Wire) -> Any:
        """(node, its output) behind an input, or a value.  Raises Broken that names the input."""
        try:
            found = self.graph.source(wire)
            for _ in range(MOST_IN_A_ROW):
                further = self._switched(found[0]) if isinstance(found, tuple) else None
                if further is None:
                    return found
                found = self.graph.source(further)
        except Broken as error:
            raise Broken(f"Input {name} of {node.said}: {error}") from None
        raise Broken(f"More than {MOST_IN_A_ROW} switches in a row lead to {node.said}.")

    def _switched(self, node: Node) -> Wire | None:
        """Behind a switch: the input that it is set to; None for any other node."""
        names = {slot.name for slot in node.slots} | node.values.keys()
        if {"on_true", "on_false"} & names and (on := names & {"switch", "boolean"}):
            with self.deeper(node):
                chosen = "on_true" if self.value(node, on.pop()) in (True, "true") else "on_false"
        elif "select" in names and "input1" in names:
            with self.deeper(node):
                chosen = f"input{self.value(node, 'select')}"
        else:
            return None
        wire = node.wire(chosen)
        if wire is None:
            raise Broken(f"{node.said} is set to {chosen}, which has nothing connected.")
        return wire

    def above(self, node: Node, name: str) -> tuple[Node, int]:
        """The node behind an input that must be wired."""
        wire = node.wire(name)
        if wire is None:
            raise Broken(f"Input {name} of {node.said} has nothing connected.")
        found = self.source(node, name, wire)
        if not isinstance(found, tuple):
            raise Broken(f"Input {name} of {node.said} is a value and no wire.")
        return found

    def _plain(self, maker: Node, node: Node, name: str) -> Any:
        """The one value of a primitive or constant node."""
        if maker.kind == "PrimitiveNode" and maker.loose:
            return maker.loose[0]
        for key in ("value", "int", "float", "number", "Number", "string", "seed"):
            if key in maker.values or maker.wire(key):
                with self.deeper(node):
                    return self.value(maker, key)
        plain = [v for v in maker.values.values() if isinstance(v, int | float | str)]
        if not maker.values and maker.loose and isinstance(maker.loose[0], int | float | str):
            plain = maker.loose[:1]
        if len(plain) == 1 and not any(s.wire for s in maker.slots):
            return plain[0]
        raise Broken(
            f"Input {name} of {node.said} comes from {maker.said}, whose value is not known here."
        )

    @contextmanager
    def deeper(self, node: Node) -> Iterator[None]:
        """One node more behind another.  Raises Broken beyond MOST_IN_A_ROW."""
        self.depth += 1
        try:
            if self.depth > MOST_IN_A_ROW:
                raise Broken(f"More than {MOST_IN_A_ROW} nodes in a row lead to {node.said}.")
            yield
        finally:
            self.depth -= 1

    def afford(self, steps: Any, denoise: Any = 1.0) -> None:
        """Count the levels that a list will take.  Raises Broken where a file asks for too many."""
        numbers = [v for v in (steps, denoise) if isinstance(v, int | float) and v > 0]
        cost = min(numbers[0], 1e9) / min(numbers[1], 1) if len(numbers) == 2 else 1
        if cost > self.left:
            raise Broken(f"The file asks for more than {MOST_LEVELS:,} levels; no more are made.")
        self.left -= cost


def names_of(node: Node) -> list[str]:
    """Every input of a node, wired or typed."""
    return list(dict.fromkeys([*node.values, *(s.name for s in node.slots)]))
