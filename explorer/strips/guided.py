"""The weight of guidance over the time steps: where two denoisers are asked, and how w goes."""

import torch

from ..core.guided import Guided
from ..figures.style import LEARNED
from ..lab.view import View
from ..numerals import number
from .marks import FINE, Mark, band, label, line
from .strip import Numbers

LEVELS = 193
TOP, BOTTOM = 1e4, 1e-5  # beyond what a strip shows


def weights(view: View) -> Numbers:
    """guided: (σ falling, w(σ), whether both are asked), of a view that is guided."""
    law = view.source.denoiser
    if not isinstance(law, Guided):
        return {}
    how = law.how
    ends = [s * f for s in (how.sigma_lo, how.sigma_hi) for f in (1, 1 + 1e-9)]
    edges = [s for s in (*ends, *(s for s, _ in how.knots)) if BOTTOM < s < TOP]
    even = torch.logspace(5, -6, LEVELS, dtype=torch.float64)
    sigma = torch.cat([even, torch.tensor(edges, dtype=torch.float64)]).sort(descending=True).values
    both = law.passes(sigma) > 1
    return {"guided": [sigma.tolist(), how.weight(law.weight, sigma).tolist(), both.tolist()]}


def weight_marks(sigma: list, w: list, both: list) -> list[Mark]:
    """A ground where both are asked, and w as a part of its own largest value."""
    most = max(max(w), 1e-9)
    low = [0.0 if two else None for two in both]
    high = [1.0 if two else None for two in both]
    name = f"w(σ), up to {number(most)}"
    where = next((s for s, v in zip(sigma, w) if v == most and s < 60), 1.0)
    return [
        band(sigma, low, high, LEARNED, 0.08, on="height"),
        line(
            sigma,
            [0.94 * v / most for v in w],
            LEARNED,
            1.5,
            dash=FINE,
            on="height",
            label=label(name, LEARNED, where, short="w(σ)"),
        ),
    ]
