"""How a figure looks in print: the width of its column, its letters and, for grey, its inks."""

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from ...errors import UserError
from ..style import INK, INK2, INK3, PALETTE

Rgba = tuple[float, float, float, float]


class Venue(NamedTuple):
    """label; width in inches; size of the letters in points; inches of the tallest figure."""

    label: str
    width: float
    letters: float
    tallest: float = 9.0


WIDTHS = {
    "iclr": Venue("ICLR, text", 5.5, 7.5),
    "neurips": Venue("NeurIPS, text", 5.5, 7.5),
    "icml": Venue("ICML, column", 3.25, 7.0),
    "icml-text": Venue("ICML, text", 6.75, 7.5),
    "cvpr": Venue("CVPR, column", 3.25, 7.0, 8.875),
    "cvpr-text": Venue("CVPR, text", 6.875, 7.5, 8.875),
    "nature": Venue("Nature, single column", 3.504, 6.6, 9.7),  # 89 mm; 5 to 7 pt
    "nature-double": Venue("Nature, double column", 7.205, 6.6, 9.7),  # 183 mm
    "slide": Venue("a slide", 10.0, 14.0, 5.6),
}
FONTS = {  # all of them come with matplotlib, so that a figure is the same everywhere
    "serif": (("STIXGeneral", "DejaVu Serif", "DejaVu Sans"), "stix"),
    "sans": (("DejaVu Sans",), "dejavusans"),
}
FORMATS = ("pdf", "svg", "png")
SMALLEST = 6.0  # points
DARKEST, PALEST = 0.0, 0.62  # lightness of greys that tell curves apart; 3 : 1 on white and more


class Look(NamedTuple):
    """width and tallest in inches, letters in points; greys: colour -> lightness, where grey."""

    width: float
    letters: float
    tallest: float
    family: tuple[str, ...]
    math: str
    grey: bool = False
    greys: Mapping[tuple, float] = MappingProxyType({})

    @property
    def small(self) -> float:
        """Points of the numbers along an axis."""
        return max(SMALLEST, round(0.9 * self.letters, 1))

    @property
    def pixel(self) -> float:
        """Points of a pixel of the page, whose letters are 11 of them."""
        return self.letters / 11

    def ink(self, colour: str, alpha: float = 1.0) -> Rgba:
        """A colour of the page on paper."""
        r, g, b, a = parsed(colour)
        if self.grey:
            key = colour_key(colour)
            r = g = b = self.greys[key] if key in self.greys else lightness(r, g, b)
        return r, g, b, a * alpha

    def among(self, colours: Iterable[str]) -> "Look":
        """For grey: these colours of curves as far apart as they can be, in the order of their own
        lightness."""
        if not self.grey:
            return self
        keys = {colour_key(c): lightness(*parsed(c)[:3]) for c in colours}
        order = sorted(keys, key=lambda key: (keys[key], key))
        last = max(len(order) - 1, 1)
        step = (PALEST - DARKEST) / last
        return self._replace(greys={key: DARKEST + k * step for k, key in enumerate(order)})

    def ramp(self, part: float) -> Rgba:
        """The colour of a noise level: cividis, whose lightness is monotone."""
        stops = PALETTE["light"]["ramp"]
        x = min(max(part, 0.0), 1.0) * (len(stops) - 1)
        i = min(int(x), len(stops) - 2)
        a, b = parsed(stops[i]), parsed(stops[i + 1])
        r, g, b_ = (u + (v - u) * (x - i) for u, v in zip(a[:3], b[:3]))
        if self.grey:
            r = g = b_ = lightness(r, g, b_)
        return r, g, b_, 1.0


def looks(width: str | float = "iclr", font: str = "serif", grey: bool = False) -> Look:
    """Raises UserError for a width that no venue has, or a font that is none of the two."""
    if font not in FONTS:
        raise UserError(f"Unknown font {font!r:.40}. Known: {', '.join(FONTS)}.")
    family, math = FONTS[font]
    if isinstance(width, str) and width in WIDTHS:
        v = WIDTHS[width]
        return Look(v.width, v.letters, v.tallest, family, math, bool(grey))
    try:
        inches = float(str(width).removesuffix("in"))
    except ValueError:
        inches = 0.0
    if not 2 <= inches <= 20:
        raise UserError(
            f"Unknown width {width!r:.40}. Known: {', '.join(WIDTHS)}, or 2 to 20 inches."
        )
    return Look(inches, 7.5, 9.0, family, math, bool(grey))


def parsed(colour: str) -> Rgba:
    """“#rrggbb”, “rgb(…)” or “rgba(…)”.  Raises UserError."""
    if re.fullmatch(r"#[0-9a-fA-F]{6}", colour):
        r, g, b = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
        return r, g, b, 1.0
    number = r"\s*([0-9.]{1,20})\s*"
    found = re.fullmatch(rf"rgba?\({number},{number},{number}(?:,{number})?\)", colour)
    if not found:
        raise UserError(f"A colour is written as #rrggbb or rgba(…); got {colour!r:.40}.")
    try:
        r, g, b = (min(float(v) / 255, 1.0) for v in found.groups()[:3])
        return r, g, b, min(float(found[4]), 1.0) if found[4] else 1.0
    except ValueError:
        raise UserError(f"A colour is written as #rrggbb or rgba(…); got {colour!r:.40}.") from None


def colour_key(colour: str) -> tuple:
    """Equal for the same colour, however opaque."""
    return tuple(round(255 * v) for v in parsed(colour)[:3])


def lightness(r: float, g: float, b: float) -> float:
    """Of the grey that looks as light (Rec. 709)."""
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


TEXT, QUIET, FAINT = INK, INK2, INK3
