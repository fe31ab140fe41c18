"""Letters and digits from the fonts that Matplotlib ships, in colour, as many as one likes."""

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from ..settings import param, setting
from .views import principal_plane

FONTS = (
    "DejaVuSans",
    "DejaVuSans-Bold",
    "DejaVuSans-Oblique",
    "DejaVuSansMono",
    "DejaVuSansMono-Bold",
    "DejaVuSerif",
    "DejaVuSerif-Bold",
    "DejaVuSerif-Italic",
    "STIXGeneral",
    "STIXGeneralBol",
    "STIXGeneralItalic",
    "cmr10",
    "cmb10",
    "cmss10",
    "cmtt10",
)
SETS = {
    "digits": "0123456789",
    "letters": "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "all": "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
}
MASTER = 64  # pixels of the drawings that all others are made from
EACH = 20  # of each character on the page
CONTRAST = 0.9  # least distance in brightness of ink and paper, of 2 from black to white


@setting
class Glyphs:
    """Letters and digits in 15 fonts, placed, sized, turned and coloured at random, in [−1, 1].

    The finite set that the page shows has 20 of each character; `draw` never repeats itself.
    """

    name: ClassVar[str] = "glyphs"
    label: ClassVar[str] = "Glyphs"
    kind: ClassVar[str] = "image"
    about: ClassVar[str] = "Letters and digits in 15 fonts and any colour."
    source: ClassVar[str] = (
        "drawn from the fonts that Matplotlib ships (DejaVu, STIX, Computer Modern; free licences)"
    )
    thickness: ClassVar[float] = 0.0
    size: int = param(
        16, choices=((16, "16 × 16"), (32, "32 × 32")), label="Size", help="side in pixels"
    )
    characters: str = param(
        "digits",
        choices=(("digits", "0 to 9"), ("letters", "A to Z"), ("all", "0 to 9, A to Z")),
        label="Characters",
        help="each character is a class",
    )
    paper: str = param(
        "dark",
        choices=(("dark", "dark"), ("any", "any colour")),
        label="Paper",
        help="on any colour, ink may be darker than paper, which takes a network "
        "much longer to learn",
    )

    @property
    def classes(self) -> int:
        """As many as there are characters."""
        return len(SETS[self.characters])

    def points(self) -> Tensor:
        """(K, 3, size, size)."""
        return _points(self)[0]

    def labels(self) -> Tensor:
        """Which character, (K,): its place in `SETS[characters]`."""
        return _points(self)[1]

    def view(self) -> Tensor:
        """The principal plane, (2, 3 size²)."""
        return _view(self)

    def draw(self, n: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """n fresh images (n, 3, size, size) float32 and their labels (n,).  `generator` is on the
        CPU."""
        labels = torch.randint(len(SETS[self.characters]), (n,), generator=generator)
        return _draw(self, labels, generator), labels


def _draw(glyphs: Glyphs, labels: Tensor, generator: torch.Generator) -> Tensor:
    n, uniform = len(labels), lambda *s: torch.rand(*s, generator=generator)
    masters = _masters(glyphs.characters)
    ink = masters[labels, torch.randint(masters.shape[1], (n,), generator=generator)]
    zoom = 0.75 + 0.3 * uniform(n)
    angle = 0.35 * (uniform(n) - 0.5)  # ± 10 degrees
    matrix = (
        torch.stack(
            [
                torch.stack([angle.cos(), -angle.sin()], 1),
                torch.stack([angle.sin(), angle.cos()], 1),
            ],
            1,
        )
        / zoom[:, None, None]
    )
    shift = 0.24 * (uniform(n, 2, 1) - 0.5)
    grid = torch.nn.functional.affine_grid(
        torch.cat([matrix, shift], 2), [n, 1, 2 * glyphs.size, 2 * glyphs.size], align_corners=False
    )
    mask = torch.nn.functional.grid_sample(ink[:, None].float() / 255, grid, align_corners=False)
    mask = torch.nn.functional.avg_pool2d(mask, 2)
    paper, pen = _colours(n, generator, glyphs.paper == "dark")
    return paper + (pen - paper) * mask


def _colours(n: int, generator: torch.Generator, dark: bool) -> tuple[Tensor, Tensor]:
    """Paper and pen, (n, 3, 1, 1) in [−1, 1] each, one well brighter than the other.

    The pen is moved along the grey axis until the contrast is enough, so that nothing is drawn
    twice and the number of random numbers is fixed.
    """
    paper, pen = 2 * torch.rand(2, n, 3, generator=generator) - 1
    weight = torch.tensor([0.299, 0.587, 0.114])
    if dark:
        paper = 0.2 * (paper + 1) - 1
    sign = torch.where(paper @ weight > 0, -1.0, 1.0)  # towards the side with more room
    lift = (CONTRAST - sign * ((pen - paper) @ weight)).clamp(min=0) * sign
    pen = (pen + lift[:, None]).clamp(-1, 1)
    return paper[:, :, None, None], pen[:, :, None, None]


@lru_cache(maxsize=3)
def _masters(characters: str) -> Tensor:
    """Ink of every character in every font, (characters, fonts, MASTER, MASTER) uint8.

    Each is scaled until it is 0.7 of the picture high, or 0.8 of it wide, and centred.
    """
    rows = [[_master(font, c) for font in FONTS] for c in SETS[characters]]
    return torch.from_numpy(np.array(rows))


def _master(font: str, character: str) -> np.ndarray:
    drawn = ImageFont.truetype(_path(font), 96, layout_engine=ImageFont.Layout.BASIC)
    box = drawn.getbbox(character)
    width, height = round(box[2] - box[0]), round(box[3] - box[1])
    big = Image.new("L", (width, height))
    ImageDraw.Draw(big).text((-box[0], -box[1]), character, font=drawn, fill=255)
    scale = min(0.7 * MASTER / height, 0.8 * MASTER / width)
    small = big.resize(
        (max(1, round(width * scale)), max(1, round(height * scale))), Image.Resampling.LANCZOS
    )
    out = Image.new("L", (MASTER, MASTER))
    out.paste(small, ((MASTER - small.width) // 2, (MASTER - small.height) // 2))
    return np.asarray(out)


@lru_cache(maxsize=16)
def _path(font: str) -> str:
    found = find_spec("matplotlib")  # only its fonts: to import it takes longer than to draw
    assert found is not None and found.origin is not None  # it is a requirement
    return str(Path(found.origin).with_name("mpl-data") / "fonts" / "ttf" / f"{font}.ttf")


@lru_cache(maxsize=6)
def _points(glyphs: Glyphs) -> tuple[Tensor, Tensor]:
    labels = torch.arange(len(SETS[glyphs.characters])).repeat(EACH)
    x = _draw(glyphs, labels, torch.Generator().manual_seed(26))
    return x.double(), labels


@lru_cache(maxsize=6)
def _view(glyphs: Glyphs) -> Tensor:
    return principal_plane(glyphs.points())
