"""FID through torch-fidelity: an optional extra, for whoever has a network.

    pip install torch-fidelity torchvision

It fetches the weights of Inception once.  Published numbers are of 50,000 samples; fewer read
higher.
"""

import torch
from torch import Tensor

from ..errors import UserError


class Pictures(torch.utils.data.Dataset):
    """Images (n, C, H, W) in [−1, 1] as torch-fidelity reads them: bytes, three colours."""

    def __init__(self, images: Tensor):
        images = ((images.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8).cpu()
        self.images = images if images.shape[1] == 3 else images.expand(-1, 3, -1, -1)

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, i: int) -> Tensor:
        return self.images[i]


def fid(samples: Tensor, data: Tensor, cuda: bool = False) -> float:
    """FID of two sets of images (n, C, H, W) in [−1, 1].  Heusel et al. 2017, arXiv:1706.08500.

    Raises UserError where the library or the weights of Inception are out of reach.
    """
    try:
        from torch_fidelity import calculate_metrics
    except ImportError as e:
        raise UserError(
            f"FID needs two optional packages: pip install torch-fidelity torchvision ({e})."
        ) from None
    try:
        found = calculate_metrics(
            input1=Pictures(samples),
            input2=Pictures(data),
            fid=True,
            cuda=cuda,
            batch_size=64,
            save_cpu_ram=True,
            verbose=False,
        )
    except OSError as e:  # URLError is one
        raise UserError(
            "FID needs the weights of Inception, which torch-fidelity fetches once, and "
            f"that failed: {e}. Try again with a network."
        ) from None
    return float(found["frechet_inception_distance"])
