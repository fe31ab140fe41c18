"""Training the classifiers that judge samples: plain cross-entropy, a minute on one core."""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from ..data.contract import Endless
from ..errors import UserError
from ..models.classifier import Classifier
from .bank import Bank
from .configs import draw

BATCH = 64
HELD_OUT = 0.2  # of a finite set
CHECKED = 2000  # fresh images of an endless one
MOST_CHECKED = 5000  # of a bank


class Step(NamedTuple):
    """Steps done, of how many, the loss, and at the end the accuracy on unseen images."""

    done: int
    total: int
    loss: float
    classifier: Classifier
    accuracy: float | None = None
    checked: int = 0


def train_classifier(
    data,
    steps: int = 1500,
    seed: int = 0,
    bank: Bank | None = None,
    device: torch.device | None = None,
) -> Iterator[Step]:
    """Train on labelled images; of a finite set and of a bank a part is held out to measure the
    accuracy.  The classifier of the last step is on the CPU."""
    if data.kind != "image" or not data.classes:
        raise UserError(
            f"{data.label} is no set of labelled images, so there is nothing to "
            "classify; digits and glyphs work."
        )
    own = _Fresh(data) if isinstance(data, Endless) and bank is None else _Held(data, bank, seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        classifier = Classifier(data.points().shape[1], data.classes)
    classifier = classifier.to(device or "cpu")
    adam = torch.optim.Adam(classifier.parameters(), lr=2e-3)
    fall = torch.optim.lr_scheduler.CosineAnnealingLR(adam, steps)
    for k in range(steps):
        x, y = own.take(torch.Generator().manual_seed(seed * 1_000_003 + k))
        x, y = x.to(device or "cpu"), y.to(device or "cpu")
        loss = torch.nn.functional.cross_entropy(classifier(x)[1], y)
        adam.zero_grad()
        loss.backward()
        adam.step()
        fall.step()
        if k % 50 == 0:
            yield Step(k, steps, float(loss.detach()), classifier)
    classifier = classifier.cpu().eval().requires_grad_(False)
    x, y = own.unseen()
    right = float((classifier.classes(x) == y).float().mean())
    yield Step(steps, steps, float(loss.detach()), classifier, right, len(y))


class _Fresh:
    """Of an endless set, which shows no image twice."""

    def __init__(self, data):
        self.data = data

    def take(self, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        return self._drawn(BATCH, generator)

    def unseen(self) -> tuple[Tensor, Tensor]:
        return self._drawn(CHECKED, torch.Generator().manual_seed(99))

    def _drawn(self, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        x, y = draw(self.data, count, generator)
        assert y is not None  # as the data have classes
        return x, y


class _Held:
    """Of a finite set or of a bank, of which a part is kept for the end."""

    def __init__(self, data, bank: Bank | None, seed: int):
        self.labels = data.labels() if bank is None else bank.labels
        self.of = data.points().float().__getitem__ if bank is None else bank.at
        order = torch.randperm(len(self.labels), generator=torch.Generator().manual_seed(seed))
        held = int(HELD_OUT * len(order))
        held = held if bank is None else min(held, MOST_CHECKED)
        self.held, self.kept = order[:held], order[held:]

    def take(self, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        pick = self.kept[torch.randint(len(self.kept), (BATCH,), generator=generator)]
        return self.of(pick), self.labels[pick]

    def unseen(self) -> tuple[Tensor, Tensor]:
        return self.of(self.held), self.labels[self.held]
