"""TensorFloat-32 for one network and not for another, though PyTorch has one switch for all."""

import contextlib
import threading

import torch
from torch import Tensor

_lock = threading.RLock()
_asked: list[bool] = []  # whether any network of this process may have it
NOTHING = contextlib.nullcontext()


def allow() -> None:
    """Some network will ask for it: from now on those that do not ask wait until it is off."""
    _asked[:] = [True]


def products(tf32: bool, x: Tensor):
    """A context in which products of x's device are those of TensorFloat-32, or exact.

    Work is only given to the device within it, which takes no longer than its launches.
    """
    return _switched(tf32) if _asked and x.is_cuda else NOTHING


@contextlib.contextmanager
def _switched(tf32: bool):
    with _lock:
        before = torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32
        torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = tf32
        try:
            yield
        finally:
            torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32 = before
