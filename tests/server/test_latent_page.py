"""Networks over latents on the page and on the command line: decoded where it is drawn."""

import base64
import io
import json

import numpy as np
import pytest
import torch

from explorer import cli
from explorer.core.guidance import Guidance
from explorer.lab import experiment
from explorer.models import diffusers_folder, latent, load
from explorer.models.network import Network
from explorer.server import api, app, networks
from explorer.settings import unflatten
from explorer.store import weights
from explorer.ui import decoded
from explorer.ui import networks as menu
from tests.models import pipelines

pytestmark = pytest.mark.slow  # each folder is read in a process of its own, by the library

LINK = "data=none&data.channels=4&data.size=8&data.thickness=1&model=network"
LINK += "&model.checkpoint=mine&samples=3&nfe=5&seed=3"

FLAT = {
    "data": "none",
    "data.channels": 4,
    "data.size": 8,
    "data.thickness": 1.0,
    "model": "network",
    "model.checkpoint": "mine",
}


@pytest.fixture(autouse=True)
def shelf(tmp_path, monkeypatch):
    monkeypatch.setenv("EXPLORER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(weights, "SHIPPED", tmp_path / "shipped")
    for memo in experiment.MEMOS:
        memo.clear()


def bytes_of(packed) -> np.ndarray:
    text = packed if isinstance(packed, str) else packed["data"]
    return np.frombuffer(base64.b64decode(text), np.uint8)


def ask(link=LINK, **more):
    return app.message({"query": link, "want": ["run"], **more})


def test_the_stage_shows_x_and_d_decoded(tmp_path):
    """The bytes of the stage against the decoder, asked by hand with the states of the run."""
    pipelines.write(tmp_path / "net")
    diffusers_folder.convert(tmp_path / "net", "mine")
    answer = ask()
    assert "problem" not in answer, answer["problem"]
    run = answer["parts"]["run"]
    made = experiment.run(unflatten(experiment.Experiment, answer["values"]))
    tr, decoder = made.trajectory, made.source.denoiser.decoder
    assert run["image"] == [3, 16, 16] and run["count"] >= 1
    grey = lambda v: ((v + 1.2) / 2.4 * 255).round().clamp(0, 255).flatten()
    final = torch.from_numpy(bytes_of(run["final"]).copy()).float()
    assert (final - grey(decoder.images(tr.samples[: run["count"]]))).abs().max() <= 1
    first = torch.from_numpy(bytes_of(run["states"]).copy()).float()[: 3 * 256]
    sigma = float(tr.sigma_hat[0])
    x = tr.x_hat[0, :1] / (sigma**2 + 1) ** 0.5  # σ_data of latents is 1
    assert (first - grey(decoder.images(x))).abs().max() <= 1
    assert "latents" in run["told"] and "4 × 8 × 8" in answer["words"]["data"]
    assert "no data set" in answer["states"]["loss"]["why"]
    assert answer["parts"]["data"]["name"] == "net" and "strip" not in answer["parts"]["data"]


def test_nothing_is_decoded_while_it_is_sampled(tmp_path, monkeypatch):
    pipelines.write(tmp_path / "net")
    diffusers_folder.convert(tmp_path / "net", "mine")

    def refuse(*_, **__):
        raise AssertionError("the sampler asked the decoder")

    monkeypatch.setattr(latent.Decoder, "images", refuse)
    e = unflatten(experiment.Experiment, {**FLAT, "samples": 2, "nfe": 5})
    assert experiment.run(e).samples.shape == (2, 4, 8, 8)


def test_a_prompt_is_a_setting_of_the_link(tmp_path):
    pipelines.write(tmp_path / "net")
    pipelines.with_prompts(tmp_path / "net")
    diffusers_folder.convert(tmp_path / "net", "mine")
    shown = lambda words: ask(LINK + words)["parts"]["run"]["final"]
    assert shown("&model.prompt=red+cat") != shown("&model.prompt=dog")
    guided = ask(LINK + "&model.prompt=cat&model.negative=dog&model.guidance=4")
    assert guided["values"]["model.negative"] == "dog"
    row = next(n for n in networks.listing()["networks"] if n["name"] == "mine")
    assert row["prompts"] and row["data"] == {k: v for k, v in FLAT.items() if k[:4] == "data"}


def test_a_client_by_name_gets_pictures(tmp_path):
    """/sample beside the latents: a PNG of each, whose pixels are the decoder's."""
    from PIL import Image

    pipelines.write(tmp_path / "net")
    diffusers_folder.convert(tmp_path / "net", "mine")
    answer = api.sample_endpoint({**FLAT, "samples": 2, "nfe": 3})
    assert answer["shape"] == [2, 4, 8, 8] and len(answer["images"]) == 2
    head, text = answer["images"][1].split(",")
    shown = np.asarray(Image.open(io.BytesIO(base64.b64decode(text)))).astype(float)
    decoder = load("mine").decoder
    made = decoder.images(torch.tensor(answer["samples"])[1:])[0].permute(1, 2, 0)
    assert head == "data:image/png;base64" and shown.shape == (16, 16, 3)
    assert np.abs(shown - (made.numpy() + 1) * 127.5).max() <= 0.6  # half a grey, and float32


def test_a_class_and_any_of_a_transformer(tmp_path):
    pipelines.write(tmp_path / "net", "DiTTransformer2DModel")
    kept = diffusers_folder.convert(tmp_path / "net", "mine")
    assert kept.label_dim == 5 and kept.null_label
    shown = lambda k: ask(LINK + f"&model.condition={k}")["parts"]["run"]["final"]
    assert len({shown(-1), shown(0), shown(4)}) == 3
    assert "0 to 4" in ask(LINK + "&model.condition=5")["problem"]


@pytest.mark.parametrize("each, steps", [(1e-4, 20), (0.05, 20), (1.0, 20), (60.0, 20), (0.1, 1)])
def test_what_is_decoded_fits_the_time(each, steps):
    """Never less than one sample at two steps; else within the time that a picture may take."""
    k, shown = decoded.share(each, steps, 64)
    assert k >= 1 and min(2, steps) <= shown <= steps
    images = k * (2 * shown + 1)
    assert images * each <= decoded.SECONDS or (k, shown) == (1, min(2, steps))


def test_the_spread_of_latents_is_of_the_checkpoint(tmp_path):
    """The menu brings the unit spread that its factor gives to latents, and the page says so."""
    pipelines.write(tmp_path / "net")
    kept = diffusers_folder.convert(tmp_path / "net", "mine")
    e = unflatten(experiment.Experiment, FLAT)
    assert {k: v for k, v in FLAT.items() if k[:4] == "data"} == menu.data_of(kept)
    assert experiment.prepared(e.data, e.model).sigma_data == kept.config["sigma_data"] == 1.0
    assert "unit spread (its factor 0.182)" in menu.about(e)


def test_the_command_line_opens_a_folder(tmp_path, capsys):
    pipelines.write(tmp_path / "net")
    pipelines.with_prompts(tmp_path / "net")
    out = tmp_path / "a.npz"
    words = ["sample", "--model", str(tmp_path / "net"), "--prompt", "red cat", "samples=2"]
    words += ["solver=euler_a"]  # new noise: no exact paths to be found, which is another's claim
    assert cli.main([*words, "nfe=3", "--out", str(out)]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert "model.prompt=red+cat" in printed["query"] and printed["nfe"] == 3
    held = np.load(out)
    assert held["images"].shape == (2, 3, 16, 16) and held["samples"].shape == (2, 4, 8, 8)
    assert cli.main(["sample", "--model", str(tmp_path / "nothing"), "nfe=3"]) != 0
    assert "nothing" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["/etc", "../mine", "owner/net", "https://x.org/net"])
def test_a_link_opens_no_folder(name):
    answer = ask(LINK.replace("checkpoint=mine", f"checkpoint={name}"))
    assert "There is no network" in answer["problem"]


def test_a_network_keeps_its_prompt_in_python():
    made = Network(checkpoint="mine", prompt="a cat", negative="rain", guidance=7.5)
    assert eval(repr(made), {"Network": Network, "Guidance": Guidance}) == made
