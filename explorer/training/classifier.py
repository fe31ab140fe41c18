"""Training the classifiers that judge samples: plain cross-entropy, a minute on one core."""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from ..data.contract import Endless
from ..errors import UserError
from ..models.classifier import Classifier
from .configs import draw

BATCH = 64
HELD_OUT = 0.2  # of a finite set
CHECKED = 2000  # fresh images of an endless one


class Step(NamedTuple):
    """Steps done, of how many, the loss, and at the end the accuracy on unseen images."""

    done: int
    total: int
    loss: float
    classifier: Classifier
    accuracy: float | None = None
    checked: int = 0


def train_classifier(data, steps: int = 1500, seed: int = 0) -> Iterator[Step]:
    """Train on labelled images; a fifth of a finite set is held out to measure the accuracy."""
    if data.kind != "image" or not data.classes:
        raise UserError(
            f"{data.label} is no set of labelled images, so there is nothing to "
            "classify; digits and glyphs work."
        )
    endless = isinstance(data, Endless)
    labels = data.labels()
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(seed))
    kept = order[int(HELD_OUT * len(order)) :]
    points = data.points().float()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        classifier = Classifier(points.shape[1], data.classes)
    adam = torch.optim.Adam(classifier.parameters(), lr=2e-3)
    fall = torch.optim.lr_scheduler.CosineAnnealingLR(adam, steps)
    for k in range(steps):
        g = torch.Generator().manual_seed(seed * 1_000_003 + k)
        if endless:
            x, y = draw(data, BATCH, g)
        else:
            pick = kept[torch.randint(len(kept), (BATCH,), generator=g)]
            x, y = points[pick], labels[pick]
        assert y is not None  # as the data have classes
        loss = torch.nn.functional.cross_entropy(classifier(x)[1], y)
        adam.zero_grad()
        loss.backward()
        adam.step()
        fall.step()
        if k % 50 == 0:
            yield Step(k, steps, float(loss.detach()), classifier)
    classifier.eval().requires_grad_(False)
    x, y = _unseen(data, points, labels, order, endless)
    right = float((classifier.classes(x) == y).float().mean())
    yield Step(steps, steps, float(loss.detach()), classifier, right, len(y))


def _unseen(data, points: Tensor, labels: Tensor, order: Tensor, endless: bool):
    if endless:
        return draw(data, CHECKED, torch.Generator().manual_seed(99))
    held = order[: int(HELD_OUT * len(order))]
    return points[held], labels[held]
