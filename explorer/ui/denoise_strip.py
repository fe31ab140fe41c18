"""EDM's Fig. 1 on the stage: one sample under rising noise, what the denoiser makes of it, where
that changes, and where training looks.
"""

import math

import torch

from ..analysis.loss import Peak, change, denoise_strip, peaks
from ..core import known
from ..data.published import Published
from ..figures import pack, stage
from ..figures.style import rounded
from ..lab import afford, cost
from ..lab.view import View
from ..models.contract import Stored
from ..numerals import number, percent
from ..training.where import Where, published, where

STRIP_LEVELS = (0, 0.2, 0.5, 1, 2, 3, 5, 7, 10, 20, 50)  # EDM Fig. 1
NARROW = 0.5  # decades of σ that may still be called a narrow band, of the 4.6 that a run takes


def strip(view: View, spread: float) -> dict:
    """One clean sample under rising noise and the denoiser's answers; of a network those of the
    exact denoiser too, of a slow one at fewer levels, which it is asked for once.  bands: where the
    answer changes, the greatest first; trains: p_train at the levels `fine`, the largest 1,
    trained: whose; words: a sentence, long and short.  spread: of the data, by which points are
    divided.
    """
    source, few = view.source, afford.strip(view.source)
    clean = source.clean(1, seed=5)
    noise = torch.randn(
        clean.shape, generator=torch.Generator().manual_seed(6), dtype=torch.float64
    ).to(clean)
    scale = float(f"{source.sigma_data / 0.5:.1g}")  # EDM's levels, for data of another size
    low, high = known.bounds(source.denoiser)
    shown = STRIP_LEVELS if few is None else _thinned(STRIP_LEVELS, few)
    asked = [min(max(s * scale, 1e-3, low), high) for s in shown]
    levels = torch.tensor(list(dict.fromkeys(asked)), dtype=torch.float64)
    denoiser = source.denoiser if few is None else source.watched(view.watch)
    noisy, denoised = denoise_strip(denoiser, clean, levels, noise)
    fine, answers = levels, denoised
    if few is None:
        many = cost.affordable(source.pace, 1, 60, least=12, seconds=0.1)
        fine = torch.logspace(math.log10(80), math.log10(0.002), many, dtype=torch.float64)
        fine = known.learned(source.denoiser, fine).flip(0)
        _, answers = denoise_strip(denoiser, clean, fine, noise)
    out: dict = {
        "levels": rounded(levels),
        "fine": rounded(fine[1:-1]),
        "change": rounded(changed := change(fine, answers)),
    }
    trains = _trains(view)
    density = trains.density(fine[1:-1].double().cpu())
    out |= {
        "trains": rounded(density / density.max().clamp(min=1e-300)),
        "trained": trains.name,
    }
    found = peaks(fine[1:-1], changed)
    out["bands"] = [{"at": p.at, "low": p.low, "high": p.high} for p in found]
    out["words"] = told(found, within(found[0], fine[1:-1], changed))
    return out | _pictures(view, spread, clean, noise, levels, noisy, denoised)


def _pictures(view: View, spread: float, clean, noise, levels, noisy, denoised) -> dict:
    """The rows of the strip, packed."""
    source = view.source
    if source.kind == "image":
        size = stage.spread(levels, source.sigma_data).to(noisy).reshape(-1, 1, 1, 1)
        grey = lambda x: pack.grey(x, -1.2, 1.2)
        out = {"noisy": grey(noisy / size * source.sigma_data), "denoised": grey(denoised)}
        if isinstance(view.experiment.model, Stored) and not isinstance(source.data, Published):
            out["exact"] = grey(denoise_strip(source.mixture, clean, levels, noise)[1])
        return out
    plane = source.view if source.kind == "plane" else None
    flat = (
        (lambda v: stage.project(v, plane))
        if plane is not None
        else (lambda v: torch.cat([v, torch.zeros_like(v)], -1))
    )
    size = stage.spread(levels, spread).to(noisy).reshape(-1, 1)
    return {
        "noisy": pack.positions(flat(noisy) / size),
        "denoised": pack.positions(flat(denoised) / spread),
    }


def _trains(view: View) -> Where:
    """p_train of the network, or of EDM's design."""
    model = view.experiment.model
    if isinstance(model, Stored):
        return where(model.found(view.experiment.data).config)
    return published("edm")


def within(peak: Peak, sigma: torch.Tensor, changes: torch.Tensor) -> float:
    """The share of all change, along ln σ, that falls where it is at least half of its peak."""
    inside = (sigma >= peak.low) & (sigma <= peak.high)
    return float(changes[inside].sum() / changes.sum())


def told(found: list[Peak], share: float | None = None) -> list[str]:
    """Where the answer to this sample changes, in full and in fewer and fewer words.  share: of all
    change, what falls in the one band."""
    one = "One real sample under noise, and the denoiser’s answer."
    first = found[0]
    span = f"σ {number(first.high)} to {number(first.low)}"
    if len(found) > 1:
        places = " and ".join(number(p.at) for p in sorted(found, key=lambda p: -p.at))
        said = f"The answer changes at {len(found)} places, not in one band: σ {places}"
    elif math.log10(first.high / first.low) <= NARROW:
        said = f"The answer changes in a narrow band, {span}"
    else:
        said = f"The answer changes over a wide band, {span}"
    if share is None or len(found) > 1:
        return [f"{one} {said}.", f"{said}."]
    full = f"{said}, which holds {percent(share)} of the change"
    return [f"{one} {full}.", f"{full}.", f"{said}."]


def _thinned(levels: tuple, count: int) -> list[float]:
    """So many of them, the ends among them."""
    if count >= len(levels):
        return list(levels)
    return [levels[round(i * (len(levels) - 1) / (count - 1))] for i in range(count)]
