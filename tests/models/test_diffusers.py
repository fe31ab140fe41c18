"""Folders of the diffusers library: the network itself, and what is refused."""

import json
import sys

import pytest
import torch

from explorer.errors import UserError
from explorer.models import diffusers_folder, load
from explorer.models.diffusers_folder import load_folder

from .test_discrete import DDPM

pytestmark = pytest.mark.usefixtures("in_this_process")
UNET = {
    "_class_name": "UNet2DModel",
    "sample_size": 8,
    "in_channels": 1,
    "out_channels": 1,
    "block_out_channels": [32, 32],
    "layers_per_block": 1,
    "down_block_types": ["DownBlock2D", "AttnDownBlock2D"],
    "up_block_types": ["AttnUpBlock2D", "UpBlock2D"],
}


def folder(tmp_path, unet=UNET, scheduler=DDPM):
    for name, value in (("unet/config.json", unet), ("scheduler/scheduler_config.json", scheduler)):
        if value is not None:
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(json.dumps(value))
    return tmp_path


@pytest.mark.parametrize(
    "change, words",
    [
        ({"scheduler": None}, "no scheduler_config"),
        ({"unet": None}, "cannot be read"),
        ({"unet": {**UNET, "_class_name": "UNet2DConditionModel"}}, "UNet2DModel is read"),
        ({"unet": {**UNET, "sample_size": None}}, "how large"),
        ({"unet": {**UNET, "sample_size": [8, 16]}}, "how large"),
        ({"unet": {**UNET, "class_embed_type": "timestep"}}, "class_embed_type"),
        ({"unet": {**UNET, "time_embedding_type": "fourier"}}, "'fourier'"),
        ({"unet": {**UNET, "down_block_types": ["os.system"]}}, "os.system"),
        ({"unet": {**UNET, "layers_per_block": 10**9}}, "layers_per_block"),
        ({"unet": {**UNET, "block_out_channels": [1] * 99}}, "block_out_channels"),
        ({"unet": {**UNET, "num_class_embeds": 10**9}}, "label_dim"),
        ({"unet": {**UNET, "hook": 1}}, "hook"),
    ],
)
def test_folders_that_are_refused(tmp_path, change, words):
    with pytest.raises(UserError, match=words):
        load(folder(tmp_path, **change))


def test_without_the_package_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "diffusers", None)
    from safetensors.torch import save_file

    save_file({"x": torch.zeros(1)}, folder(tmp_path) / "unet" / diffusers_folder.WEIGHTS)
    with pytest.raises(UserError, match="pip install diffusers"):
        load_folder(tmp_path)
    with pytest.raises(UserError, match="pip install diffusers"):
        diffusers_folder.fetch_hub("owner/tiny")


def test_the_network_itself(tmp_path):
    """Against the library's own U-Net, and its scheduler's own arithmetic for ᾱ."""
    diffusers = pytest.importorskip("diffusers", reason="diffusers is optional")
    torch.manual_seed(0)
    unet = diffusers.UNet2DModel.from_config({k: v for k, v in UNET.items() if k[0] != "_"}).eval()
    unet.save_pretrained(tmp_path / "unet")
    own = diffusers.DDPMScheduler()
    own.save_pretrained(tmp_path / "scheduler")
    d = load(tmp_path)
    x, k = torch.randn(2, 1, 8, 8), torch.tensor([20, 700])
    bar = own.alphas_cumprod[k].reshape(-1, 1, 1, 1)
    with torch.no_grad():
        noise = unet(x, k).sample
        expected = (x - (1 - bar).sqrt() * noise) / bar.sqrt()
        sigma = ((1 - bar) / bar).sqrt().flatten()
        got = d(x / bar.sqrt(), sigma)
    # c_noise is found in float32 from σ, so the step is off by some 1e-4
    assert torch.allclose(got, expected, rtol=1e-3, atol=1e-3)
    assert d.with_features(x, sigma)[1].shape == (2, 64)
    assert d.shape == (1, 8, 8) and d.label_dim == 0


def test_classes_of_a_diffusers_network(tmp_path):
    diffusers = pytest.importorskip("diffusers", reason="diffusers is optional")
    unet = diffusers.UNet2DModel(
        **{k: v for k, v in UNET.items() if k[0] != "_"}, num_class_embeds=5
    )
    unet.save_pretrained(folder(tmp_path) / "unet")
    d, x, sigma = load(tmp_path), torch.randn(2, 1, 8, 8), torch.tensor(1.0)
    with torch.no_grad():
        assert d.label_dim == 5
        assert not torch.allclose(
            d(x, sigma, torch.tensor([1, 1])), d(x, sigma, torch.tensor([2, 2]))
        )
        with pytest.raises(UserError, match="0 to 4"):
            d(x, sigma)


def test_names_of_older_weights(tmp_path):
    """The published DDPM models say query, key, value and proj_attn."""
    diffusers = pytest.importorskip("diffusers", reason="diffusers is optional")
    from safetensors.torch import load_file, save_file

    unet = diffusers.UNet2DModel(**{k: v for k, v in UNET.items() if k[0] != "_"})
    unet.save_pretrained(folder(tmp_path) / "unet")
    x, sigma = torch.randn(2, 1, 8, 8), torch.tensor(1.0)
    expected, path = load(tmp_path)(x, sigma), tmp_path / "unet" / diffusers_folder.WEIGHTS
    old, state = {v: k for k, v in diffusers_folder.OLD.items()}, load_file(path)
    for new, name in old.items():
        state = {k.replace(f".{new}.", f".{name}."): v for k, v in state.items()}
    assert any(".proj_attn." in k for k in state) and not any(".to_q." in k for k in state)
    save_file(state, path)
    assert torch.equal(load(tmp_path)(x, sigma), expected)


def test_a_network_without_a_middle_has_features_too(tmp_path):
    diffusers = pytest.importorskip("diffusers", reason="diffusers is optional")
    unet = diffusers.UNet2DModel(
        **{k: v for k, v in UNET.items() if k[0] != "_"}, mid_block_type=None
    )
    unet.save_pretrained(folder(tmp_path) / "unet")
    d = load(tmp_path)
    assert d.with_features(torch.randn(3, 1, 8, 8), torch.tensor(1.0))[1].shape == (3, 64)


def test_only_safetensors(tmp_path):
    (folder(tmp_path) / "unet" / "diffusion_pytorch_model.bin").write_bytes(b"\x80\x04.")
    with pytest.raises(UserError, match="is a pickle"):
        load(tmp_path)
    (tmp_path / "unet" / diffusers_folder.WEIGHTS).write_bytes(b"nonsense")
    with pytest.raises(UserError, match="cannot be read"):
        load(tmp_path)


@pytest.mark.parametrize("name", ["../x", "a/b/c", "x", "a/../b", "-a/b"])
def test_a_name_of_the_hub_is_no_path(name):
    with pytest.raises(UserError, match="owner/name"):
        diffusers_folder.fetch_hub(name)


def test_without_a_network_the_hub_says_so(tmp_path, monkeypatch):
    hub = pytest.importorskip("huggingface_hub")
    monkeypatch.setattr(diffusers_folder.diffusers_unet, "here", lambda: True)

    def download(*_, **__):
        raise ConnectionError("no route to host")

    monkeypatch.setattr(hub, "snapshot_download", download)
    with pytest.raises(UserError, match="could not be fetched.*no route"):
        diffusers_folder.fetch_hub("owner/tiny", tmp_path)
