"""A network of the published size on a CPU, in a real browser: every panel is there.

The walk of every day opens a tiny network on a server that takes half a second of its evaluations
for granted, so the page does what it does for 55.7 M parameters in a few seconds.  With
EXPLORER_LARGE=1 it opens those: EDM's DDPM++ of CIFAR-10, with random weights.
"""

import os
import re

import pytest
import torch

from explorer.bench import page
from explorer.models.denoiser import Preconditioned
from explorer.models.edm_unet import SongUNet
from explorer.models.precond import EDM
from tests.models.snapshots import KWARGS, snapshot

from .walk import PIXELS, Walk

LARGE = os.environ.get("EXPLORER_LARGE") == "1"
SLOWED = """
from explorer.cli import serve
from explorer.lab import cost
pace = cost.pace
cost.pace = lambda denoiser, device: None if pace(denoiser, device) is None else 0.5
serve()
"""
DDPMPP = {  # EDM's config of CIFAR-10: training/networks.py, SongUNet's defaults
    "img_resolution": 32,
    "img_channels": 3,
    "label_dim": 0,
    "augment_dim": 9,
    "model_type": "SongUNet",
    "model_channels": 128,
    "channel_mult": [2, 2, 2],
    "num_blocks": 4,
    "attn_resolutions": [16],
    "use_fp16": False,
    "sigma_data": 0.5,
}
BROKEN = {**KWARGS, "model_channels": 144, "num_blocks": 1}  # no 32 groups of 144 channels
FILLED = """() => {
  const {parts, states} = explorer.S, names = ['data', 'run', 'loss', 'path', 'error'];
  return !document.body.dataset.asking && names.every((name) => parts[name]) &&
    Object.values(states).every(({state}) => state === 'whole');
}"""


def made(kwargs: dict) -> bytes:
    """The file of a network with random weights."""
    torch.manual_seed(0)
    other = ("img_channels", "model_type", "use_fp16", "sigma_data")
    own = {k: v for k, v in kwargs.items() if k not in other}
    channels, side = kwargs["img_channels"], kwargs["img_resolution"]
    net = SongUNet(in_channels=channels, out_channels=channels, **own)
    for p in net.parameters():
        p.data += 0.01 * torch.randn_like(p)  # EDM's last layers begin at zero
    return snapshot(Preconditioned(net, EDM(), (channels, side, side)).eval(), kwargs=kwargs)


@pytest.fixture
def walk(browser, tmp_path):
    large = (*page.APP, "--max-upload", "300mb")
    command = large if LARGE else ("-c", SLOWED, "--threads", "1")
    with page.served(command, EXPLORER_CACHE=str(tmp_path)) as app:
        visitor = Walk(browser, app.url)
        yield visitor
        visitor.leave()
    assert not visitor.outside
    assert not visitor.errors


def test_a_large_checkpoint_opens_with_every_panel_filled(walk, tmp_path):
    look, text = walk.page, lambda: walk.page.inner_text("body")
    walk.hasty().open("data=moons&samples=256&nfe=35&sigma=1").unfold()
    walk.choose("#slot-model", "network")
    file = tmp_path / "large.pkl"
    file.write_bytes(made(DDPMPP if LARGE else KWARGS))
    walk.after(lambda: look.set_input_files("#network-file", file))  # the first picture
    look.wait_for_function("explorer.S.shown['model.checkpoint']?.startsWith('large-')")
    assert look.is_hidden("#problem"), look.inner_text("#problem-text")
    look.wait_for_function(FILLED, timeout=600_000)  # minutes of a large network on a busy machine
    assert walk.value("samples") <= (4 if LARGE else 1) and 9 <= walk.value("nfe") <= 35
    assert re.search(
        r"takes .+ here: \d samples?, NFE \d+, \d paths?", look.inner_text("#help-data")
    )
    assert "Measuring …" not in text() and look.locator("#spine-over .note").count() == 0
    assert look.locator(".strip-head .fully").count() == 5  # steps, curvature, plane, error, loss
    assert "in twice the steps" in look.inner_text("#versus")
    inked, colours = look.evaluate(PIXELS)
    assert inked > 1000 and colours > 5
    # what fails, or is refused, leaves view, menu and words on the network that works
    name, words = walk.value("model.checkpoint"), look.inner_text("#help-data")
    broken = tmp_path / "broken.pkl"
    broken.write_bytes(made(BROKEN))
    walk.after(lambda: look.set_input_files("#network-file", broken))
    assert "cannot be run on samples of 1 × 8 × 8" in look.inner_text("#problem-text")
    assert walk.value("model.checkpoint") == name == look.input_value("#network-checkpoint")
    assert look.inner_text("#help-data") == words
    # a slider starts what takes long, and Cancel ends it
    if LARGE:
        return
    full = look.locator(".strip-head .fully[data-full=loss]").first
    full.click()
    look.wait_for_function("() => !explorer.S.parts.loss.fully")
    walk.calm()
    assert look.locator(".strip-head .fully").count() == 4
