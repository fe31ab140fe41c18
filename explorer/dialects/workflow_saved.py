"""A ComfyUI graph as its page saves it: sockets, links, widgets by position, subgraphs."""

from collections.abc import Iterator
from typing import Any

from ..errors import UserError
from .workflow_node import BYPASS, NEVER, Node, Slot, Wire
from .workflow_widgets import named

DEEPEST = 20  # subgraphs within subgraphs
MOST_LINKS = 100_000  # of the graph and of every subgraph each time that it stands somewhere


class Saved:
    """One saved file; `nodes` gives them in its order, those of a subgraph before its node."""

    def __init__(self, thing: dict):
        definitions = thing.get("definitions")
        found = definitions.get("subgraphs") if isinstance(definitions, dict) else None
        self.subgraphs = {d["id"]: d for d in dicts(found) if isinstance(d.get("id"), str)}
        self.left = MOST_LINKS

    def nodes(
        self,
        thing: dict,
        prefix: str = "",
        outer: str = "",
        depth: int = 0,
        shown: dict[str, dict] | None = None,
    ) -> Iterator[Node]:
        """The nodes of a graph; a subgraph's have their ids behind its node's: "5:3".

        shown: values that the subgraph's node shows for widgets inside: node -> name -> value.
        Raises UserError for what is nested too deep or has too many links.
        """
        if depth > DEEPEST:
            raise UserError(f"Subgraphs are nested more than {DEEPEST} levels deep.")
        links = self._links(thing.get("links"), prefix, outer)
        for said in dicts(thing.get("nodes")):
            if not isinstance(said.get("type"), str):
                continue
            node = _node(said, prefix, links)
            node.values |= (shown or {}).get(str(said.get("id")), {})
            definition = self.subgraphs.get(node.kind)
            if definition is not None:
                node.kind = str(definition.get("name") or "subgraph")[:40]
                inner = _shown(said, node)
                if node.mode not in (NEVER, BYPASS):
                    yield from self._inside(node, definition, depth, inner)
            yield node

    def _inside(
        self, node: Node, definition: dict, depth: int, shown: dict[str, dict]
    ) -> Iterator[Node]:
        """The nodes of a subgraph, and one that stands for its inputs."""
        prefix, inputs = f"{node.id}:", f"{node.id}:-10"
        yield Node(inputs, "subgraph inputs", outer=node.id)
        yield from self.nodes(definition, prefix, inputs, depth + 1, shown)
        ends = self._links(definition.get("links"), prefix, inputs, into=-20)
        outputs = definition.get("outputs")
        count = len(outputs) if isinstance(outputs, list) else 0
        node.inner = [ends.get(f"-20/{i}") for i in range(count)] or [None]

    def _links(
        self, said: Any, prefix: str, outer: str, into: int | None = None
    ) -> dict[str, Wire]:
        """Link number -> where it starts; `into`: "node/slot" -> that, of links that end there."""
        found: dict[str, Wire] = {}
        said = said if isinstance(said, list) else []
        self.left -= len(said)
        if self.left < 0:
            raise UserError(f"The workflow has more than {MOST_LINKS:,} links; no more are read.")
        for link in said:
            parts = _parts(link)
            if parts is None or not whole(parts[2]):
                continue
            start = outer if outer and parts[1] == -10 else f"{prefix}{parts[1]}"
            wire = Wire(start, parts[2])
            if into is None:
                found[str(parts[0])] = wire
            elif parts[3] == into:
                found[f"{into}/{parts[4]}"] = wire
        return found


def _parts(link: Any) -> list | None:
    """[number, from node, its output, to node, its input] of a link in either of its forms."""
    if isinstance(link, dict):
        words = ("id", "origin_id", "origin_slot", "target_id", "target_slot")
        return [link.get(word) for word in words]
    return link[:5] if isinstance(link, list) and len(link) >= 5 else None


def _node(said: dict, prefix: str, links: dict[str, Wire]) -> Node:
    node = Node(f"{prefix}{said.get('id')}"[:60], said["type"])
    node.mode = said["mode"] if whole(said.get("mode")) else 0
    widgets = []
    for socket in dicts(said.get("inputs")):
        link = socket.get("link")
        # a link that is not in the list starts nowhere, which following it will say
        lost = Wire(f"(link {str(link)[:40]})", 0)
        wire = links.get(str(link), lost) if link is not None else None
        node.slots.append(Slot(str(socket.get("name")), str(socket.get("type")), wire))
        if isinstance(socket.get("widget"), dict):
            widgets.append(str(socket["widget"].get("name", socket.get("name"))))
    node.outputs = [str(output.get("type")) for output in dicts(said.get("outputs"))]
    values = said.get("widgets_values")
    if isinstance(values, dict):
        node.values = {str(name): value for name, value in values.items()}
    elif isinstance(values, list):
        node.loose = values
        node.values = named(node.kind, values, widgets)
    return node


def _shown(said: dict, node: Node) -> dict[str, dict]:
    """Values by inner node and widget, where a subgraph's node shows them as its own.

    "-1" in that list are widgets of its own inputs, which are set by their names on the way.
    """
    properties = said.get("properties")
    listed = properties.get("proxyWidgets") if isinstance(properties, dict) else None
    if not isinstance(listed, list) or len(listed) != len(node.loose):
        return {}
    found: dict[str, dict] = {}
    for pair, value in zip(listed, node.loose, strict=True):
        if isinstance(pair, list) and len(pair) == 2 and value is not None:
            own = node.values if str(pair[0]) == "-1" else found.setdefault(str(pair[0]), {})
            own[str(pair[1])] = value
    return found


def dicts(said: Any) -> list[dict]:
    """The dicts of what should be a list of them."""
    return [x for x in said if isinstance(x, dict)] if isinstance(said, list) else []


def whole(value: Any) -> bool:
    """A whole number, which True is not."""
    return isinstance(value, int) and not isinstance(value, bool)
