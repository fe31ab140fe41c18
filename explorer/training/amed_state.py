"""A training of a predictor on its way from one process of this program to another.

    unpacked(packed(trainer), denoiser)     goes on where the first one stood

Bytes of a pickle: they pass between processes of one server, and are never read from a file or
from whoever sends something.
"""

import pickle

from .amed import Trainer

AGAIN = ("denoiser", "_walked")  # large, and the same when they are made again


def packed(trainer: Trainer) -> bytes:
    """All but the denoiser, and the teacher's paths, which are walked again."""
    return pickle.dumps({k: v for k, v in vars(trainer).items() if k not in AGAIN})


def unpacked(state: bytes, denoiser) -> Trainer:
    """The training on the same denoiser."""
    trainer = Trainer.__new__(Trainer)
    vars(trainer).update(pickle.loads(state), denoiser=denoiser, _walked={})
    return trainer
