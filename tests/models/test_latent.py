"""Denoisers over latents: the library's answers, its decoder, its prompts, what is refused."""

import json

import pytest
import torch

from explorer.core.sampling import sample
from explorer.core.schedules import EDM
from explorer.core.solvers import SOLVERS
from explorer.errors import Cancelled, UserError
from explorer.models import diffusers_folder, latent, load, prompts
from explorer.models.asking import Asked
from explorer.models.network import Guided, Network
from explorer.models.precision import held
from explorer.store import weights

from . import pipelines

pytestmark = pytest.mark.slow  # each folder is read in a process of its own

SIDES = {"FluxTransformer2DModel": 128}


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("EXPLORER_CACHE", str(tmp_path / "cache"))


def own_answer(kind, net, z, step, labels):
    """F of the library's network, called as its own pipeline calls it."""
    zeros = lambda *shape: torch.zeros(len(z), *shape)
    if kind == "UNet2DModel":
        return net(z, step, class_labels=labels).sample
    if kind == "DiTTransformer2DModel":
        return net(z, step, class_labels=labels).sample[:, :4]
    states = zeros(8, 12 if kind.startswith("PixArt") else 16)
    if kind == "SDXL":
        added = {"text_embeds": zeros(16), "time_ids": zeros(6)}
        return net(z, step, encoder_hidden_states=states, added_cond_kwargs=added).sample
    if kind == "UNet2DConditionModel":
        return net(z, step, encoder_hidden_states=states).sample
    if kind.startswith("PixArt"):
        added = {"resolution": None, "aspect_ratio": None}
        return net(z, states, step, added_cond_kwargs=added).sample[:, :4]
    if kind.startswith("SD3"):
        return net(z, states, zeros(24), step).sample
    from diffusers import FluxPipeline

    side = z.shape[-1]
    out = net(
        FluxPipeline._pack_latents(z, len(z), 4, side, side),
        encoder_hidden_states=states,
        pooled_projections=zeros(24),
        timestep=step / 1000,
        img_ids=FluxPipeline._prepare_latent_image_ids(1, side // 2, side // 2, "cpu", z.dtype),
        txt_ids=torch.zeros(8, 3),
    ).sample
    return FluxPipeline._unpack_latents(out, 8 * side, 8 * side, 8)


@pytest.mark.parametrize("kind", pipelines.NETWORKS)
def test_the_networks_of_the_library(tmp_path, kind):
    """D against the library's network and its scheduler's arithmetic, at two steps."""
    parts = pipelines.write(tmp_path, kind)
    d, steps = load(tmp_path), torch.tensor([20.0, 700.0])
    side = SIDES.get(kind, 8)
    assert d.shape == (4, side, side) and d.sigma_data == 1.0
    z = torch.randn(2, *d.shape, generator=torch.Generator().manual_seed(0))
    classes = d.label_dim
    labels = torch.tensor([1, 2]) if classes else None
    with torch.no_grad():
        raw = own_answer(kind, parts["net"], z, steps, labels)
        if kind in pipelines.FLOW:
            t = (steps / 1000).reshape(-1, 1, 1, 1)
            scale, expected, sigma = 1 - t, z - t * raw, (t / (1 - t)).flatten()
        else:
            bar = parts["scheduler"].alphas_cumprod[steps.long()].reshape(-1, 1, 1, 1)
            scale, sigma = bar.sqrt(), ((1 - bar) / bar).sqrt().flatten()
            expected = (z - (1 - bar).sqrt() * raw) / scale
        got = d(z / scale, sigma, labels)
    # the step is found from σ in float32, some 1e-4 of a step away
    assert torch.allclose(got, expected, rtol=1e-3, atol=2e-3)
    assert d.with_features(z, sigma, labels)[1].shape == (2, 64)


def test_weights_of_16_bits(tmp_path):
    """A copy in bfloat16 answers about the same, prompt and features too, and decodes as before."""
    pipelines.write(tmp_path)
    d = load(tmp_path).conditioned(Asked(states=torch.ones(1, 5, 16)))
    low, x, sigma = held(d, "bfloat16"), torch.randn(2, 4, 8, 8), torch.tensor(1.0)
    assert next(low.module.model.parameters()).dtype is torch.bfloat16
    # 2⁻⁸ of the network's answer, whose size is 1, times σ; a few roundings add up
    assert torch.allclose(low(x, sigma), d(x, sigma), atol=0.05)
    assert low.with_features(x, sigma)[1].shape == (2, 64) and low.decoder is d.decoder


def test_a_decoder_is_the_librarys_and_asked_last(tmp_path):
    parts = pipelines.write(tmp_path)
    d = load(tmp_path)
    z = torch.randn(3, 4, 8, 8, generator=torch.Generator().manual_seed(0))
    assert d.decoder.shape == (3, 16, 16)
    sample(d, z.double(), torch.tensor([5.0, 1.0, 0.0]).double(), SOLVERS["euler"](), EDM())
    assert d.decoder._decode is None  # no sampler reads it
    expected = parts["vae"].decode(z / 0.18215).sample.clamp(-1, 1)
    assert torch.allclose(d.decoder.images(z), expected, atol=1e-5)


def test_decoding_is_in_batches_and_can_be_cancelled(tmp_path, monkeypatch):
    monkeypatch.setattr(latent, "PIXELS", 2 * 16 * 16)
    pipelines.write(tmp_path)
    d, seen = load(tmp_path), []
    z = torch.randn(5, 4, 8, 8, generator=torch.Generator().manual_seed(0))
    whole = d.decoder.images(z, lambda: seen.append(1))
    assert len(seen) == 3 and torch.allclose(whole[4:], d.decoder.images(z[4:]), atol=1e-5)

    def stop():
        raise Cancelled

    with pytest.raises(Cancelled):
        d.decoder.images(z, stop)


@pytest.mark.parametrize(
    "kind, change",
    [
        ("AutoencoderKL", {"shift_factor": 0.3, "scaling_factor": 1.5}),
        ("AutoencoderKL", {"latents_mean": [0.1] * 4, "latents_std": [2.0] * 4}),
        ("VQModel", {"num_vq_embeddings": 16}),
        ("AutoencoderTiny", {}),
    ],
)
def test_other_decoders(tmp_path, kind, change):
    diffusers = pytest.importorskip("diffusers", reason="decoders are made by diffusers")
    pipelines.write(tmp_path)
    torch.manual_seed(1)
    own = {k: v for k, v in pipelines.VAE.items() if kind != "AutoencoderTiny"} | change
    vae = getattr(diffusers, kind)(**own).eval()
    vae.save_pretrained(tmp_path / "vae")
    d, z = load(tmp_path), torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(0))
    c = vae.config
    if "latents_std" in change:
        inner = z * 2.0 / c.scaling_factor + 0.1
    else:
        inner = z / c.scaling_factor + (getattr(c, "shift_factor", 0) or 0)
    expected = vae.decode(inner).sample.clamp(-1, 1)
    assert torch.allclose(d.decoder.images(z), expected, atol=1e-5)
    assert d.decoder.shape == tuple(expected.shape[1:])


def test_anybodys_function_decodes(tmp_path):
    pipelines.write(tmp_path)
    d = latent.decoded_by(load(tmp_path), lambda z: z[:, :3], (3, 8, 8))
    z = torch.rand(2, 4, 8, 8)
    assert torch.equal(d.decoder.images(z), z[:, :3])
    wrong = latent.decoded_by(d, lambda z: z, (3, 8, 8))
    with pytest.raises(UserError, match=r"\(3, 8, 8\) were expected"):
        wrong.decoder.images(z)


@pytest.mark.parametrize("kind", ["UNet2DConditionModel", "DiTTransformer2DModel"])
def test_a_kept_pipeline_is_the_same(tmp_path, kind):
    pipelines.write(tmp_path / "net", kind)
    kept = diffusers_folder.convert(tmp_path / "net")
    d, own = load(kept.name), load(tmp_path / "net")
    x = torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(0))
    assert torch.equal(d(x, torch.tensor(1.0)), own(x, torch.tensor(1.0)))
    assert torch.equal(d.decoder.images(x), own.decoder.images(x))
    assert diffusers_folder.convert(tmp_path / "net").name == kept.name
    decoder = kept.folder / "decoder.safetensors"
    decoder.write_bytes(decoder.read_bytes()[:-4] + b"\0\0\0\1")
    with pytest.raises(UserError, match="SHA-256"):
        load(kept.name).decoder.images(x)


def test_half_precision_weights_are_read(tmp_path):
    from safetensors.torch import load_file, save_file

    pipelines.write(tmp_path)
    whole = tmp_path / "unet" / "diffusion_pytorch_model.safetensors"
    x = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(0))
    expected = load(tmp_path)(x, torch.tensor(1.0))
    half = {k: v.half() for k, v in load_file(whole).items()}
    save_file(half, whole.with_name("diffusion_pytorch_model.fp16.safetensors"))
    whole.unlink()
    # weights to 2⁻¹¹ of themselves
    assert torch.allclose(load(tmp_path)(x, torch.tensor(1.0)), expected, atol=2e-2)


def test_prompts_are_encoded_as_the_library_does(tmp_path):
    parts = pipelines.write(tmp_path / "net") | pipelines.with_prompts(tmp_path / "net")
    kept = diffusers_folder.convert(tmp_path / "net", "words")
    tokens = parts["tokenizer"](
        "a red cat", padding="max_length", max_length=12, truncation=True, return_tensors="pt"
    )
    x, sigma = torch.randn(2, 4, 8, 8), torch.tensor(1.0)
    with torch.no_grad():
        states = parts["encoder"](tokens.input_ids)[0]
        expected = load("words")(x, sigma, Asked(states=states))
        cat = Network(checkpoint="words", prompt="a red cat")._of(kept)
        assert torch.allclose(cat(x, sigma), expected, atol=1e-5)
        dog = Network(checkpoint="words", prompt="dog")._of(kept)
        assert not torch.allclose(cat(x, sigma), dog(x, sigma), atol=1e-3)
        assert cat.module is dog.module  # another prompt reads no weights again
        size = sum(v.nbytes for v in (*parts["encoder"].parameters(), *parts["encoder"].buffers()))
        assert prompts.PIPELINES_KEPT.bytes == size  # counted, and forgotten where room is wanted
        assert 8 * Network(checkpoint="words").numbers(None) >= size  # and room is made before
        made = Network(checkpoint="words", prompt="dog", negative="a red cat", guidance=3.0)
        guided = Guided(dog, made._weak(kept, dog), 3.0)
        assert torch.allclose(guided(x, sigma), 3 * dog(x, sigma) - 2 * cat(x, sigma), atol=1e-4)


def test_a_prompt_that_nobody_reads(tmp_path):
    pipelines.write(tmp_path / "net")
    kept = diffusers_folder.convert(tmp_path / "net", "mute")
    for asked in ({"prompt": "cat"}, {"negative": "cat"}):
        with pytest.raises(UserError, match="without text encoders"):
            Network(checkpoint="mute", **asked)._of(kept)
    assert Network(checkpoint="mute")._of(kept).labels is None


def change(path, **values):
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


@pytest.mark.parametrize(
    "damage, words",
    [
        (lambda f: (f / "scheduler" / "scheduler_config.json").unlink(), "no scheduler/scheduler_"),
        (lambda f: (f / "unet" / "config.json").unlink(), "no unet/config.json"),
        (lambda f: (f / "unet").rename(f / "model"), "lacks the network.*unet/ or transformer/"),
        (lambda f: change(f / "unet" / "config.json", _class_name="Foo"), "'Foo'.*Known: UNet2DM"),
        (lambda f: change(f / "unet" / "config.json", hook=1), "hook = '1'.*UNet2DConditionModel"),
        (lambda f: change(f / "unet" / "config.json", layers_per_block=10**9), "layers_per_block"),
        (lambda f: change(f / "unet" / "config.json", cross_attention_dim=24), "file and"),
        (lambda f: change(f / "vae" / "config.json", _class_name="Foo"), "decoder is a 'Foo'"),
        (lambda f: change(f / "vae" / "config.json", latent_channels=8), "takes latents of 8"),
        (lambda f: change(f / "vae" / "config.json", act_fn="os.system"), "os.system"),
        (
            lambda f: (f / "vae" / "diffusion_pytorch_model.safetensors").rename(
                f / "vae" / "x.bin"
            ),
            "no vae/diffusion_pytorch_model.safetensors. Its .bin is a pickle",
        ),
    ],
)
def test_folders_that_are_refused(tmp_path, damage, words):
    folder = tmp_path / "net"
    pipelines.write(folder)
    damage(folder)
    with pytest.raises(UserError, match=words) as found:
        diffusers_folder.convert(folder)
    assert str(tmp_path) not in str(found.value)
    assert not weights.count()


@pytest.mark.parametrize(
    "index, words",
    [
        ({"text_encoder": ["evil", "Code"]}, "'Code', which is not read"),
        ({"text_encoder": ["transformers", "AutoModel"]}, "'AutoModel', which is not read"),
        ({"_class_name": ["pipeline", "Mine"]}, "prompts are not read"),
    ],
)
def test_classes_of_prompts_are_held_against_a_list(tmp_path, index, words):
    folder = tmp_path / "net"
    pipelines.write(folder)
    pipelines.with_prompts(folder)
    (folder / "pipeline.py").write_text("raise SystemExit")
    change(folder / "model_index.json", **index)
    with pytest.raises(UserError, match=words):
        diffusers_folder.convert(folder)
