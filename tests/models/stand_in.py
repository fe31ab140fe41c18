"""A stand-in for the diffusers package, where a test is not about its arithmetic."""

import importlib.machinery
import json
import types
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn

from .test_diffusers import UNET
from .test_discrete import DDPM


class UNet2DModel(nn.Module):
    """Called as the library's, with a convolution inside; knows classes by a bias of each."""

    def __init__(self, in_channels=3, out_channels=3, num_class_embeds=None, **_):
        super().__init__()
        self.down_blocks, self.mid_block = nn.ModuleList(), nn.Conv2d(in_channels, 4, 1)
        self.conv_out = nn.Conv2d(4, out_channels, 1)
        self.class_embedding = nn.Embedding(num_class_embeds, 4) if num_class_embeds else None

    def forward(self, sample, timestep, class_labels=None):
        h = self.mid_block(sample)
        if self.class_embedding is not None:
            h = h + self.class_embedding(class_labels)[:, :, None, None]
        return types.SimpleNamespace(sample=self.conv_out(h))


def install(monkeypatch) -> None:
    """From now on `import diffusers` finds the stand-in."""
    package = types.ModuleType("diffusers")
    package.UNet2DModel = UNet2DModel
    package.__spec__ = importlib.machinery.ModuleSpec("diffusers", None)
    monkeypatch.setitem(__import__("sys").modules, "diffusers", package)


def write(folder: Path, classes: int = 0, seed: int = 0, scheduler=DDPM) -> Path:
    """A folder as a pipeline has it, with weights of the stand-in."""
    torch.manual_seed(seed)
    unet = UNet2DModel(1, 1, classes or None)
    (folder / "unet").mkdir(parents=True)
    (folder / "scheduler").mkdir()
    config = UNET | {"num_class_embeds": classes or None}
    (folder / "unet" / "config.json").write_text(json.dumps(config))
    (folder / "scheduler" / "scheduler_config.json").write_text(json.dumps(scheduler))
    save_file(unet.state_dict(), folder / "unet" / "diffusion_pytorch_model.safetensors")
    return folder
