"""Data sets: what the noise becomes again.  DATASETS lists them by name.

Each is a frozen dataclass whose fields are its controls, with

    points()    (K, *shape) float64: (1,) on a line, (D,) in a plane, (C, H, W) for images
    labels()    (K,) int64, or None where there are no classes
    view()      (2, D) orthonormal rows: x @ view.T is what the stage shows
    thickness   the standard deviation of the Gaussian around every point

Tensors are cached and shared: never write into one.
"""

from ..settings import named
from .drawn import Drawn, decode_points, encode_points
from .images import Digits
from .lines import Diracs
from .mixture import GaussianMixture
from .shapes import Checkerboard, Grid, Moons, Pinwheel, Rings, Spiral, SwissRoll
from .upload import Upload, store
from .word import Word

DATASETS = named(Spiral, Diracs, Moons, SwissRoll, Rings, Checkerboard, Pinwheel, Grid, Word,
                 GaussianMixture, Digits, Drawn, Upload)

__all__ = ["DATASETS", "Checkerboard", "Digits", "Diracs", "Drawn", "GaussianMixture", "Grid",
           "Moons", "Pinwheel", "Rings", "Spiral", "SwissRoll", "Upload", "Word",
           "decode_points", "encode_points", "store"]
