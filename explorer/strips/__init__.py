"""The strips of the spine, from top to bottom: one object and one file each.

To add one, write a file with a `Strip` and name it here.
"""

from .curvature import Curvature
from .error import Error
from .loss import Loss
from .plane import Plane
from .steps import Steps
from .strip import Choice, Help, Look, Strip

STRIPS: dict[str, Strip] = {s.name: s for s in (Steps(), Curvature(), Plane(), Loss(), Error())}

__all__ = ["STRIPS", "Choice", "Help", "Look", "Strip"]
