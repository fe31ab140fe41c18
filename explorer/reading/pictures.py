"""Image files to small square images."""

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from PIL import Image, ImageOps

from ..errors import UserError

FORMATS = ("PNG", "JPEG", "BMP", "WEBP", "GIF")
PIXELS = 2**24  # of one image, before it is made small
ALL_PIXELS = 2**29  # of all together: about ten seconds of decoding
MANY_PIXELS, FLAT = 2**26, 1000  # so many are not carried by a thousandth of as many bytes


def read_pictures(
    files: Sequence[tuple[str, Callable[[], bytes]]], size: int, packed: int
) -> np.ndarray:
    """Square images from (name, its bytes when asked), uint8 (N, C, size, size); C is 1 if all are
    grey.

    Each is cropped in the middle, made small, turned as its camera says and laid on white where it
    is transparent; of a moving image the first frame is taken.  Before the first is decoded the
    pixels of all are counted.  packed: bytes that carry them all.
    """
    pixels = 0
    for name, raw in files:
        with _opened(raw(), name) as image:
            pixels += image.width * image.height
        if pixels > ALL_PIXELS:
            raise UserError(
                f"The images have more than {ALL_PIXELS / 1e6:.0f} million "
                "pixels together; fewer or smaller ones work."
            )
    if pixels > MANY_PIXELS and packed * FLAT < pixels:
        raise UserError(
            f"The images have {pixels / 1e6:,.0f} million pixels in {packed:,} bytes, so nearly "
            "all of them are of one colour; fewer or smaller ones work."
        )
    stack = np.empty((len(files), size, size, 3), np.uint8)
    for k, (name, raw) in enumerate(files):
        with _opened(raw(), name) as image:
            stack[k] = _small(image, size)
    grey = (stack == stack[..., :1]).all()
    return (stack[..., :1] if grey else stack).transpose(0, 3, 1, 2)


@contextmanager
def _opened(raw: bytes, name: str) -> Iterator[Image.Image]:
    """An image whose header was read.  Raises UserError for that, and for what its decoder says."""
    shown = repr(name if len(name) <= 60 else "…" + name[-59:])
    try:
        with Image.open(io.BytesIO(raw), formats=FORMATS) as image:
            if image.width * image.height > PIXELS:
                raise UserError(
                    f"The image {shown} has {image.width:,} × {image.height:,} pixels; at most "
                    f"{PIXELS / 1e6:.0f} million work."
                )
            yield image
    except (UserError, MemoryError):
        raise
    except Image.DecompressionBombError as error:
        raise UserError(
            f"The image {shown} has far too many pixels; at most {PIXELS / 1e6:.0f} million work."
        ) from error
    except Exception as error:  # decoders meet broken files with every kind of exception
        raise UserError(
            f"The image {shown} cannot be read: it is damaged or none of {', '.join(FORMATS)}."
        ) from error


def _small(image: Image.Image, size: int) -> np.ndarray:
    """(size, size, 3) uint8."""
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I"):  # 16 bits of grey, which convert() would clip
        image = Image.fromarray((np.asarray(image) // 257).clip(0, 255).astype(np.uint8))
    if image.mode in ("L", "RGB") and "transparency" not in image.info:  # the same, sooner
        plain = ImageOps.fit(image, (size, size), Image.Resampling.LANCZOS)
        return np.asarray(plain.convert("RGB"))
    small = ImageOps.fit(image.convert("RGBA"), (size, size), Image.Resampling.LANCZOS)
    white = Image.new("RGBA", small.size, "white")
    return np.asarray(Image.alpha_composite(white, small).convert("RGB"))
