"""Tiny random pipelines of the diffusers library, written as it writes them."""

import json
from pathlib import Path

import pytest
import torch

DDPM = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
UNET = {
    "sample_size": 8,
    "block_out_channels": (8, 16),
    "down_block_types": ("CrossAttnDownBlock2D", "DownBlock2D"),
    "up_block_types": ("UpBlock2D", "CrossAttnUpBlock2D"),
    "layers_per_block": 1,
    "cross_attention_dim": 16,
    "norm_num_groups": 4,
    "attention_head_dim": 2,
}
TOKENS = {"num_attention_heads": 2, "attention_head_dim": 8, "num_layers": 1}
NETWORKS = {
    "UNet2DModel": {
        "sample_size": 8,
        "in_channels": 4,
        "out_channels": 4,
        "block_out_channels": (8, 8),
        "layers_per_block": 1,
        "norm_num_groups": 4,
        "down_block_types": ("DownBlock2D", "DownBlock2D"),
        "up_block_types": ("UpBlock2D", "UpBlock2D"),
        "num_class_embeds": 3,
    },
    "UNet2DConditionModel": UNET,
    "SDXL": {
        **UNET,
        "addition_embed_type": "text_time",
        "addition_time_embed_dim": 4,
        "projection_class_embeddings_input_dim": 40,
    },
    "DiTTransformer2DModel": {
        **TOKENS,
        "in_channels": 4,
        "out_channels": 8,
        "sample_size": 8,
        "num_embeds_ada_norm": 5,
    },
    "PixArtTransformer2DModel": {
        **TOKENS,
        "in_channels": 4,
        "out_channels": 8,
        "sample_size": 8,
        "cross_attention_dim": 16,
        "caption_channels": 12,
    },
    "SD3Transformer2DModel": {
        **TOKENS,
        "sample_size": 8,
        "in_channels": 4,
        "out_channels": 4,
        "joint_attention_dim": 16,
        "caption_projection_dim": 16,
        "pooled_projection_dim": 24,
        "pos_embed_max_size": 16,
    },
    "FluxTransformer2DModel": {
        "num_attention_heads": 2,
        "num_layers": 1,
        "num_single_layers": 1,
        "in_channels": 16,
        "attention_head_dim": 16,
        "joint_attention_dim": 16,
        "pooled_projection_dim": 24,
        "axes_dims_rope": (4, 4, 8),
    },
}
FLOW = ("SD3Transformer2DModel", "FluxTransformer2DModel")
VAE = {
    "block_out_channels": (4, 8),
    "down_block_types": ("DownEncoderBlock2D",) * 2,
    "up_block_types": ("UpDecoderBlock2D",) * 2,
    "latent_channels": 4,
    "norm_num_groups": 2,
    "sample_size": 16,
}
WORDS = ("a", "cat", "dog", "red")


def write(folder: Path, kind: str = "UNet2DConditionModel", seed: int = 0, **scheduler) -> dict:
    """A pipeline without text encoders; returns its parts as the library has them."""
    diffusers = pytest.importorskip("diffusers", reason="pipelines are written by diffusers")
    torch.manual_seed(seed)
    name = "UNet2DConditionModel" if kind == "SDXL" else kind
    net = getattr(diffusers, name)(**NETWORKS[kind]).eval()
    net.save_pretrained(folder / ("unet" if name.startswith("UNet") else "transformer"))
    vae = diffusers.AutoencoderKL(**VAE).eval()
    vae.save_pretrained(folder / "vae")
    own = (
        diffusers.FlowMatchEulerDiscreteScheduler(shift=3.0)
        if kind in FLOW
        else diffusers.DDIMScheduler(**{**DDPM, "clip_sample": False, **scheduler})
    )
    own.save_pretrained(folder / "scheduler")
    return {"net": net, "vae": vae, "scheduler": own}


def with_prompts(folder: Path, seed: int = 0) -> dict:
    """Give a pipeline of a UNet2DConditionModel a tiny CLIP; returns it with its tokenizer."""
    transformers = pytest.importorskip("transformers", reason="prompts need transformers")
    torch.manual_seed(seed)
    letters = [chr(c) for c in range(ord("a"), ord("z") + 1)]
    vocabulary = [*letters, *(f"{c}</w>" for c in letters), "<|startoftext|>", "<|endoftext|>"]
    words = folder / "tokenizer"
    words.mkdir(parents=True)
    (words / "vocab.json").write_text(json.dumps({t: i for i, t in enumerate(vocabulary)}))
    (words / "merges.txt").write_text("#version: 0.2\n")
    tokenizer = transformers.CLIPTokenizer.from_pretrained(words, model_max_length=12)
    tokenizer.save_pretrained(words)
    config = transformers.CLIPTextConfig(
        vocab_size=len(vocabulary),
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        max_position_embeddings=12,
        bos_token_id=len(vocabulary) - 2,
        eos_token_id=len(vocabulary) - 1,
        projection_dim=16,
    )
    encoder = transformers.CLIPTextModel(config).eval()
    encoder.save_pretrained(folder / "text_encoder")
    index = {
        "_class_name": "StableDiffusionPipeline",
        "text_encoder": ["transformers", "CLIPTextModel"],
        "tokenizer": ["transformers", "CLIPTokenizer"],
        "unet": ["diffusers", "UNet2DConditionModel"],
        "vae": ["diffusers", "AutoencoderKL"],
        "safety_checker": [None, None],
    }
    (folder / "model_index.json").write_text(json.dumps(index))
    return {"encoder": encoder, "tokenizer": tokenizer}
