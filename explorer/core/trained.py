"""A trained predictor of AMED's, and how a model is known again.

Whoever wants to sample with one hands it over, `solver.bind(trained)`; nothing here looks for one.
"""

import copy
import dataclasses
import hashlib
import json
import threading
import weakref

import numpy as np
import torch
from torch import Tensor

from .predictor import Predictor

_answers: "weakref.WeakKeyDictionary[object, Tensor]" = weakref.WeakKeyDictionary()
_lock = threading.Lock()


@dataclasses.dataclass(frozen=True, eq=False)
class Trained:
    """A predictor and what it was trained for.

    sigmas (K,): its levels.  afs: whether its first step was analytic.  solver: "amed", or
    "plugin" with the solver inside as "plugin:ipndm4".  shape and answers: of the model,
    see `answers_of`.  query: the view it was trained on.  record: how, for people to read.
    """

    predictor: Predictor
    sigmas: tuple[float, ...]
    afs: bool
    solver: str
    shape: tuple[int, ...]
    answers: tuple[float, ...]
    query: str = ""
    record: dict = dataclasses.field(default_factory=dict)
    name: str = ""
    _moved: "dict[torch.device, Trained]" = dataclasses.field(default_factory=dict, init=False)

    @property
    def nfe(self) -> int:
        """Evaluations that a run with it takes."""
        return 2 * (len(self.sigmas) - 1) - self.afs

    @property
    def digest(self) -> str:
        """What the weights and their purpose come to, in 12 characters."""
        purpose = json.dumps(
            [
                self.sigmas,
                self.afs,
                self.solver,
                self.shape,
                self.answers,
                self.predictor.feature_scale,
            ]
        )
        return hashlib.sha256(weights_of(self.predictor) + purpose.encode()).hexdigest()[:12]

    def __call__(self, features: Tensor | None, sigma: float, sigma_next: float, count: int):
        with torch.no_grad():
            return self.predictor(features, sigma, sigma_next, count)

    def on(self, device: torch.device) -> "Trained":
        """The same with its weights on this device; a copy, made once: parts of a batch may ask at
        once from several devices."""
        if self.predictor.fc_r.weight.device == device:
            return self
        with _lock:
            if device not in self._moved:
                there = copy.deepcopy(self.predictor).to(device)
                self._moved[device] = dataclasses.replace(self, predictor=there)
            return self._moved[device]

    def knows(self, answers: Tensor, shape: tuple[int, ...]) -> bool:
        """Whether these are the answers of the model that it was trained for."""
        own = torch.tensor(self.answers, dtype=torch.float64)
        return shape == self.shape and bool(((answers - own).abs() <= 2e-3 * own.abs().max()).all())


@torch.no_grad()
def answers_of(denoiser) -> tuple[Tensor, tuple[int, ...]]:
    """The fingerprint of a model: 8 numbers of what it answers to 4 fixed questions; its shape.

    It depends neither on device nor on precision, and any callable has one.
    """
    shape = tuple(denoiser.shape)
    try:
        with _lock:
            return _answers[denoiser], shape
    except (KeyError, TypeError):  # TypeError: something that cannot be referred to weakly
        pass
    size = int(np.prod(shape))
    k = torch.arange(1, size + 1, dtype=torch.float64)
    sigma = torch.tensor([0.1, 0.5, 2.0, 20.0], dtype=torch.float64)
    x = torch.stack([(s + 0.5) * torch.cos((i + 1.3) * k + i) for i, s in enumerate(sigma)])
    where, dtype = _place(denoiser)
    answer = denoiser(x.reshape(4, *shape).to(where, dtype), sigma.to(where, dtype))
    answer = answer.reshape(4, -1).cpu().double()
    found = torch.cat([(answer * v).mean(1) for v in (torch.cos(0.7 * k), torch.sin(1.9 * k))])
    try:
        with _lock:
            _answers[denoiser] = found
    except TypeError:
        pass
    return found, shape


def _place(denoiser) -> tuple[torch.device, torch.dtype]:
    """Where a model's numbers are, and their precision; a network takes float64 where it exists."""
    for v in [denoiser, *vars(denoiser).values()] if hasattr(denoiser, "__dict__") else []:
        if isinstance(v, Tensor) and v.is_floating_point():
            return v.device, v.dtype
        if isinstance(v, torch.nn.Module) and (p := next(v.parameters(), None)) is not None:
            return p.device, torch.float32 if p.device.type == "mps" else torch.float64
    return torch.device("cpu"), torch.float64


def weights_of(p: Predictor) -> bytes:
    """All weights in their order, float32, little end first."""
    with torch.no_grad():
        return b"".join(v.detach().cpu().numpy().astype("<f4").tobytes() for v in p.parameters())
