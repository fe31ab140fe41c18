"""How every figure looks: colours by family, dashes by member, axes and number formats.

Figures carry the colours of the light theme; the page swaps them through one table when it draws.
"""

import json
import math

import numpy as np

from ..numerals import percent as percent
from ..numerals import short as short
from ..store import places

PALETTE = json.loads(places.assets("palette.json").read_text(encoding="utf-8"))  # light and dark
_LIGHT = PALETTE["light"]
INK, INK2, INK3 = _LIGHT["ink"], _LIGHT["ink-2"], _LIGHT["ink-3"]
LINE, GRID, SURFACE = _LIGHT["line"], _LIGHT["grid"], _LIGHT["surface"]
ONE_STEP, MULTISTEP = _LIGHT["one-step"], _LIGHT["multistep"]
LEARNED, STOCHASTIC = _LIGHT["learned"], _LIGHT["stochastic"]
REFERENCE = _LIGHT["reference"]
FAMILY = {
    "one-step": ONE_STEP,
    "multistep": MULTISTEP,
    "learned": LEARNED,
    "stochastic": STOCHASTIC,
}
ORDER = [_LIGHT[f"order-{k}"] for k in range(1, 7)]  # one hue, light to dark: values in order
TEXT = {  # families too pale for words
    MULTISTEP: _LIGHT["multistep-text"],
    LEARNED: _LIGHT["learned-text"],
    REFERENCE: INK3,
    ORDER[0]: INK3,
    ORDER[1]: INK3,
}
FONT = (
    'Inter, "Segoe UI", "SF Pro Text", "Helvetica Neue", Roboto, "Liberation Sans", Arial, '
    "sans-serif"
)
DASH_DOT = "6px,2px,1px,2px"

SIGMA_TICKS = (1000, 100, 10, 1, 0.1, 0.01, 0.001)


def faded(colour: str, alpha: float) -> str:
    """The colour with an opacity, as rgba()."""
    r, g, b = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({r},{g},{b},{alpha})"


def legible(colour: str) -> str:
    """The same family's colour for words: contrast 4.5 to 1 on the page's ground."""
    return TEXT.get(colour, colour)


def axis_title(text: str) -> dict:
    """What an axis measures, a little larger than its ticks."""
    return {"text": text, "font": {"size": 12, "color": INK2}}


def rounded(values, digits: int = 4) -> list:
    """A list with so many significant digits; NaN and infinities become None (a gap)."""
    values = values.tolist() if hasattr(values, "tolist") else [*map(float, values)]
    if len(values) < 48:  # where arrays take longer than they save
        return [float(f"{v:.{digits}g}") if math.isfinite(v) else None for v in values]
    v = np.asarray(values)
    known = np.isfinite(v)
    size = np.abs(np.where(known & (v != 0), v, 1.0))
    places = digits - 1 - np.floor(np.log10(size))
    ten = 10.0 ** np.abs(places)  # exact, so that a quotient is the double nearest to the decimal
    out = np.where(places >= 0, np.round(v * ten) / ten, np.round(v / ten) * ten).tolist()
    return out if known.all() else [w if k else None for w, k in zip(out, known.tolist())]
