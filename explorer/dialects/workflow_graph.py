"""A ComfyUI graph as data: nodes, their inputs, and where each input really comes from.

Two formats are read into one: "ui" (nodes, links, widgets_values) as the page saves it, and "api"
(class_type, inputs) as a run sends it.  Reroutes, bypassed nodes, Set and Get nodes and subgraphs
are seen through; a muted node, a missing one and a circle are each said in a sentence.
"""

from collections.abc import Iterator
from typing import Any

from ..errors import UserError
from .workflow_node import BYPASS, NEVER, Node, Slot, Wire
from .workflow_saved import Saved, whole

MOST_NODES = 10_000
REROUTES = ("Reroute", "Reroute (rgthree)", "ReroutePrimitive|pysssss")


class Broken(UserError):
    """A part of the graph that cannot be followed, in a sentence."""


class Graph:
    """The nodes of a file in its order, and what an input comes down to."""

    def __init__(self, nodes: dict[str, Node]):
        self.nodes = nodes
        self._found: dict[Wire, Any] = {}  # each wire is followed once
        self._sets = {
            str(node.loose[0]): node
            for node in reversed(nodes.values())
            if node.kind == "SetNode" and node.loose and node.slots
        }

    def source(self, wire: Wire) -> tuple[Node, int] | Any:
        """(node, its output) that a wire really starts at, or the value a widget outside holds.

        Raises Broken for a muted or missing node and for a circle.
        """
        seen: dict[Wire, None] = {}
        while wire not in self._found:
            if wire in seen:
                raise Broken(f"node {wire.node} is its own input: its wires run in a circle.")
            seen[wire] = None
            node = self.nodes.get(wire.node)
            if node is None:
                raise Broken(f"node {wire.node} is not in the file.")
            further = self._through(node, wire.slot)
            if isinstance(further, Wire):
                wire = further
            else:
                self._found[wire] = (node, wire.slot) if further is None else further[0]
        self._found.update(dict.fromkeys(seen, self._found[wire]))
        return self._found[wire]

    def _through(self, node: Node, slot: int) -> Wire | tuple[Any] | None:
        """What stands behind an output that only hands on; a widget's value in a tuple."""
        if node.mode == NEVER:
            raise Broken(f"{node.said} is muted.")
        if node.outer:
            return self._outside(node, slot)
        if node.inner:
            found = node.inner[slot] if slot < len(node.inner) else None
            return _needed(found, f"output {slot} of the subgraph in {node.said} has no wire.")
        if node.mode == BYPASS:
            return self._around(node, slot)
        if node.kind in REROUTES:
            first = node.slots[0].wire if node.slots else None
            return _needed(first, f"{node.said} has nothing connected.")
        if node.kind == "GetNode":
            return self._set(node)
        return None

    def _outside(self, node: Node, slot: int) -> Wire | tuple[Any]:
        """A subgraph's input: what is connected to its node, or that node's widget."""
        owner = self.nodes[node.outer]
        if slot >= len(owner.slots):
            raise Broken(f"{owner.said} has no input {slot}, which the subgraph asks for.")
        outside = owner.slots[slot]
        if outside.wire is not None:
            return outside.wire
        if outside.name not in owner.values:
            raise Broken(f"input {outside.name} of {owner.said} has nothing connected.")
        return (owner.values[outside.name],)

    def _around(self, node: Node, slot: int) -> Wire:
        """A bypassed node hands on its first input of the output's kind."""
        kind = node.outputs[slot] if slot < len(node.outputs) else "*"
        same = [s for s in node.slots if s.kind == kind or "*" in (s.kind, kind)]
        at = node.slots[slot] if slot < len(node.slots) else None
        first = at if at in same else (same[0] if same else None)
        wire = first.wire if first else None
        return _needed(wire, f"{node.said} is bypassed and has no {kind} to hand on.")

    def _set(self, node: Node) -> Wire:
        """The wire into the Set node of the same name."""
        name = str(node.loose[0] if node.loose else None)
        if name not in self._sets:
            raise Broken(f"{node.said} asks for {name!r:.40}, which no Set node sets.")
        found = self._sets[name]
        return _needed(found.slots[0].wire, f"{found.said} has nothing connected.")


def _needed(wire: Wire | None, said: str) -> Wire:
    if wire is None:
        raise Broken(said)
    return wire


def is_ui(thing: Any) -> bool:
    """A graph as ComfyUI's page saves it."""
    return isinstance(thing, dict) and isinstance(thing.get("nodes"), list) and "links" in thing


def is_api(thing: Any) -> bool:
    """A graph as it is sent to be run."""
    return isinstance(thing, dict) and any(
        isinstance(node, dict) and isinstance(node.get("class_type"), str)
        for node in thing.values()
    )


def graph(thing: dict) -> Graph:
    """A graph of either format.  Raises UserError for one that is too large."""
    nodes: dict[str, Node] = {}
    for node in Saved(thing).nodes(thing) if is_ui(thing) else _api(thing):
        if len(nodes) >= MOST_NODES:
            raise UserError(f"The workflow has more than {MOST_NODES:,} nodes; no more are read.")
        nodes[node.id] = node
    return Graph(nodes)


def _api(thing: dict) -> Iterator[Node]:
    for key, node in thing.items():
        if not isinstance(node, dict) or not isinstance(node.get("class_type"), str):
            continue
        made = Node(str(key), node["class_type"])
        inputs = node.get("inputs")
        for name, value in inputs.items() if isinstance(inputs, dict) else ():
            wire = _api_wire(value, thing)
            if wire:
                made.slots.append(Slot(str(name), "", wire))
            else:
                made.values[str(name)] = value
        yield made


def _api_wire(value: Any, thing: dict) -> Wire | None:
    """["4", 0] is output 0 of node 4."""
    if not isinstance(value, list) or len(value) != 2 or not whole(value[1]):
        return None
    if isinstance(value[0], str) or (whole(value[0]) and str(value[0]) in thing):
        return Wire(str(value[0]), value[1])
    return None
