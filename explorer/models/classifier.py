"""A small classifier whose features say how alike two sets of images are.

    judge = find(data)            None where no classifier is shipped for this data
    judge.features(x)             (n, 64), for distances
    judge.classes(x)              (n,), for the accuracy of class-conditional samples

Weights and what is known of them lie under assets/classifiers, NAME.safetensors and NAME.json.
"""

import json
from functools import lru_cache
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..errors import UserError
from ..settings import flatten
from ..store import places, writing
from ..store.results import digest_of

FOLDER = places.assets("classifiers")
FEATURES = 64
PIECE = 512  # images at once


class Classifier(nn.Module):
    """Four convolutions, halving once on the way, and the mean over pixels as features."""

    def __init__(self, channels: int, classes: int):
        super().__init__()
        self.channels, self.class_count = channels, classes
        self.convs = nn.ModuleList(
            [
                nn.Conv2d(channels, 24, 3, padding=1),
                nn.Conv2d(24, 32, 3, padding=1),
                nn.Conv2d(32, 48, 3, padding=1),
                nn.Conv2d(48, FEATURES, 3, padding=1),
            ]
        )
        self.norms = nn.ModuleList(nn.GroupNorm(4, c) for c in (24, 32, 48, FEATURES))
        self.last = nn.Linear(FEATURES, classes)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Images (n, C, H, W) in [−1, 1] -> features (n, 64) and logits (n, classes)."""
        for i, (conv, norm) in enumerate(zip(self.convs, self.norms, strict=True)):
            x = F.silu(norm(conv(x)))
            if i == 1:
                x = F.avg_pool2d(x, 2)
        h = x.mean((2, 3))
        return h, self.last(h)

    @torch.no_grad()
    def features(self, x: Tensor) -> Tensor:
        """(n, 64) float64."""
        return self._all(x, 0).double()

    @torch.no_grad()
    def classes(self, x: Tensor) -> Tensor:
        """The class that each image is taken for, (n,)."""
        return self._all(x, 1).argmax(1)

    def _all(self, x: Tensor, which: int) -> Tensor:
        x = x.to(self.last.weight)
        return torch.cat([self(part)[which] for part in x.split(PIECE)]).cpu()


def find(data, root: Path | None = None) -> Classifier | None:
    """The classifier that was trained on this data, or None."""
    path = (root or FOLDER) / f"{stem(data)}.json"
    if not path.is_file() or json.loads(path.read_text())["settings"] != flatten(data):
        return None
    return _load(path)


def stem(data) -> str:
    """“glyphs-16x16”: one classifier for each data set and shape."""
    shape = data.points().shape[1:]
    return f"{data.name}-{'x'.join(map(str, shape[1:]))}" if len(shape) == 3 else data.name


def about(data) -> dict:
    """What its training recorded: accuracy on images it never saw, seed, number of images."""
    return json.loads((FOLDER / f"{stem(data)}.json").read_text())


@lru_cache(8)
def digest(data) -> str:
    """SHA-256 of its weights: what a measure that asks it depends on.  Raises UserError where none
    ships for the data."""
    path = FOLDER / f"{stem(data)}.safetensors"
    if not path.is_file():
        raise UserError(f"No classifier ships for {data.label}.")
    return digest_of(path.read_bytes())


def save(classifier: Classifier, data, facts: dict, root: Path | None = None) -> Path:
    """Write weights and facts; returns where."""
    from safetensors.torch import save_file

    path = (root or FOLDER) / f"{stem(data)}.json"
    with writing.whole(path.with_suffix(".safetensors")) as part:
        save_file({k: v.contiguous() for k, v in classifier.state_dict().items()}, part)
        part.chmod(0o644)
    facts = {
        "channels": classifier.channels,
        "classes": classifier.class_count,
        "settings": flatten(data),
    } | facts
    writing.write_json(path, facts, indent=1)
    return path


@lru_cache(maxsize=8)
def _load(path: Path) -> Classifier:
    from safetensors.torch import load_file

    facts = json.loads(path.read_text())
    classifier = Classifier(facts["channels"], facts["classes"])
    try:
        classifier.load_state_dict(load_file(path.with_suffix(".safetensors")))
    except (OSError, RuntimeError) as problem:
        raise UserError(f"The classifier {path.stem} cannot be read: {problem}") from None
    return classifier.eval().requires_grad_(False)
