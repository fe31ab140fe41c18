"""Small pictures of D: an image as it is, a latent by its first three channels."""

import base64
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

SIDE = 24  # pixels


def thumbnail(x: Tensor) -> dict[str, Any] | None:
    """Of one sample (C, H, W): RGB bytes as base64.  None of what is no picture."""
    if x.dim() != 3 or min(x.shape[1:]) < 2:
        return None
    picture = x.detach().float().cpu()
    picture = picture[:3] if len(picture) >= 3 else picture[:1].expand(3, -1, -1)
    side = [max(1, round(SIDE * n / max(picture.shape[1:]))) for n in picture.shape[1:]]
    small = F.interpolate(picture[None], size=side, mode="area")[0]
    if len(x) in (1, 3):  # pixels from -1 to 1
        small = (small.clamp(-1, 1) + 1) / 2
    else:  # a latent has no range of its own
        low, high = small.amin((1, 2), True), small.amax((1, 2), True)
        small = (small - low) / (high - low).clamp(min=1e-9)
    bytes_ = (small.nan_to_num() * 255).round().to(torch.uint8).permute(1, 2, 0).contiguous()
    return {"size": side[::-1], "data": base64.b64encode(bytes_.numpy().tobytes()).decode()}
