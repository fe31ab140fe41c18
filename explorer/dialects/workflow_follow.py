"""Up the wires of a ComfyUI graph: the model, the list, the sampler and the latent of a node.

Each raises `Broken` with the node and input where it cannot go on.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import UserError
from . import comfy, res4lyf
from .comfy_models import Sampling
from .comfy_nodes import NODES, basic
from .comfy_patches import PATCHES
from .families import FAMILIES, Family, family
from .workflow_graph import Broken, Graph
from .workflow_names import SAMPLER_NODES, family_of
from .workflow_node import Node
from .workflow_values import MOST_IN_A_ROW, Values, names_of

MOST_ON_THE_WAY = 500  # nodes between a model's loader and a sampler
_MODEL_INPUTS = ("model", "model1", "model_a", "base_model", "unet", "MODEL")
# These replace a model's levels whatever it was.
_WHOLE = PATCHES.keys() - {"ModelSamplingDiscrete"}
LATENTS = ("latent_image", "samples", "latent")  # inputs through which a latent is handed on
_CELLS = {  # nodes that make a latent: (pixels of a cell, frames of a cell)
    "EmptyLatentImage": (8, 0),
    "EmptySD3LatentImage": (8, 0),
    "EmptyLTXVLatentVideo": (32, 8),
    "LTXVImgToVideo": (32, 8),
    "EmptyHunyuanLatentVideo": (8, 4),
    "EmptyMochiLatentVideo": (8, 6),
    "EmptyCosmosLatentVideo": (8, 8),
}


@dataclass
class Model:
    """A model as it reaches a node: its description in ComfyUI's words, and where it comes from."""

    said: dict
    sampling: Sampling
    family: Family | None
    loader: str
    notes: list[str] = field(default_factory=list)


class Walk(Values):
    """Answers about one graph.  told: a family for all loaders, or one for each by its node."""

    def __init__(self, graph: Graph, told: str | Mapping | None):
        super().__init__(graph)
        self.told = told

    # -- models --------------------------------------------------------------------------------

    def model(self, node: Node, name: str = "model") -> Model:
        """The model that reaches an input, with what nodes on the way made of its levels."""
        maker, _ = self.above(node, name)
        patches: list[tuple[str, dict]] = []
        notes: list[str] = []
        seen = {node.id}
        while True:
            if maker.id in seen:
                raise Broken(f"{maker.said} is its own model: its wires run in a circle.")
            seen.add(maker.id)
            if len(seen) > MOST_ON_THE_WAY:
                raise Broken(f"More than {MOST_ON_THE_WAY} nodes hand the model to {node.said}.")
            if maker.kind in PATCHES:
                patches.append((maker.kind, self._patch(maker)))
            elif maker.kind.startswith("ModelSampling"):
                raise Broken(f"{maker.said} changes the model's levels, and how is not known here.")
            further = self._model_input(maker)
            if further is None:
                break
            maker, _ = self.above(maker, further)
        return self._made(maker, patches[::-1], notes)

    def _model_input(self, node: Node) -> str | None:
        """The input through which a node takes the model that it hands on; None: it loads one."""
        wired = {slot.name: slot for slot in node.slots}
        for name in _MODEL_INPUTS:
            if name in wired and wired[name].kind in ("", "MODEL", "*"):
                return name
        of_kind = [slot.name for slot in node.slots if slot.kind == "MODEL"]
        if of_kind:
            return of_kind[0]
        also = [s.name for s in node.slots if "model" in s.name.lower() and not s.kind]
        return also[0] if len(also) == 1 and "clip" not in also[0] else None

    def _patch(self, node: Node) -> dict:
        """The inputs of a ModelSampling… node."""
        found = {name: self.value(node, name) for name in names_of(node) if name != "model"}
        if node.kind == "ModelSamplingLTXV" and node.wire("latent"):
            found["latent_fhw"] = self.latent_size(node, "latent")
        return {k: v for k, v in found.items() if v is not None}

    def _made(self, loader: Node, patches: list[tuple[str, dict]], notes: list[str]) -> Model:
        found = self._family(loader, any(kind in _WHOLE for kind, _ in patches), notes)
        said: Mapping = found.model() if found else {}
        try:
            for kind, inputs in patches:
                said = comfy.patched(said, kind, inputs)
            return Model(dict(said), comfy.model(said), found, loader.id, notes)
        except Broken:
            raise
        except UserError as error:
            raise Broken(f"The model of node {loader.id}: {error}") from None

    def _family(self, loader: Node, replaced: bool, notes: list[str]) -> Family | None:
        """What a loader's file stands for: told, or by its name, or asked for in a sentence.

        replaced: a node on the way sets other levels, so that it need not be known.
        """
        told = self.told
        if isinstance(told, Mapping):
            told = {str(key): value for key, value in told.items()}.get(loader.id)
        if told is not None:
            return family(told)
        files = [v for v in (*loader.values.values(), *loader.loose) if isinstance(v, str)]
        name = next((f for f in map(family_of, files) if f), None)
        if name:
            file = next(f for f in files if family_of(f) == name)
            short = file.replace("\\", "/").rsplit("/", 1)[-1][:60]
            label = FAMILIES[name].label
            notes.append(f"{short} (node {loader.id}) is taken for {label}, by its name.")
            return FAMILIES[name]
        if replaced:
            return None
        file = files[0].replace("\\", "/").rsplit("/", 1)[-1][:60] if files else "no file"
        raise Broken(
            f"Which model {loader.said} loads ({file}) cannot be told by its name. Say it: "
            f'model={{"{loader.id}": one of {", ".join(FAMILIES)}}}.'
        )

    # -- lists and samplers --------------------------------------------------------------------

    def sigmas(self, node: Node, name: str = "sigmas") -> list[float]:
        """The list that is wired into an input."""
        maker, slot = self.above(node, name)
        if maker.kind not in NODES:
            raise Broken(
                f"Input {name} of {node.said} comes from {maker.said}, "
                "and what list that makes is not known here."
            )
        with self.deeper(node):
            lists = self._lists(maker)
        if slot >= len(lists):
            raise Broken(f"{maker.said} has no output {slot}.")
        return lists[slot]

    def _lists(self, node: Node) -> tuple[list[float], ...]:
        inputs: dict[str, Any] = {}
        for name in names_of(node):
            if name == "sigmas" and node.kind != "ManualSigmas":
                inputs[name] = self.sigmas(node)
            elif name == "latent":
                if node.wire(name):
                    inputs["latent_fhw"] = self.latent_size(node, name)
            elif name != "model":
                inputs[name] = self.value(node, name)
        model = self.model(node).sampling if node.wire("model") else None
        inputs = {key: value for key, value in inputs.items() if value is not None}
        self.afford(inputs.get("steps", 1), inputs.get("denoise", 1.0))
        try:
            if node.kind == "BasicScheduler":
                return basic(inputs, model, res4lyf.schedule)
            return comfy.node(node.kind, inputs, model)
        except Broken:
            raise
        except UserError as error:
            raise Broken(f"{node.said}: {error}") from None

    def sampler(self, node: Node, name: str = "sampler") -> tuple[str, list[str]]:
        """The name of the sampler that is wired in, and the nodes that wrap it."""
        maker, _ = self.above(node, name)
        around: list[str] = []
        while len(around) < MOST_IN_A_ROW:
            if maker.kind in SAMPLER_NODES:
                return SAMPLER_NODES[maker.kind], around
            if "sampler_name" in names_of(maker):
                return str(self.value(maker, "sampler_name"))[:60], around
            if maker.wire("sampler") is None:
                return maker.kind[:60], around
            around.append(maker.said)
            maker, _ = self.above(maker, "sampler")
        raise Broken(f"More than {MOST_IN_A_ROW} nodes make the sampler of {node.said}.")

    # -- latents -------------------------------------------------------------------------------

    def latents(self, node: Node, name: str) -> list[Node]:
        """The nodes that a latent came through, the nearest first, as far as it can be told."""
        found: list[Node] = []
        while len(found) < MOST_IN_A_ROW:
            try:
                node, _ = self.above(node, name)
            except Broken:
                break
            found.append(node)
            further = [n for n in LATENTS if node.wire(n)]
            if not further:
                break
            name = further[0]
        return found

    def latent_size(self, node: Node, name: str) -> list[int]:
        """[frames, height, width] of a latent in its own cells, however many nodes hand it on."""
        maker, _ = self.above(node, name)
        for maker in self.latents(node, name):
            if maker.kind in _CELLS:
                return self._cells(maker)
        raise Broken(
            f"Input {name} of {node.said} comes from {maker.said}, "
            "and how large that latent is is not known here."
        )

    def _cells(self, maker: Node) -> list[int]:
        cell, frames = _CELLS[maker.kind]
        width, height = (self._size(maker, key) for key in ("width", "height"))
        length = (self._size(maker, "length") - 1) // frames + 1 if frames else 1
        return [length, height // cell, width // cell]

    def _size(self, maker: Node, key: str) -> int:
        value = self.value(maker, key)
        if not isinstance(value, int | float) or not math.isfinite(value) or not 1 <= value <= 1e6:
            raise Broken(f"{key} of {maker.said} is {str(value)[:40]}, which is no size.")
        return int(value)
