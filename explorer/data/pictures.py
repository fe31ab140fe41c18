"""Image files to small square images."""

import io
from collections.abc import Iterable

import numpy as np
from PIL import Image, ImageOps

from ..errors import UserError

FORMATS = ("PNG", "JPEG", "BMP", "WEBP", "GIF")
PIXELS = 2**24  # of one image, before it is made small
ALL_PIXELS = 2**29  # of all together: about ten seconds of decoding


def read_pictures(files: Iterable[tuple[bytes, str]], size: int) -> np.ndarray:
    """Square images from files (bytes, name), uint8 (N, C, size, size); C is 1 if all are grey.

    Each is cropped in the middle, made small, turned as its camera says and laid on white where it
    is transparent; of a moving image the first frame is taken.
    """
    images, pixels = [], 0
    for raw, name in files:
        name = repr(name if len(name) <= 60 else "…" + name[-59:])
        try:
            with Image.open(io.BytesIO(raw), formats=FORMATS) as image:
                width, height = image.size
                pixels += width * height
                if width * height > PIXELS:
                    raise UserError(
                        f"The image {name} has {width:,} × {height:,} pixels; at most "
                        f"{PIXELS / 1e6:.0f} million work."
                    )
                if pixels > ALL_PIXELS:
                    raise UserError(
                        f"The images have more than {ALL_PIXELS / 1e6:.0f} million "
                        "pixels together; fewer or smaller ones work."
                    )
                images.append(_small(image, size))
        except UserError:
            raise
        except Image.DecompressionBombError as error:
            raise UserError(
                f"The image {name} has far too many pixels; at most "
                f"{PIXELS / 1e6:.0f} million work."
            ) from error
        except Exception as error:  # decoders meet broken files with every kind of exception
            raise UserError(
                f"The image {name} cannot be read: it is damaged or none of {', '.join(FORMATS)}."
            ) from error
    stack = np.stack(images)
    grey = (stack == stack[..., :1]).all()
    return (stack[..., :1] if grey else stack).transpose(0, 3, 1, 2)


def _small(image: Image.Image, size: int) -> np.ndarray:
    """(size, size, 3) uint8."""
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I"):  # 16 bits of grey, which convert() would clip
        grey = np.asarray(image).astype(np.float64) / 257
        image = Image.fromarray(grey.clip(0, 255).astype(np.uint8))
    small = ImageOps.fit(image.convert("RGBA"), (size, size), Image.Resampling.LANCZOS)
    white = Image.new("RGBA", small.size, "white")
    return np.asarray(Image.alpha_composite(white, small).convert("RGB"))
