"""A word as a cloud of points."""

from functools import lru_cache
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont

from ..errors import UserError
from ..settings import param, setting
from .planar import Drawing, Planar, dimension_param, even, thickness_param

POINTS = 400
HEIGHT = 160  # pixels: a stroke of the bold font is then about 25 wide


@setting
class Word(Planar):
    """The ink of up to eight letters in DejaVu Sans Bold, filled evenly with 400 points.

    Raises UserError for characters that leave no ink or that the font does not have.
    """

    name: ClassVar[str] = "word"
    label: ClassVar[str] = "A word"
    about: ClassVar[str] = "Your letters, filled with points."
    text: str = param("EDM", longest=8, label="Word", help="up to eight letters")
    dimension: int = dimension_param()
    thickness: float = thickness_param()

    def check(self):
        missing = [c for c in self.text if not c.isprintable() or ord(c) not in _characters()]
        if missing:
            raise UserError(
                f"Word = {self.text!r} has characters that cannot be drawn: "
                f"{', '.join(map(repr, missing))}. Letters and digits work."
            )
        if not self.text.strip() or not _ink(self.text).any():
            raise UserError(
                f"Word = {self.text!r} leaves nothing to draw; one to eight letters work."
            )

    def drawing(self) -> Drawing:
        ink = _ink(self.text)
        height, width = ink.shape
        n = 2 * POINTS
        while True:  # thin letters fill little of their box
            xy = even(n, 2) * torch.tensor([width, height], dtype=torch.float64)
            column, row = xy.long().T
            inside = xy[torch.from_numpy(ink)[row, column]]
            if len(inside) >= POINTS:
                return Drawing(inside[:POINTS] * torch.tensor([1.0, -1.0], dtype=torch.float64))
            n *= 2


@lru_cache(maxsize=32)
def _ink(text: str) -> np.ndarray:
    """Where the letters are, (height, width) bool, cropped to them."""
    # BASIC: the other layout engine is not on every machine and places letters differently
    font = ImageFont.truetype(_font(), HEIGHT, layout_engine=ImageFont.Layout.BASIC)
    left, top, right, bottom = (int(v) for v in font.getbbox(text))
    image = Image.new("L", (max(1, right - left), max(1, bottom - top)))
    ImageDraw.Draw(image).text((-left, -top), text, font=font, fill=255)
    return np.asarray(image) > 127


def _font() -> str:
    import matplotlib  # only for the font that comes with it

    return str(Path(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSans-Bold.ttf"))


@lru_cache(maxsize=1)
def _characters() -> dict:
    """The code points the font has."""
    from matplotlib.ft2font import FT2Font

    return FT2Font(_font()).get_charmap()
