"""Pictures as bytes, as files have them, and as numbers in [−1, 1], as a denoiser has them."""

import torch
from torch import Tensor

BLACK = -1.0


def numbers(images: Tensor, size: int) -> Tensor:
    """(n, C, H, W) uint8 -> (n, C, size, size) float32 in [−1, 1].

    28 × 28 gets a black border of 2; a smaller size is the mean of its pixels.
    """
    x = images.float() / 127.5 - 1
    x = torch.nn.functional.pad(x, [(32 - x.shape[-1]) // 2] * 4, value=BLACK)
    return torch.nn.functional.avg_pool2d(x, 32 // size) if size < 32 else x
