"""Claims of EDM on the ideal denoiser: Fig. 1 and App. B.3."""

import torch
from torch import Tensor

from ...analysis import intervals
from ...analysis.distance import share
from ...analysis.error import rms
from ...analysis.intervals import Estimate
from ...analysis.loss import change, denoise_strip
from ...analysis.nearest import nearest_training
from ...lab.experiment import run
from ...lab.source import Watch, prepared
from .contract import Claim, above, below
from .paths import view


def _strip(data: str, watch: Watch | None, count: int = 24) -> tuple[Tensor, Tensor]:
    """(ln σ, how fast D changes there) of several samples under rising noise; (S,), (count, S)."""
    e = view(data)
    source, sigmas = prepared(e.data, e.model), torch.logspace(-2.7, 1.9, 93).double()
    clean, g = source.clean(count, seed=5), torch.Generator().manual_seed(6)
    each = []
    for y in clean:
        noise = torch.randn(y.shape, generator=g, dtype=torch.float64)
        each.append(change(sigmas, denoise_strip(source.denoiser, y, sigmas, noise)[1]))
        if watch is not None:
            watch()
    return sigmas.log()[1:-1], torch.stack(each)


def _narrow(data: str):
    """A measure: decades of σ in the shortest interval that holds 80 % of the change of D."""

    def tried(watch: Watch | None) -> Estimate:
        u, speed = _strip(data, watch)
        step = float(u.diff().mean())
        widths = []
        for row in speed:
            total = torch.cat([row.new_zeros(1), (row * step).cumsum(0)])
            end = torch.searchsorted(total, total + 0.8 * total[-1])
            width = (end - torch.arange(len(total)))[end < len(total)]
            widths.append(float(width.min()) * step / 2.302585)
        return intervals.median(torch.tensor(widths))

    return tried


def _mean_of_data(watch: Watch | None) -> Estimate:
    source = prepared(view("data=digits").data, view("data=digits").model)
    sigma = torch.tensor(1000.0, dtype=torch.float64)
    answers = source.denoiser(
        source.clean(32)
        + sigma
        * torch.randn(32, 1, 8, 8, generator=torch.Generator().manual_seed(1), dtype=torch.float64),
        sigma,
    )
    mean = source.mixture.means.mean(0).reshape(1, *source.shape)
    return intervals.median(rms(answers - mean) / source.sigma_data)


def _copies(watch: Watch | None) -> Estimate:
    made = run(view("data=digits&samples=128&nfe=35"), watch, kept=False)
    points = made.source.mixture.means.reshape(-1, *made.source.shape)
    near, _ = nearest_training(made.samples, points)
    return share(near < 0.01 * made.source.sigma_data)


def _nearest(watch: Watch | None) -> Estimate:
    source = prepared(view("data=digits").data, view("data=digits").model)
    clean = source.clean(64)
    g = torch.Generator().manual_seed(2)
    noisy = clean + 0.02 * torch.randn(clean.shape, generator=g, dtype=torch.float64)
    points = source.mixture.means.reshape(-1, *source.shape)
    near = points[nearest_training(noisy, points)[1]]
    return intervals.median(
        rms(source.denoiser(noisy, torch.tensor(0.02, dtype=torch.float64)) - near)
    )


CLAIMS = [
    Claim(
        "decided-in-a-narrow-band",
        "EDM",
        "The image that the ideal denoiser answers with changes visibly only in a narrow band of "
        "noise levels.",
        "Fig. 1, App. B.3",
        "decades of σ in the shortest interval with 80 % of the change of D; digits, exact",
        below(1),  # of the 4.6 decades from 0.002 to 80
        _narrow("data=digits"),
        seeds="24 images under rising noise",
        view="data=digits",
    ),
    Claim(
        "photographs-decided-in-a-narrow-band",
        "EDM",
        "The image that the ideal denoiser answers with changes visibly only in a narrow band of "
        "noise levels.",
        "Fig. 1, App. B.3",
        "the same for patches of photographs",
        below(1),
        _narrow("data=patches"),
        seeds="24 patches under rising noise",
        view="data=patches",
        why="Patches have two bands: one where the brightness is decided and a lower one where the "
        "patch is.",
    ),
    Claim(
        "ideal-ends-in-the-mean",
        "EDM",
        "For large σ the ideal denoiser answers with the mean of the data set.",
        "Fig. 1, App. B.3",
        "RMS between D at σ = 1000 and the mean, in σ_data; digits",
        below(0.01),
        _mean_of_data,
        seeds="32 noisy images",
        view="data=digits",
    ),
    Claim(
        "ideal-finds-the-nearest",
        "EDM",
        "For small σ the ideal denoiser answers with the nearest training image.",
        "App. B.3, Eq. 57",
        "RMS between D at σ = 0.02 and the nearest image of the set; digits",
        below(1e-9),
        _nearest,
        seeds="64 noisy images",
        view="data=digits",
    ),
    Claim(
        "ideal-sampler-copies",
        "EDM",
        "A sampler with the ideal denoiser only reproduces training images.",
        "App. B.3",
        "share of samples within 1 % of σ_data of a training image; digits, 35 evaluations",
        above(0.9),
        _copies,
        seeds="seed 0, 128 samples",
        view="data=digits",
    ),
]
