"""A strip that nobody knows: one class, and one line that adds it.

`python tests/strips/toy.py --port P` serves the page with it.
"""

import math
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))

from explorer.strips import STRIPS, Choice, Help, Look, Strip
from explorer.strips.marks import axis, dots, label, line
from explorer.strips.strip import plain


class Size(Strip):
    """How large the true paths are, as they are or against their start."""

    name, title, hint = "size", "Size of a sample", "root mean square per coordinate"
    layer, part, height = "data", "path", 0.8
    choices = Choice("size", {"plain": "as it is", "start": "against its start"})
    help = Help("How large the noisy samples are.", "√(E x²)", "a test")

    def measure(self, view, watch=None):
        ref = view.reference
        size = ref.x.flatten(1).square().mean(1).sqrt()
        return {"sigma": plain(ref.sigma), "size": plain(size)}

    def draw(self, numbers, look: Look):
        sigma, size = numbers["sigma"], numbers["size"]
        y = size if look.choice == "plain" else [v / size[0] for v in size]
        named = label("true paths", "#1a202c", 1, True)
        return {
            "axis": axis(0.9 * min(y), 1.1 * max(y), True),
            "marks": [line(sigma, y, "#1a202c", 2, label=named, main=True)],
            "reading": {"as": "number", "after": " rms"},
        }

    def quick(self, view, colour):
        tr = view.run.trajectory
        size = tr.x_hat.flatten(1).square().mean(1).sqrt()
        return {"plain": {"over": [dots(plain(tr.sigma_hat), plain(size), colour, 5, "ring")]}}


def add() -> None:
    """The one line."""
    STRIPS["size"] = Size()


def size_of_noise(sigma: float, sigma_data: float) -> float:
    """What the strip must say: √(σ² + σ_data²)."""
    return math.hypot(sigma, sigma_data)


if __name__ == "__main__":
    from explorer.cli import serve

    add()
    serve()
