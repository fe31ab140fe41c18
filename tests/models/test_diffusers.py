"""Folders of the diffusers library: what their schedulers imply, and the network itself."""

import json
import math
import sys

import pytest
import torch
from torch import nn

from explorer.errors import UserError
from explorer.models import diffusers_unet, load
from explorer.models.denoiser import Preconditioned
from explorer.models.diffusers_unet import Discrete, load_folder, precond_of
from explorer.models.precond import EDM

DDPM = {"_class_name": "DDPMScheduler", "num_train_timesteps": 1000, "beta_start": 1e-4,
        "beta_end": 0.02, "beta_schedule": "linear", "prediction_type": "epsilon"}
UNET = {"_class_name": "UNet2DModel", "sample_size": 8, "in_channels": 1, "out_channels": 1,
        "block_out_channels": [32, 32], "layers_per_block": 1,
        "down_block_types": ["DownBlock2D", "AttnDownBlock2D"],
        "up_block_types": ["AttnUpBlock2D", "UpBlock2D"]}


class Oracle(nn.Module):
    """A network that knows the noise and the data of its batch, and says what it is asked for."""

    label_dim = 0

    def __init__(self, y, noise, kind):
        super().__init__()
        self.y, self.noise, self.kind = y, noise, kind
        self.weight = nn.Parameter(torch.zeros(1))

    def forward(self, x, c_noise, labels=None, augment=None):
        self.c_noise = c_noise
        bar = 1 / (1 + self.sigma**2).reshape(-1, 1, 1, 1)
        return {"epsilon": self.noise, "sample": self.y,
                "v_prediction": bar.sqrt() * self.noise - (1 - bar).sqrt() * self.y}[self.kind]


@pytest.mark.parametrize("kind", ["epsilon", "v_prediction", "sample"])
def test_each_prediction_gives_back_the_data(kind):
    g = torch.Generator().manual_seed(0)
    y, noise = torch.randn(2, 3, 1, 4, 4, generator=g, dtype=torch.float64)
    precond = precond_of({**DDPM, "prediction_type": kind})
    sigma = precond.levels[[10, 500, 990]]
    net = Oracle(y, noise, kind)
    net.sigma = sigma
    d = Preconditioned(net, precond, (1, 4, 4))
    x = y + sigma.reshape(-1, 1, 1, 1) * noise
    assert torch.allclose(d(x, sigma), y, atol=1e-9)
    assert net.c_noise.tolist() == pytest.approx([10, 500, 990], abs=1e-3)  # float32


def test_levels_of_ddpm_by_hand():
    """ᾱ is the running product of 1 − β; σ = √((1 − ᾱ)/ᾱ)."""
    p, bar = precond_of(DDPM), 1.0
    for k in range(1000):
        bar *= 1 - (1e-4 + k * (0.02 - 1e-4) / 999)
        if k in (0, 1, 499, 999):
            assert float(p.levels[k]) == pytest.approx(math.sqrt((1 - bar) / bar), rel=1e-9)
    assert p.sigma_min == pytest.approx(0.01, rel=1e-3) and 157 < p.sigma_max < 158


@pytest.mark.parametrize("kind", ["linear", "scaled_linear", "squaredcos_cap_v2", "sigmoid"])
def test_steps_and_levels_are_inverse(kind):
    p = precond_of({**DDPM, "beta_schedule": kind})
    assert bool((p.levels.diff() > 0).all())
    assert torch.allclose(p.c_noise(p.levels), torch.arange(1000, dtype=torch.float64), atol=1e-6)
    between = (p.levels[10] * p.levels[11]).sqrt()
    assert float(p.c_noise(between)) == pytest.approx(10.5)
    assert float(p.c_noise(torch.tensor(1e9, dtype=torch.float64))) == 999
    assert float(p.round_sigma(p.levels[7] * 1.0001)) == float(p.levels[7])


def test_trained_betas_are_used():
    p = precond_of({**DDPM, "trained_betas": [0.1, 0.2]})
    assert p.levels.tolist() == pytest.approx([math.sqrt(0.1 / 0.9), math.sqrt(0.28 / 0.72)])


def test_edm_schedulers():
    s = torch.tensor([0.1, 3.0], dtype=torch.float64)
    own = EDM(0.7)
    plain = precond_of({"_class_name": "EDMEulerScheduler", "sigma_data": 0.7})
    assert plain == own
    v = precond_of({"_class_name": "EDMEulerScheduler", "sigma_data": 0.7,
                    "prediction_type": "v_prediction"})
    assert torch.equal(v.c_out(s), -own.c_out(s)) and torch.equal(v.c_skip(s), own.c_skip(s))


@pytest.mark.parametrize("change, words", [
    ({"_class_name": "LCMScheduler"}, "Known: DDPM"), ({"prediction_type": "flow"}, "Known: eps"),
    ({"beta_schedule": "exp"}, "Known: linear"), ({"num_train_timesteps": 10**9}, "from 2"),
    ({"beta_end": 7}, "between 0 and 1"), ({"beta_start": "x"}, "out of range"),
    ({"trained_betas": "x"}, "list"), ({"rescale_betas_zero_snr": True}, "infinity"),
    ({"_class_name": "EDMEulerScheduler", "prediction_type": "sample"}, "epsilon and")])
def test_schedulers_that_are_refused(change, words):
    with pytest.raises(UserError, match=words):
        precond_of({**DDPM, **change})


def folder(tmp_path, unet=UNET, scheduler=DDPM):
    for name, value in (("unet/config.json", unet), ("scheduler/scheduler_config.json", scheduler)):
        if value is not None:
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(json.dumps(value))
    return tmp_path


@pytest.mark.parametrize("change, words", [
    ({"scheduler": None}, "no scheduler_config"), ({"unet": None}, "cannot be read"),
    ({"unet": {**UNET, "_class_name": "UNet2DConditionModel"}}, "UNet2DModel is read"),
    ({"unet": {**UNET, "sample_size": None}}, "how large"),
    ({"unet": {**UNET, "sample_size": [8, 16]}}, "how large"),
    ({"unet": {**UNET, "class_embed_type": "timestep"}}, "class_embed_type")])
def test_folders_that_are_refused(tmp_path, change, words):
    with pytest.raises(UserError, match=words):
        load(folder(tmp_path, **change))


def test_without_the_package_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "diffusers", None)
    with pytest.raises(UserError, match="pip install diffusers"):
        load_folder(folder(tmp_path))


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
    unet = diffusers.UNet2DModel(**{k: v for k, v in UNET.items() if k[0] != "_"},
                                 num_class_embeds=5)
    unet.save_pretrained(folder(tmp_path) / "unet")
    d, x, sigma = load(tmp_path), torch.randn(2, 1, 8, 8), torch.tensor(1.0)
    with torch.no_grad():
        assert d.label_dim == 5
        assert not torch.allclose(d(x, sigma, torch.tensor([1, 1])), d(x, sigma, torch.tensor([2, 2])))
        with pytest.raises(UserError, match="0 to 4"):
            d(x, sigma)


def test_only_safetensors(tmp_path):
    pytest.importorskip("diffusers", reason="diffusers is optional")
    (folder(tmp_path) / "unet" / "diffusion_pytorch_model.bin").write_bytes(b"\x80\x04.")
    with pytest.raises(UserError, match="is a pickle"):
        load(tmp_path)
    (tmp_path / "unet" / diffusers_unet.WEIGHTS).write_bytes(b"nonsense")
    with pytest.raises(UserError, match="cannot be built"):
        load(tmp_path)


def test_discrete_is_what_its_dataclass_says():
    p = Discrete(torch.tensor([0.1, 1.0, 10.0], dtype=torch.float64), "epsilon")
    assert (p.sigma_min, p.sigma_max) == (0.1, 10.0)


def test_from_the_hub_when_the_owner_asks(tmp_path, monkeypatch):
    """Only configs and .safetensors are asked for; afterwards the name is known."""
    hub = pytest.importorskip("huggingface_hub")
    monkeypatch.setenv("EXPLORER_CACHE", str(tmp_path))
    asked = []

    def download(name, local_dir, allow_patterns):
        asked.append((name, allow_patterns))
        local_dir.mkdir(parents=True)
    monkeypatch.setattr(hub, "snapshot_download", download)
    with pytest.raises(UserError, match="no file or folder"):
        load("owner/tiny")
    diffusers_unet.fetch_hub("owner/tiny")
    assert asked[0][0] == "owner/tiny"
    assert all(p.endswith((".json", ".safetensors")) for p in asked[0][1])
    with pytest.raises(UserError, match="scheduler_config|cannot be read"):
        load("owner/tiny")  # found, and empty


@pytest.mark.parametrize("name", ["../x", "a/b/c", "x", "a/../b", "-a/b"])
def test_a_name_of_the_hub_is_no_path(name):
    with pytest.raises(UserError, match="owner/name"):
        diffusers_unet.fetch_hub(name)


def test_without_a_network_the_hub_says_so(tmp_path, monkeypatch):
    hub = pytest.importorskip("huggingface_hub")

    def download(*_, **__):
        raise ConnectionError("no route to host")
    monkeypatch.setattr(hub, "snapshot_download", download)
    with pytest.raises(UserError, match="could not be fetched.*no route"):
        diffusers_unet.fetch_hub("owner/tiny", tmp_path)
