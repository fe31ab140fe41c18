"""Data sets: what the noise becomes again.  DATASETS lists them by name.

Each is a frozen dataclass whose fields are its controls, with

    points()    (K, *shape) float64: (1,) on a line, (D,) in a plane, (C, H, W) for images
    source      where it comes from, as a model card says it
    classes     how many, 0 for none: known without reading the data
    labels()    (K,) int64 in 0 … classes − 1, or None where there are no classes
    draw(n, g)  n fresh images and labels, for training; only where there are more than points()
    view()      (2, D) orthonormal rows: x @ view.T is what the stage shows
    lacking     optional: why nothing can be held against it
    needs       optional: "file" or "drawing", which a person has to give first
    names       optional: what its classes are called, in their order
    photographs optional: True of what a network of natural images is looked at with first
    principal   optional, of points: True if view() is their principal plane
    thickness   the standard deviation of the Gaussian around every point
    law(mine)   optional: the mixture itself, or that of some points, where it is another; see `law`

Tensors are cached and shared: never write into one.
"""

from ..settings import named
from .absent import Absent
from .drawn import Drawn, decode_points, encode_points
from .glyphs import Glyphs
from .images import Digits
from .lines import Diracs
from .mixture import GaussianMixture
from .patches import Patches
from .published import Published, allow_fetch
from .scenes import Scenes
from .shapes import Checkerboard, Grid, Moons, Pinwheel, Rings, Spiral, SwissRoll
from .shipped import Fashion, Mnist
from .tree import Tree
from .upload import Upload, store
from .word import Word

DATASETS = named(
    Spiral,
    Diracs,
    Moons,
    SwissRoll,
    Rings,
    Checkerboard,
    Pinwheel,
    Grid,
    Word,
    Tree,
    GaussianMixture,
    Digits,
    Mnist,
    Fashion,
    Glyphs,
    Scenes,
    Patches,
    Drawn,
    Upload,
    Published,
    Absent,
)

__all__ = [
    "DATASETS",
    "Absent",
    "Checkerboard",
    "Digits",
    "Diracs",
    "Drawn",
    "Fashion",
    "GaussianMixture",
    "Glyphs",
    "Grid",
    "Mnist",
    "Moons",
    "Patches",
    "Pinwheel",
    "Published",
    "Rings",
    "Scenes",
    "Spiral",
    "SwissRoll",
    "Tree",
    "Upload",
    "Word",
    "allow_fetch",
    "decode_points",
    "encode_points",
    "store",
]
