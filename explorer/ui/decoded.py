"""What the stage shows of latents: x and D of some steps, decoded within a few seconds.

    of_run(view) -> {"states", "denoised", "noise", "final", "count", "image", "told"}

The decoder is asked here alone, never while a sampler runs, a few latents at a time; what one takes
is known from the first image, and then as many samples and steps are decoded as there is time.
"""

import base64
import io
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from ..figures import pack, stage
from ..lab.view import View
from ..lab.watched import asking

SECONDS = 2.0  # of decoding for one picture
QUICK = 0.3  # seconds of one image, below which another is no wait
ROOM = 3e6  # bytes of all images of one picture
SIDES = (256, 128, 64, 32)  # of the images that are sent
FEW, IMAGES, LEAST = 4, 16, 2  # samples that come before further steps, and at most; steps at least


def of_run(view: View) -> dict:
    """The states and the answers of a run as images: x at constant spread, as on the plane."""
    source, tr = view.source, view.run.trajectory
    decoder, steps = source.denoiser.decoder, len(tr.sigma_hat)
    watch = asking(view.watch)
    first = decoder.images(tr.samples[:1], watch)
    if decoder.pace < QUICK:
        decoder.images(tr.samples[:1], watch)  # warm now: its pace is what others will take
    k, shown = share(decoder.pace, steps, tr.x_hat.shape[1])
    side = _side(decoder.shape, k, steps)
    small = lambda z: _small(decoder.images(z, watch), side)
    at = torch.linspace(0, steps - 1, shown).round().long()
    nearest = (torch.arange(steps)[:, None] - at[None]).abs().argmin(1)
    size = stage.spread(tr.sigma_hat[at], source.sigma_data).to(tr.x_hat).reshape(-1, 1, 1, 1, 1)
    states = tr.x_hat[at][:, :k] / size * source.sigma_data
    along = lambda z: small(z.flatten(0, 1)).unflatten(0, (shown, k))[nearest]
    final = _small(first, side)
    if k > 1:
        final = torch.cat([final, small(tr.samples[1:k])])
    drawn = stage.image_run(
        along(tr.denoised[at][:, :k]), _noise(tr.noise[:, :k], final.shape[1:]), final
    )
    return {
        **drawn,
        "states": pack.grey(along(states), -1.2, 1.2),
        "count": k,
        "image": list(final.shape[1:]),
        "told": told(decoder, source.shape, shown, steps, side),
    }


def pictures(decoder, samples: Tensor, watch: Callable[[], None] | None = None) -> list[str]:
    """Samples decoded, each as a PNG in a data: address, for a client by name."""
    from PIL import Image

    out = []
    for image in decoder.images(samples, watch):
        grey = ((image + 1) * 127.5).round().to(torch.uint8)
        grey = grey[0] if len(grey) == 1 else grey[:3].permute(1, 2, 0)
        held = io.BytesIO()
        Image.fromarray(grey.contiguous().numpy()).save(held, "PNG")
        out.append("data:image/png;base64," + base64.b64encode(held.getvalue()).decode())
    return out


def share(each: float, steps: int, paths: int) -> tuple[int, int]:
    """(samples, steps) that are decoded where one image takes so many seconds: a few samples first,
    then steps, then more samples; never less than one sample at two steps."""
    allowed = max(1, int(SECONDS / max(each, 1e-6)))
    k = max(1, min(FEW, paths, allowed // (2 * min(steps, FEW) + 1)))
    shown = min(steps, max(LEAST, (allowed // k - 1) // 2))
    if shown == steps:
        k = max(k, min(IMAGES, paths, allowed // (2 * steps + 1)))
    return k, shown


def told(decoder, latent: tuple[int, ...], shown: int, steps: int, side: int) -> str:
    """What the picture leaves out, and what its numbers are of."""
    words = [f"decoded by {decoder.words}"]
    if shown < steps:
        words.append(f"at {shown} of {steps} steps, others show the nearest")
    if side < max(decoder.shape[1:]):
        words.append(f"drawn at {side} pixels of {max(decoder.shape[1:])}")
    words.append(f"paths, PCA and errors are those of the {' × '.join(map(str, latent))} latents")
    return "; ".join(words)


def _side(shape: tuple[int, ...], k: int, steps: int) -> int:
    """The largest side of which all images have room."""
    fits = (
        side
        for side in SIDES
        if side <= max(shape[1:]) and 3 * side**2 * k * (3 * steps + 1) <= ROOM
    )
    return next(fits, min(SIDES[-1], max(shape[1:])))


def _small(images: Tensor, side: int) -> Tensor:
    """No larger than this; grey stays one channel."""
    longest = max(images.shape[2:])
    if longest <= side:
        return images
    size = [max(1, n * side // longest) for n in images.shape[2:]]
    return F.interpolate(images, size, mode="area")


def _noise(noise: Tensor, shape: torch.Size) -> Tensor:
    """The first channels of ε, (N, K, *shape): what the solver sees, enlarged and not decoded."""
    few = noise[:, :, : shape[0]].float()
    few = few.expand(-1, -1, shape[0], -1, -1) if few.shape[2] == 1 else few
    if few.shape[2] < shape[0]:
        few = few[:, :, :1].expand(-1, -1, shape[0], -1, -1)
    grown = F.interpolate(few.flatten(0, 1), tuple(shape[1:]), mode="nearest")
    return grown.unflatten(0, noise.shape[:2])
